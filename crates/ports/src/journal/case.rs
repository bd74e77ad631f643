use skattebro_domain::flow::AttemptNo;
use skattebro_domain::{Digest, Korrelasjonsid, Timestamp};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// That a text is no id of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be 1 to {max} visible ASCII characters without spaces")]
pub struct BadId {
    what: &'static str,
    max: usize,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// A UUID from its 128 bits, which the caller draws.
            pub fn from_uuid(bits: u128) -> Self {
                Self(Korrelasjonsid::from_uuid(bits).as_str().into())
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                let fits = !text.is_empty() && text.len() <= $max && text.bytes().all(|b| b.is_ascii_graphic());
                if fits { Ok(Self(text.into())) } else { Err(BadId { what: $what, max: $max }) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// Names a case for ever. A UUID in practice.
    CaseId, "a case's id", 100
}

name! {
    /// Names one run of one program: a process that is started again is another worker.
    WorkerId, "a worker's id", 200
}

name! {
    /// Which service a case is about. Workers take only cases of their own environment.
    Environment, "an environment", 400
}

name! {
    /// What a case is about: `krav`, `filing`.
    CaseKind, "a case's kind", 40
}

/// What at most one case may be about at a time, such as one krav by the oppdragsgiver's id, in one environment. May hold a personal
/// number.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseKey(Arc<str>);

impl CaseKey {
    /// A key from its parts. Different parts make different keys.
    pub fn of(parts: &[&str]) -> Self {
        let mut text = String::new();
        for part in parts {
            text.push_str(&part.len().to_string());
            text.push(':');
            text.push_str(part);
        }
        Self(text.into())
    }

    /// A key as a journal wrote it down.
    pub fn from_stored(text: &str) -> Self {
        Self(text.into())
    }

    /// What a journal writes down.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A key may hold a personal number.
impl fmt::Debug for CaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&skattebro_domain::masking::mask(&self.0))
    }
}

/// JSON that only its writer reads. Holds personal numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(Arc<str>);

impl Payload {
    /// Takes a JSON text as it is.
    pub fn new(json: impl Into<Arc<str>>) -> Self {
        Self(json.into())
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Only the length: what it holds does not belong in a log.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

/// How many records a case has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version(pub u32);

/// Where a case stands, as far as a journal must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseState {
    /// There is something to do from this time on.
    Due(Timestamp),
    /// Nothing to do before somebody asks, or something is learned late.
    Waiting,
    /// It is over. Only an ask, or something that is learned late, changes that.
    Settled,
}

impl CaseState {
    /// A word for tables and machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due(_) => "due",
            Self::Waiting => "waiting",
            Self::Settled => "settled",
        }
    }
}

/// A case without its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseSummary {
    /// Its id.
    pub id: CaseId,
    /// What it is about.
    pub kind: CaseKind,
    /// Which service.
    pub environment: Environment,
    /// A line for a person. May hold personal numbers.
    pub title: String,
    /// Tells it from another that is asked for under the same key.
    pub fingerprint: Digest,
    /// Where it stands.
    pub state: CaseState,
    /// Where it stands in its own words, as its last owner left it; empty before the first did.
    pub status: String,
    /// How many records it has.
    pub version: Version,
    /// Who owns it, alive or not.
    pub owner: Option<WorkerId>,
    /// When it was opened, on its opener's clock.
    pub opened: Timestamp,
    /// When its last record was written, on the writer's clock; when it was opened, if it has none.
    pub changed: Timestamp,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// All but the records.
    pub summary: CaseSummary,
    /// What was fixed when it was opened.
    pub content: Payload,
    /// The records, in order; the first has number 1.
    pub records: Vec<Record>,
}

/// Something that was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When, on the writer's clock.
    pub at: Timestamp,
    /// By which worker; none for an ask.
    pub worker: Option<WorkerId>,
    /// What kind of thing.
    pub entry: Entry,
    /// The id of the call, if it is about one.
    pub korrelasjonsid: Option<Korrelasjonsid>,
    /// The thing.
    pub payload: Payload,
}

/// What kind of record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Somebody wants something.
    Ask,
    /// Something is about to be sent. Its attempt has the record's number.
    Intent {
        /// It is not sent later than this.
        until: Timestamp,
    },
    /// What came of the attempt with this number.
    Answer(AttemptNo),
    /// What a look showed.
    Look(Look),
}

/// One look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Its number among its worker's looks at the case; a later look has a larger one.
    pub n: AttemptNo,
    /// Tells it from all other looks.
    pub id: Korrelasjonsid,
}
