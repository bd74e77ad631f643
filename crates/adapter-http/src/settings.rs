use crate::quota::LocalQuota;
use skattebro_ports::CallQuota;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How to reach the service.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    pub(crate) base: Url,
    pub(crate) client_name: String,
    pub(crate) ca_bundle: Option<Vec<u8>>,
    pub(crate) deadlines: Deadlines,
    pub(crate) max_request_bytes: u64,
    pub(crate) max_inline_base64_bytes: u64,
    pub(crate) read_retries: usize,
    pub(crate) retry_pause: Duration,
    pub(crate) quota: Arc<dyn CallQuota>,
}

/// What edition v1 takes in one request.
const DEFAULT_MAX_REQUEST: u64 = 25_000_000;

/// How long a call may take, from its first byte to its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Connecting. Default 10 seconds.
    pub connect: Duration,
    /// A call with a small answer and a small body, or the beginning of a large answer. Default 30 seconds.
    pub short: Duration,
    /// A call whose request is of the largest size; less for smaller ones, in proportion, but never less than `short`. Default 15
    /// minutes: 25 MB at 28 kB/s. Altinn takes larger ones, which may take longer in proportion, up to twice `download`: 500 MB at 70 kB/s.
    pub upload: Duration,
    /// A call whose answer is large. Default 1 hour.
    pub download: Duration,
    /// The longest silence within an answer. Default 1 minute.
    pub silence: Duration,
}

impl Deadlines {
    /// For sending `len` bytes where `max` is the most that can be sent.
    pub(crate) fn for_sending(&self, len: u64, max: u64) -> Duration {
        let share = len.min(max) as f64 / max.max(1) as f64;
        self.upload.mul_f64(share).max(self.short)
    }

    /// For sending `len` bytes where there is much more to send than edition v1 takes: on a line that just suffices for its largest
    /// request, but not longer than twice a large answer may take.
    pub(crate) fn for_streaming(&self, len: u64) -> Duration {
        let share = len as f64 / DEFAULT_MAX_REQUEST as f64;
        self.upload.mul_f64(share).min(self.download * 2).max(self.for_sending(len, DEFAULT_MAX_REQUEST))
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            short: Duration::from_secs(30),
            upload: Duration::from_secs(15 * 60),
            download: Duration::from_secs(60 * 60),
            silence: Duration::from_secs(60),
        }
    }
}

/// Why an adapter cannot be made from its settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The address is none.
    #[error("the server's address is not usable: {0}")]
    Address(String),
    /// The certificates of the CA bundle cannot be read.
    #[error("the CA bundle has no certificate that can be read (it must be PEM): {0}")]
    CaBundle(String),
    /// The name of the client cannot be sent as a header.
    #[error("the client's name must be visible ASCII, such as «regnskap/4.2»")]
    ClientName,
    /// What a sign-in needs is missing or does not fit together.
    #[error("the sign-in cannot be set up: {0}")]
    Signin(String),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up on this machine: {0}; are CA certificates installed?")]
    Tls(String),
}

impl HttpSettings {
    /// For the server at `base`, such as `https://idporten-api-test.sits.no`. A path in it is kept as a prefix.
    ///
    /// # Errors
    /// If that is no http or https address, or has a user, a query or a fragment.
    pub fn new(base: &str) -> Result<Self, SettingsError> {
        Ok(Self {
            base: address(base)?,
            client_name: concat!("skattebro/", env!("CARGO_PKG_VERSION")).to_owned(),
            ca_bundle: None,
            deadlines: Deadlines::default(),
            max_request_bytes: DEFAULT_MAX_REQUEST,
            max_inline_base64_bytes: 10_000_000,
            read_retries: 2,
            retry_pause: Duration::from_millis(500),
            quota: Arc::new(LocalQuota::default()),
        })
    }

    /// The same for another server.
    ///
    /// # Errors
    /// If the address cannot be used.
    pub fn server(mut self, base: &str) -> Result<Self, SettingsError> {
        self.base = address(base)?;
        Ok(self)
    }
    /// The name that goes into the headers `Klientid` and `User-Agent`, as `name/version`.
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = name.into();
        self
    }

    /// Certificates (PEM) that are trusted beside the system's, for companies whose network has its own.
    pub fn ca_bundle(mut self, pem: Vec<u8>) -> Self {
        self.ca_bundle = Some(pem);
        self
    }

    /// How long calls may take.
    pub fn deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// The largest request in bytes, the headers of its parts included. Default 25 000 000, edition v1's.
    pub fn max_request_bytes(mut self, bytes: u64) -> Self {
        self.max_request_bytes = bytes;
        self
    }

    /// The most base64 that a synchronous validation may carry. Default 10 000 000 bytes.
    pub fn max_inline_base64_bytes(mut self, bytes: u64) -> Self {
        self.max_inline_base64_bytes = bytes;
        self
    }

    /// How often a read, or a request that was not sent, is repeated at once, and after which pause (doubled each time, with
    /// jitter). Default twice, after half a second. Nothing else is ever repeated here.
    pub fn read_retries(mut self, times: usize, pause: Duration) -> Self {
        self.read_retries = times;
        self.retry_pause = pause;
        self
    }

    /// What bounds the calls that are made at a time. Default [`LocalQuota`], five per API, shared by all adapters made from clones of
    /// these settings. The limit is the organisation's: processes that share it need a quota that they share.
    pub fn quota(mut self, quota: Arc<dyn CallQuota>) -> Self {
        self.quota = quota;
        self
    }

    pub(crate) fn client(&self) -> Result<reqwest::Client, SettingsError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(&self.client_name)
            .connect_timeout(self.deadlines.connect)
            // No read timeout: reqwest's also runs while a request is being sent, and would end every slow upload.
            // A redirect would carry the token to another address; the API has none.
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback(&self.base) {
            builder = builder.no_proxy();
        }
        if let Some(pem) = &self.ca_bundle {
            let certificates = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|error| SettingsError::CaBundle(error.to_string()))?;
            if certificates.is_empty() {
                return Err(SettingsError::CaBundle("it is empty".to_owned()));
            }
            builder = builder.tls_certs_merge(certificates);
        } else if self.base.scheme() == "http" {
            // Without TLS there is nothing to verify, and a machine without CA certificates must still reach a sandbox.
            builder = builder.tls_certs_only([]);
        }
        let visible =
            |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if !visible(&self.client_name) {
            return Err(SettingsError::ClientName);
        }
        builder.build().map_err(|error| {
            let cause =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            SettingsError::Tls(cause)
        })
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn address(base: &str) -> Result<Url, SettingsError> {
    let mut base = Url::parse(base).map_err(|error| {
        SettingsError::Address(format!("{error}; it must look like https://api.skatteetaten.no"))
    })?;
    let plain = base.username().is_empty() && base.password().is_none();
    if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
        return Err(SettingsError::Address("it must begin with http:// or https://".to_owned()));
    }
    if !plain || base.query().is_some() || base.fragment().is_some() {
        return Err(SettingsError::Address("it must have no user, query or fragment".to_owned()));
    }
    let path = base.path().trim_end_matches('/').to_owned();
    base.set_path(&path);
    Ok(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        for good in ["https://api.skatteetaten.no", "http://127.0.0.1:8700/", "http://[::1]:1/prefiks/"] {
            assert!(HttpSettings::new(good).is_ok(), "{good}");
        }
        for bad in ["", "api.skatteetaten.no", "ftp://x", "https://u:p@x", "https://x/?a=b", "file:///etc"] {
            assert!(HttpSettings::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_client_can_be_made_without_certificates_for_http() {
        assert!(HttpSettings::new("http://127.0.0.1:1").unwrap().client().is_ok());
        let bad = HttpSettings::new("https://x").unwrap().ca_bundle(b"not pem".to_vec()).client();
        assert!(matches!(bad, Err(SettingsError::CaBundle(_))), "{bad:?}");
        let bad = HttpSettings::new("http://x").unwrap().client_name("blå").client();
        assert!(bad.is_err());
    }
}
