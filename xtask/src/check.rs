//! `cargo xtask check`: what can be proven without running a test.

mod arrows;
mod bans;
mod purity;

use crate::{Result, has, say};
use xshell::{Shell, cmd};

pub(crate) fn run(shell: &Shell) -> Result {
    say("formatting");
    cmd!(shell, "cargo fmt --all -- --check").run()?;
    say("clippy");
    cmd!(shell, "cargo clippy --workspace --all-targets --all-features -- -D warnings").run()?;
    say("documentation");
    cmd!(shell, "cargo doc --workspace --no-deps --all-features").env("RUSTDOCFLAGS", "-D warnings").run()?;
    say("arrows between crates");
    arrows::check(shell)?;
    say("banned crates");
    bans::check(shell)?;
    say("domain is pure");
    purity::check(shell)?;
    if has(shell, "cargo-deny") {
        say("licences and sources");
        cmd!(shell, "cargo deny check bans licenses sources").run()?;
    }
    Ok(())
}
