//! The number of who owes a krav.

use super::super::{Identifikatortype, Skyldner};
use super::{Found, Oppdragsgiver};
use crate::{Code, Identifikator};

pub(super) fn check(skyldner: &Skyldner, oppdragsgiver: &Oppdragsgiver, found: &mut Found) {
    if let Some((why, advice)) = why_wrong(skyldner, oppdragsgiver.synthetic_persons) {
        found.error(
            Code::UgyldigSkyldnersIdentifikator,
            "skyldner.identifikator",
            format!("«{}» is not the number of a skyldner: {why}", shown(skyldner)),
            advice,
        );
    }
}

/// What is wrong with it, and what to do.
fn why_wrong(skyldner: &Skyldner, synthetic_persons: bool) -> Option<(String, &'static str)> {
    use Identifikatortype::{Organisasjon, Person};
    let text = skyldner.identifikator.as_str();
    let digits_only = text.bytes().all(|b| b.is_ascii_digit());
    let wrong = |why: &str, advice| Some((why.to_owned(), advice));
    match (skyldner.identifikatortype, text.len()) {
        _ if text.trim().is_empty() => wrong("it is empty", "write the number of who owes the krav"),
        _ if text.contains(char::is_whitespace) => {
            wrong("there are spaces in it", "write the digits without spaces")
        }
        (Person, 10) if digits_only => wrong(
            "it has 10 digits, and a person's number has 11",
            "write all 11 digits; a spreadsheet may have removed a leading zero, so format the column as text",
        ),
        (Person, 9) if digits_only => wrong(
            "it has 9 digits as an organisasjonsnummer, and identifikatortype is PERSON",
            "write identifikatortype ORGANISASJON, or the person's 11 digits",
        ),
        (Organisasjon, 11) if digits_only => wrong(
            "it has 11 digits as a person's number, and identifikatortype is ORGANISASJON",
            "write identifikatortype PERSON, or the organisation's 9 digits",
        ),
        (kind, _) => match text.parse::<Identifikator>() {
            Err(invalid) => Some((invalid.why().to_owned(), advice_for(kind))),
            // Its length has told the kind above. This is for the day when that is no longer enough.
            Ok(number) if number.is_person() != (kind == Person) => {
                wrong("it is a number of another kind than identifikatortype says", advice_for(kind))
            }
            Ok(number) if number.is_person() && number.is_synthetic() && !synthetic_persons => wrong(
                "it is a synthetic test person, which only test environments have",
                "write the number of the real skyldner, or send to a test environment",
            ),
            Ok(_) => None,
        },
    }
}

fn advice_for(kind: Identifikatortype) -> &'static str {
    match kind {
        Identifikatortype::Person => {
            "write the 11 digits of the fødselsnummer or D-nummer as Folkeregisteret has them"
        }
        Identifikatortype::Organisasjon => {
            "write the 9 digits of the organisasjonsnummer as Enhetsregisteret has them"
        }
    }
}

/// The number as a finding may show it. Stricter than the mask for any text: what stands here is meant to be a number, and with a digit
/// too many or too few it still tells who it is.
fn shown(skyldner: &Skyldner) -> String {
    let text = super::shown(&skyldner.identifikator);
    let digits = skyldner.identifikator.chars().filter(|c| c.is_numeric()).count();
    let kept = match (skyldner.identifikatortype, digits) {
        (Identifikatortype::Organisasjon, ..=9) => digits,
        // A leading zero is missing, so that the date is one digit shorter.
        (_, 10) => 5,
        _ => 6,
    };
    let mut seen = 0;
    text.chars()
        .map(|c| {
            seen += usize::from(c.is_numeric());
            if c.is_numeric() && seen > kept { '*' } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skyldner(identifikatortype: Identifikatortype, identifikator: &str) -> Skyldner {
        Skyldner { identifikatortype, identifikator: identifikator.into() }
    }

    #[test]
    fn a_number_with_a_typing_mistake_does_not_tell_who_it_is() {
        use Identifikatortype::{Organisasjon, Person};
        for (kind, text, expected) in [
            (Person, "13895118960", "138951*****"),
            (Person, "138951 18960", "138951*****"),
            (Person, "13 89 51 189 60", "13 89 51 *** **"),
            (Person, "8846328271", "88463*****"),
            (Person, "138951189600", "138951******"),
            (Person, "138951189", "138951***"),
            (Organisasjon, "13895118960", "138951*****"),
            (Organisasjon, "8846328271", "88463*****"),
            (Organisasjon, "974761077", "974761077"),
            (Person, "١٣٨٩٥١١٨٩٦٠", "١٣٨٩٥١*****"),
        ] {
            assert_eq!(shown(&skyldner(kind, text)), expected, "{kind} {text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_do() {
        use Identifikatortype::{Organisasjon, Person};
        for (kind, text, why, advice) in [
            (Person, "", "empty", "write the number"),
            (Person, " ", "empty", "write the number"),
            (Person, "138951 18960", "spaces", "without spaces"),
            (Organisasjon, "974 761 076", "spaces", "without spaces"),
            (Organisasjon, "974761076\u{a0}", "spaces", "without spaces"),
            (Person, "8846328271", "10 digits", "a spreadsheet may have removed a leading zero"),
            (Person, "974761076", "PERSON", "ORGANISASJON"),
            (Organisasjon, "13895118960", "ORGANISASJON", "PERSON"),
            (Person, "13895118961", "check digits", "11 digits"),
            (Organisasjon, "974761077", "check digit", "9 digits"),
            (Person, "99912099997", "begin with a date", "11 digits"),
            (Organisasjon, "97476107", "9 digits", "9 digits"),
            (Person, "1389511896x", "digits and nothing else", "11 digits"),
            (Organisasjon, "١٢٣٤", "9 digits", "9 digits"),
        ] {
            let (said, told) = why_wrong(&skyldner(kind, text), true).unwrap();
            assert!(said.contains(why) && told.contains(advice), "{kind} {text}: {said} – {told}");
        }
    }
}
