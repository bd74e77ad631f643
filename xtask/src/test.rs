//! `cargo xtask test`.

mod secrets;

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
    if !has_postgresql() {
        say("PostgreSQL is NOT here, so these tests are LEFT OUT:");
        say("  - the journal and the call quota over PostgreSQL (skattebro-adapter-store)");
        say(
            "  - killed over PostgreSQL, four workers on one database, a database that stops (skattebro-cli)",
        );
        say(
            "  To have them: apt-get install postgresql (Debian, Ubuntu), or put initdb, postgres and psql on the PATH.",
        );
    }
    let logs = std::env::current_dir()?.join(shell.current_dir()).join("target/test-logs");
    shell.remove_path(&logs)?;
    shell.create_dir(&logs)?;
    let _logs = shell.push_env("SKATTEBRO_TEST_LOGS", &logs);
    say("tests");
    if has(shell, "cargo-nextest") {
        cmd!(shell, "cargo nextest run --workspace --all-features --no-fail-fast").run()?;
    } else {
        cmd!(shell, "cargo test --workspace --all-features --lib --bins --tests --no-fail-fast").run()?;
    }
    say("the logs of all tests, searched for secrets");
    let files = secrets::search(&logs)?;
    say(&format!("nothing was found in {files} files"));
    if files == 0 {
        return Err("the tests kept no logs, so nothing was searched".into());
    }
    say("examples and doc tests");
    cmd!(shell, "cargo build --workspace --examples").run()?;
    cmd!(shell, "cargo test --workspace --all-features --doc").run()?;
    Ok(())
}

/// Whether there are the programs that a private server is started from; Debian does not put them on the `PATH`.
fn has_postgresql() -> bool {
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = debian.filter_map(|version| Some(version.ok()?.path().join("bin")));
    on_path.into_iter().flatten().chain(debian).any(|folder| folder.join("initdb").is_file())
}
