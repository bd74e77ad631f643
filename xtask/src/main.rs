//! The project's own workflows. `cargo xtask` alone lists them; each has a file of its own.

mod bench;
mod check;
mod demo;
mod soak;
mod test;

use xshell::{Shell, cmd};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

mod flags {
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
            /// How fast krav are created, beside wrk if that is installed. Builds the release binary.
            cmd bench {
                /// How many krav. Default 10000, which takes two minutes.
                optional --rows rows: u32
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
        flags::XtaskCmd::Bench(bench) => bench::run(&shell, bench.rows.unwrap_or(10_000)),
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
