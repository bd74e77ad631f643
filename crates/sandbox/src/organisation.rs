//! Whose token it is: the organisation or person that a call is made for.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::auth;
use crate::identifikator::Identifikator;

/// The organisation of a token that names none.
pub const DEFAULT_ORGANISATION: &str = "310202002";

/// Who makes a request, by what its token says. The claims are believed as they stand: in a strict sandbox
/// the token was verified before, otherwise any will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A machine, with the rights that this customer gave it.
    Systembruker { orgnr: String },
    /// Somebody who has logged in.
    Person { pid: Identifikator },
    /// A machine of this organisation.
    Organisation { orgnr: String },
    /// The token names nobody.
    Unknown,
}

impl Caller {
    /// A JWT names the caller in its payload; any other token by a run of digits that is an
    /// organisasjonsnummer or else a fødselsnummer, as in `sandbox-974761076`.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let token = auth::bearer(headers).unwrap_or("");
        match jwt_payload(token) {
            Some(payload) => Caller::claimed(&payload),
            None => Caller::written_out(token),
        }
    }

    /// The organisation that gave a systembruker the right to act goes before the one that holds the client.
    fn claimed(payload: &Value) -> Self {
        let organisation = |path| {
            let number = payload.pointer(path)?.as_str()?.strip_prefix("0192:")?;
            is_organisation(number).then(|| number.to_owned())
        };
        if let Some(orgnr) = organisation("/authorization_details/0/systemuser_org/ID") {
            return Caller::Systembruker { orgnr };
        }
        if let Some(orgnr) = organisation("/consumer/ID") {
            return Caller::Organisation { orgnr };
        }
        let pid = payload.get("pid").and_then(Value::as_str).and_then(Identifikator::parse);
        pid.filter(Identifikator::is_person).map_or(Caller::Unknown, |pid| Caller::Person { pid })
    }

    fn written_out(token: &str) -> Self {
        let runs = token.split(|c: char| !c.is_ascii_digit()).filter_map(Identifikator::parse);
        let (persons, organisations): (Vec<_>, Vec<_>) = runs.partition(Identifikator::is_person);
        match (organisations.into_iter().next(), persons.into_iter().next()) {
            (Some(number), _) => Caller::Organisation { orgnr: number.as_str().to_owned() },
            (None, Some(pid)) => Caller::Person { pid },
            (None, None) => Caller::Unknown,
        }
    }
}

/// The organisation that a request is made for; the default one where the token names none.
pub(crate) fn of(headers: &HeaderMap) -> String {
    match Caller::of(headers) {
        Caller::Systembruker { orgnr } | Caller::Organisation { orgnr } => orgnr,
        Caller::Person { .. } | Caller::Unknown => DEFAULT_ORGANISATION.to_owned(),
    }
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

pub(crate) fn is_organisation(number: &str) -> bool {
    Identifikator::parse(number).is_some_and(|number| !number.is_person())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};
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

    #[test]
    fn a_person_is_named_by_the_pid_and_masked() {
        let caller = |token: &str| {
            let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
            Caller::of(&HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
        };
        for token in [jwt(&json!({"pid": "17887590168"})), "sandbox-17887590168".to_owned()] {
            assert_eq!(format!("{:?}", caller(&token)), "Person { pid: 178875***** }");
        }
        let both = jwt(&json!({"pid": "17887590168", "consumer": {"ID": "0192:974761076"}}));
        assert_eq!(caller(&both), Caller::Organisation { orgnr: "974761076".to_owned() });
        let customer = jwt(&json!({"authorization_details": [{"systemuser_org": {"ID": "0192:974761076"}}]}));
        assert_eq!(caller(&customer), Caller::Systembruker { orgnr: "974761076".to_owned() });
        for nobody in [jwt(&json!({"pid": "974761076"})), jwt(&json!({})), "t".to_owned()] {
            assert_eq!(caller(&nobody), Caller::Unknown);
        }
    }
}
