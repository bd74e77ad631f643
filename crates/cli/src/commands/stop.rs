//! What a person or the system ends a run with.

use crate::output::complain;
use tokio::sync::watch;

/// Says whether a run shall begin nothing new. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Sender<bool>);

impl Stop {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(crate) fn now(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was said.
    pub(crate) fn is_said(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it was said.
    pub(crate) fn said(&self) -> impl Future<Output = ()> + Send + use<> {
        let (mut told, sender) = (self.0.subscribe(), self.0.clone());
        async move {
            // It cannot end by itself: the sender lives as long.
            let _ = told.wait_for(|stop| *stop).await;
            drop(sender);
        }
    }
}

/// Stops at the first Ctrl-C, SIGTERM or SIGHUP, and says `what` is done then. A second Ctrl-C ends the program.
pub(crate) async fn stop_at_signals(stop: Stop, what: &str) {
    let interrupted = async { tokio::signal::ctrl_c().await.is_ok() };
    let asked = tokio::select! {
        asked = interrupted => asked,
        () = terminated() => true,
    };
    if asked {
        complain(what);
        stop.now();
        // A terminal that closes sends more than one signal; only a person who means it presses Ctrl-C.
        let again = async { tokio::signal::ctrl_c().await.is_ok() };
        let others = async {
            loop {
                terminated().await;
            }
        };
        tokio::select! {
            true = again => std::process::exit(130),
            () = others => {}
        }
    }
}

/// Says when Ctrl-C or SIGTERM comes the first time; the second ends the program at once. For what runs as a service.
pub(crate) async fn first_of_two_signals() {
    signalled().await;
    tokio::spawn(async {
        signalled().await;
        complain("ending at once; what is under way is gone on with from the store");
        std::process::exit(130);
    });
}

async fn signalled() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    };
    tokio::select! {
        () = interrupted => {}
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    async fn next(signal: std::io::Result<Signal>) {
        match signal {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    }
    let hangup = async {
        // What `nohup` starts shall outlive the terminal.
        if is_ignored(SignalKind::hangup().as_raw_value()) {
            std::future::pending().await
        }
        next(signal(SignalKind::hangup())).await;
    };
    tokio::select! {
        () = next(signal(SignalKind::terminate())) => {}
        () = hangup => {}
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// Whether this process was started with the signal ignored, as far as the system tells.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return false };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal - 1) & 1 == 1
}
