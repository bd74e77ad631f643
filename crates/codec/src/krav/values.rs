//! What single values must look like, and how a finding speaks of them.

use skattebro_domain::krav::{Date, Identifikatortype, Kroner};
use skattebro_domain::{Code, Finding, Place, masking};

/// More than this many findings about one row help nobody, and a hostile row could have a million.
pub(super) const MOST_FINDINGS: usize = 100;

/// What is wrong with a value, before it is known where the value stands.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) advice: String,
}

impl Wrong {
    pub(super) fn new(code: Code, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { code, message: message.into(), advice: advice.into() }
    }

    pub(super) fn at(self, place: Place) -> Finding {
        Finding::error(self.code, "", self.message, self.advice).at(place)
    }
}

/// Adds a finding, up to [`MOST_FINDINGS`].
pub(super) fn push(findings: &mut Vec<Finding>, finding: Finding) {
    if findings.len() < MOST_FINDINGS {
        findings.push(finding);
    }
}

/// `text` as a finding may show it: short, on one line, without a personal number.
pub(super) fn shown(text: &str) -> String {
    // As the name of every field is.
    let is_plain = |b: u8| b.is_ascii() && !b.is_ascii_control() && !b.is_ascii_digit();
    if text.len() <= SHOWN && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    // Masked before it is cut: ten digits of a number are no longer recognised as one.
    let start: String =
        text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(2 * SHOWN).collect();
    let masked = masking::mask(&start);
    let mut cut: String = masked.chars().take(SHOWN).collect();
    if masked.chars().nth(SHOWN).is_some() {
        cut.push('…');
    }
    cut
}

/// How many characters of a value a finding shows.
const SHOWN: usize = 60;

/// Which of the known names was probably meant.
pub(super) fn meant<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let plain = |name: &str| -> String {
        let letters = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
        letters.collect::<String>().replace('ø', "oe").replace('å', "aa").replace('æ', "ae")
    };
    // Names of the API are short; a long one is not worth the comparing.
    if name.len() > 100 {
        return None;
    }
    let name = plain(name);
    known.into_iter().find(|known| plain(known) == name)
}

/// A date, written as the API writes it.
pub(super) fn date(text: &str) -> Result<Date, Wrong> {
    let wrong = |why: &str, advice: String| {
        Wrong::new(Code::FieldMistyped, format!("«{}» {why}", shown(text)), advice)
    };
    const FORM: &str = "write it as year, month and day, such as 2025-12-31";
    if is_iso(text) {
        return text
            .parse()
            .map_err(|_| wrong("is not a date: there is no such day", "correct the day".to_owned()));
    }
    if let Some(iso) = from_norwegian(text) {
        return Err(wrong("is not a date as the service writes it", format!("write it as {iso}")));
    }
    match text.get(..10) {
        Some(day) if is_iso(day) && text[10..].starts_with(['T', 't', ' ']) => {
            Err(wrong("is a date with a time", format!("write the date alone: {day}")))
        }
        _ => Err(wrong("is not a date", FORM.to_owned())),
    }
}

fn is_iso(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        })
}

/// The ISO form of `31.12.2025`.
fn from_norwegian(text: &str) -> Option<String> {
    let mut parts = text.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if parts.next().is_some() || !digits(day, 1..=2) || !digits(month, 1..=2) || !digits(year, 4..=4) {
        return None;
    }
    let iso = format!("{year}-{month:0>2}-{day:0>2}");
    iso.parse::<Date>().is_ok().then_some(iso)
}

/// An amount in whole kroner, from the digits of a cell or a JSON number.
pub(super) fn amount(text: &str) -> Result<Kroner, Wrong> {
    text.parse().map_err(|invalid: skattebro_domain::Invalid| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let code = if is_whole { Code::TooLargeValue } else { Code::FieldMistyped };
        let is_number = text.parse::<f64>().is_ok();
        let message = if is_number && text.contains(['e', 'E']) {
            format!("«{}» is written with an exponent, and the service takes whole kroner", shown(text))
        } else {
            format!("«{}» is not an amount in whole kroner: {}", shown(text), invalid.why())
        };
        Wrong::new(code, message, "write whole kroner as digits only, such as 48210")
    })
}

/// What kind of number the skyldner is named by.
pub(super) fn identifikatortype(text: &str) -> Result<Identifikatortype, Wrong> {
    match text {
        "PERSON" => Ok(Identifikatortype::Person),
        "ORGANISASJON" => Ok(Identifikatortype::Organisasjon),
        _ => Err(Wrong::new(
            Code::FieldMistyped,
            format!("«{}» is no identifikatortype", shown(text)),
            "write PERSON or ORGANISASJON",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_day_in_iso_form() {
        assert_eq!(date("2024-02-29").unwrap().to_string(), "2024-02-29");
        for (text, says) in [
            ("2024-02-30", "no such day"),
            ("31.12.2025", "write it as 2025-12-31"),
            ("1.2.2025", "write it as 2025-02-01"),
            ("30.02.2025", "such as 2025-12-31"),
            ("2024-02-29T12:00:00Z", "alone: 2024-02-29"),
            ("2024-02-29 12:00", "alone: 2024-02-29"),
            ("20240229", "such as 2025-12-31"),
            ("", "such as 2025-12-31"),
            ("2024-02-2٣", "such as 2025-12-31"),
            ("13895118960", "138951*****"),
        ] {
            let wrong = date(text).unwrap_err();
            let said = format!("{} – {}", wrong.message, wrong.advice);
            assert!(said.contains(says) && wrong.code == Code::FieldMistyped, "{text}: {said}");
        }
    }

    #[test]
    fn an_amount_says_why_it_is_none() {
        assert_eq!(amount("-5").unwrap(), Kroner::new(-5));
        for (text, code, says) in [
            ("9000.50", Code::FieldMistyped, "øre"),
            ("9e3", Code::FieldMistyped, "exponent"),
            ("9223372036854775808", Code::TooLargeValue, "larger"),
            ("10 000", Code::FieldMistyped, "without spaces"),
        ] {
            let wrong = amount(text).unwrap_err();
            assert!(wrong.code == code && wrong.message.contains(says), "{text}: {wrong:?}");
        }
    }

    #[test]
    fn a_name_that_is_nearly_right_is_recognised() {
        let known = ["kravtype", "stoppdatoForLøpendeMulkt"];
        for (name, says) in [
            ("KravType", Some("kravtype")),
            ("krav_type ", Some("kravtype")),
            ("stoppdatoForLoependeMulkt", Some("stoppdatoForLøpendeMulkt")),
            ("kravtyp", None),
        ] {
            assert_eq!(meant(name, known), says, "{name}");
        }
    }

    #[test]
    fn what_is_shown_is_short_one_line_and_masked() {
        assert_eq!(shown("a\nb 13895118960"), "a\u{fffd}b 138951*****");
        assert_eq!(shown(&"x".repeat(100)).chars().count(), 61);
    }
}
