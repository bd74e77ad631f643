use crate::args::Server;
use skattebro::domain::krav::Edition;
use skattebro::http::{Deadlines, SettingsError};
use skattebro::{BuildError, Skattebro};

/// A bridge to the server of the command line.
///
/// # Errors
/// With a sentence for the user.
pub(crate) fn connect(server: &Server) -> Result<Skattebro, String> {
    connect_in(server, Edition::default())
}

/// As [`connect`], with this edition of the innkreving API.
///
/// # Errors
/// With a sentence for the user.
pub(crate) fn connect_in(server: &Server, edition: Edition) -> Result<Skattebro, String> {
    let ca_bundle = match &server.ca_bundle {
        Some(path) => {
            Some(std::fs::read(path).map_err(|error| format!("--ca-bundle {}: {error}", path.display()))?)
        }
        None => None,
    };
    let deadlines = Deadlines { short: server.call_timeout, ..Deadlines::default() };
    let mut builder =
        Skattebro::builder().server(&server.server).innkreving_edition(edition).http(move |settings| {
            let settings = settings.deadlines(deadlines);
            match ca_bundle {
                Some(pem) => settings.ca_bundle(pem),
                None => settings,
            }
        });
    match std::env::var("SKATTEBRO_TOKEN") {
        Ok(token) => builder = builder.token(token),
        // A sandbox takes any token; a token of one's own for it would only be noise.
        Err(_) if is_this_machine(&server.server) => builder = builder.token("sandbox"),
        Err(_) => {}
    }
    builder.build().map_err(|error| match error {
        BuildError::MissingToken => {
            "there is no access token: put one into the environment variable SKATTEBRO_TOKEN".to_owned()
        }
        BuildError::BadToken => format!("SKATTEBRO_TOKEN: {error}"),
        BuildError::Http(error @ SettingsError::CaBundle(_)) => format!("--ca-bundle: {error}"),
        other => format!("--server: {other}"),
    })
}

fn is_this_machine(server: &str) -> bool {
    let host = server.split_once("://").map_or(server, |(_, rest)| rest);
    let host = host.split(['/', '?']).next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn only_this_machine_gets_the_sandboxs_token() {
        for here in
            ["http://127.0.0.1:8700", "http://localhost:1/x", "http://[::1]:8700", "https://LOCALHOST"]
        {
            assert!(is_this_machine(here), "{here}");
        }
        for there in [
            "https://api.skatteetaten.no",
            "http://127.0.0.1.evil.no",
            "http://localhost.no",
            "http://10.0.0.1",
        ] {
            assert!(!is_this_machine(there), "{there}");
        }
    }
}
