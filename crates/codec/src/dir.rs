use crate::fill::fill;
use sha2::{Digest as _, Sha256};
use skattebro_domain::{Digest, DocumentHead, StoredDocument};
use std::io::{self, Read, Write};
use std::path::Path;

/// So much is decoded, hashed and written at a time: it stays in the processor's cache, and costs few calls of the system.
const BLOCK: usize = 192 << 10;

/// Stores one document as a file of `dir`: first under a temporary name, then renamed, so that a file with the final name is
/// always complete. A file of that name from before is replaced.
///
/// The name is made from the document's type and cannot leave `dir`, whatever the type says. A second document of a type
/// gets its number in the name.
///
/// # Errors
/// Those of `content`, and of writing to `dir`.
pub fn store_in_dir(
    dir: &Path,
    head: &DocumentHead,
    taken: &[String],
    content: &mut dyn Read,
) -> io::Result<StoredDocument> {
    let name = file_name(head, taken);
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut block = vec![0; BLOCK];
    loop {
        let count = fill(content, &mut block)?;
        hash.update(&block[..count]);
        file.write_all(&block[..count])?;
        bytes += count as u64;
        if count < block.len() {
            break;
        }
    }
    make_readable(file.as_file())?;
    file.persist(dir.join(&name))?;
    Ok(StoredDocument { name, bytes, sha256: Digest(hash.finalize().into()) })
}

/// A temporary file can only be read by its owner; a result is as readable as any other file the user writes.
#[cfg(unix)]
fn make_readable(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o640))
}

#[cfg(not(unix))]
fn make_readable(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}

/// The type, stripped of all that is not a letter or digit: no separators, no dots, no drive letters, no empty name.
fn file_name(head: &DocumentHead, taken: &[String]) -> String {
    let stem: String = head.dokumenttype.chars().filter(char::is_ascii_alphanumeric).take(100).collect();
    let stem = if stem.is_empty() || is_reserved(&stem) { format!("dokument{stem}") } else { stem };
    let name = format!("{stem}.xml");
    if taken.contains(&name) { format!("{stem}-{}.xml", head.index + 1) } else { name }
}

/// Names that Windows keeps for devices, whatever their extension.
fn is_reserved(stem: &str) -> bool {
    let stem = stem.to_ascii_uppercase();
    let numbered = |prefix: &str| stem.strip_prefix(prefix).is_some_and(|n| n.len() == 1);
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head(dokumenttype: &str) -> DocumentHead {
        DocumentHead { dokumenttype: dokumenttype.into(), encoding: "utf-8".into(), index: 3 }
    }

    #[test]
    fn a_document_becomes_a_complete_file() {
        let dir = tempfile::tempdir().unwrap();
        let stored = store_in_dir(dir.path(), &head("beregnetSkatt"), &[], &mut &b"<a/>"[..]).unwrap();
        assert_eq!((stored.name.as_str(), stored.bytes), ("beregnetSkatt.xml", 4));
        assert_eq!(std::fs::read(dir.path().join("beregnetSkatt.xml")).unwrap(), b"<a/>");
    }

    #[test]
    fn a_document_that_breaks_off_leaves_no_file() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let content = &mut b"<a>".chain(Broken);
        assert!(store_in_dir(dir.path(), &head("x"), &[], content).is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn names_stay_in_the_folder_and_apart() {
        for (dokumenttype, name) in [
            ("beregnetSkatt", "beregnetSkatt.xml"),
            ("../../etc/passwd", "etcpasswd.xml"),
            ("C:\\Windows\\x", "CWindowsx.xml"),
            ("..", "dokument.xml"),
            ("", "dokument.xml"),
            ("nul", "dokumentnul.xml"),
            ("æøå", "dokument.xml"),
        ] {
            assert_eq!(file_name(&head(dokumenttype), &[]), name, "{dokumenttype}");
        }
        assert_eq!(file_name(&head("x"), &["x.xml".into()]), "x-4.xml");
    }

    proptest! {
        #[test]
        fn no_type_makes_a_name_with_a_separator(dokumenttype in "\\PC{0,200}") {
            let name = file_name(&head(&dokumenttype), &[]);
            prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.'));
            prop_assert!(name.len() > 4 && name.len() < 120);
        }
    }
}
