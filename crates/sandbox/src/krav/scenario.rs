//! What shall come of a krav after it was received; for all, or by whom or what it concerns.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::marked;
use crate::world::lock;

/// How the service treats krav after their creation. The default: reskontroført after ten seconds.
///
/// A krav is `MOTTATT_IKKE_BEHANDLET`, then `MOTTATT_UNDER_BEHANDLING`; then validation has run, which
/// may be the end of it (`VALIDERINGSFEIL`); then it is settled. As JSON every field may be left out;
/// durations are seconds since creation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct KravScenario {
    /// When it is taken up (`MOTTATT_UNDER_BEHANDLING`); after 2 seconds by default.
    #[serde(with = "crate::seconds")]
    pub picked_up: Duration,
    /// When validation has run; after 5 seconds by default.
    #[serde(with = "crate::seconds")]
    pub validated: Duration,
    /// When it has come to its `ending`; after 10 seconds by default.
    #[serde(with = "crate::seconds")]
    pub settled: Duration,
    /// What becomes of it.
    pub ending: KravEnding,
    /// A status that nobody has heard of, shown between validation and the end.
    pub unknown_status: Option<String>,
    /// Kravtyper of the code list that are not in use (`kravtype-er-inaktiv`).
    pub inactive: Vec<String>,
    /// Kravtyper that cannot be amended (`kravtypen-kan-ikke-endres`). What counts is the scenario at
    /// the time of the amendment.
    pub cannot_be_amended: Vec<String>,
    /// Kravtyper that cannot be written off (`kravtypen-kan-ikke-avskrives`). What counts is the
    /// scenario at the time of the write-off.
    pub cannot_be_written_off: Vec<String>,
}

/// What becomes of a krav. A skyldner with a [marked number](crate::MARKED_NUMBERS) ends
/// `VALIDERINGSFEIL` whatever is said here, unless the krav is never validated.
///
/// As JSON the name in snake case, with its value if it has one: `"migrert"`,
/// `{"valideringsfeil": [{"error": "PERSON_ER_SLETTET"}]}`, `{"status": "EN_NY_STATUS"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KravEnding {
    /// `RESKONTROFOERT`.
    #[default]
    Reskontrofoert,
    /// `MIGRERT`.
    Migrert,
    /// `SKAL_IKKE_RESKONTROFOERES`.
    SkalIkkeReskontrofoeres,
    /// `VALIDERINGSFEIL` with these errors, from when validation has run.
    Valideringsfeil(Vec<KravFeil>),
    /// It stays `MOTTATT_IKKE_BEHANDLET` for ever.
    MottattIkkeBehandlet,
    /// It stays `MOTTATT_UNDER_BEHANDLING` for ever, and validation never runs.
    MottattUnderBehandling,
    /// A status that nobody has heard of, for ever. To the other calls it is not reskontroført.
    Status(String),
}

/// An error that the asynchronous validation found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Told")]
pub struct KravFeil {
    /// The code, for example `PERSON_ER_SLETTET`.
    pub error: String,
    /// Says it in words. As JSON it may be left out.
    pub message: String,
}

impl KravFeil {
    /// The error with the words that go with it.
    pub fn new(error: impl Into<String>) -> Self {
        let error = error.into();
        let message = marked::message_of(&error).to_owned();
        KravFeil { error, message }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    error: String,
    message: Option<String>,
}

impl From<Told> for KravFeil {
    fn from(Told { error, message }: Told) -> Self {
        match message {
            Some(message) => KravFeil { error, message },
            None => KravFeil::new(error),
        }
    }
}

impl Default for KravScenario {
    fn default() -> Self {
        KravScenario {
            picked_up: Duration::from_secs(2),
            validated: Duration::from_secs(5),
            settled: Duration::from_secs(10),
            ending: KravEnding::Reskontrofoert,
            unknown_status: None,
            inactive: Vec::new(),
            cannot_be_amended: Vec::new(),
            cannot_be_written_off: Vec::new(),
        }
    }
}

impl KravScenario {
    /// The default: reskontroført.
    pub fn reskontrofoert() -> Self {
        KravScenario::default()
    }

    /// With another end.
    pub fn ending(ending: KravEnding) -> Self {
        KravScenario { ending, ..KravScenario::default() }
    }

    /// Rejected with this error.
    pub fn rejected(error: &str) -> Self {
        KravScenario::ending(KravEnding::Valideringsfeil(vec![KravFeil::new(error)]))
    }

    /// Taken up after this time.
    pub fn picked_up_after(mut self, duration: Duration) -> Self {
        self.picked_up = duration;
        self
    }

    /// Validated after this time.
    pub fn validated_after(mut self, duration: Duration) -> Self {
        self.validated = duration;
        self
    }

    /// At its end after this time.
    pub fn settled_after(mut self, duration: Duration) -> Self {
        self.settled = duration;
        self
    }

    /// At its end as soon as it is received.
    pub fn at_once(self) -> Self {
        let now = Duration::ZERO;
        self.picked_up_after(now).validated_after(now).settled_after(now)
    }

    /// This status between validation and the end.
    pub fn unknown_status(mut self, status: impl Into<String>) -> Self {
        self.unknown_status = Some(status.into());
        self
    }

    /// This kravtype is not in use.
    pub fn inactive(mut self, kravtype: impl Into<String>) -> Self {
        self.inactive.push(kravtype.into());
        self
    }

    /// Krav of this kravtype cannot be amended.
    pub fn cannot_be_amended(mut self, kravtype: impl Into<String>) -> Self {
        self.cannot_be_amended.push(kravtype.into());
        self
    }

    /// Krav of this kravtype cannot be written off.
    pub fn cannot_be_written_off(mut self, kravtype: impl Into<String>) -> Self {
        self.cannot_be_written_off.push(kravtype.into());
        self
    }
}

/// Which krav a scenario is for. Where several fit, the krav's own id goes before the skyldner.
///
/// As JSON `{"skyldner": "…"}` or `{"oppdragsgivers_kravidentifikator": "…"}`. `Debug` masks persons.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KravSelector {
    /// Krav against the skyldner with this number.
    Skyldner(String),
    /// The krav with this oppdragsgiversKravidentifikator, whoever the oppdragsgiver is.
    OppdragsgiversKravidentifikator(String),
}

impl fmt::Debug for KravSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KravSelector::Skyldner(number) if number.len() == 9 => write!(f, "Skyldner({number:?})"),
            KravSelector::Skyldner(_) => f.write_str("Skyldner(*****)"),
            KravSelector::OppdragsgiversKravidentifikator(id) => {
                write!(f, "OppdragsgiversKravidentifikator({id:?})")
            }
        }
    }
}

/// The scenarios in force.
pub(crate) struct KravScenarios {
    inner: Mutex<Inner>,
}

struct Inner {
    default: Arc<KravScenario>,
    by_skyldner: HashMap<String, Arc<KravScenario>>,
    by_own_id: HashMap<String, Arc<KravScenario>>,
}

impl KravScenarios {
    pub(crate) fn new(default: KravScenario) -> Self {
        let inner =
            Inner { default: Arc::new(default), by_skyldner: HashMap::new(), by_own_id: HashMap::new() };
        KravScenarios { inner: Mutex::new(inner) }
    }

    pub(crate) fn set_default(&self, scenario: KravScenario) {
        lock(&self.inner).default = Arc::new(scenario);
    }

    pub(crate) fn set_for(&self, selector: KravSelector, scenario: KravScenario) {
        let (mut inner, scenario) = (lock(&self.inner), Arc::new(scenario));
        match selector {
            KravSelector::Skyldner(number) => inner.by_skyldner.insert(number, scenario),
            KravSelector::OppdragsgiversKravidentifikator(id) => inner.by_own_id.insert(id, scenario),
        };
    }

    pub(crate) fn of(&self, skyldner: &str, own_id: Option<&str>) -> Arc<KravScenario> {
        let inner = lock(&self.inner);
        let by_own_id = own_id.and_then(|id| inner.by_own_id.get(id));
        by_own_id.or_else(|| inner.by_skyldner.get(skyldner)).unwrap_or(&inner.default).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_may_leave_fields_out_but_not_invent_them() {
        let scenario: KravScenario = serde_json::from_str(
            r#"{"settled":60,"ending":{"valideringsfeil":[{"error":"PERSON_ER_SLETTET"}]}}"#,
        )
        .unwrap();
        let same = KravScenario::rejected("PERSON_ER_SLETTET").settled_after(Duration::from_secs(60));
        assert_eq!(scenario, same);
        let back = serde_json::to_string(&same).unwrap();
        assert_eq!(serde_json::from_str::<KravScenario>(&back).unwrap(), same);
        for (text, ending) in [
            (r#""skal_ikke_reskontrofoeres""#, KravEnding::SkalIkkeReskontrofoeres),
            (r#""mottatt_under_behandling""#, KravEnding::MottattUnderBehandling),
            (r#"{"status":"EN_NY_STATUS"}"#, KravEnding::Status("EN_NY_STATUS".to_owned())),
        ] {
            assert_eq!(serde_json::from_str::<KravEnding>(text).unwrap(), ending);
        }
        assert!(serde_json::from_str::<KravScenario>(r#"{"end":"migrert"}"#).is_err());
    }

    #[test]
    fn the_own_id_goes_before_the_skyldner() {
        let scenarios = KravScenarios::new(KravScenario::default());
        let migrert = KravScenario::ending(KravEnding::Migrert);
        let rejected = KravScenario::rejected("PERSON_ER_DOED");
        scenarios.set_for(KravSelector::Skyldner("974761076".to_owned()), migrert.clone());
        scenarios.set_for(KravSelector::OppdragsgiversKravidentifikator("K-1".to_owned()), rejected.clone());
        assert_eq!(*scenarios.of("974761076", Some("K-1")), rejected);
        assert_eq!(*scenarios.of("974761076", Some("K-2")), migrert);
        assert_eq!(*scenarios.of("310817074", None), KravScenario::default());
    }

    #[test]
    fn persons_are_masked() {
        let selector = KravSelector::Skyldner("01817090067".to_owned());
        assert!(!format!("{selector:?}").contains("0181"));
    }
}
