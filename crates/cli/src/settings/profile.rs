//! The three environments that there are, and what each brings.

use super::server::ServerUrl;
use std::fmt;
use std::str::FromStr;

/// Which of Skatteetaten's APIs a command calls: they are served by different hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApiKind {
    /// Returns and their validation.
    Skattemelding,
    /// Claims.
    Innkreving,
}

impl ApiKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Skattemelding => "skattemelding",
            Self::Innkreving => "innkreving",
        }
    }
}

impl FromStr for ApiKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = [Self::Skattemelding, Self::Innkreving].into_iter().find(|api| api.as_str() == text);
        found.ok_or_else(|| "it must be skattemelding or innkreving".to_owned())
    }
}

/// An environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Profile {
    /// `skattebro sandbox` on this machine.
    Sandbox,
    /// Skatteetaten's test environment.
    Test,
    /// The real thing.
    Produksjon,
}

impl Profile {
    pub(crate) const ALL: [Self; 3] = [Self::Sandbox, Self::Test, Self::Produksjon];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Test => "test",
            Self::Produksjon => "produksjon",
        }
    }

    /// The official server. Skattemelding has two hosts, one for tokens of Maskinporten and one for ID-porten's, which end users sign in with.
    pub(crate) fn server(self, api: ApiKind, by_maskinporten: bool) -> &'static str {
        match (self, api) {
            (Self::Sandbox, _) => "http://127.0.0.1:8700",
            (Self::Test, ApiKind::Skattemelding) if !by_maskinporten => "https://idporten-api-test.sits.no",
            (Self::Test, _) => "https://api-test.sits.no",
            (Self::Produksjon, ApiKind::Skattemelding) if !by_maskinporten => {
                "https://idporten.api.skatteetaten.no"
            }
            (Self::Produksjon, _) => "https://api.skatteetaten.no",
        }
    }

    /// Why this server cannot be meant in this environment. Such a mistake would send real claims, or none, without anybody noticing.
    pub(super) fn objects_to(self, server: &ServerUrl) -> Option<&'static str> {
        match self {
            Self::Sandbox if !server.is_this_machine() => {
                Some("that is not on this machine, and the profile sandbox calls nothing else")
            }
            Self::Test if server.is_production() => Some("that is production, and the profile is test"),
            Self::Produksjon if server.is_this_machine() => {
                Some("that is on this machine, and the profile produksjon is for the real thing")
            }
            Self::Produksjon if server.is_test() => {
                Some("that is a test environment, and the profile is produksjon")
            }
            _ => None,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|profile| profile.as_str() == text);
        found.ok_or_else(|| "there is no such profile; it must be sandbox, test or produksjon".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_accepts_its_own_servers_and_no_others_where_it_matters() {
        let server = |profile: Profile, (api, by)| profile.server(api, by).parse::<ServerUrl>().unwrap();
        let all = [ApiKind::Skattemelding, ApiKind::Innkreving].map(|api| [(api, false), (api, true)]);
        for api in all.into_iter().flatten() {
            for profile in Profile::ALL {
                assert_eq!(profile.objects_to(&server(profile, api)), None, "{profile}");
            }
            for (profile, other) in [
                (Profile::Sandbox, Profile::Test),
                (Profile::Sandbox, Profile::Produksjon),
                (Profile::Test, Profile::Produksjon),
                (Profile::Produksjon, Profile::Sandbox),
                (Profile::Produksjon, Profile::Test),
            ] {
                assert!(profile.objects_to(&server(other, api)).is_some(), "{profile} with {other}");
            }
        }
        // A simulator of one's own may stand anywhere.
        assert_eq!(Profile::Test.objects_to(&server(Profile::Sandbox, (ApiKind::Innkreving, false))), None);
    }
}
