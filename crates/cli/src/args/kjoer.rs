//! The command line of `skattebro kjoer`.

use super::duration;
use super::jobb::Restored;
use clap::Args;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct Kjoer {
    /// Answer /health, /ready and /metrics (Prometheus) over HTTP: PORT on this machine alone, or ADDRESS:PORT. Port 0 picks a free one.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = status_port)]
    pub(crate) status_port: Option<SocketAddr>,
    /// How many cases are under way here at a time; no more than 1000 of them do more than wait for a job or a person.
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) samtidig: u32,
    /// How long calls under way may take after SIGTERM or Ctrl-C.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) frist_ved_stopp: Duration,
    #[command(flatten)]
    pub(crate) restored: Restored,
    /// The edition of the innkreving API: v1 or 2023. Krav that were begun in the other are left to other workers. [env: SKATTEBRO_EDITION] [default: v1]
    #[arg(long, value_name = "EDITION")]
    pub(crate) edition: Option<String>,
}

fn status_port(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    text.parse().map_err(|_| "write it like 9300, 127.0.0.1:9300 or [::]:9300".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_this_machines() {
        assert_eq!(status_port("9300").unwrap().to_string(), "127.0.0.1:9300");
        assert_eq!(status_port("0.0.0.0:9300").unwrap().to_string(), "0.0.0.0:9300");
        assert_eq!(status_port("[::1]:0").unwrap().to_string(), "[::1]:0");
        for bad in ["", "localhost", "70000", "127.0.0.1"] {
            assert!(status_port(bad).is_err(), "{bad}");
        }
    }
}
