use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use skattebro_ports::Port;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where a login outlives the program: keeps one refresh token.
#[async_trait]
pub trait RefreshStore: Port {
    /// The token that is kept, if there is one.
    ///
    /// # Errors
    /// If it cannot be told, or the place is not safe.
    async fn load(&self) -> Result<Option<SecretString>, StoreError>;

    /// Keeps this token instead of any other. All or nothing: after a failure the one before is still there.
    ///
    /// # Errors
    /// If it is not kept.
    async fn save(&self, token: &SecretString) -> Result<(), StoreError>;

    /// Keeps none any more. Nothing happens if there is none.
    ///
    /// # Errors
    /// If there may still be one.
    async fn delete(&self) -> Result<(), StoreError>;
}

/// Why a login cannot be kept or found; in words for a person, without the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// A file that only its owner may read, where there is no key store.
///
/// On Windows it is as safe as the folder that it is in.
#[derive(Debug, Clone)]
pub struct FileStore(PathBuf);

impl FileStore {
    /// This file. Its folder must exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    async fn blocking<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let path = self.0.clone();
        let outcome = tokio::task::spawn_blocking(move || work(&path)).await.map_err(io::Error::other);
        outcome.and_then(|outcome| outcome).map_err(|error| {
            StoreError(format!("the login's file {} cannot be {doing}: {error}", self.0.display()))
        })
    }
}

#[async_trait]
impl RefreshStore for FileStore {
    async fn load(&self) -> Result<Option<SecretString>, StoreError> {
        self.blocking("read", |path| {
            let mut file = match File::open(path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            refuse_if_others_may_read(&file)?;
            let mut text = Zeroizing::new(String::new());
            file.read_to_string(&mut text)?;
            Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(SecretString::from))
        })
        .await
    }

    async fn save(&self, token: &SecretString) -> Result<(), StoreError> {
        let token = token.clone();
        self.blocking("written", move |path| replace(path, token.expose_secret().as_bytes())).await
    }

    async fn delete(&self) -> Result<(), StoreError> {
        self.blocking("removed", |path| match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }
}

/// Writes a file beside it and renames that: whoever reads sees the old content or the new.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.part", uuid::Uuid::new_v4()));
    let part = path.with_file_name(name);
    let written = write_new(&part, content).and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        // What is left of it must not lie about; if it cannot be removed, the first error tells more.
        let _ = std::fs::remove_file(&part);
    }
    written?;
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(unix)]
fn refuse_if_others_may_read(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if file.metadata()?.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        "others than its owner may read it; remove it and log in again",
    ))
}

#[cfg(not(unix))]
fn refuse_if_others_may_read(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        text.to_owned().into()
    }

    async fn kept(store: &FileStore) -> Option<String> {
        store.load().await.unwrap().map(|token| token.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn a_file_keeps_the_last_token_until_it_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new(folder.path().join("login"));
        assert_eq!(kept(&store).await, None);
        store.save(&secret("en")).await.unwrap();
        store.save(&secret("to")).await.unwrap();
        assert_eq!(kept(&store).await.as_deref(), Some("to"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");
        store.delete().await.unwrap();
        store.delete().await.unwrap();
        assert_eq!(kept(&store).await, None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("login");
        let store = FileStore::new(&path);
        store.save(&secret("hemmelig")).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o660] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = store.load().await.unwrap_err().to_string();
            assert!(error.contains("others than its owner may read it"), "{error}");
            assert!(!error.contains("hemmelig"), "{error}");
        }
        store.save(&secret("ny")).await.unwrap();
        assert_eq!(kept(&store).await.as_deref(), Some("ny"), "what replaces it is safe again");
    }

    #[tokio::test]
    async fn a_place_that_does_not_exist_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = FileStore::new(folder.path().join("ingen/login")).save(&secret("x")).await.unwrap_err();
        assert!(error.to_string().contains("cannot be written"), "{error}");
    }
}
