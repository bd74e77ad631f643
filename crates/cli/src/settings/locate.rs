//! Which file is read: the one that was named, or the first that is there.

use super::file::ConfigFile;
use super::flags::Flags;
use super::key::Key;
use super::source::{Complaint, Provenance};
use super::surroundings::Surroundings;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const NAME: &str = "skattebro.toml";

/// What came of looking for a file.
#[derive(Debug, Default)]
pub(crate) struct Located {
    /// The file, if there is one without mistakes.
    pub(super) file: Option<ConfigFile>,
    /// Where it is, also if it cannot be used, and who said so.
    pub(crate) path: Option<(PathBuf, Provenance)>,
    /// Where none was.
    pub(crate) looked_at: Vec<PathBuf>,
    /// What is wrong with it.
    pub(crate) complaints: Vec<Complaint>,
}

/// Looks for the file: `--config`, `SKATTEBRO_CONFIG`, the current folder, the platform's folder for configuration.
pub(super) fn locate(flags: &Flags, around: &Surroundings<'_>) -> Located {
    if let Some(named) = flags.get(Key::Config).or_else(|| around.variable(Key::Config)) {
        let path = around.current_dir.join(named.value.as_os_str());
        return match std::fs::read(&path) {
            Ok(content) => read(path, named.from, content),
            Err(error) => {
                let why = format!("{} cannot be read: {error}", path.display());
                broken(path, named.from.clone(), vec![Complaint::about(Key::Config, named.from, why)])
            }
        };
    }
    let folders = [Some(&around.current_dir), around.config_dir.as_ref()];
    let mut looked_at = Vec::new();
    for path in folders.into_iter().flatten().map(|folder| folder.join(NAME)) {
        match std::fs::read(&path) {
            Ok(content) => return read(path, Provenance::Default, content),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                looked_at.push(path);
            }
            // It may say something else than what would be done without it.
            Err(error) => {
                let complaint = Complaint::in_file(&path, None, format!("the file cannot be read: {error}"));
                return broken(path, Provenance::Default, vec![complaint]);
            }
        }
    }
    Located { looked_at, ..Located::default() }
}

fn read(path: PathBuf, from: Provenance, content: Vec<u8>) -> Located {
    let parsed = match String::from_utf8(content) {
        Ok(text) => ConfigFile::parse(&path, &text),
        Err(error) => Err(vec![not_utf8(&path, &error)]),
    };
    match parsed {
        Ok(file) => Located { file: Some(file), path: Some((path, from)), ..Located::default() },
        Err(complaints) => broken(path, from, complaints),
    }
}

fn broken(path: PathBuf, from: Provenance, complaints: Vec<Complaint>) -> Located {
    Located { path: Some((path, from)), complaints, ..Located::default() }
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> Complaint {
    let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
    let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
    Complaint::in_file(path, Some(line), "this is not UTF-8; save the file as UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    /// A current folder and a folder for configuration, with these files.
    struct Machine(tempfile::TempDir);

    impl Machine {
        fn with(files: &[(&str, &[u8])]) -> Self {
            let dir = tempfile::tempdir().unwrap();
            ["cwd", "config"].iter().for_each(|name| std::fs::create_dir(dir.path().join(name)).unwrap());
            files.iter().for_each(|(name, content)| std::fs::write(dir.path().join(name), content).unwrap());
            Self(dir)
        }

        fn locate(&self, flag: Option<&str>, variable: Option<&str>) -> Located {
            let env = |name: &str| variable.filter(|_| name == "SKATTEBRO_CONFIG").map(OsString::from);
            let around = Surroundings {
                env: &env,
                current_dir: self.0.path().join("cwd"),
                config_dir: Some(self.0.path().join("config")),
                data_dir: None,
            };
            locate(&Flags { config: flag.map(PathBuf::from), ..Flags::default() }, &around)
        }

        /// The path of what was found, below this machine's root, and who said so.
        fn found(&self, flag: Option<&str>, variable: Option<&str>) -> (String, String) {
            let located = self.locate(flag, variable);
            assert!(located.complaints.is_empty() && located.file.is_some(), "{located:?}");
            let (path, from) = located.path.unwrap();
            (path.strip_prefix(self.0.path()).unwrap().display().to_string(), from.to_string())
        }
    }

    const ALL: [(&str, &[u8]); 4] = [
        ("cwd/skattebro.toml", b""),
        ("config/skattebro.toml", b""),
        ("cwd/flag.toml", b""),
        ("cwd/env.toml", b""),
    ];

    #[test]
    fn the_named_file_wins_then_the_current_folders_then_the_persons() {
        let machine = Machine::with(&ALL);
        let found = |path: &str, from: &str| (path.to_owned(), from.to_owned());
        let flag = found("cwd/flag.toml", "flag --config");
        assert_eq!(machine.found(Some("flag.toml"), Some("env.toml")), flag);
        let variable = found("cwd/env.toml", "environment SKATTEBRO_CONFIG");
        assert_eq!(machine.found(None, Some("env.toml")), variable);
        assert_eq!(machine.found(None, Some("")), found("cwd/skattebro.toml", "default"));
        assert_eq!(Machine::with(&ALL[1..]).found(None, None), found("config/skattebro.toml", "default"));
    }

    #[test]
    fn without_a_file_it_is_told_where_one_could_be() {
        let located = Machine::with(&[]).locate(None, None);
        assert!(located.file.is_none() && located.path.is_none() && located.complaints.is_empty());
        assert_eq!(located.looked_at.len(), 2);
        assert!(located.looked_at[0].ends_with("cwd/skattebro.toml"));
    }

    #[test]
    fn a_named_file_must_be_there_and_no_other_is_taken_instead() {
        let machine = Machine::with(&ALL);
        for (flag, variable, said) in [
            (Some("borte.toml"), None, "flag --config"),
            (None, Some("borte.toml"), "environment SKATTEBRO_CONFIG"),
            (Some(""), None, "flag --config"),
        ] {
            let located = machine.locate(flag, variable);
            assert!(located.file.is_none());
            let told = located.complaints[0].to_string();
            assert!(told.starts_with(said) && told.contains("cannot be read"), "{told}");
        }
    }

    #[test]
    fn a_broken_file_is_not_passed_over() {
        for (content, expected) in
            [(&b"a = 1"[..], "line 1: unknown key"), (b"\n\n# \xe6\xf8\xe5", "line 3: this is not UTF-8")]
        {
            let machine = Machine::with(&[("cwd/skattebro.toml", content), ("config/skattebro.toml", b"")]);
            let located = machine.locate(None, None);
            assert!(located.file.is_none() && located.path.is_some());
            assert!(located.complaints[0].to_string().contains(expected), "{located:?}");
        }
    }
}
