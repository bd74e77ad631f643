//! The three shapes of an error body, understood in one place.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use skattebro_domain::masking::mask;
use skattebro_ports::Problem;

/// What the service said, if the body is one of the shapes that the contract knows: a problem document (RFC 7807) or a general
/// error as JSON or XML. Free text and HTML pages of a gateway are none.
pub(crate) fn parse(status: u16, body: &[u8]) -> Option<Problem> {
    let json: Option<AnyError> = serde_json::from_slice(body).ok();
    let (slug, melding, korrelasjonsid) = match json {
        Some(AnyError { kode: Some(kode), melding, korrelasjonsid, .. }) => (kode, melding, korrelasjonsid),
        Some(AnyError { type_, title, detail, korrelasjonsid, rest, .. })
            if type_.is_some() || is_untyped(&title, &detail, &rest) =>
        {
            let melding = match (title, detail) {
                (Some(title), Some(detail)) => Some(format!("{title}: {detail}")),
                (title, detail) => title.or(detail),
            };
            (type_.unwrap_or_else(|| "about:blank".to_owned()), melding, korrelasjonsid)
        }
        Some(_) => return None,
        None => {
            let feil = skattebro_codec::read_feil(body)?;
            (feil.kode, Some(feil.melding), feil.korrelasjonsid)
        }
    };
    let visible: String =
        slug.trim().chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(300).collect();
    Some(Problem {
        status,
        slug: mask(&visible).parse().ok()?,
        melding: mask(&melding.unwrap_or_default()),
        korrelasjonsid: korrelasjonsid.map(|id| mask(&id)),
    })
}

/// Whether it is a problem document without a `type`, which RFC 7807 takes for `about:blank`.
fn is_untyped(title: &Option<String>, detail: &Option<String>, rest: &Map<String, Value>) -> bool {
    (title.is_some() || detail.is_some()) && rest.get("status").is_some_and(Value::is_number)
}

#[derive(Deserialize, Serialize)]
struct AnyError {
    #[serde(skip_serializing_if = "Option::is_none")]
    kode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    melding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    korrelasjonsid: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    type_: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use std::path::Path;

    /// That the example of that name, in the data beside the project's root, is read as a `T` and written back equal. Says so if there
    /// is no such data; under CI that is a failure.
    pub(crate) fn assert_round_trip<T: DeserializeOwned + Serialize>(name: &str) {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/krav").join(name);
        let Ok(json) = std::fs::read(&example) else {
            assert!(std::env::var_os("CI").is_none(), "CI must not skip: {name} is not beside the project");
            return eprintln!("SKIPPED: ../shared/data/krav/{name} is not beside the project");
        };
        let read: T = serde_json::from_slice(&json).unwrap();
        let (before, after): (Value, Value) =
            (serde_json::from_slice(&json).unwrap(), serde_json::to_value(&read).unwrap());
        assert_eq!(before, after, "{name}");
    }

    #[test]
    fn example_errors_are_written_back_equal() {
        for name in ["feil-generell.json", "v1-problem.json"] {
            assert_round_trip::<AnyError>(name);
        }
    }

    #[test]
    fn the_three_shapes() {
        let general = br#"{"kode":"DAS-003","melding":"Utilgjengelig for 17912099997","korrelasjonsid":"a"}"#;
        let problem = parse(500, general).unwrap();
        assert_eq!(
            (problem.slug.as_str(), problem.melding.as_str()),
            ("DAS-003", "Utilgjengelig for 179120*****")
        );
        assert_eq!(problem.korrelasjonsid.as_deref(), Some("a"));

        let rfc7807 = br#"{"type":"/krav/finnes-allerede","title":"Finnes","status":409,"detail":"Alt"}"#;
        let problem = parse(409, rfc7807).unwrap();
        assert_eq!(
            (problem.slug.as_str(), problem.melding.as_str()),
            ("/krav/finnes-allerede", "Finnes: Alt")
        );

        let xml = b"<feil xmlns=\"urn:no:skatteetaten:datasamarbeid:feil:v1\"><kode>DAS-008</kode><melding>Nei</melding></feil>";
        assert_eq!(parse(403, xml).unwrap().slug.as_str(), "DAS-008");
    }

    #[test]
    fn anything_else_is_no_word_of_the_service() {
        for body in
            ["", "<html><body>502</body></html>", "Bad gateway", "{}", "[1]", "{\"error\":\"x\"}", "\"kode\""]
        {
            assert_eq!(parse(502, body.as_bytes()), None, "{body}");
        }
    }
}
