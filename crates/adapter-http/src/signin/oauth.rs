//! The token endpoint (RFC 6749): a form goes in, tokens or one of its errors come out.

use crate::signin::failed::Failed;
use crate::signin::http::Http;
use crate::signin::skew::Skew;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use skattebro_domain::masking;
use skattebro_ports::{Clock, Token};
use std::time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

/// If the server does not say how long a token lives.
const SHORT_LIFE: u64 = 60;
/// No description is shown longer.
const LONGEST_DESCRIPTION: usize = 400;

/// What a token endpoint gives.
pub(crate) struct Granted {
    pub(crate) token: Token,
    pub(crate) life: Duration,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) id_token: Option<SecretString>,
    pub(crate) scope: Option<String>,
}

/// Why it gives nothing.
pub(crate) enum NotGranted {
    /// In the words of RFC 6749.
    Refused(Refusal),
    Failed(Failed),
}

/// An error of RFC 6749. Shows nothing that was sent.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) error: String,
    pub(crate) description: String,
}

impl Refusal {
    /// Whether the description has one of these words in it.
    pub(crate) fn speaks_of(&self, words: &[&str]) -> bool {
        let description = self.description.to_lowercase();
        words.iter().any(|word| description.contains(word))
    }

    /// What the server said, to be quoted.
    pub(crate) fn quoted(&self) -> String {
        match self.description.as_str() {
            "" => format!("«{}»", self.error),
            description => format!("«{}: {description}»", self.error),
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    expires_in: Option<u64>,
    refresh_token: Option<SecretString>,
    id_token: Option<SecretString>,
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Error {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}

/// A form, and which of its fields nobody may see.
pub(crate) struct Form<'a> {
    pub(crate) open: &'a [(&'a str, &'a str)],
    pub(crate) secret: &'a [(&'a str, &'a SecretString)],
}

impl Form<'_> {
    fn encoded(&self) -> String {
        let mut body = Serializer::new(String::new());
        body.extend_pairs(self.open);
        body.extend_pairs(self.secret.iter().map(|(name, value)| (name, value.expose_secret())));
        body.finish()
    }
}

/// Asks a token endpoint, and notes what its answer says of the time.
pub(crate) async fn ask(
    http: &Http,
    clock: &dyn Clock,
    skew: &Skew,
    endpoint: &Url,
    form: Form<'_>,
) -> Result<Granted, NotGranted> {
    let request = http
        .request(Method::POST, endpoint)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.encoded());
    let begun = clock.now();
    let reply = http.send(request).await.map_err(NotGranted::Failed)?;
    skew.observe(begun, reply.date);
    let unexpected = || NotGranted::Failed(http.unexpected("a token", &reply));
    if reply.status.is_success() {
        let answer: Answer = serde_json::from_slice(&reply.body).map_err(|_| unexpected())?;
        let token = Token::parse(answer.access_token.expose_secret()).ok_or_else(unexpected)?;
        let life = Duration::from_secs(answer.expires_in.unwrap_or(SHORT_LIFE));
        let Answer { refresh_token, id_token, scope, .. } = answer;
        return Ok(Granted { token, life, refresh_token, id_token, scope });
    }
    match serde_json::from_slice::<Error>(&reply.body) {
        Ok(said) if reply.status.is_client_error() && reply.status.as_u16() != 429 => {
            Err(NotGranted::Refused(Refusal {
                error: clean(&said.error, form.secret),
                description: clean(&said.error_description.unwrap_or_default(), form.secret),
            }))
        }
        _ => Err(unexpected()),
    }
}

/// A sentence of the server without what was sent to it, addresses, whole tokens and personal numbers.
pub(crate) fn clean(text: &str, secrets: &[(&str, &SecretString)]) -> String {
    let mut text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    for (_, secret) in secrets {
        text = text.replace(secret.expose_secret(), "…");
    }
    let words = text.split_whitespace().map(|word| {
        let is_token = word.len() > 80 || word.contains("eyJ");
        if is_token || word.contains("://") { "…" } else { word }
    });
    let words: Vec<&str> = words.collect();
    masking::mask(&words.join(" ")).chars().take(LONGEST_DESCRIPTION).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_says_is_quoted_without_secrets() {
        let secret = SecretString::from("min-kode");
        let said = "Koden min-kode for 17912099997 ved https://x.no/a\r\n er brukt: eyJhbGciOi.x.y";
        assert_eq!(clean(said, &[("code", &secret)]), "Koden … for 179120***** ved … er brukt: …");
        assert_eq!(clean(&"å".repeat(900), &[]).len(), "…".len());
        assert_eq!(clean(&"ord ".repeat(900), &[]).len(), LONGEST_DESCRIPTION);
    }
}
