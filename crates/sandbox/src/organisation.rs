//! Whose token it is: the organisation that a call is made for.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::identifikator::Identifikator;

/// The organisation of a token that names none.
pub const DEFAULT_ORGANISATION: &str = "310202002";

/// The organisation that the request's token names.
///
/// A JWT names it in its payload, which is not verified; any other token by a run of exactly nine
/// digits that is an organisasjonsnummer, as in `sandbox-974761076`.
pub(crate) fn of(headers: &HeaderMap) -> String {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .map_or("", |(_, token)| token.trim());
    let named = match jwt_payload(token) {
        Some(payload) => claimed(&payload),
        None => written_out(token),
    };
    named.unwrap_or_else(|| DEFAULT_ORGANISATION.to_owned())
}

/// The payload of a JWT, unverified; None if it is none.
pub(crate) fn jwt_payload(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice::<Value>(&json).ok().filter(Value::is_object)
}

/// The organisation that gave a systembruker the right to act goes before the one that holds the client.
fn claimed(payload: &Value) -> Option<String> {
    let systembruker = payload.pointer("/authorization_details/0/systemuser_org/ID");
    [systembruker, payload.pointer("/consumer/ID")].into_iter().flatten().find_map(|id| {
        let number = id.as_str()?.strip_prefix("0192:")?;
        is_organisation(number).then(|| number.to_owned())
    })
}

fn written_out(token: &str) -> Option<String> {
    let runs = token.split(|c: char| !c.is_ascii_digit());
    runs.filter(|run| run.len() == 9).find(|run| is_organisation(run)).map(str::to_owned)
}

pub(crate) fn is_organisation(number: &str) -> bool {
    Identifikator::parse(number).is_some_and(|number| !number.is_person())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn named(token: &str) -> String {
        let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        of(&HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
    }

    fn jwt(payload: &Value) -> String {
        format!("eyJhbGciOiJub25lIn0.{}.c2ln", URL_SAFE_NO_PAD.encode(payload.to_string()))
    }

    #[test]
    fn any_token_may_write_the_number_out() {
        assert_eq!(named("sandbox-974761076"), "974761076");
        assert_eq!(named("1234567890-310817074.x"), "310817074");
        for other in ["t", "974761077", "9747610760", "01019000083"] {
            assert_eq!(named(other), DEFAULT_ORGANISATION, "{other}");
        }
        assert_eq!(of(&HeaderMap::new()), DEFAULT_ORGANISATION);
        assert!(is_organisation(DEFAULT_ORGANISATION));
    }

    #[test]
    fn a_jwt_names_it_in_its_claims_and_the_systembruker_wins() {
        let consumer = json!({"consumer": {"authority": "iso6523-actorid-upis", "ID": "0192:974761076"}});
        assert_eq!(named(&jwt(&consumer)), "974761076");
        let mut both = consumer;
        both["authorization_details"] = json!([{"systemuser_org": {"ID": "0192:310817074"}}]);
        assert_eq!(named(&jwt(&both)), "310817074");
        both["authorization_details"][0]["systemuser_org"]["ID"] = json!("0192:310817075");
        assert_eq!(named(&jwt(&both)), "974761076");
        assert_eq!(named(&jwt(&json!({"sub": "974761076"}))), DEFAULT_ORGANISATION);
    }
}
