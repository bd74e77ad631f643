//! What the service says about a krav.

use super::{Endring, Innkrevingsoppdrag, OppdragsgiversKravidentifikator};
use crate::{Kravidentifikator, Timestamp, Transaksjonsid, masking};
use std::{convert::Infallible, fmt, str::FromStr};

/// How far a krav has come. Open: the service may say something that nobody has seen yet.
///
/// Source: contract page `innkreving.md`, edition v1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Mottaksstatus {
    /// Received, nothing done yet.
    MottattIkkeBehandlet,
    /// Being validated.
    MottattUnderBehandling,
    /// Rejected by the asynchronous validation; valideringsfeil says why.
    Valideringsfeil,
    /// Booked: it is being collected, and can be changed and written off.
    Reskontrofoert,
    /// Moved to another system of Skatteetaten.
    Migrert,
    /// Will not be booked.
    SkalIkkeReskontrofoeres,
    /// Something new.
    Ukjent(String),
}

impl Mottaksstatus {
    /// As the service writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::MottattIkkeBehandlet => "MOTTATT_IKKE_BEHANDLET",
            Self::MottattUnderBehandling => "MOTTATT_UNDER_BEHANDLING",
            Self::Valideringsfeil => "VALIDERINGSFEIL",
            Self::Reskontrofoert => "RESKONTROFOERT",
            Self::Migrert => "MIGRERT",
            Self::SkalIkkeReskontrofoeres => "SKAL_IKKE_RESKONTROFOERES",
            Self::Ukjent(text) => text,
        }
    }

    /// Whether it stays so.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Valideringsfeil | Self::Reskontrofoert | Self::Migrert | Self::SkalIkkeReskontrofoeres => {
                true
            }
            Self::MottattIkkeBehandlet | Self::MottattUnderBehandling | Self::Ukjent(_) => false,
        }
    }
}

impl FromStr for Mottaksstatus {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "MOTTATT_IKKE_BEHANDLET" => Self::MottattIkkeBehandlet,
            "MOTTATT_UNDER_BEHANDLING" => Self::MottattUnderBehandling,
            "VALIDERINGSFEIL" => Self::Valideringsfeil,
            "RESKONTROFOERT" => Self::Reskontrofoert,
            "MIGRERT" => Self::Migrert,
            "SKAL_IKKE_RESKONTROFOERES" => Self::SkalIkkeReskontrofoeres,
            other => Self::Ukjent(other.to_owned()),
        })
    }
}

impl fmt::Display for Mottaksstatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The answer to `mottaksstatus`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mottak {
    /// Skatteetaten's id of the krav.
    pub kravidentifikator: Kravidentifikator,
    /// The oppdragsgiver's, if it has one.
    pub oppdragsgivers_kravidentifikator: Option<OppdragsgiversKravidentifikator>,
    /// How far it has come.
    pub mottaksstatus: Mottaksstatus,
    /// Since when, if the service said so in a way that can be read.
    pub status_oppdatert: Option<Timestamp>,
}

/// What the asynchronous validation found wrong with a krav: it is not collected.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Valideringsfeil {
    /// Which rule, such as `PERSON_ER_DOED`. Open.
    pub error: String,
    /// The service's sentence, in Norwegian. May name the skyldner; mask it before it goes to a log.
    pub message: String,
}

/// The message may name the skyldner.
impl fmt::Debug for Valideringsfeil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", masking::mask(&self.error), masking::mask(&self.message))
    }
}

/// What Skatteetaten says it has received about a krav (`avstemming`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avstemming {
    /// Skatteetaten's id of the krav.
    pub kravidentifikator: Kravidentifikator,
    /// The oppdragsgiver's, if it has one.
    pub oppdragsgivers_kravidentifikator: Option<OppdragsgiversKravidentifikator>,
    /// The krav as it was received.
    pub opprinnelig: Option<Mottatt<Innkrevingsoppdrag>>,
    /// The accepted changes, in the order the service gives them within each kind.
    pub endringer: Vec<Mottatt<Endring>>,
    /// How many accepted changes are of kinds that are not known here, such as `periode`.
    pub andre_endringer: usize,
    /// The write-off.
    pub avskriving: Option<Mottatt<()>>,
}

/// Something that Skatteetaten received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mottatt<T> {
    /// What.
    pub innhold: T,
    /// When, as the service wrote it.
    pub tidspunkt: String,
    /// The same, if it can be read.
    pub tidspunkt_utc: Option<Timestamp>,
    /// The id that it was accepted under.
    pub transaksjonsid: Option<Transaksjonsid>,
}

/// The answer to the look at a krav's details. Its shape still changes upstream, so only what was seen to be stable is read.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Detaljer {
    /// The lines of the krav: what each was, and what is left of it.
    pub kravlinjer: Vec<Kravlinje>,
    /// The whole answer, as JSON. Holds personal data.
    pub json: String,
}

/// Nobody knows what the whole answer holds.
impl fmt::Debug for Detaljer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detaljer")
            .field("kravlinjer", &self.kravlinjer)
            .field("json", &masking::mask(&self.json))
            .finish()
    }
}

/// One line of a krav.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kravlinje {
    /// What it is for.
    pub kravlinjetype: String,
    /// What it was, in kroner as the service wrote it.
    pub opprinnelig_beloep: Option<String>,
    /// What is left, in kroner as the service wrote it.
    pub gjenstaaende_beloep: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_nobody_has_seen_is_kept_and_is_not_final() {
        let Ok(status) = "EN_NY_STATUS".parse::<Mottaksstatus>();
        assert_eq!((status.as_str(), status.is_final()), ("EN_NY_STATUS", false));
        for known in ["VALIDERINGSFEIL", "RESKONTROFOERT", "MIGRERT", "SKAL_IKKE_RESKONTROFOERES"] {
            let Ok(status) = known.parse::<Mottaksstatus>();
            assert_eq!((status.as_str(), status.is_final()), (known, true));
        }
    }
}
