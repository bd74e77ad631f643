//! `skattebro sandbox`.

use crate::args::Sandbox as Arguments;
use crate::exit::Exit;
use crate::output::{complain, print};
use skattebro_sandbox::{Edition2023, Sandbox, VirtualClock};

pub(crate) async fn run(arguments: Arguments) -> Exit {
    let clock = VirtualClock::scaled(arguments.time_scale);
    let edition_2023 = Edition2023 { mottaksstatus: !arguments.uten_mottaksstatus, ..Edition2023::default() };
    let builder = Sandbox::builder().listen(arguments.listen).clock(clock).edition_2023(edition_2023);
    let sandbox = match builder.start().await {
        Ok(sandbox) => sandbox,
        Err(error) => {
            complain(&format!("cannot listen on {}: {error}", arguments.listen));
            return Exit::BadInput;
        }
    };
    print(&sandbox.url());
    // Stopping by a signal must still remove the documents it keeps in temporary files.
    stop_signal().await;
    sandbox.shutdown().await;
    Exit::Ok
}

#[cfg(unix)]
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn stop_signal() {
    let _ = tokio::signal::ctrl_c().await;
}
