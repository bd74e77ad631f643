use serde_json::Value;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// What tells a key of ours from every other: only such a one is replaced.
const MARK: (&str, &str) = ("skattebro", "a sandbox's key, good for nothing else");

/// Writes a private key into a file that only its owner may read, all at once. The key of an earlier sandbox is replaced, nothing else is.
pub(super) fn write(file: &Path, jwk: &Value) -> Result<(), String> {
    if !is_free(file)? {
        return Err("there is something else than the key of a sandbox, and it is not replaced".to_owned());
    }
    let mut jwk = jwk.clone();
    jwk[MARK.0] = MARK.1.into();
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made for its owner alone.
    let mut part = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    writeln!(part, "{jwk:#}").map_err(failed)?;
    part.persist(file).map_err(|error| failed(error.error))?;
    Ok(())
}

fn is_free(file: &Path) -> Result<bool, String> {
    match std::fs::read(file) {
        Ok(content) => {
            Ok(serde_json::from_slice::<Value>(&content).is_ok_and(|there| there[MARK.0] == MARK.1))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: std::io::Error) -> String {
    format!("the key cannot be written: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_earlier_key_of_ours_is_replaced_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("nokkel.jwk");
        for kid in ["en", "to"] {
            write(&file, &json!({ "kid": kid })).unwrap();
            let there: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            assert_eq!(there["kid"], kid);
        }
        for content in ["{\"kty\": \"RSA\"}", "-----BEGIN PRIVATE KEY-----"] {
            std::fs::write(&file, content).unwrap();
            assert!(write(&file, &json!({})).unwrap_err().contains("not replaced"));
            assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("nokkel.jwk");
        write(&file, &json!({})).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
