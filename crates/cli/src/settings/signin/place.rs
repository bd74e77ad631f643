use crate::settings::{ApiKind, Profile, ServerUrl};
use skattebro::http::AltinnAddresses;

/// An environment, as far as the addresses of those who give tokens depend on it. Source: contract pages `auth.md` and `altinn.md`.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A server on this machine plays them all.
    Sandbox(ServerUrl),
    /// The test environments.
    Test,
    /// The real thing.
    Produksjon,
}

impl Place {
    /// The one that a server belongs to; `None` if its address does not tell.
    pub(super) fn of_server(server: &ServerUrl) -> Option<Self> {
        if server.is_this_machine() {
            Some(Self::Sandbox(server.clone()))
        } else if server.is_production() {
            Some(Self::Produksjon)
        } else if server.is_test() {
            Some(Self::Test)
        } else {
            None
        }
    }

    pub(super) fn of_profile(profile: Profile) -> Option<Self> {
        match profile {
            Profile::Sandbox => profile.server(ApiKind::Skattemelding, false).parse().ok().map(Self::Sandbox),
            Profile::Test => Some(Self::Test),
            Profile::Produksjon => Some(Self::Produksjon),
        }
    }

    pub(super) fn maskinporten(&self) -> String {
        match self {
            Self::Sandbox(server) => format!("{}/maskinporten/", base(server)),
            Self::Test => "https://test.maskinporten.no/".to_owned(),
            Self::Produksjon => "https://maskinporten.no/".to_owned(),
        }
    }

    pub(super) fn idporten(&self) -> String {
        match self {
            Self::Sandbox(server) => format!("{}/idporten", base(server)),
            Self::Test => "https://test.idporten.no".to_owned(),
            Self::Produksjon => "https://idporten.no".to_owned(),
        }
    }

    pub(super) fn altinn(&self) -> AltinnAddresses {
        match self {
            Self::Sandbox(server) => AltinnAddresses::on(server.as_str()),
            Self::Test => AltinnAddresses::test(),
            Self::Produksjon => AltinnAddresses::production(),
        }
    }
}

fn base(server: &ServerUrl) -> &str {
    server.as_str().trim_end_matches('/')
}
