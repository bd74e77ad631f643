//! A call that is turned away for its token is tried once more with another one, if that is safe.

use crate::client::{ORGANISATION, call, jobb, memory, name, settings, shown, subject};
use crate::far::{Far, answer};
use async_trait::async_trait;
use skattebro_adapter_http::HttpSkatteetaten;
use skattebro_domain::Identifikator;
use skattebro_ports::{Jobs, PortError, Token, TokenSource, Uploads};
use std::sync::Arc;
use std::sync::Mutex;

/// A new token after each rejection.
#[derive(Debug, Default)]
struct Renewing {
    rejected: Mutex<Vec<String>>,
    parts: Mutex<Vec<Identifikator>>,
}

impl Renewing {
    fn current(&self) -> String {
        format!("token-{}", self.rejected.lock().unwrap().len())
    }
}

#[async_trait]
impl TokenSource for Renewing {
    async fn token(&self) -> Result<Token, PortError> {
        panic!("these calls are about a party");
    }

    async fn token_for(&self, part: &Identifikator) -> Result<Token, PortError> {
        self.parts.lock().unwrap().push(part.clone());
        Ok(Token::parse(&self.current()).unwrap())
    }

    async fn rejected(&self, token: &Token) {
        assert_eq!(token.expose(), self.current());
        self.rejected.lock().unwrap().push(token.expose().to_owned());
    }
}

async fn tokens_seen(far: &Far, is_act: bool) -> (Vec<String>, String) {
    let tokens = Arc::new(Renewing::default());
    let adapter = HttpSkatteetaten::new(settings(&far.url()), tokens.clone()).unwrap();
    let end = if is_act {
        shown(&adapter.last_opp(&call(), &subject(), &name(), memory("eA==")).await)
    } else {
        shown(&adapter.status(&call(), &subject(), &jobb()).await)
    };
    assert!(tokens.parts.lock().unwrap().iter().all(|part| part.as_str() == ORGANISATION));
    let seen = far.received().iter().map(|request| request.header("authorization").to_owned()).collect();
    (seen, end)
}

#[tokio::test]
async fn a_refusal_in_the_services_own_words_is_tried_once_with_a_new_token() {
    let body = r#"{"kode":"DAS-008","melding":"Ugyldig token","korrelasjonsid":"x"}"#;
    for is_act in [true, false] {
        let far = Far::answering(answer(401, &[], body)).await;
        let (seen, end) = tokens_seen(&far, is_act).await;
        assert_eq!(seen, ["Bearer token-0", "Bearer token-1"], "act: {is_act}");
        assert_eq!(end, "Unauthorized refused:DAS-008 after-change");
        assert!(far.received().iter().all(|request| request.whole), "the body goes whole both times");
    }
}

#[tokio::test]
async fn what_a_gateway_turned_away_is_looked_at_again_but_not_done_again() {
    for (is_act, expected) in
        [(true, &["Bearer token-0"][..]), (false, &["Bearer token-0", "Bearer token-1"])]
    {
        let far = Far::answering(answer(401, &[], "<html>401</html>")).await;
        let (seen, end) = tokens_seen(&far, is_act).await;
        assert_eq!(seen, expected, "act: {is_act}");
        assert_eq!(end, "Unauthorized unknown after-change");
    }
}

#[tokio::test]
async fn nothing_but_a_401_asks_for_another_token() {
    let body = r#"{"kode":"DAS-008","melding":"Nei"}"#;
    for status in [400, 403, 404] {
        let far = Far::answering(answer(status, &[], body)).await;
        assert_eq!(tokens_seen(&far, false).await.0, ["Bearer token-0"], "{status}");
    }
}
