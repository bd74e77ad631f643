use crate::{Port, PortError};
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use skattebro_domain::Identifikator;

/// An access token. `Debug` does not show it, and its memory is cleared when it is dropped.
#[derive(Clone, Debug)]
pub struct Token(SecretString);

impl Token {
    /// A token from its text, without white space around it.
    ///
    /// `None` if that is empty or has characters that a header cannot carry.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.to_owned().into()))
    }

    /// The text, for the `Authorization` header and nothing else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Who we are: gives the token that goes with a call.
#[async_trait]
pub trait TokenSource: Port {
    /// A token that is good for a call begun now. May fetch one, or wait for one that is being fetched.
    ///
    /// Source: contract page `auth.md`.
    ///
    /// # Errors
    /// If none can be had. Nothing was sent to the service that the token is for.
    async fn token(&self) -> Result<Token, PortError>;

    /// A token for calls about this party: where tokens are issued per customer (systembruker), that customer's; otherwise as
    /// [`token`](Self::token).
    ///
    /// # Errors
    /// As [`token`](Self::token).
    async fn token_for(&self, _part: &Identifikator) -> Result<Token, PortError> {
        self.token().await
    }

    /// The service did not accept this token: a source that can get another must not give it again. May be told late, of a token
    /// that was replaced already; that changes nothing.
    async fn rejected(&self, _token: &Token) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown_and_cannot_break_a_header() {
        let token = Token::parse(" hemmelig.abc \n").unwrap();
        assert_eq!(token.expose(), "hemmelig.abc");
        assert!(!format!("{token:?}").contains("hemmelig"));
        for bad in ["", "  ", "a b", "a\r\nX: y", "bl\u{e5}"] {
            assert!(Token::parse(bad).is_none(), "{bad:?}");
        }
    }
}
