//! The life of a validation job, as its status call tells it.

use std::{convert::Infallible, fmt, str::FromStr};

/// The status of a job. Open: a value that nobody has seen yet survives as [`Ukjent`](Self::Ukjent).
///
/// Source: `asynk-api.md`, section 3; `VENTER` comes from edition v2 and `OPPRETTET` from the answer to start, which the
/// page's own list omits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum JobbStatus {
    /// The answer to start.
    Opprettet,
    /// Created, nothing done yet.
    Ny,
    /// Running.
    Kjoerer,
    /// Put on hold until resources are free (edition v1).
    Pauset,
    /// Waiting its turn (edition v2).
    Venter,
    /// Aborted, for example by a newer job for the same identifikator.
    Avbrutt,
    /// Failed for a technical reason.
    Feilet,
    /// Done; the result can be fetched.
    Ferdig,
    /// A value this version does not know, as it was written.
    Ukjent(String),
}

/// What a status means for someone who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Not ended; look again. Unknown values count as this, since only an end ends the waiting.
    Underway,
    /// The result can be fetched.
    Finished,
    /// Ended by a technical failure; may be started again.
    Failed,
    /// Ended because another job took its place.
    Aborted,
}

const KNOWN: [(&str, JobbStatus); 8] = [
    ("OPPRETTET", JobbStatus::Opprettet),
    ("NY", JobbStatus::Ny),
    ("KJOERER", JobbStatus::Kjoerer),
    ("PAUSET", JobbStatus::Pauset),
    ("VENTER", JobbStatus::Venter),
    ("AVBRUTT", JobbStatus::Avbrutt),
    ("FEILET", JobbStatus::Feilet),
    ("FERDIG", JobbStatus::Ferdig),
];

impl JobbStatus {
    /// The value as it is on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ukjent(text) => text,
            known => KNOWN.iter().find(|(_, status)| status == known).map_or("", |(text, _)| text),
        }
    }

    /// What it means for someone who waits.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Ferdig => Phase::Finished,
            Self::Feilet => Phase::Failed,
            Self::Avbrutt => Phase::Aborted,
            _ => Phase::Underway,
        }
    }

    /// Whether the job has ended, one way or another.
    pub fn is_terminal(&self) -> bool {
        self.phase() != Phase::Underway
    }
}

impl FromStr for JobbStatus {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let known = KNOWN.iter().find(|(name, _)| *name == text).map(|(_, status)| status.clone());
        Ok(known.unwrap_or_else(|| Self::Ukjent(text.to_owned())))
    }
}

impl fmt::Display for JobbStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One look at a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobbTilstand {
    /// The status now.
    pub jobb_status: JobbStatus,
    /// The status before, if the service said.
    pub forrige_status: Option<JobbStatus>,
    /// Whole seconds since the job was created, if the service said.
    pub sekunder_siden_opprettelse: Option<u64>,
    /// Whole seconds since the job took its present status, if the service said.
    pub sekunder_siden_endring: Option<u64>,
}

impl JobbTilstand {
    /// A look that told the status only.
    pub fn of(jobb_status: JobbStatus) -> Self {
        Self {
            jobb_status,
            forrige_status: None,
            sekunder_siden_opprettelse: None,
            sekunder_siden_endring: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_written_as_it_was_read() {
        for text in
            ["OPPRETTET", "NY", "KJOERER", "PAUSET", "VENTER", "AVBRUTT", "FEILET", "FERDIG", "NOE_NYTT"]
        {
            let Ok(status) = text.parse::<JobbStatus>();
            assert_eq!(status.to_string(), text);
            assert_eq!(status.is_terminal(), ["AVBRUTT", "FEILET", "FERDIG"].contains(&text), "{text}");
        }
    }
}
