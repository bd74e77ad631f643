//! `skattebro kjoer`: the worker.

mod metrics;
mod status;

use super::jobb::tell_restored;
use super::stop::first_of_two_signals;
use crate::args::kjoer::Kjoer;
use crate::commands::bad_input;
use crate::connect::connect_with_lasting_store;
use crate::exit::Exit;
use crate::output::complain;
use crate::settings::{ApiKind, Settings};
use skattebro::Skattebro;
use status::StatusServer;
use tokio_util::sync::CancellationToken;

pub(super) async fn run(settings: &Settings, arguments: Kjoer) -> Exit {
    let bridge = match connect_with_lasting_store(settings, ApiKind::Skattemelding).await {
        Ok(bridge) => bridge,
        Err(why) => return bad_input(&why, false),
    };
    // Before anything is claimed.
    if let Err(exit) = tell_restored(&bridge.cases(), &arguments.restored, false).await {
        return exit;
    }
    work(settings, &bridge, arguments).await
}

async fn work(settings: &Settings, bridge: &Skattebro, arguments: Kjoer) -> Exit {
    let runner = bridge.runner().max_open(arguments.samtidig as usize).grace(arguments.frist_ved_stopp);
    let edition = settings.edition.value;
    let server = match arguments.status_port {
        Some(address) => match StatusServer::start(address, bridge, runner.progress(), edition).await {
            Ok(server) => Some(server),
            Err(error) => {
                return bad_input(&format!("--status-port {address} cannot be used: {error}"), false);
            }
        },
        None => None,
    };
    let store = settings.store().map(|store| store.value.to_string()).unwrap_or_default();
    let told =
        server.as_ref().map(|server| format!(", status on http://{}", server.address)).unwrap_or_default();
    complain(&format!(
        "worker begins: store {store}, service {}, krav of edition {edition}{told}",
        bridge.environment()
    ));
    // Without this, the worker waits some seconds longer for what a process of this machine had under way that is gone.
    if let Err(error) = bridge.cases().disown_the_dead().await {
        complain(&format!("{error}; trying again"));
    }
    let (progress, stop) = (runner.progress(), CancellationToken::new());
    let stopper = stop.clone();
    let grace = arguments.frist_ved_stopp;
    let signals = tokio::spawn(async move {
        first_of_two_signals().await;
        complain(&format!(
            "stopping: nothing new is sent, requests under way have {} s; a second signal ends at once",
            grace.as_secs_f64()
        ));
        stopper.cancel();
    });
    let ran = runner.run(stop).await;
    signals.abort();
    if let Some(server) = server {
        server.stop();
    }
    let status = progress.status();
    let done = format!("{} taken up, {} carried out to their end", status.taken, status.ended);
    match ran {
        Ok(()) => {
            complain(&format!("worker ends: {done}"));
            Exit::Ok
        }
        Err(error) => {
            complain(&format!("worker ends, since the store cannot be used: {error} ({done})"));
            Exit::Unavailable
        }
    }
}
