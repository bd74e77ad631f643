//! The project's own workflows. `cargo xtask` alone lists them; each has a file of its own.

mod bench;
mod check;
mod demo;
mod soak;
mod test;

use xshell::{Shell, cmd};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

mod flags {
    use std::path::PathBuf;

    xflags::xflags! {
        /// The project's own workflows.
        cmd xtask {
            /// Formatting, clippy with every warning an error, the crates' arrows, banned crates, the purity of domain.
            cmd check {}
            /// All tests and doc tests.
            cmd test {}
            /// A whole validation on this machine, with no account anywhere. Arguments go to `skattebro demo`.
            cmd demo {
                repeated arguments: String
            }
            /// What the hot paths cost, beside what people use instead and what the machine can do. Builds the release binary.
            cmd bench {
                /// Only this part: startup, encode, documents, krav or follow. All otherwise, which takes a quarter of an hour.
                repeated --only part: String
                /// How often each program runs. Default 5.
                optional --pairs pairs: usize
                /// How many MB of XML are made to be packed. Default 100.
                optional --megabytes megabytes: u32
                /// A næringsspesifikasjon to pack instead.
                optional --file file: PathBuf
                /// How many krav are created at a service that answers at once. Default 50000.
                optional --rows rows: u32
                /// Write the figures here as JSON, to compare with later.
                optional --json json: PathBuf
                /// Compare with the figures of before.
                optional --baseline baseline: PathBuf
            }
            /// The tests in which the program is killed, for longer. Needs PostgreSQL.
            cmd soak {
                /// How often in each test. Default 100.
                optional --kills kills: u32
                /// How many krav four workers share. Default 2000.
                optional --krav krav: u32
                /// What chance begins with; another each time otherwise.
                optional --seed seed: u64
            }
            /// check and test: what must pass before anything lands.
            cmd ci {}
        }
    }
}

fn main() -> Result {
    let flags = flags::Xtask::from_env_or_exit();
    let shell = Shell::new()?;
    shell.change_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    match flags.subcommand {
        flags::XtaskCmd::Check(_) => check::run(&shell),
        flags::XtaskCmd::Test(_) => test::run(&shell),
        flags::XtaskCmd::Demo(demo) => demo::run(&shell, &demo.arguments),
        flags::XtaskCmd::Bench(flags) => {
            let options = bench::Options {
                only: flags.only,
                pairs: flags.pairs.unwrap_or(5),
                megabytes: flags.megabytes.unwrap_or(100),
                file: flags.file,
                rows: flags.rows.unwrap_or(50_000),
                json: flags.json,
                baseline: flags.baseline,
            };
            bench::run(&shell, &options)
        }
        flags::XtaskCmd::Soak(soak) => {
            soak::run(&shell, soak.kills.unwrap_or(100), soak.krav.unwrap_or(2_000), soak.seed)
        }
        flags::XtaskCmd::Ci(_) => check::run(&shell).and_then(|()| test::run(&shell)),
    }
}

/// Tells which step begins.
#[allow(clippy::print_stderr)]
fn say(step: &str) {
    eprintln!("── {step}");
}

/// Whether a command can be run here.
fn has(shell: &Shell, command: &str) -> bool {
    cmd!(shell, "{command} --version").quiet().ignore_stdout().ignore_stderr().run().is_ok()
}
