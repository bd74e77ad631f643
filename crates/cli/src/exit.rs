//! The exit codes, which scripts lean on.

use skattebro::ValidationError;
use skattebro::domain::ResultatAvValidering;
use skattebro::ports::{ErrorKind, PortError};
use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: validertOK, or whatever was asked for was done.
    Ok,
    /// 1: validertMedFeil.
    MedFeil,
    /// 2: the input or the command line is wrong; it must be changed.
    BadInput,
    /// 3: the service is unavailable, or the outcome is not known.
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

impl From<&ValidationError> for Exit {
    fn from(error: &ValidationError) -> Self {
        if error.is_bad_input() { Self::BadInput } else { Self::Unavailable }
    }
}

impl From<&PortError> for Exit {
    fn from(error: &PortError) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::TooLarge | ErrorKind::Refused => Self::BadInput,
            _ => Self::Unavailable,
        }
    }
}
