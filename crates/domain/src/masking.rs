//! Personal numbers made unreadable for logs, errors and traces.
//!
//! A fødselsnummer or D-nummer has eleven digits and begins with a birth date. What is left readable is the first six
//! digits: enough to recognise one's own test person, too little to know who it is.

/// `text` with every run of exactly eleven digits cut to its first six and `*****`, also where a space or a hyphen stands
/// between date and individual number. Longer and shorter runs (amounts, organisation numbers, ids) stay.
///
/// ```
/// use skattebro_domain::masking::mask;
/// assert_eq!(mask("ukjent person 01019012345."), "ukjent person 010190*****.");
/// assert_eq!(mask("974761076"), "974761076");
/// ```
pub fn mask(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let run = digits_from(bytes, at);
        let masked_end = match run {
            11 => Some(at + 11),
            6 if matches!(bytes.get(at + 6), Some(b' ' | b'-')) && digits_from(bytes, at + 7) == 5 => {
                Some(at + 12)
            }
            _ => None,
        };
        match masked_end {
            Some(end) => {
                out.push_str(&text[copied..at + 6]);
                out.push_str("*****");
                copied = end;
                at = end;
            }
            None => at += run,
        }
    }
    out.push_str(&text[copied..]);
    out
}

fn digits_from(bytes: &[u8], start: usize) -> usize {
    bytes.get(start..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::mask;
    use proptest::prelude::*;

    #[test]
    fn personal_numbers_are_cut_and_other_numbers_are_not() {
        for (text, masked) in [
            ("01019012345", "010190*****"),
            ("a01019012345b", "a010190*****b"),
            ("010190 12345", "010190*****"),
            ("010190-12345 og 02029012345", "010190***** og 020290*****"),
            ("3001217497", "3001217497"),
            ("900415585072", "900415585072"),
            ("010190 123456", "010190 123456"),
            ("", ""),
            ("æ01019012345ø", "æ010190*****ø"),
        ] {
            assert_eq!(mask(text), masked, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_eleven_digits_in_a_row_survive(text in "[0-9 æx-]{0,60}") {
            let masked = mask(&text);
            let longest_kept = masked.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() == 11);
            prop_assert!(!longest_kept, "{masked}");
        }
    }
}
