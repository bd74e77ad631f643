//! The year and the identifier in a path.

use axum::http::StatusCode;

use crate::identifikator::Identifikator;
use crate::problem::Problem;

/// Whose return of which year a call is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) inntektsaar: u16,
    pub(crate) identifikator: Identifikator,
}

impl Target {
    pub(crate) fn parse(inntektsaar: &str, identifikator: &str) -> Result<Self, Problem> {
        let year = parse_year(inntektsaar)
            .ok_or_else(|| Problem::bad("SANDBOX-BANE", "Inntektsåret i banen må være fire siffer"))?;
        let identifikator = Identifikator::parse(identifikator).ok_or_else(|| {
            let why = "Identifikatoren i banen må være 9 eller 11 siffer med riktige kontrollsiffer";
            Problem::bad("SANDBOX-BANE", why)
        })?;
        Ok(Target { inntektsaar: year, identifikator })
    }

    /// There is no return to be had for years before the forms began.
    pub(crate) fn no_such_return() -> Problem {
        Problem::new(
            StatusCode::NOT_FOUND,
            "SANDBOX-GJELDENDE",
            "Det finnes ingen skattemelding for inntektsåret",
        )
    }
}

/// Four digits, not beginning with zero.
pub(crate) fn parse_year(text: &str) -> Option<u16> {
    let digits = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    digits.then(|| text.parse().ok()).flatten()
}
