//! How the token issuers behave, where they may behave in more than one way.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long tokens live, on the virtual clock, and other habits of the issuers. As JSON every field may be
/// left out; durations are seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SigninSettings {
    /// The life of Maskinporten's tokens; 119 seconds by default.
    #[serde(with = "crate::seconds")]
    pub maskinporten_token: Duration,
    /// The life of ID-porten's access tokens; 8 hours by default.
    #[serde(with = "crate::seconds")]
    pub idporten_token: Duration,
    /// For how long a session of ID-porten can be refreshed, counted from the login; 90 days by default.
    #[serde(with = "crate::seconds")]
    pub refresh_token: Duration,
    /// The life of ID-porten's authorization codes; 60 seconds by default.
    #[serde(with = "crate::seconds")]
    pub code: Duration,
    /// The life of Altinn's tokens; 30 minutes by default.
    #[serde(with = "crate::seconds")]
    pub altinn_token: Duration,
    /// Altinn answers a JSON string instead of bare text; off by default.
    pub altinn_as_json: bool,
    /// Maskinporten does not compare `iat` and `exp` of an assertion with its clock; off by default. For a
    /// sandbox whose clock runs faster than its clients'.
    pub any_clock: bool,
}

impl Default for SigninSettings {
    fn default() -> Self {
        SigninSettings {
            maskinporten_token: Duration::from_secs(119),
            idporten_token: Duration::from_hours(8),
            refresh_token: Duration::from_hours(90 * 24),
            code: Duration::from_secs(60),
            altinn_token: Duration::from_mins(30),
            altinn_as_json: false,
            any_clock: false,
        }
    }
}
