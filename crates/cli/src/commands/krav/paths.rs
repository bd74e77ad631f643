//! The files of one command line must be files of their own.

use std::path::{Path, PathBuf};

/// A path and the option that named it.
pub(super) type Named<'p> = (&'static str, Option<&'p Path>);

/// Compares every two of these paths, whether their files are there or not.
///
/// # Errors
/// With a sentence for the user, if two lead to the same file.
pub(super) fn all_different(paths: &[Named<'_>]) -> Result<(), String> {
    let given =
        paths.iter().filter_map(|(name, path)| Some((name, (*path).filter(|path| path.as_os_str() != "-")?)));
    let mut seen: Vec<(&str, &Path, PathBuf)> = Vec::new();
    for (name, path) in given {
        let place = place(path);
        let same = |(_, other, other_place): &&(&str, &Path, PathBuf)| {
            *other_place == place || are_linked(other, path)
        };
        if let Some((other, ..)) = seen.iter().find(same) {
            return Err(format!(
                "{other} and {name} are the same file, {}; give each a name of its own",
                path.display()
            ));
        }
        seen.push((name, path, place));
    }
    Ok(())
}

/// Where a path leads; of one whose file is not there, where its folder leads.
fn place(path: &Path) -> PathBuf {
    if let Ok(place) = path.canonicalize() {
        return place;
    }
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (dir.canonicalize(), path.file_name()) {
        (Ok(dir), Some(name)) => dir.join(name),
        _ => path.to_owned(),
    }
}

#[cfg(unix)]
fn are_linked(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let key = |path: &Path| path.metadata().ok().map(|found| (found.dev(), found.ino()));
    key(one).is_some_and(|one| key(other) == Some(one))
}

#[cfg(not(unix))]
fn are_linked(_: &Path, _: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_any_of_its_names_even_before_it_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("a"), "").unwrap();
        std::fs::create_dir(at("sub")).unwrap();
        let differ = |one: &str, other: &str| {
            let (one, other) = (at(one), at(other));
            all_different(&[("FILE", Some(&one)), ("--ut", None), ("--avviste", Some(&other))]).is_ok()
        };
        assert!(differ("a", "b") && differ("b", "c"));
        assert!(
            !differ("a", "a") && !differ("b", "b") && !differ("b", "sub/../b") && !differ("sub/../a", "a")
        );
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("a"), at("soft")).unwrap();
            std::fs::hard_link(at("a"), at("hard")).unwrap();
            assert!(!differ("a", "soft") && !differ("a", "hard"));
        }
    }
}
