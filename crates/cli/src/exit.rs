//! The exit codes, which scripts lean on.

use skattebro::domain::ResultatAvValidering;
use skattebro::domain::flow::{Effect, Retry};
use skattebro::domain::innsending::InnsendingEnd;
use skattebro::domain::krav::machine::Verdict;
use skattebro::ports::PortError;
use skattebro::{InnsendingError, ValidationError};
use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: validertOK, or whatever was asked for was done.
    Ok,
    /// 1: validertMedFeil; of krav: findings, refused or rejected krav, differences.
    MedFeil,
    /// 2: the input, the command line or the access is wrong; it must be changed.
    BadInput,
    /// 3: the service is unavailable, or the outcome is not known; of krav: something is unproven or still open.
    Unavailable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::MedFeil => 1,
            Exit::BadInput => 2,
            Exit::Unavailable => 3,
        })
    }
}

impl From<&ResultatAvValidering> for Exit {
    fn from(resultat: &ResultatAvValidering) -> Self {
        match resultat {
            ResultatAvValidering::ValidertOk => Self::Ok,
            ResultatAvValidering::ValidertMedFeil => Self::MedFeil,
            ResultatAvValidering::Ukjent(_) => Self::Unavailable,
        }
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Well => Self::Ok,
            Verdict::Wrong => Self::MedFeil,
            Verdict::Open => Self::Unavailable,
        }
    }
}

impl From<&ValidationError> for Exit {
    fn from(error: &ValidationError) -> Self {
        if error.is_bad_input() { Self::BadInput } else { Self::Unavailable }
    }
}

impl From<&InnsendingError> for Exit {
    fn from(error: &InnsendingError) -> Self {
        match error {
            InnsendingError::Ended { end, .. } if matches!(**end, InnsendingEnd::ValidertMedFeil { .. }) => {
                Self::MedFeil
            }
            error if error.is_bad_input() => Self::BadInput,
            _ => Self::Unavailable,
        }
    }
}

impl From<&PortError> for Exit {
    fn from(error: &PortError) -> Self {
        let refused = matches!(error.effect(), Effect::Refused(_) | Effect::NotSent);
        if refused && error.retry() == Retry::AfterChange { Self::BadInput } else { Self::Unavailable }
    }
}
