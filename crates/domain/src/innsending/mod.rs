//! The submission of a return through Altinn, from the first look to the receipt, as a pure state machine.
//!
//! ```text
//! gjeldende ─→ validation ─────────────────────────────→ instance → metadata → envelope → scan ─→ next … ─→ receipt
//!       └────→ instance → metadata → attachments (→ envelope → scan) ─→ validation ─┘               ↑
//!              where there are attachments, or the instance itself is validated (edition v2)        gjeldende again
//! ```
//!
//! What it knows that a list of calls would not:
//! - None of Altinn's calls may simply be repeated. After one whose answer was lost it looks, waits until the request can no longer act late,
//!   looks again, and only then repeats it. So there is one instance, and each step of the process is taken once.
//! - An instance that it finds is taken for its own only if the year and the owner match, it is not older than the intent, and nothing lies
//!   in it yet.
//! - The return in force is looked at again just before each step, since it may have changed while a job ran for an hour.
//!   Another one is believed when it is seen twice, and a refused step only after a look: whoever was frozen brings pictures of the past, and
//!   a network may deliver twice.
//! - A copy from a backup that knows no instance cannot see whether it was submitted since. It waits for a person.
//! - A machine may not submit alone: with a systembruker it takes the first step, and a person the second.
//! - An accepted submission is none before the receipt says so.
//!
//! The validation is [`Filing`](crate::filing::Filing) itself, or a synchronous one.
//!
//! Source: contract pages `altinn.md` and `skattemelding.md`.

mod copy;
mod looks;
mod machine;
mod rules;
mod steps;
#[cfg(test)]
mod tests;

pub use machine::Innsending;
pub use rules::InnsendingRules;

use crate::altinn::{DataId, Dataelement, Instans, InstansId, Metadata, Prosess};
use crate::filing::{self, FilingEnd};
use crate::flow::Failure;
use crate::{Dokumentreferanse, Identifikator, Referanse, ResultatAvValidering, Timestamp};

/// What the user wants of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Submit.
    SendInn(Plan),
    /// Submit although the validation found errors.
    MedFeil,
    /// Stop before the next act. An instance that was made stays as it is.
    Cancel,
    /// Go on after it was given up, stopped or turned away: with as much time again.
    Fortsett,
    /// What is known of it is a copy from before `since`: since then anything may have been sent.
    Restored {
        /// When the copy was made.
        since: Timestamp,
    },
}

/// What a submission begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Whose return it is.
    pub eier: Identifikator,
    /// What the instance is told.
    pub metadata: Metadata,
    /// Who takes the steps of the process.
    pub utfoerer: Utfoerer,
    /// How it is validated.
    pub validering: Validering,
    /// The return in force, if the user gave it or an earlier validation was made for it; else it is fetched.
    pub gjeldende: Option<Dokumentreferanse>,
    /// The attachments, by which they are known again in the instance.
    pub vedlegg: Vec<PlanlagtVedlegg>,
    /// Submit although the validation finds errors.
    pub med_feil: bool,
}

/// An attachment to be put in. Each has a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanlagtVedlegg {
    /// Its name in the instance.
    pub navn: String,
    /// Its size.
    pub stoerrelse: u64,
}

impl PlanlagtVedlegg {
    /// Whether it is this one that lies in the instance, or one like it.
    pub(crate) fn is(&self, element: &Dataelement) -> bool {
        let has_size = element.stoerrelse.is_none_or(|size| size == self.stoerrelse);
        element.filnavn.as_deref() == Some(&self.navn) && has_size
    }
}

/// Who takes the steps of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Utfoerer {
    /// A person who is signed in: both steps are theirs.
    Person,
    /// A systembruker: takes the first step, and waits for a person to confirm.
    Systembruker,
}

/// How the return is validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Validering {
    /// By a job for an uploaded næringsspesifikasjon, edition v1.
    Jobb {
        /// The reference of an earlier upload.
        referanse: Option<Referanse>,
        /// Whether there is a næringsspesifikasjon here that can be uploaded.
        can_upload: bool,
    },
    /// By a job for what lies in the instance, edition v2.
    Instans,
    /// At once, in one call.
    Synkron,
    /// It was validated before, for the return in force that the plan names.
    Utfoert {
        /// The verdict.
        resultat: ResultatAvValidering,
        /// The reference of the næringsspesifikasjon, where it was uploaded.
        referanse: Option<Referanse>,
    },
}

/// What changes something at the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Make the instance.
    Opprett,
    /// Write its metadata.
    SettMetadata(InstansId, DataId),
    /// Put in the attachment at this place of the plan.
    LastOppVedlegg(InstansId, usize),
    /// Put the envelope in.
    LastOppKonvolutt(InstansId, Konvolutt),
    /// Take out an envelope or an attachment that is there twice.
    Slett(InstansId, DataId),
    /// Take the process one step on from there.
    Neste(InstansId, Prosess),
    /// A step of the validation.
    Validering(filing::Act, Konvolutt, Option<InstansId>),
}

/// What an envelope holds beside the documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Konvolutt {
    /// The uploaded næringsspesifikasjon that it refers to.
    pub referanse: Option<Referanse>,
    /// The return that it replaces.
    pub gjeldende: Dokumentreferanse,
    /// The attachments, in the order of the plan, as they lie in the instance.
    pub vedlegg: Vec<DataId>,
}

/// What only looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// Fetch the return in force.
    Gjeldende,
    /// Validate at once. Changes nothing.
    Valider(Konvolutt),
    /// Look at all open instances of the owner.
    Aapne,
    /// Look at the instance.
    Instans(InstansId),
    /// Fetch the receipt.
    Kvittering(InstansId, DataId),
    /// A look of the validation.
    Validering(filing::Read),
}

/// What can be learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The return in force is this.
    Gjeldende(Dokumentreferanse),
    /// The return in force is of a kind that no envelope can refer to.
    GjeldendeUnusable(String),
    /// The synchronous validation's verdict.
    Validert(ResultatAvValidering),
    /// The instance was made.
    Opprettet(Instans),
    /// The metadata were written.
    MetadataSatt,
    /// The attachment at this place of the plan is in.
    VedleggLastetOpp(usize, DataId),
    /// The envelope is in.
    KonvoluttLastetOpp(Dataelement),
    /// The element is out.
    Slettet,
    /// The process is now here.
    Flyttet(Prosess),
    /// The open instances of the owner.
    Aapne(Vec<Instans>),
    /// The instance was seen so.
    Instans(Instans),
    /// The receipt's verdict, and its reasons if there is something wrong.
    Kvittering(ResultatAvValidering, Vec<String>),
    /// Something was learned by the validation.
    Validering(filing::Fact),
    /// The act failed.
    Failed(Failure),
    /// The look failed.
    LookFailed(Lest, Failure),
}

/// Which look it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lest {
    /// At the instance.
    Instans,
    /// At anything else.
    Annet,
}

/// A part of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Fetching the return in force.
    Gjeldende,
    /// Validating.
    Validering,
    /// Making the instance and writing its metadata.
    Instans,
    /// Putting documents in.
    Dokumenter,
    /// Waiting for the virus scan.
    Skanning,
    /// Taking the steps of the process that are ours.
    Neste,
    /// Waiting for a person to confirm.
    Person,
    /// Waiting for the auditor to confirm.
    Revisor,
    /// Submitted; waiting for the receipt.
    Kvittering,
}

/// How a submission ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InnsendingEnd {
    /// It was submitted, and the receipt is here. Its verdict is the outcome: the submission counts if that is `validertOK`.
    Kvittert {
        /// The instance.
        instans: InstansId,
        /// The receipt's verdict.
        resultat: ResultatAvValidering,
        /// What the receipt names as reasons.
        aarsaker: Vec<String>,
    },
    /// The validation found errors. Nothing was submitted.
    ValidertMedFeil {
        /// Its verdict.
        resultat: ResultatAvValidering,
        /// The instance, if there is one already.
        instans: Option<InstansId>,
    },
    /// The validation ended without a verdict. Nothing was submitted.
    Validering(Box<FilingEnd>),
    /// The return in force is another one than when it was validated. Nothing was submitted.
    GjeldendeEndret {
        /// What it was validated for.
        validert_for: Dokumentreferanse,
        /// What is in force now.
        gjeldende: Dokumentreferanse,
    },
    /// The virus scan found something. Nothing was submitted.
    Infisert {
        /// The instance.
        instans: InstansId,
        /// The name of what is infected.
        filnavn: Option<String>,
    },
    /// The instance is not there any more. Nothing of ours was submitted, as far as is known.
    Borte {
        /// It.
        instans: InstansId,
    },
    /// Somebody else put an envelope into the instance, or took ours out. Nothing more is done with it.
    Fremmed {
        /// The instance.
        instans: InstansId,
    },
    /// What is known of it is a copy, and whether it was submitted since that was made cannot be seen: Altinn lists only what is open. A
    /// person must look; then it can be gone on with, or given up.
    Uvisst {
        /// An open instance that may be ours from after the copy was made.
        kan_vaere: Option<InstansId>,
    },
    /// A call was refused, and trying again cannot help.
    Refused {
        /// Where.
        stage: Stage,
        /// The instance, if there is one.
        instans: Option<InstansId>,
        /// How.
        failure: Failure,
    },
    /// The service could not be used, or whoever is waited for did not come, for as long as the rules allow. It can be gone on with.
    GaveUp {
        /// Where.
        stage: Stage,
        /// The instance, if there is one.
        instans: Option<InstansId>,
        /// The last failure, if there was one.
        failure: Option<Failure>,
    },
    /// The user stopped it.
    Cancelled {
        /// Where.
        stage: Stage,
        /// The instance, if there is one; it is left as it is.
        instans: Option<InstansId>,
    },
}

impl InnsendingEnd {
    /// Whether it is not over: it can be gone on with, and until then nothing else is submitted in its place.
    pub fn can_go_on(&self) -> bool {
        match self {
            Self::GaveUp { .. } | Self::Uvisst { .. } => true,
            Self::Validering(end) => matches!(**end, FilingEnd::GaveUp { .. } | FilingEnd::Unreadable { .. }),
            _ => false,
        }
    }
}
