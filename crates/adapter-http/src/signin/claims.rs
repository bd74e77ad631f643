use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use skattebro_domain::masking::mask;
use skattebro_ports::Token;

/// What a token says of itself, for a person to read: its claims, with personal numbers masked. `None` if it is no JWT. Nothing is verified.
///
/// Names of persons are left out, and whatever else tells of a person more than the masked number does.
pub fn claims(token: &Token) -> Option<Value> {
    let claims = payload(token.expose())?;
    Some(Value::Object(
        claims.into_iter().filter(|(name, _)| !is_about_a_person(name)).map(masked_entry).collect(),
    ))
}

/// The claims of a JWT as they are, unverified.
pub(crate) fn payload(jwt: &str) -> Option<Map<String, Value>> {
    let mut parts = jwt.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn is_about_a_person(claim: &str) -> bool {
    let names = ["name", "given_name", "family_name", "middle_name", "nickname", "preferred_username"];
    let ways = ["email", "phone_number", "address", "birthdate"];
    names.contains(&claim) || ways.contains(&claim)
}

fn masked_entry((name, value): (String, Value)) -> (String, Value) {
    (mask(&name), masked(value))
}

fn masked(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(mask(&text)),
        Value::Number(number) => {
            let text = number.to_string();
            let shown = mask(&text);
            if shown == text { Value::Number(number) } else { Value::String(shown) }
        }
        Value::Array(values) => Value::Array(values.into_iter().map(masked).collect()),
        Value::Object(entries) => Value::Object(entries.into_iter().map(masked_entry).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn claims_are_shown_without_the_person() {
        let said = json!({
            "iss": "https://idporten.no", "pid": "17912099997", "number": 17_912_099_997_u64, "exp": 1_772_452_800,
            "name": "Ola", "list": ["17912099997", { "17912099997": "x" }], "consumer": { "ID": "0192:974761076" },
        });
        let token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(said.to_string()));
        let shown = claims(&Token::parse(&token).unwrap()).unwrap();
        let number = "179120*****";
        let expected = json!({
            "iss": "https://idporten.no", "pid": number, "number": number, "exp": 1_772_452_800,
            "list": [number, { number: "x" }], "consumer": { "ID": "0192:974761076" },
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_token_that_is_no_jwt_has_none() {
        for text in ["opaque", "a.b", "a.!.c", "e30.WzFd.c"] {
            assert_eq!(claims(&Token::parse(text).unwrap()), None, "{text}");
        }
    }
}
