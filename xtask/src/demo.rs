//! `cargo xtask demo`.

use crate::Result;
use xshell::{Shell, cmd};

pub(crate) fn run(shell: &Shell, arguments: &[String]) -> Result {
    cmd!(shell, "cargo run --quiet --package skattebro-cli -- demo {arguments...}").run()?;
    Ok(())
}
