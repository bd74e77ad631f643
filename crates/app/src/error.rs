use skattebro_domain::filing::{FilingEnd, Stage};
use skattebro_domain::flow::{Effect, ErrorKind, Retry};
use skattebro_domain::{Finding, JobbId, Referanse};
use skattebro_ports::PortError;
use skattebro_ports::journal::{CaseId, JournalError};
use std::fmt;

/// Why a bridge cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A port has neither an adapter nor a server that one could be made for.
    #[error("there is no adapter for {0}, and no server was given; give one of the two")]
    MissingPort(&'static str),
    /// There is a server but no token.
    #[error("a server was given, but no token and no token source")]
    MissingToken,
    /// The token cannot be sent.
    #[error("the token is empty or has characters that a header cannot carry")]
    BadToken,
    /// The HTTP adapter cannot be made.
    #[cfg(feature = "http")]
    #[error(transparent)]
    Http(#[from] skattebro_adapter_http::SettingsError),
}

/// Why there is no outcome. A return that validated with errors *is* an outcome.
#[derive(Debug)]
pub enum ValidationError {
    /// The documents or the request are not fit to be sent; nothing was. All findings at once.
    Findings(Vec<Finding>),
    /// A call of a synchronous validation failed.
    Call(Box<PortError>),
    /// The filing ended without an outcome.
    Ended {
        /// How.
        end: Box<FilingEnd>,
        /// The reference of the upload, which is still good for another job.
        referanse: Option<Referanse>,
        /// Whether a start whose answer was lost may have begun a job that nobody followed.
        perhaps_started: bool,
    },
    /// It was stopped on the way, and goes on from the journal: when the same is asked again, or by a worker.
    Left {
        /// The case.
        case: CaseId,
    },
    /// The documents were needed again, for a fresh upload or another job, and are not here any more, or are not what they were.
    Documents {
        /// The case, if it goes on once they are.
        case: Option<CaseId>,
        /// What is in the way.
        why: String,
    },
    /// The journal cannot be used. Nothing was sent that is not written down.
    Journal(Box<JournalError>),
    /// The task that drove the filing died, which is a bug.
    Lost(String),
}

impl ValidationError {
    /// The job that was started, if one was: its result may still be fetched.
    pub fn jobb(&self) -> Option<&JobbId> {
        match self {
            Self::Ended { end, .. } => match &**end {
                FilingEnd::Validated { jobb, .. }
                | FilingEnd::Superseded { jobb }
                | FilingEnd::JobFailed { jobb, .. } => Some(jobb),
                FilingEnd::GaveUp { jobb, .. }
                | FilingEnd::Unreadable { jobb, .. }
                | FilingEnd::Refused { jobb, .. }
                | FilingEnd::Cancelled { jobb } => jobb.as_ref(),
            },
            Self::Findings(_)
            | Self::Call(_)
            | Self::Left { .. }
            | Self::Documents { .. }
            | Self::Journal(_)
            | Self::Lost(_) => None,
        }
    }

    /// Whether the input or the access is at fault: something must be changed before it is sent again.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Findings(_) | Self::Documents { .. } => true,
            Self::Ended { end, .. } => {
                matches!(&**end, FilingEnd::Refused { failure, .. } if matches!(failure.effect, Effect::Refused(_) | Effect::NotSent))
            }
            Self::Call(error) => {
                matches!(error.effect(), Effect::Refused(_) | Effect::NotSent)
                    && error.retry() == Retry::AfterChange
            }
            Self::Left { .. } | Self::Journal(_) | Self::Lost(_) => false,
        }
    }
}

impl From<JournalError> for ValidationError {
    fn from(error: JournalError) -> Self {
        Self::Journal(Box::new(error))
    }
}

impl From<PortError> for ValidationError {
    fn from(error: PortError) -> Self {
        Self::Call(Box::new(error))
    }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Gjeldende => "fetching the current return",
        Stage::Upload => "uploading",
        Stage::Start => "starting the job",
        Stage::Job => "following the job",
        Stage::Resultat => "fetching the result",
    }
}

/// Ended, since more is said behind it: a message may end with a cause or an id.
pub(crate) fn sentence(message: &str) -> String {
    if message.ends_with('.') { message.to_owned() } else { format!("{message}.") }
}

/// What happened, whether anything changed, and what to do.
impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (end, referanse, perhaps_started) = match self {
            Self::Findings(findings) => {
                let errors = findings.iter().filter(|finding| finding.is_error()).count();
                let (were, them) = if errors == 1 { ("error was", "it") } else { ("errors were", "them") };
                return write!(
                    f,
                    "{errors} {were} found before anything was sent; mend {them} and try again."
                );
            }
            Self::Call(error) => return f.write_str(&error.with_causes()),
            Self::Left { case } => {
                return write!(
                    f,
                    "stopped before the next step. It is written down as case {case}, and goes on when the same is asked again, or with \
                     `skattebro jobb fortsett {case}`."
                );
            }
            Self::Documents { case, why } => return tell_documents(f, case.as_ref(), why),
            Self::Journal(error) => {
                return write!(f, "{error}. Nothing was sent that is not written down.");
            }
            Self::Lost(why) => return write!(f, "the filing was lost within this program: {why}"),
            Self::Ended { end, referanse, perhaps_started } => (end, referanse, *perhaps_started),
        };
        tell_validation_end(f, end)?;
        if perhaps_started {
            f.write_str(
                " A start whose answer was lost may have begun a job; it changes nothing that counts, and a new one takes its place.",
            )?;
        }
        match referanse {
            Some(referanse) => write!(f, " The upload can be used again: referanse {referanse}."),
            None => Ok(()),
        }
    }
}

/// That documents were needed again and could not be had.
pub(crate) fn tell_documents(f: &mut fmt::Formatter<'_>, case: Option<&CaseId>, why: &str) -> fmt::Result {
    write!(f, "the documents were needed again, and {} Nothing more was sent. ", sentence(why))?;
    match case {
        Some(case) => write!(
            f,
            "Put them back as they were; case {case} goes on when the same is asked again, or with `skattebro jobb fortsett {case}`."
        ),
        None => f.write_str("Put them back as they were, and ask for the same again."),
    }
}

pub(crate) fn tell_validation_end(f: &mut fmt::Formatter<'_>, end: &FilingEnd) -> fmt::Result {
    match end {
        FilingEnd::Validated { jobb, .. } => write!(f, "job {jobb} has a result, but it was not kept.")?,
        FilingEnd::Superseded { jobb } => write!(
            f,
            "job {jobb} was aborted by another job for the same identifikator (AVBRUTT). Whoever started that one has the \
             result; start again if you want your own."
        )?,
        FilingEnd::JobFailed { jobb, jobs } => write!(
            f,
            "job {jobb} failed at Skatteetaten for a technical reason (FEILET), and so did every one of {jobs} jobs. Nothing \
             that counts has changed. Try again later, and give Skatteetaten the job's id if it stays so."
        )?,
        FilingEnd::Refused { stage: at, jobb, failure } => {
            let how = match (failure.kind, &failure.effect) {
                (ErrorKind::Local, _) => "failed on this machine",
                // A gateway's word is not the service's.
                (_, Effect::Unknown) => "was turned away",
                (_, Effect::NotSent) => "showed that this cannot be filed",
                _ => "was refused",
            };
            write!(f, "{} {how}. {}", stage(*at), sentence(&failure.message))?;
            match jobb {
                Some(jobb) if *at == Stage::Resultat => {
                    write!(f, " Job {jobb} is done at Skatteetaten; fetch its result once that is mended.")?;
                }
                Some(jobb) => {
                    write!(f, " Job {jobb} goes on at Skatteetaten; fetch its result once that is mended.")?;
                }
                None => {}
            }
        }
        FilingEnd::GaveUp { stage: at, jobb, failure } => {
            write!(f, "gave up {}, after trying as often and as long as the rules allow.", stage(*at))?;
            if let Some(failure) = failure {
                write!(f, " The last failure: {}", sentence(&failure.message))?;
            }
            match jobb {
                Some(jobb) if *at == Stage::Resultat => {
                    write!(f, " Job {jobb} is done at Skatteetaten; its result can be fetched later.")?;
                }
                Some(jobb) => {
                    write!(f, " Job {jobb} may still finish: look at it later, and fetch its result then.")?;
                }
                None => {}
            }
        }
        FilingEnd::Unreadable { stage: at, jobb, failure } => {
            write!(
                f,
                "{} gave an answer that cannot be understood, time and again. {}",
                stage(*at),
                sentence(&failure.message)
            )?;
            if let Some(jobb) = jobb {
                write!(f, " Job {jobb} is done at Skatteetaten; its result can be fetched again.")?;
            }
        }
        FilingEnd::Cancelled { jobb } => {
            write!(f, "stopped as you asked.")?;
            if let Some(jobb) = jobb {
                write!(f, " Job {jobb} goes on at Skatteetaten; it changes nothing that counts.")?;
            }
        }
    }
    Ok(())
}

impl std::error::Error for ValidationError {}
