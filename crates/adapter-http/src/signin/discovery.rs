use crate::settings::HttpSettings;
use crate::signin::failed::Failed;
use crate::signin::http::{Http, is_secret_safe_at};
use serde::Deserialize;
use skattebro_ports::ErrorKind;
use tokio::sync::OnceCell;
use url::Url;

/// What a server tells of itself, fetched when it is needed first.
#[derive(Debug)]
pub(crate) struct Discovery {
    expected: Url,
    address: Url,
    found: OnceCell<Metadata>,
}

/// The part of it that is used.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Metadata {
    /// As the server writes it: an audience must be written the same.
    pub(crate) issuer: String,
    pub(crate) token_endpoint: Url,
    pub(crate) authorization_endpoint: Option<Url>,
    pub(crate) jwks_uri: Option<Url>,
}

impl Discovery {
    /// Of the server that `settings` lead to; `name` is the document's below `.well-known`.
    pub(crate) fn new(settings: &HttpSettings, name: &str) -> Self {
        let expected = settings.base.clone();
        let mut address = expected.clone();
        address.set_path(&format!("{}/.well-known/{name}", expected.path().trim_end_matches('/')));
        Self { expected, address, found: OnceCell::new() }
    }

    pub(crate) async fn get(&self, http: &Http) -> Result<&Metadata, Failed> {
        self.found.get_or_try_init(|| self.fetch(http)).await
    }

    async fn fetch(&self, http: &Http) -> Result<Metadata, Failed> {
        let metadata: Metadata = http.json("its metadata (.well-known)", &self.address).await?;
        let whom = http.whom;
        let wrong = |what: &str| Err(Failed::for_good(ErrorKind::Local, format!("{whom} {what}")));
        if metadata.issuer.trim_end_matches('/') != self.expected.as_str().trim_end_matches('/') {
            return wrong(
                "calls itself by another name (issuer) than its setting does; check the setting, and what stands between",
            );
        }
        let addresses = [
            Some(&metadata.token_endpoint),
            metadata.jwks_uri.as_ref(),
            metadata.authorization_endpoint.as_ref(),
        ];
        if !addresses.into_iter().flatten().all(is_secret_safe_at) {
            return wrong("names an address without TLS in its metadata");
        }
        Ok(metadata)
    }
}
