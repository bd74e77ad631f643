//! `cargo xtask test`.

use crate::{Result, has, say};
use xshell::{Shell, cmd};

pub(crate) fn run(shell: &Shell) -> Result {
    for (tool, why) in [
        ("xmllint", "documents are held against the official schemas (Debian: libxml2-utils)"),
        ("curl", "the published way of calling is tried by hand"),
        ("python3", "the published way of calling is tried from Python (with the package requests)"),
    ] {
        if !has(shell, tool) {
            say(&format!("{tool} is not here, so tests are left out in which {why}"));
        }
    }
    say("tests");
    if has(shell, "cargo-nextest") {
        cmd!(shell, "cargo nextest run --workspace --all-features --no-fail-fast").run()?;
    } else {
        cmd!(shell, "cargo test --workspace --all-features --lib --bins --tests --no-fail-fast").run()?;
    }
    say("examples and doc tests");
    cmd!(shell, "cargo build --workspace --examples").run()?;
    cmd!(shell, "cargo test --workspace --all-features --doc").run()?;
    Ok(())
}
