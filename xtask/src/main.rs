//! The project's own workflows. `cargo xtask` alone lists them; each has a file of its own.

mod bench;
mod check;
mod demo;
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
