//! The address of a server.

use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// An address that can be called. It holds no user and no password, so that it can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerUrl {
    text: String,
    url: Url,
}

impl ServerUrl {
    /// As it was given.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the host is a loopback address.
    pub(crate) fn is_this_machine(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name == "localhost" || name.ends_with(".localhost")
            }
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
            None => false,
        }
    }

    /// Whether it is one of the hosts for production: Skatteetaten's, or of those who give tokens for it.
    pub(super) fn is_production(&self) -> bool {
        self.ends_with("api.skatteetaten.no")
            || ["maskinporten.no", "idporten.no"].contains(&self.host())
            || self.ends_with(".altinn.no") && !self.is_test()
    }

    /// Whether it is one of those for tests.
    pub(super) fn is_test(&self) -> bool {
        let ends = [".sits.no", "test.maskinporten.no", "test.idporten.no", ".tt02.altinn.no"];
        ends.iter().any(|end| self.ends_with(end))
    }

    fn ends_with(&self, end: &str) -> bool {
        self.host().ends_with(end)
    }

    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default().trim_end_matches('.')
    }
}

impl FromStr for ServerUrl {
    type Err = String;

    /// The text is in no error: an address with a password in it must not reach a log.
    fn from_str(text: &str) -> Result<Self, String> {
        let like = "it must look like https://api.skatteetaten.no";
        let url = Url::parse(text)
            .map_err(|error| format!("the server's address is not usable: {error}; {like}"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("the server's address must begin with http:// or https://".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "the server's address must not hold a user or a password; the token comes from SKATTEBRO_TOKEN".to_owned()
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("the server's address must end before the ? or #; {like}"));
        }
        Ok(Self { text: text.to_owned(), url })
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_gets_the_sandboxs_token() {
        let is_this_machine = |text: &str| text.parse::<ServerUrl>().unwrap().is_this_machine();
        for here in [
            "http://127.0.0.1:8700",
            "http://localhost:1/x",
            "http://[::1]:8700",
            "https://LOCALHOST",
            "http://[::ffff:127.0.0.1]",
            "http://127.1",
            "http://sandbox.localhost.",
        ] {
            assert!(is_this_machine(here), "{here}");
        }
        for there in [
            "https://api.skatteetaten.no",
            "http://127.0.0.1.evil.no",
            "http://localhost.no",
            "http://notlocalhost",
            "http://10.0.0.1",
        ] {
            assert!(!is_this_machine(there), "{there}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_shown() {
        for bad in [
            "",
            "api.skatteetaten.no",
            "ftp://hemmelig.no",
            "https://",
            "https://hemmelig:hemmelig@api.no",
            "https://hemmelig@api.no",
            "https://api.no/?hemmelig",
            "https://api.no/#hemmelig",
            "https://hemmelig:hemmelig",
        ] {
            let why = bad.parse::<ServerUrl>().unwrap_err();
            assert!(!why.contains("hemmelig"), "{bad}: {why}");
        }
    }
}
