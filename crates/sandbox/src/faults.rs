//! Faults on demand: what can go wrong between a client and the service.
//!
//! This file is the vocabulary, in Rust and in JSON; `table` decides which rule hits a request,
//! `deliver` acts it out, `bodies` makes the strange answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

mod bodies;
mod deliver;
mod late;
mod table;

pub(crate) use deliver::{Place, deliver};
pub(crate) use late::LateRequests;
pub(crate) use table::Faults;

/// The names of the routes that faults can be put on.
///
/// Those that begin with `krav-` are the same for both editions of the krav API; `krav-endring` is
/// only in edition 2023, `krav-hovedstol`, `krav-renter`, `krav-referanse`, `krav-avstemming` and
/// `krav-detaljer` are only in edition v1. Those that begin with `altinn-` are the app's, but for
/// `altinn-exchange`, and those that end with `-v2` are of jobs for what lies in an instance of it.
pub const ROUTES: [&str; 33] = [
    "ping",
    "last-opp",
    "start",
    "status",
    "resultat",
    "gjeldende",
    "valider",
    "validertest",
    "krav-opprett",
    "krav-endring",
    "krav-hovedstol",
    "krav-renter",
    "krav-referanse",
    "krav-avskriv",
    "krav-mottaksstatus",
    "krav-valideringsfeil",
    "krav-avstemming",
    "krav-detaljer",
    "maskinporten-token",
    "idporten-token",
    "altinn-exchange",
    "altinn-profil",
    "altinn-aktive",
    "altinn-opprett",
    "altinn-instans",
    "altinn-data-opp",
    "altinn-data-hent",
    "altinn-data-erstatt",
    "altinn-data-slett",
    "altinn-neste",
    "start-v2",
    "status-v2",
    "resultat-v2",
];

/// A fault, where it strikes and how often.
///
/// Several rules may hit one request: every `Latency` that matches is waited for first, then the
/// first other rule that matches acts. A rule that does not act is not used up.
///
/// As JSON: `{"route": "start", "when": {"next": 1}, "fault": "drop_after"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Which requests.
    pub route: RouteMatch,
    /// Which of them.
    pub when: When,
    /// What happens to them.
    pub fault: Fault,
}

impl FaultRule {
    /// The next `count` requests of the route named `route`.
    pub fn next(route: &str, count: u32, fault: Fault) -> Self {
        FaultRule { route: RouteMatch::named(route), when: When::Next(count), fault }
    }

    /// Every request of the route named `route`.
    pub fn always(route: &str, fault: Fault) -> Self {
        FaultRule { route: RouteMatch::named(route), when: When::Always, fault }
    }
}

/// Which requests a rule is about. As JSON a string: `"any"`, the route's name, or `"krav-*"` for all
/// routes whose names begin so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum RouteMatch {
    /// Every route of the service and of the token issuers; never those under `/sandbox`.
    Any,
    /// The route with this name, one of [`ROUTES`].
    Named(String),
    /// The routes whose names begin with this word and a hyphen: `krav` for all of the krav API.
    Group(String),
}

impl RouteMatch {
    /// The route with this name, one of [`ROUTES`]; or a group of them, written as in JSON: `krav-*`.
    pub fn named(route: &str) -> Self {
        match route.strip_suffix("-*") {
            Some(group) => RouteMatch::group(group),
            None => RouteMatch::Named(route.to_owned()),
        }
    }

    /// The routes whose names begin with this word and a hyphen.
    pub fn group(group: &str) -> Self {
        RouteMatch::Group(group.to_owned())
    }

    pub(crate) fn exists(&self) -> bool {
        ROUTES.iter().any(|route| self.matches(route))
    }

    fn matches(&self, route: &str) -> bool {
        match self {
            RouteMatch::Any => true,
            RouteMatch::Named(name) => name == route,
            RouteMatch::Group(group) => {
                route.strip_prefix(group.as_str()).is_some_and(|rest| rest.starts_with('-'))
            }
        }
    }
}

impl From<String> for RouteMatch {
    fn from(name: String) -> Self {
        if name == "any" { RouteMatch::Any } else { RouteMatch::named(&name) }
    }
}

impl From<RouteMatch> for String {
    fn from(route: RouteMatch) -> Self {
        match route {
            RouteMatch::Any => "any".to_owned(),
            RouteMatch::Named(name) => name,
            RouteMatch::Group(group) => format!("{group}-*"),
        }
    }
}

/// How often a rule acts. As JSON: `{"next": 2}`, `"always"`, `{"probability": 0.1}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// On so many requests, then never again.
    Next(u32),
    /// On every request.
    Always,
    /// On each request with this chance, from 0 to 1; decided by the sandbox's seed.
    Probability(f64),
}

/// What happens to a request. "The work" is what the service does: it is what leaves effects.
///
/// As JSON the name in snake case, with its value if it has one; durations are seconds:
/// `{"latency": 0.2}`, `{"too_many_requests": {"retry_after": 3}}`, `{"error_before": 503}`,
/// `"drop_after"`, `{"act_late": 90}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The request waits this long before it is looked at. In *real* time: keep it short in tests.
    Latency(#[serde(with = "crate::seconds")] Duration),
    /// 429; the work is not done.
    TooManyRequests {
        /// Sent as `Retry-After`, in whole seconds rounded up.
        #[serde(default, with = "crate::seconds::maybe")]
        retry_after: Option<Duration>,
    },
    /// This status with a general error body; the work is not done.
    ErrorBefore(u16),
    /// This status with a general error body, after the work was done.
    ErrorAfter(u16),
    /// The connection closes without an answer, before the body is read; the work is not done.
    DropBefore,
    /// The connection closes without an answer, after the work was done.
    DropAfter,
    /// The body is read and the connection closes without an answer; the work is done that much
    /// *virtual* time later.
    ActLate(#[serde(with = "crate::seconds")] Duration),
    /// The request is delivered twice; the answer is that of the second delivery.
    Twice,
    /// The right answer with its whole `Content-Length`, but only half of the body; then the
    /// connection closes.
    TruncatedBody,
    /// The right answer in small pieces (of 16 bytes, or more where that would make over 64 of
    /// them) with this pause before each. In *real* time.
    SlowDrip(#[serde(with = "crate::seconds")] Duration),
    /// 200 with a gateway's HTML page; the work is not done.
    HtmlInsteadOfJson,
    /// This status with a gateway's HTML page; the work is not done.
    HtmlError(u16),
    /// 200 with an empty body; the work is done.
    EmptyOk,
    /// The request is read and never answered; the work is not done. Ends when the client goes away.
    NeverAnswer,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, rule: FaultRule) {
        assert_eq!(serde_json::from_str::<FaultRule>(json).unwrap(), rule, "{json}");
        let back = serde_json::to_string(&rule).unwrap();
        assert_eq!(serde_json::from_str::<FaultRule>(&back).unwrap(), rule, "{back}");
    }

    #[test]
    fn json_says_the_same_as_rust() {
        check(
            r#"{"route":"any","when":"always","fault":{"latency":0.25}}"#,
            FaultRule {
                route: RouteMatch::Any,
                when: When::Always,
                fault: Fault::Latency(Duration::from_millis(250)),
            },
        );
        check(
            r#"{"route":"start","when":{"next":2},"fault":"drop_after"}"#,
            FaultRule::next("start", 2, Fault::DropAfter),
        );
        check(
            r#"{"route":"status","when":{"probability":0.5},"fault":{"too_many_requests":{"retry_after":3}}}"#,
            FaultRule {
                route: RouteMatch::named("status"),
                when: When::Probability(0.5),
                fault: Fault::TooManyRequests { retry_after: Some(Duration::from_secs(3)) },
            },
        );
        check(
            r#"{"route":"last-opp","when":"always","fault":{"too_many_requests":{}}}"#,
            FaultRule::always("last-opp", Fault::TooManyRequests { retry_after: None }),
        );
        check(
            r#"{"route":"resultat","when":"always","fault":{"error_after":502}}"#,
            FaultRule::always("resultat", Fault::ErrorAfter(502)),
        );
    }

    #[test]
    fn a_group_hits_all_routes_that_begin_so() {
        check(
            r#"{"route":"krav-*","when":"always","fault":"twice"}"#,
            FaultRule {
                route: RouteMatch::Group("krav".to_owned()),
                when: When::Always,
                fault: Fault::Twice,
            },
        );
        let krav = RouteMatch::named("krav-*");
        assert!(krav.exists() && krav.matches("krav-opprett") && krav.matches("krav-detaljer"));
        assert!(!krav.matches("start") && !RouteMatch::group("kra").exists());
    }

    #[test]
    fn negative_durations_are_refused() {
        assert!(serde_json::from_str::<Fault>(r#"{"act_late":-1}"#).is_err());
    }
}
