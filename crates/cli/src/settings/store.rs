//! Where what was done is kept.

use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::path::{Path, PathBuf};
use url::Url;

/// What stands for a password.
const HIDDEN: &str = "••••";
/// Parameters of a PostgreSQL URL whose values may be shown. Every other value may be a secret.
const SHOWN_PARAMETERS: [&str; 7] =
    ["sslmode", "host", "port", "dbname", "user", "application_name", "connect_timeout"];

/// A store, not opened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreChoice {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(SecretUrl),
    /// Memory; nothing survives the process.
    Minne,
}

impl StoreChoice {
    /// Reads `sqlite:PATH`, `postgres://…`, `postgresql://…` or `minne`. A relative path is relative to `folder`, if there is one.
    ///
    /// # Errors
    /// With a sentence for the user, which does not repeat the text: it may hold a password.
    pub(super) fn parse(text: &str, folder: Option<&Path>) -> Result<Self, String> {
        if text == "minne" {
            return Ok(Self::Minne);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return SecretUrl::parse(text).map(Self::Postgres);
        }
        match text.strip_prefix("sqlite:") {
            Some("") => Err("sqlite: needs the path of a file after it, such as sqlite:krav.db".to_owned()),
            Some(":memory:") => {
                Err("write minne for a store in memory; nothing of it survives the program".to_owned())
            }
            Some(path) if path.starts_with("//") => Err(
                "write the path directly after sqlite: and without //, such as sqlite:krav.db or sqlite:/var/lib/krav.db"
                    .to_owned(),
            ),
            Some(path) if path == "~" || path.starts_with("~/") => {
                Err("the ~ stands for nothing here; write the whole path".to_owned())
            }
            Some(path) => Ok(Self::Sqlite(match folder {
                Some(folder) => folder.join(path),
                None => PathBuf::from(path),
            })),
            None => Err("it must be sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE, or minne".to_owned()),
        }
    }
}

/// As it can be given again, but for the password.
impl fmt::Display for StoreChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
            Self::Minne => f.write_str("minne"),
        }
    }
}

/// A URL with a password in it, perhaps. `Display` and `Debug` show everything but that.
#[derive(Clone)]
pub(crate) struct SecretUrl {
    secret: SecretString,
    shown: String,
}

impl SecretUrl {
    fn parse(text: &str) -> Result<Self, String> {
        let not_usable = "the store's address is not usable; it must look like postgres://USER:PASSWORD@HOST/DATABASE, \
                          with / ? # @ : in the password as %2F %3F %23 %40 %3A";
        let url = Url::parse(text).map_err(|_| not_usable.to_owned())?;
        // An @ after the host is the end of a password that was taken for something else, and would be shown.
        let after_host = [Some(url.path()), url.query(), url.fragment()];
        if after_host.iter().flatten().any(|part| part.contains('@')) || url.fragment().is_some() {
            return Err(not_usable.to_owned());
        }
        Ok(Self { secret: SecretString::from(text), shown: shown(&url) })
    }

    /// The whole URL, for what connects to it and for nothing else.
    pub(crate) fn expose(&self) -> &str {
        self.secret.expose_secret()
    }
}

fn shown(url: &Url) -> String {
    let password = url.password().map(|_| format!(":{HIDDEN}")).unwrap_or_default();
    let user = match url.username() {
        "" if password.is_empty() => String::new(),
        user => format!("{user}{password}@"),
    };
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let parameters: Vec<String> = url.query().map_or(Vec::new(), |query| {
        let shown = |pair: &str| match pair.split_once('=') {
            Some((name, _)) if SHOWN_PARAMETERS.contains(&name) => pair.to_owned(),
            Some((name, _)) => format!("{name}={HIDDEN}"),
            None => HIDDEN.to_owned(),
        };
        query.split('&').map(shown).collect()
    });
    let query = if parameters.is_empty() { String::new() } else { format!("?{}", parameters.join("&")) };
    format!("{}://{user}{host}{port}{}{query}", url.scheme(), url.path())
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({})", self.shown)
    }
}

impl PartialEq for SecretUrl {
    fn eq(&self, other: &Self) -> bool {
        self.secret.expose_secret() == other.secret.expose_secret()
    }
}

impl Eq for SecretUrl {}

/// `text` without what follows a `postgres://`, and without the user and password of other URLs: for errors about a command line
/// that could not be read, where a URL may stand in any place.
pub(crate) fn without_passwords(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (content, end) = line.strip_suffix('\n').map_or((line, ""), |content| (content, "\n"));
        out.push_str(&match (content.find("postgres"), content.find("://")) {
            (Some(at), Some(slashes)) if at < slashes => format!("{}{HIDDEN}", &content[..slashes + 3]),
            (_, Some(slashes)) => match content.rfind('@') {
                Some(at) if at > slashes => format!("{}{HIDDEN}{}", &content[..slashes + 3], &content[at..]),
                _ => content.to_owned(),
            },
            _ => content.to_owned(),
        });
        out.push_str(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<StoreChoice, String> {
        StoreChoice::parse(text, None)
    }

    #[test]
    fn stores_are_read_and_shown_without_their_password() {
        for (text, shown) in [
            ("minne", "minne"),
            ("sqlite:krav.db", "sqlite:krav.db"),
            ("sqlite:/var/lib/krav.db", "sqlite:/var/lib/krav.db"),
            ("postgres://host/db", "postgres://host/db"),
            ("postgres://per@host/db", "postgres://per@host/db"),
            ("postgres://per:hemmelig@host:5433/db", "postgres://per:••••@host:5433/db"),
            ("postgresql://per:hem%2Fmelig@host/db", "postgresql://per:••••@host/db"),
            ("postgres://:hemmelig@host/db", "postgres://:••••@host/db"),
            (
                "postgres://per@host/db?sslmode=require&password=hemmelig&hemmelig",
                "postgres://per@host/db?sslmode=require&password=••••&••••",
            ),
            ("postgres:///db?host=/run/postgresql", "postgres:///db?host=/run/postgresql"),
        ] {
            let store = parse(text).unwrap();
            assert_eq!(store.to_string(), shown);
            assert!(!format!("{store:?}").contains("hemmelig"), "{store:?}");
            if let StoreChoice::Postgres(url) = store {
                assert_eq!(url.expose(), text);
            }
        }
    }

    #[test]
    fn what_is_no_store_is_refused_without_being_shown() {
        for bad in [
            "",
            "krav.db",
            "Minne",
            "sqlite:",
            "sqlite::memory:",
            "sqlite://hemmelig.db",
            "sqlite:~/hemmelig.db",
            "mysql://per:hemmelig@host/db",
            "postgress://per:hemmelig@host/db",
            "postgres:per:hemmelig@host/db",
            // Passwords that were not encoded.
            "postgres://per:hem/melig@host/db",
            "postgres://per:12/hemmelig@host/db",
            "postgres://per:12?hemmelig@host/db",
            "postgres://per:12#hemmelig@host/db",
            "postgres://per:12#hemmelig",
            "postgres://per:hemmelig/db",
            "host=localhost password=hemmelig",
        ] {
            let why = parse(bad).unwrap_err();
            assert!(!why.contains("hemmelig") && !why.contains("melig"), "{bad}: {why}");
        }
    }

    #[test]
    fn a_relative_path_is_relative_to_the_folder_of_the_file() {
        let folder = Some(Path::new("/etc/skattebro"));
        let of = |text| StoreChoice::parse(text, folder).unwrap();
        assert_eq!(of("sqlite:a/krav.db"), StoreChoice::Sqlite("/etc/skattebro/a/krav.db".into()));
        assert_eq!(of("sqlite:/krav.db"), StoreChoice::Sqlite("/krav.db".into()));
    }

    #[test]
    fn a_command_line_that_is_shown_again_loses_its_passwords() {
        for (text, shown) in [
            (
                "error: unexpected 'postgres://a:b c@d@host/db' found\n\nUsage: x\n",
                "error: unexpected 'postgres://••••\n\nUsage: x\n",
            ),
            ("bad 'https://a:b@host/'", "bad 'https://••••@host/'"),
            ("see https://api.skatteetaten.no", "see https://api.skatteetaten.no"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
    }
}
