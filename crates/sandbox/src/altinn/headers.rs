//! `Content-Type` and `Content-Disposition` of what is put into an instance.

use axum::http::{HeaderMap, HeaderName, header};
use bytes::Bytes;
use serde_json::Value;

use super::refusal::Refusal;
use crate::spool::Spooled;

/// The media type, without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let content_type = text(headers, &header::CONTENT_TYPE);
    content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// The file's name, which must not be quoted.
///
/// # Errors
/// If there is none, or it is written in another way than `attachment; filename=NAME`.
pub(super) fn file_name(headers: &HeaderMap) -> Result<String, Refusal> {
    let disposition = text(headers, &header::CONTENT_DISPOSITION);
    let missing =
        || Refusal::of_issue("MissingFileName", "Content-Disposition skal være attachment; filename=NAVN");
    let (kind, parameters) = disposition.split_once(';').ok_or_else(missing)?;
    if !kind.trim().eq_ignore_ascii_case("attachment") {
        return Err(missing());
    }
    let name = parameters.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case("filename").then(|| value.trim())
    });
    let name = name.filter(|name| !name.is_empty()).ok_or_else(missing)?;
    if name.contains(['"', '\'']) {
        let why = "Filnavnet i Content-Disposition skal ikke stå i anførselstegn";
        return Err(Refusal::of_issue("InvalidFileNameFormat", why));
    }
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '(' | ')');
    if name.len() > 200 || !name.chars().all(good) {
        return Err(Refusal::of_issue("InvalidFileNameFormat", "Filnavnet har tegn som ikke er tillatt"));
    }
    Ok(name.to_owned())
}

/// A body that must be a JSON object, and a small one.
///
/// # Errors
/// If it is not.
pub(super) fn json(headers: &HeaderMap, body: &Spooled) -> Result<Value, Refusal> {
    use axum::http::StatusCode;
    if media_type(headers) != "application/json" {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refusal::new(status, "Content-Type skal være application/json"));
    }
    let small: &Bytes = match body {
        Spooled::Memory(bytes) => bytes,
        Spooled::File { .. } => {
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "Så stor er ingen slik forespørsel"));
        }
    };
    // The library's message may quote the body.
    let value: Value = serde_json::from_slice(small).map_err(|error| {
        Refusal::bad(format!("Ugyldig JSON, linje {} tegn {}", error.line(), error.column()))
    })?;
    if value.is_object() { Ok(value) } else { Err(Refusal::bad("Forespørselen skal være et JSON-objekt")) }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn named(disposition: &'static str) -> Option<String> {
        let value = HeaderValue::from_static(disposition);
        file_name(&HeaderMap::from_iter([(header::CONTENT_DISPOSITION, value)])).ok()
    }

    #[test]
    fn names_are_not_quoted() {
        assert_eq!(named("attachment; filename=skattemelding.xml").as_deref(), Some("skattemelding.xml"));
        assert_eq!(named("Attachment;FileName= a-1_(2).pdf ").as_deref(), Some("a-1_(2).pdf"));
        for bad in [
            "attachment; filename=\"skattemelding.xml\"",
            "attachment; filename='a.xml'",
            "attachment; filename*=UTF-8''a.xml",
            "attachment; filename=",
            "attachment; filename=a b.xml",
            "attachment; filename=../a.xml",
            "inline; filename=a.xml",
            "attachment",
            "filename=a.xml",
            "",
        ] {
            assert_eq!(named(bad), None, "{bad}");
        }
    }
}
