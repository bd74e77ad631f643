//! The domain does no I/O, waits for nothing, reads no clock and knows no wire format.

use crate::Result;
use std::path::Path;
use xshell::Shell;

const FORBIDDEN: &[&str] = &[
    "std::io",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "Timestamp::now",
    "SystemTime",
    "Instant::",
    "async fn",
    "tokio",
    "serde",
    "quick_xml",
    "println!",
];

pub(crate) fn check(shell: &Shell) -> Result {
    let mut wrong = Vec::new();
    walk(shell, Path::new("crates/domain/src"), &mut wrong)?;
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn walk(shell: &Shell, dir: &Path, wrong: &mut Vec<String>) -> Result {
    for path in shell.read_dir(dir)? {
        if path.is_dir() {
            walk(shell, &path, wrong)?;
        } else {
            let text = shell.read_file(&path)?;
            wrong.extend(
                impure(&text).map(|(line, what)| format!("{}:{line}: {what} in domain", path.display())),
            );
        }
    }
    Ok(())
}

fn impure(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.flat_map(|(number, line)| {
        FORBIDDEN.iter().filter(move |what| line.contains(**what)).map(move |what| (number + 1, *what))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impure_code_is_found_and_a_comment_is_not() {
        let text = "// std::io is not for us\nuse std::fs::File;\nlet now = Timestamp::now();\n";
        assert_eq!(impure(text).collect::<Vec<_>>(), [(2, "std::fs"), (3, "Timestamp::now")]);
    }
}
