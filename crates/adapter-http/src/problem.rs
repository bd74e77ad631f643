//! The three shapes of an error body, understood in one place.

use serde::Deserialize;
use skattebro_domain::masking::mask;
use skattebro_ports::Problem;

/// What the service said, if the body is one of the shapes that the contract knows: a problem document (RFC 7807) or a general
/// error as JSON or XML. Free text and HTML pages of a gateway are none.
pub(crate) fn parse(status: u16, body: &[u8]) -> Option<Problem> {
    let json: Option<AnyError> = serde_json::from_slice(body).ok();
    let (slug, melding, korrelasjonsid) = match json {
        Some(AnyError { kode: Some(kode), melding, korrelasjonsid, .. }) => (kode, melding, korrelasjonsid),
        Some(AnyError { type_: Some(type_), title, detail, korrelasjonsid, .. }) => {
            let melding = match (title, detail) {
                (Some(title), Some(detail)) => Some(format!("{title}: {detail}")),
                (title, detail) => title.or(detail),
            };
            (type_, melding, korrelasjonsid)
        }
        Some(_) => return None,
        None => {
            let feil = skattebro_codec::read_feil(body)?;
            (feil.kode, Some(feil.melding), feil.korrelasjonsid)
        }
    };
    let visible: String = slug.trim().chars().filter(char::is_ascii_graphic).take(400).collect();
    Some(Problem {
        status,
        slug: mask(&visible).parse().ok()?,
        melding: mask(&melding.unwrap_or_default()),
        korrelasjonsid: korrelasjonsid.map(|id| mask(&id)),
    })
}

#[derive(Deserialize)]
struct AnyError {
    kode: Option<String>,
    melding: Option<String>,
    korrelasjonsid: Option<String>,
    #[serde(rename = "type")]
    type_: Option<String>,
    title: Option<String>,
    detail: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

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
