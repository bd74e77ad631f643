//! The lines of a CSV file taken apart into cells, and put together.

use super::values::Wrong;
use memchr::memchr;
use skattebro_domain::Code;

/// Quotes that nobody can say the meaning of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadQuotes {
    NotClosed,
    TextAfter,
    InBareCell,
}

impl BadQuotes {
    pub(super) fn wrong(self) -> Wrong {
        let (message, advice) = match self {
            Self::NotClosed => (
                "a quote is not closed on this line, and a row is one line",
                "close it, double a quote that is meant as one, and take line breaks out of the cells",
            ),
            Self::TextAfter => (
                "there is text after a closing quote",
                "quote the whole cell, and double the quotes inside it",
            ),
            Self::InBareCell => (
                "there is a quote in a cell that does not begin with one; it may be the end of a cell from the line before",
                "quote the whole cell and double the quotes inside it, and take line breaks out of the cells",
            ),
        };
        Wrong::new(Code::RowBroken, message, advice)
    }
}

/// The cells of a line.
///
/// Stricter than csv-core, which reads `"a"b` as `ab`, and takes the end of a cell that began on the line before for a cell.
pub(super) fn split(line: &str, delimiter: u8) -> Result<Vec<String>, BadQuotes> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let after = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (cell, after) = quoted_cell(quoted)?;
                cells.push(cell.replace("\"\"", "\""));
                after
            }
            None => {
                let (cell, after) = rest.split_at(memchr(delimiter, rest.as_bytes()).unwrap_or(rest.len()));
                if cell.contains('"') {
                    return Err(BadQuotes::InBareCell);
                }
                cells.push(cell.to_owned());
                after
            }
        };
        match after.strip_prefix(char::from(delimiter)) {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(cells),
            None => return Err(BadQuotes::TextAfter),
        }
    }
}

/// A cell up to the quote that closes it, with its own quotes doubled as they stand, and what follows.
fn quoted_cell(text: &str) -> Result<(&str, &str), BadQuotes> {
    let mut at = 0;
    loop {
        at += memchr(b'"', &text.as_bytes()[at..]).ok_or(BadQuotes::NotClosed)?;
        match text.as_bytes().get(at + 1) {
            Some(b'"') => at += 2,
            _ => return Ok((&text[..at], &text[at + 1..])),
        }
    }
}

/// A line of these cells.
pub(super) fn join<'c>(cells: impl IntoIterator<Item = &'c str>, delimiter: u8) -> String {
    let delimiter = char::from(delimiter);
    let mut line = String::new();
    for (number, cell) in cells.into_iter().enumerate() {
        if number > 0 {
            line.push(delimiter);
        }
        if cell.contains([delimiter, '"']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_taken_apart() {
        for (line, cells) in [
            ("a;b", &["a", "b"][..]),
            (";", &["", ""]),
            ("a;", &["a", ""]),
            ("\"a;\"\"b\"\"\";c", &["a;\"b\"", "c"]),
            ("\"\";b", &["", "b"]),
            ("'c;=1+1", &["'c", "=1+1"]),
            ("\u{feff}a;b\rc", &["\u{feff}a", "b\rc"]),
        ] {
            assert_eq!(split(line, b';').unwrap(), cells, "{line}");
        }
    }

    #[test]
    fn quotes_without_a_meaning_are_refused() {
        for (line, bad) in [
            ("a;\"b", BadQuotes::NotClosed),
            ("\"a\"\"", BadQuotes::NotClosed),
            ("\"", BadQuotes::NotClosed),
            ("\"a\"b;c", BadQuotes::TextAfter),
            ("a;\"b\" ", BadQuotes::TextAfter),
            ("a;b\"", BadQuotes::InBareCell),
            (" \"a\";b", BadQuotes::InBareCell),
        ] {
            assert_eq!(split(line, b';'), Err(bad), "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_joined_is_split_again(
            cells in proptest::collection::vec("[a;,\" =é\u{feff}]{0,5}", 2..6),
            delimiter in prop_oneof![Just(b';'), Just(b',')],
        ) {
            let line = join(cells.iter().map(String::as_str), delimiter);
            prop_assert_eq!(split(&line, delimiter), Ok(cells));
        }

        #[test]
        fn what_is_read_is_what_csv_core_reads(line in "[a;\" é]{1,12}") {
            let Ok(cells) = split(&line, b';') else { return Ok(()) };
            let mut reader = csv_core::ReaderBuilder::new().delimiter(b';').build();
            let (mut text, mut ends) = ([0; 64], [0; 16]);
            let (result, _, _, count) = reader.read_record(format!("{line}\n").as_bytes(), &mut text, &mut ends);
            prop_assert_eq!(result, csv_core::ReadRecordResult::Record);
            let begins = [0].into_iter().chain(ends);
            let theirs: Vec<_> = begins.zip(ends).take(count).map(|(begin, end)| &text[begin..end]).collect();
            prop_assert_eq!(cells.iter().map(String::as_bytes).collect::<Vec<_>>(), theirs);
        }
    }
}
