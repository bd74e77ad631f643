//! Small tables: what changes shall be made, what a reconciliation came to.

/// The cells of a line, separated by `delimiter`, quoted as in RFC 4180; `None` if a quote is not closed.
pub(super) fn split(line: &str, delimiter: char) -> Option<Vec<String>> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            c if c == delimiter && !quoted => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    (!quoted).then_some(cells)
}

/// A line of these cells, separated by `;`.
pub(super) fn line(cells: &[&str]) -> String {
    let quoted = |cell: &&str| match cell.contains([';', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => (*cell).to_owned(),
    };
    cells.iter().map(quoted).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let cells = ["a", "", "b;c", "say \"hi\""];
        assert_eq!(split(&line(&cells), ';'), Some(cells.map(str::to_owned).to_vec()));
        assert_eq!(split("a;\"b", ';'), None);
    }
}
