use crate::error::{sentence, tell_documents, tell_validation_end};
use skattebro_domain::filing::FilingEnd;
use skattebro_domain::flow::{Effect, Failure};
use skattebro_domain::innsending::{InnsendingEnd, Stage};
use skattebro_domain::{Finding, Referanse};
use skattebro_ports::journal::{CaseId, JournalError};
use std::fmt;

/// Why there is no receipt.
#[derive(Debug)]
pub enum InnsendingError {
    /// The documents or the request are not fit to be sent; nothing was. All findings at once.
    Findings(Vec<Finding>),
    /// It ended without a receipt.
    Ended {
        /// How.
        end: Box<InnsendingEnd>,
        /// The reference of the upload in edition v1, which is still good.
        referanse: Option<Referanse>,
        /// Whether a step of the process whose answer was lost may have been taken.
        perhaps_moved: bool,
        /// The case in the journal, where there is one that outlives the process.
        case: Option<CaseId>,
    },
    /// It was stopped on the way, and goes on from the journal: when the same is asked again, or by a worker.
    Left {
        /// The case.
        case: CaseId,
    },
    /// The documents were needed again and are not here any more, or are not what they were. Nothing was submitted.
    Documents {
        /// The case, if it goes on once they are.
        case: Option<CaseId>,
        /// What is in the way.
        why: String,
    },
    /// Another submission for the same party and year is under way.
    Busy {
        /// Its case.
        case: CaseId,
        /// Where it stands.
        status: String,
    },
    /// This bridge was composed without an adapter for Altinn.
    NoAltinn,
    /// The journal cannot be used. Nothing was sent that is not written down.
    Journal(Box<JournalError>),
    /// The task that drove it died, which is a bug.
    Lost(String),
}

impl InnsendingError {
    /// Whether the input or the access is at fault: something must be changed before it is sent again.
    pub fn is_bad_input(&self) -> bool {
        let refused = |failure: &Failure| matches!(failure.effect, Effect::Refused(_) | Effect::NotSent);
        match self {
            Self::Findings(_) | Self::NoAltinn | Self::Busy { .. } | Self::Documents { .. } => true,
            Self::Ended { end, .. } => match &**end {
                InnsendingEnd::Refused { failure, .. } => refused(failure),
                InnsendingEnd::Validering(end) => {
                    matches!(&**end, FilingEnd::Refused { failure, .. } if refused(failure))
                }
                InnsendingEnd::GjeldendeEndret { .. } | InnsendingEnd::Infisert { .. } => true,
                _ => false,
            },
            Self::Left { .. } | Self::Journal(_) | Self::Lost(_) => false,
        }
    }
}

impl From<JournalError> for InnsendingError {
    fn from(error: JournalError) -> Self {
        Self::Journal(Box::new(error))
    }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Gjeldende => "fetching the current return",
        Stage::Validering => "validating",
        Stage::Instans => "making the instance in Altinn",
        Stage::Dokumenter => "uploading to Altinn",
        Stage::Skanning => "waiting for the virus scan",
        Stage::Neste => "submitting",
        Stage::Person => "waiting for a person to confirm",
        Stage::Revisor => "waiting for the auditor to confirm",
        Stage::Kvittering => "waiting for the receipt",
    }
}

/// What happened, whether anything changed, and what to do.
impl fmt::Display for InnsendingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (end, referanse, perhaps_moved, case) = match self {
            Self::Findings(findings) => {
                let errors = findings.iter().filter(|finding| finding.is_error()).count();
                let (were, them) = if errors == 1 { ("error was", "it") } else { ("errors were", "them") };
                return write!(
                    f,
                    "{errors} {were} found before anything was sent; mend {them} and try again."
                );
            }
            Self::Left { case } => {
                return write!(
                    f,
                    "stopped before the next step. It is written down as case {case}, and goes on when the same is asked again, or with \
                     `skattebro jobb fortsett {case}`."
                );
            }
            Self::Documents { case, why } => return tell_documents(f, case.as_ref(), why),
            Self::Busy { case, status } => {
                return write!(
                    f,
                    "case {case}, which stands at «{status}», is a submission of other documents for the same party and year. Nothing was \
                     sent. Let it end, or give it up with `skattebro jobb gi-opp {case} --grunn \"…\"`."
                );
            }
            Self::NoAltinn => {
                return f.write_str("there is no adapter for Altinn, so nothing can be submitted.");
            }
            Self::Journal(error) => {
                return write!(f, "{error}. Nothing was sent that is not written down.");
            }
            Self::Lost(why) => return write!(f, "the submission was lost within this program: {why}"),
            Self::Ended { end, referanse, perhaps_moved, case } => (end, referanse, *perhaps_moved, case),
        };
        tell_end(f, end)?;
        if perhaps_moved {
            f.write_str(
                " A step whose answer was lost may have been taken: look at the instance in Altinn before you submit again.",
            )?;
        }
        if let Some(referanse) = referanse {
            write!(f, " The upload can be used again: referanse {referanse}.")?;
        }
        match case {
            Some(case) => write!(f, " The case is {case}."),
            None => Ok(()),
        }
    }
}

fn tell_end(f: &mut fmt::Formatter<'_>, end: &InnsendingEnd) -> fmt::Result {
    match end {
        InnsendingEnd::Kvittert { instans, resultat, .. } => {
            write!(
                f,
                "instance {instans} was submitted, and its receipt says {resultat}, but it was not kept."
            )
        }
        InnsendingEnd::ValidertMedFeil { resultat, instans } => {
            write!(f, "the validation says {resultat}, so nothing was submitted.")?;
            f.write_str(" Correct the documents, or say that they are to be submitted with errors.")?;
            left_open(f, instans.as_ref())
        }
        InnsendingEnd::Validering(end) => {
            f.write_str("nothing was submitted, since there is no verdict of the validation: ")?;
            tell_validation_end(f, end)
        }
        InnsendingEnd::GjeldendeEndret { validert_for, gjeldende } => write!(
            f,
            "the return in force is {} now, and what was validated replaces {}: it changed meanwhile. Nothing was submitted. Look at \
             what changed, and validate again.",
            gjeldende.dokumentidentifikator, validert_for.dokumentidentifikator
        ),
        InnsendingEnd::Infisert { instans, filnavn } => {
            let what = filnavn.as_deref().unwrap_or("a file");
            write!(
                f,
                "Altinn's virus scan found something in {what}. Nothing was submitted, and instance {instans} goes no further. Clean the \
                 file and submit anew."
            )
        }
        InnsendingEnd::Borte { instans } => write!(
            f,
            "instance {instans} is not in Altinn any more: somebody deleted it. Look in Altinn whether it was submitted; if not, submit anew."
        ),
        InnsendingEnd::Fremmed { instans } => write!(
            f,
            "somebody else changed what lies in instance {instans}. Nothing more is done with it. Find out who, and submit anew."
        ),
        InnsendingEnd::Uvisst { kan_vaere } => {
            f.write_str(
                "the journal is a copy, and whether this was submitted since it was made cannot be seen: Altinn lists only what is open. \
                 Look in Altinn. If it was not submitted, let it go on with `skattebro jobb fortsett`; if it was, give it up.",
            )?;
            match kan_vaere {
                Some(instans) => {
                    write!(
                        f,
                        " Instance {instans} is open, and may be of this submission: delete it before it goes on."
                    )
                }
                None => Ok(()),
            }
        }
        InnsendingEnd::Refused { stage: at, instans, failure } => {
            write!(f, "{} was refused. {}", stage(*at), sentence(&failure.message))?;
            left_open(f, instans.as_ref())
        }
        InnsendingEnd::GaveUp { stage: at, instans, failure } => {
            write!(f, "gave up {}, after trying as often and as long as the rules allow.", stage(*at))?;
            if let Some(failure) = failure {
                write!(f, " The last failure: {}", sentence(&failure.message))?;
            }
            f.write_str(" Asked for again, it goes on.")?;
            match (at, instans) {
                (Stage::Kvittering, Some(instans)) => write!(f, " Instance {instans} is submitted."),
                (_, instans) => left_open(f, instans.as_ref()),
            }
        }
        InnsendingEnd::Cancelled { stage: at, instans } => {
            write!(f, "stopped while {}, as you asked.", stage(*at))?;
            match (at, instans) {
                (Stage::Kvittering, Some(instans)) => write!(f, " Instance {instans} is submitted."),
                (_, instans) => left_open(f, instans.as_ref()),
            }
        }
    }
}

fn left_open(
    f: &mut fmt::Formatter<'_>,
    instans: Option<&skattebro_domain::altinn::InstansId>,
) -> fmt::Result {
    match instans {
        Some(instans) => write!(f, " Instance {instans} is left open in Altinn as it is."),
        None => Ok(()),
    }
}

impl std::error::Error for InnsendingError {}
