//! The values of these settings, as people write them.

use skattebro::domain::Organisasjonsnummer;
use skattebro::http::Algorithm;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where tokens come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Innlogging {
    /// From the environment; somebody else fetched it.
    Token,
    /// From Maskinporten, by a company's key.
    Maskinporten,
    /// From ID-porten, by a person who logged in.
    Idporten,
}

impl FromStr for Innlogging {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Token, Self::Maskinporten, Self::Idporten];
        let found = all.into_iter().find(|known| known.to_string() == text);
        found.ok_or_else(|| "it must be token, maskinporten or idporten".to_owned())
    }
}

impl fmt::Display for Innlogging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "token",
            Self::Maskinporten => "maskinporten",
            Self::Idporten => "idporten",
        })
    }
}

/// Whose system user signs in with Maskinporten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Systembruker {
    /// Nobody's: the company signs in as itself.
    Nei,
    /// That of the party that a call is about.
    Part,
    /// Always this organisation's.
    Fast(Organisasjonsnummer),
}

impl FromStr for Systembruker {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "nei" => Ok(Self::Nei),
            "part" => Ok(Self::Part),
            number => organisation(number).map(Self::Fast).map_err(|why| {
                format!(
                    "it must be nei, part (that of the party that is filed for), or an organisation: {why}"
                )
            }),
        }
    }
}

impl fmt::Display for Systembruker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nei => "nei",
            Self::Part => "part",
            Self::Fast(number) => number.as_str(),
        })
    }
}

/// Where a login is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefreshPlace {
    /// In the operating system's key store.
    Keyring,
    /// In a file that only its owner may read.
    Fil(PathBuf),
}

impl RefreshPlace {
    /// Reads `keyring` or `fil:PATH`. A relative path is relative to `folder`, if there is one.
    ///
    /// # Errors
    /// With a sentence for the user.
    pub(super) fn parse(text: &str, folder: Option<&Path>) -> Result<Self, String> {
        match (text, text.strip_prefix("fil:")) {
            ("keyring", _) => Ok(Self::Keyring),
            (_, Some("")) => Err("fil: needs the path of a file after it, such as fil:innlogging".to_owned()),
            (_, Some(path)) => Ok(Self::Fil(folder.map_or_else(|| path.into(), |folder| folder.join(path)))),
            _ => Err("it must be keyring or fil:PATH".to_owned()),
        }
    }
}

impl fmt::Display for RefreshPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("keyring"),
            Self::Fil(path) => write!(f, "fil:{}", path.display()),
        }
    }
}

/// What a token is for: at least one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scopes(Vec<String>);

impl Scopes {
    pub(super) fn new(scopes: &[&str]) -> Self {
        Self(scopes.iter().map(|scope| (*scope).to_owned()).collect())
    }

    pub(crate) fn as_strs(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

impl FromStr for Scopes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let scopes: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
        if scopes.is_empty() || !scopes.iter().all(|scope| scope.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Err(
                "it must be scopes with a space between them, such as skatteetaten:innkrevingsoppdrag"
                    .to_owned(),
            );
        }
        Ok(Self(scopes))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

pub(in crate::settings) fn organisation(text: &str) -> Result<Organisasjonsnummer, String> {
    use skattebro::domain::Identifikator;
    match text.parse::<Identifikator>() {
        Ok(Identifikator::Organisasjon(number)) => Ok(number),
        Ok(_) => Err("this is the number of a person; it must be an organisation's, 9 digits".to_owned()),
        Err(invalid) => Err(invalid.to_string()),
    }
}

pub(super) fn algorithm(text: &str) -> Result<Algorithm, String> {
    match text.to_ascii_uppercase().as_str() {
        "RS256" => Ok(Algorithm::Rs256),
        "RS384" => Ok(Algorithm::Rs384),
        "RS512" => Ok(Algorithm::Rs512),
        _ => Err("it must be RS256, RS384 or RS512".to_owned()),
    }
}

/// An id that an issuer gave: it is one word.
pub(super) fn id(text: &str) -> Result<String, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(
            "it must be one word of plain letters, digits and signs, as it was given to you".to_owned()
        );
    }
    Ok(text.to_owned())
}

pub(super) fn redirect_path(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"?#%\"<>".contains(&byte);
    if !text.starts_with('/') || !text.bytes().all(is_plain) {
        return Err("it must begin with / and be plain, such as /token".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_they_are_written() {
        for text in ["token", "maskinporten", "idporten"] {
            assert_eq!(text.parse::<Innlogging>().unwrap().to_string(), text);
        }
        for text in ["nei", "part", "310817074"] {
            assert_eq!(text.parse::<Systembruker>().unwrap().to_string(), text);
        }
        for text in ["keyring", "fil:innlogging", "fil:/var/lib/innlogging"] {
            assert_eq!(RefreshPlace::parse(text, None).unwrap().to_string(), text);
        }
        assert_eq!("a:b  c/d".parse::<Scopes>().unwrap().to_string(), "a:b c/d");
        assert_eq!(algorithm("rs384"), Ok(Algorithm::Rs384));
    }

    #[test]
    fn what_is_none_of_them_is_refused() {
        assert!("bankid".parse::<Innlogging>().is_err());
        for bad in ["", "ja", "310817075", "13895118960"] {
            assert!(bad.parse::<Systembruker>().is_err(), "{bad}");
        }
        for bad in ["", "fil:", "file:x", "innlogging"] {
            assert!(RefreshPlace::parse(bad, None).is_err(), "{bad}");
        }
        for bad in ["", " ", "blå"] {
            assert!(bad.parse::<Scopes>().is_err() && id(bad).is_err(), "{bad}");
        }
        for bad in ["", "token", "/to ken", "/token?x"] {
            assert!(redirect_path(bad).is_err(), "{bad}");
        }
        assert!(algorithm("ES256").is_err());
    }

    #[test]
    fn a_relative_path_is_relative_to_the_folder_of_the_file() {
        let of = |text| RefreshPlace::parse(text, Some(Path::new("/etc/skattebro"))).unwrap().to_string();
        assert_eq!(of("fil:innlogging"), "fil:/etc/skattebro/innlogging");
        assert_eq!(of("fil:/innlogging"), "fil:/innlogging");
    }
}
