//! The filing of a return with asynchronous validation, edition v1, as a pure state machine.
//!
//! ```text
//! asked → (gjeldende) → upload → start → look … look → FERDIG → result → end
//!                         ↑        ↑       │
//!                         │        └───────┤ FEILET, or AVBRUTT by a start of our own
//!                         └────────────────┘ start refused for the reference: one fresh upload
//! ```
//!
//! What it knows that a loop would not:
//! - Uploads and jobs may repeat, since neither changes anything that counts; but a second live job aborts the first, so a
//!   start whose answer was lost is repeated only when it can no longer act late.
//! - AVBRUTT means "superseded by another job" only if no start of ours is unresolved. Each unresolved start explains one
//!   AVBRUTT; the next one is somebody else's.
//! - No deadline fires before one more look at the job.
//!
//! Source: `asynk-api.md`; contract page `skattemelding.md`, "Edition v1", with its paragraph on lost answers.

mod looks;
mod machine;
mod rules;
#[cfg(test)]
mod tests;

pub use looks::{DueLook, DueLooks, NextLook, Pace};
pub use machine::Filing;
pub use rules::{FilingRules, Polling};

use crate::flow::Failure;
use crate::{
    Dokumentreferanse, JobbId, JobbStatus, JobbTilstand, Referanse, ResultatAvValidering, Timestamp,
};

/// What the user wants of a filing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Validate.
    Validate(Plan),
    /// Stop before the next act. A job that was started goes on at Skatteetaten; it changes nothing that counts.
    Cancel,
    /// Go on after it was given up, stopped or turned away: with as much time again.
    Fortsett,
    /// What is known of it is a copy from before `since`: since then anything may have been sent.
    Restored {
        /// When the copy was made.
        since: Timestamp,
    },
}

/// What a validation begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The reference of an earlier upload.
    pub referanse: Option<Referanse>,
    /// Whether there is a næringsspesifikasjon here that can be uploaded.
    pub can_upload: bool,
    /// The return in force, if the user gave it; else it is fetched.
    pub gjeldende: Option<Dokumentreferanse>,
}

/// What changes something at the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Upload the næringsspesifikasjon.
    Upload,
    /// Start a job.
    Start {
        /// The uploaded næringsspesifikasjon; `None` for a filing without one.
        referanse: Option<Referanse>,
        /// The return that it replaces.
        gjeldende: Dokumentreferanse,
    },
}

/// What only looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// Fetch the return in force.
    Gjeldende,
    /// Look at a job.
    Status(JobbId),
    /// Fetch the result of a job.
    Resultat(JobbId),
}

/// What can be learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The return in force is this.
    Gjeldende(Dokumentreferanse),
    /// The return in force is of a kind that no envelope can refer to.
    GjeldendeUnusable(String),
    /// The upload was answered with this.
    Uploaded(Referanse),
    /// The start was answered with this.
    Started(JobbId, JobbStatus),
    /// The job was seen so.
    Status(JobbId, JobbTilstand),
    /// The service says that the job has no result to fetch (204).
    NoResult(JobbId),
    /// The result was fetched, and this is its verdict.
    Resultat(JobbId, ResultatAvValidering),
    /// The act failed.
    Failed(Failure),
    /// The look failed.
    LookFailed(Failure),
}

/// A part of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Fetching the return in force.
    Gjeldende,
    /// Uploading.
    Upload,
    /// Starting a job.
    Start,
    /// Following a job.
    Job,
    /// Fetching the result.
    Resultat,
}

/// How a filing ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilingEnd {
    /// The result is here.
    Validated {
        /// The job that made it.
        jobb: JobbId,
        /// Its verdict.
        resultat: ResultatAvValidering,
    },
    /// Another job, not ours, took the place of this one. Whoever started it has the result.
    Superseded {
        /// The job that was aborted.
        jobb: JobbId,
    },
    /// Every job that was started failed.
    JobFailed {
        /// The last one.
        jobb: JobbId,
        /// How many there were.
        jobs: u32,
    },
    /// A call was refused, and trying again cannot help.
    Refused {
        /// Where.
        stage: Stage,
        /// The job that was followed, if a look at it was refused: it goes on, and its result can be fetched once that is mended.
        jobb: Option<JobbId>,
        /// How.
        failure: Failure,
    },
    /// The service could not be used, or the job did not end, for as long as the rules allow.
    GaveUp {
        /// Where.
        stage: Stage,
        /// The job that was followed; it may still end, and its result be fetched.
        jobb: Option<JobbId>,
        /// The last failure, if there was one.
        failure: Option<Failure>,
    },
    /// The answer came, time and again, and could not be understood.
    Unreadable {
        /// Where.
        stage: Stage,
        /// The job.
        jobb: Option<JobbId>,
        /// How it failed.
        failure: Failure,
    },
    /// The user stopped it.
    Cancelled {
        /// A job that was started and may go on.
        jobb: Option<JobbId>,
    },
}
