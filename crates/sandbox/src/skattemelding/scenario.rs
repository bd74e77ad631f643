//! What shall come of what is sent in; for all identifiers or for one.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::altinn::AltinnScenario;
use crate::world::lock;

/// How the service treats an identifier's returns. The default: validated OK, without a pause.
///
/// As JSON every field may be left out; durations are seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Scenario {
    /// What validation finds.
    pub outcome: Outcome,
    /// Whether the result holds guidance (`veiledningEtterKontroll`).
    pub veiledning: bool,
    /// How long a job is `NY`; 5 seconds by default.
    #[serde(with = "crate::seconds")]
    pub ny: Duration,
    /// How long a job runs apart from its documents; 20 minutes by default.
    #[serde(with = "crate::seconds")]
    pub run: Duration,
    /// How much longer for each 1 000 000 bytes of documents; 60 seconds by default.
    #[serde(with = "crate::seconds")]
    pub run_per_mb: Duration,
    /// How long a job is `PAUSET` (edition v2: `VENTER`) in the middle of its run.
    #[serde(with = "crate::seconds::maybe")]
    pub pause: Option<Duration>,
    /// A status that nobody has heard of, shown in the third quarter of the run.
    pub unknown_status: Option<String>,
    /// So many jobs end `FEILET`, counted for each identifier since the scenario was set.
    pub fails: u32,
    /// How the result's base64 is written.
    pub base64: Base64Form,
    /// Whether the result holds a document of a type that nobody has heard of. It then does not
    /// fit the schema.
    pub unknown_document: bool,
    /// What is wrong with the result as it is sent.
    pub malformed: Option<Malformed>,
    /// How long a reference can be used; for ever by default.
    #[serde(with = "crate::seconds::maybe")]
    pub references_last: Option<Duration>,
    /// Changes the id of the current return, as a new assessment does; 0 by default.
    pub gjeldende_version: u32,
    /// Whether the current return of an organisation is a selskapsmelding (SDF).
    pub selskapsmelding: bool,
    /// What comes of instances in Altinn.
    pub altinn: AltinnScenario,
}

/// What validation finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// `validertOK`.
    #[default]
    Ok,
    /// `validertMedFeil`, with several avvik and the reasons.
    MedFeil,
}

/// How base64 is written in a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base64Form {
    /// On one line.
    #[default]
    Unbroken,
    /// In indented lines of 76 characters.
    Broken,
}

/// What can be wrong with a result. Its `Content-Length` is right all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Malformed {
    /// The XML ends in its middle.
    TruncatedXml,
    /// The first document's content is not base64.
    BrokenBase64,
    /// It is not XML at all.
    NotXml,
}

impl Default for Scenario {
    fn default() -> Self {
        Scenario {
            outcome: Outcome::Ok,
            veiledning: false,
            ny: Duration::from_secs(5),
            run: Duration::from_secs(20 * 60),
            run_per_mb: Duration::from_secs(60),
            pause: None,
            unknown_status: None,
            fails: 0,
            base64: Base64Form::Unbroken,
            unknown_document: false,
            malformed: None,
            references_last: None,
            gjeldende_version: 0,
            selskapsmelding: false,
            altinn: AltinnScenario::default(),
        }
    }
}

impl Scenario {
    /// The default: validated OK.
    pub fn ok() -> Self {
        Scenario::default()
    }

    /// Validated with errors.
    pub fn med_feil() -> Self {
        Scenario { outcome: Outcome::MedFeil, ..Scenario::default() }
    }

    /// With guidance in the result.
    pub fn with_veiledning(mut self) -> Self {
        self.veiledning = true;
        self
    }

    /// `NY` for so long.
    pub fn queued_for(mut self, duration: Duration) -> Self {
        self.ny = duration;
        self
    }

    /// Running for so long, whatever the size of the documents.
    pub fn runs_for(mut self, duration: Duration) -> Self {
        self.run = duration;
        self.run_per_mb = Duration::ZERO;
        self
    }

    /// Running so much longer for each 1 000 000 bytes of documents.
    pub fn runs_for_each_mb(mut self, duration: Duration) -> Self {
        self.run_per_mb = duration;
        self
    }

    /// `PAUSET` for so long in the middle of the run.
    pub fn with_pause(mut self, duration: Duration) -> Self {
        self.pause = Some(duration);
        self
    }

    /// This status in the third quarter of the run.
    pub fn unknown_status(mut self, status: impl Into<String>) -> Self {
        self.unknown_status = Some(status.into());
        self
    }

    /// The first `jobs` jobs of each identifier end `FEILET`.
    pub fn fails(mut self, jobs: u32) -> Self {
        self.fails = jobs;
        self
    }

    /// base64 in indented lines of 76 characters.
    pub fn broken_base64(mut self) -> Self {
        self.base64 = Base64Form::Broken;
        self
    }

    /// With a document of an unknown type.
    pub fn unknown_document(mut self) -> Self {
        self.unknown_document = true;
        self
    }

    /// With something wrong about the result.
    pub fn malformed(mut self, how: Malformed) -> Self {
        self.malformed = Some(how);
        self
    }

    /// References can be used for so long.
    pub fn references_last(mut self, duration: Duration) -> Self {
        self.references_last = Some(duration);
        self
    }

    /// Another id of the current return than that of other versions.
    pub fn gjeldende_version(mut self, version: u32) -> Self {
        self.gjeldende_version = version;
        self
    }

    /// The current return of an organisation is a selskapsmelding.
    pub fn selskapsmelding(mut self) -> Self {
        self.selskapsmelding = true;
        self
    }

    /// What comes of instances in Altinn.
    pub fn with_altinn(mut self, altinn: AltinnScenario) -> Self {
        self.altinn = altinn;
        self
    }

    /// How long a job with that many bytes of documents runs, pauses apart.
    pub(crate) fn run_time(&self, bytes: u64) -> Duration {
        let extra = self.run_per_mb.as_secs_f64() * bytes as f64 / 1e6;
        self.run.saturating_add(Duration::try_from_secs_f64(extra).unwrap_or(Duration::MAX))
    }
}

/// The scenarios in force.
#[derive(Debug)]
pub(crate) struct Scenarios {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    default: Scenario,
    own: HashMap<String, Scenario>,
    /// Jobs of each identifier since its scenario was set.
    jobs: HashMap<String, u32>,
}

impl Scenarios {
    pub(crate) fn new(default: Scenario) -> Self {
        Scenarios { inner: Mutex::new(Inner { default, own: HashMap::new(), jobs: HashMap::new() }) }
    }

    pub(crate) fn set_default(&self, scenario: Scenario) {
        let mut inner = lock(&self.inner);
        let Inner { default, own, jobs } = &mut *inner;
        *default = scenario;
        jobs.retain(|identifikator, _| own.contains_key(identifikator));
    }

    pub(crate) fn set_for(&self, identifikator: &str, scenario: Scenario) {
        let mut inner = lock(&self.inner);
        inner.jobs.remove(identifikator);
        inner.own.insert(identifikator.to_owned(), scenario);
    }

    pub(crate) fn of(&self, identifikator: &str) -> Scenario {
        let inner = lock(&self.inner);
        inner.own.get(identifikator).unwrap_or(&inner.default).clone()
    }

    /// Counts a job; tells its scenario and whether it fails.
    pub(crate) fn begin_job(&self, identifikator: &str) -> (Scenario, bool) {
        let scenario = self.of(identifikator);
        let mut inner = lock(&self.inner);
        let jobs = inner.jobs.entry(identifikator.to_owned()).or_default();
        *jobs += 1;
        let fails = *jobs <= scenario.fails;
        (scenario, fails)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_may_leave_fields_out_but_not_invent_them() {
        let scenario: Scenario =
            serde_json::from_str(r#"{"outcome":"med_feil","pause":90,"malformed":"not_xml"}"#).unwrap();
        let same = Scenario::med_feil().with_pause(Duration::from_secs(90)).malformed(Malformed::NotXml);
        assert_eq!(scenario, same);
        let back = serde_json::to_string(&same).unwrap();
        assert_eq!(serde_json::from_str::<Scenario>(&back).unwrap(), same);
        assert!(serde_json::from_str::<Scenario>(r#"{"outcom":"ok"}"#).is_err());
    }

    #[test]
    fn failing_jobs_are_counted_since_the_scenario_was_set() {
        let scenarios = Scenarios::new(Scenario::ok().fails(1));
        let fails = |id| scenarios.begin_job(id).1;
        assert_eq!((fails("a"), fails("a"), fails("b")), (true, false, true));
        scenarios.set_for("a", Scenario::ok().fails(2));
        assert_eq!((fails("a"), fails("a"), fails("a")), (true, true, false));
        scenarios.set_default(Scenario::ok().fails(1));
        assert_eq!((fails("a"), fails("b")), (false, true));
    }
}
