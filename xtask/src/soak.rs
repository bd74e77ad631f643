//! `cargo xtask soak`: the tests in which the program is killed, for as long as one likes.

use crate::{Result, say};
use xshell::{Shell, cmd};

/// Kills the program so often in each of the tests, and shares so many krav among four workers. Another seed each time, unless one is
/// given; it is printed, and makes the same run again.
pub(crate) fn run(shell: &Shell, kills: u32, krav: u32, seed: Option<u64>) -> Result {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let seed = seed.unwrap_or(now.as_secs());
    let (kills, krav, seed) = (kills.to_string(), krav.to_string(), seed.to_string());
    let _kills = shell.push_env("SKATTEBRO_KILL_ROUNDS", &kills);
    let _krav = shell.push_env("SKATTEBRO_MACHINES_KRAV", &krav);
    let _seed = shell.push_env("SKATTEBRO_KILL_SEED", &seed);
    // A soak that leaves something out is none.
    let _ci = shell.push_env("CI", "true");
    say(&format!("{kills} kills a test, {krav} krav among four workers, seed {seed}"));
    cmd!(
        shell,
        "cargo test --package skattebro-cli --test killed --test killed_submissions --test many_machines --test broken_stores --no-fail-fast -- --nocapture --test-threads=1"
    )
    .run()?;
    Ok(())
}
