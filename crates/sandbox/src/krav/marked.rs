//! Synthetic numbers of which the asynchronous validation always finds the same.

use super::edition::Edition;
use super::kravtyper::FORSKUTTERTE_DAGPENGER;

/// A number with a fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MarkedNumber {
    /// The number of a skyldner: eleven digits for a person, nine for an organisation.
    pub number: &'static str,
    /// The `error` in valideringsfeil.
    pub error: &'static str,
}

/// The numbers, one for each asynchronous rule of the contract.
///
/// `PERSON_ER_DOED` is found in edition v1 for `TILBAKEKREVING_FORSKUTTERTE_DAGPENGER` only, in edition
/// 2023 always. All other numbers are alive and well.
pub const MARKED_NUMBERS: [MarkedNumber; 6] = [
    MarkedNumber { number: "01817090067", error: "PERSON_EKSISTERER_IKKE" },
    MarkedNumber { number: DEAD, error: "PERSON_ER_DOED" },
    MarkedNumber { number: "03837090015", error: "PERSON_ER_SLETTET" },
    MarkedNumber { number: "313131319", error: "ORGANISASJONSNUMMER_FINNES_IKKE" },
    MarkedNumber { number: "313131327", error: "ORGANISASJON_ER_OPPHOERT" },
    MarkedNumber { number: "313131335", error: "ORGANISASJON_ER_SLETTET" },
];

const DEAD: &str = "02827090096";

/// What validation finds about the skyldner, if anything.
pub(crate) fn error_of(number: &str, kravtype: &str, edition: Edition) -> Option<&'static str> {
    let marked = MARKED_NUMBERS.iter().find(|marked| marked.number == number)?;
    let matters = number != DEAD || edition == Edition::Aar2023 || kravtype == FORSKUTTERTE_DAGPENGER;
    matters.then_some(marked.error)
}

/// The words that go with an error; the number itself is not told.
pub(crate) fn message_of(error: &str) -> &'static str {
    match error {
        "PERSON_EKSISTERER_IKKE" => "Person med fødselsnummer=xxxxxx eksisterer ikke",
        "PERSON_ER_DOED" => "Person med fødselsnummer=xxxxxx er død",
        "PERSON_ER_SLETTET" => "Person med fødselsnummer=xxxxxx er slettet",
        "ORGANISASJONSNUMMER_FINNES_IKKE" => "Organisasjon med organisasjonsnummer=xxxxxxxxx finnes ikke. ",
        "ORGANISASJON_ER_OPPHOERT" => "Organisasjon med organisasjonsnummer=xxxxxxxxx er opphørt. ",
        "ORGANISASJON_ER_SLETTET" => "Organisasjon med organisasjonsnummer=xxxxxxxxx er slettet",
        _ => "Asynkron validering feilet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::krav::numbers;

    #[test]
    fn marked_numbers_are_valid_and_synthetic() {
        for marked in MARKED_NUMBERS {
            let person = marked.error.starts_with("PERSON");
            let right = if person { numbers::is_person } else { numbers::is_organisation };
            assert!(right(marked.number), "{marked:?}");
            // A month over 80, or the series that no organisation is given.
            assert!(if person { &marked.number[2..4] > "80" } else { marked.number.starts_with('3') });
        }
    }
}
