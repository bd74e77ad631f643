//! What Altinn says when it refuses: a problem document with more beside it, or a list of issues.

use serde_json::Value;
use skattebro_domain::masking::mask;
use skattebro_ports::{FILE_INFECTED, FILE_SCAN_PENDING, Problem};

/// What the app said, if the body is one of its shapes. Free text, HTML and a gateway's JSON are none.
///
/// Its name is a code that the contract knows, wherever that stands; or its own code, or its title, or the status.
pub(crate) fn parse(status: u16, body: &[u8]) -> Option<Problem> {
    let json: Value = match serde_json::from_slice(body) {
        Ok(json) => json,
        // Skatteetaten's general error as XML.
        Err(_) => return crate::problem::parse(status, body),
    };
    if json.get("kode").is_some_and(Value::is_string) {
        return crate::problem::parse(status, body);
    }
    let field = |name: &str| json.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let issues = issues(&json);
    let code = field("code").or_else(|| field("errorCode"));
    let (title, detail) = (field("title"), field("detail"));
    let has_status = json.get("status").is_some_and(Value::is_number);
    if issues.is_empty() && code.is_none() && title.is_none() && !(detail.is_some() && has_status) {
        return None;
    }
    let codes = issues.iter().filter_map(|issue| issue.get("code")?.as_str());
    let texts: Vec<&str> = codes.chain([code, title, detail].into_iter().flatten()).collect();
    // An infected file stays so; a scan that is pending passes.
    let known = [FILE_INFECTED, FILE_SCAN_PENDING]
        .into_iter()
        .find(|known| texts.iter().any(|text| text.contains(known)));
    let name = known.or(code).or(title).map_or_else(|| format!("altinn-{status}"), as_slug);
    let mut melding: Vec<String> = [title, detail].into_iter().flatten().map(str::to_owned).collect();
    melding.extend(issues.iter().take(5).filter_map(|issue| described(issue)));
    Some(Problem {
        status,
        slug: mask(&name).parse().ok()?,
        melding: mask(&melding.join(": ")),
        korrelasjonsid: field("traceId").map(mask),
    })
}

/// Whether what stood in the way goes away without anybody's doing.
pub(crate) fn passes_by_itself(problem: &Option<Problem>) -> bool {
    problem.as_ref().is_some_and(|problem| problem.slug.as_str() == FILE_SCAN_PENDING)
}

/// The issues beside a problem, or a list of nothing but them.
fn issues(json: &Value) -> Vec<&Value> {
    let list = json.as_array().or_else(|| json.get("validationIssues")?.as_array());
    let is_issue = |issue: &&Value| issue.get("code").is_some_and(Value::is_string);
    list.map(|issues| issues.iter().filter(is_issue).collect()).unwrap_or_default()
}

fn described(issue: &Value) -> Option<String> {
    let code = issue.get("code")?.as_str()?;
    match issue.get("description").and_then(Value::as_str).filter(|description| *description != code) {
        Some(description) => Some(format!("{code} ({description})")),
        None => Some(code.to_owned()),
    }
}

/// Words become one.
fn as_slug(text: &str) -> String {
    let visible = text.split_whitespace().collect::<Vec<_>>().join("-");
    visible.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(status: u16, body: &str) -> Option<String> {
        parse(status, body.as_bytes()).map(|problem| problem.slug.to_string())
    }

    #[test]
    fn a_code_of_the_contract_is_found_wherever_it_stands() {
        for body in [
            r#"{"title":"Validation failed","status":409,"validationIssues":[{"code":"x"},{"code":"DataElementFileScanPending","severity":1}]}"#,
            r#"{"code":"DataElementFileScanPending"}"#,
            r#"{"title":"DataElementFileScanPending","status":409}"#,
            r#"{"type":"about:blank","title":"Conflict","status":409,"detail":"Task_1: DataElementFileScanPending."}"#,
            r#"[{"code":"DataElementFileScanPending","description":null}]"#,
        ] {
            assert_eq!(slug(409, body).as_deref(), Some(FILE_SCAN_PENDING), "{body}");
            assert!(passes_by_itself(&parse(409, body.as_bytes())));
            let infected = body.replace("ScanPending", "Infected");
            assert_eq!(slug(409, &infected).as_deref(), Some(FILE_INFECTED), "{infected}");
            assert!(!passes_by_itself(&parse(409, infected.as_bytes())));
        }
        let both = r#"{"validationIssues":[{"code":"DataElementFileScanPending"},{"code":"DataElementFileInfected"}]}"#;
        assert_eq!(slug(409, both).as_deref(), Some(FILE_INFECTED));
    }

    #[test]
    fn other_names_are_the_code_the_title_or_the_status() {
        for (body, expected) in [
            (r#"{"code":"NOT-1","title":"Tittel","status":400}"#, "NOT-1"),
            (r#"{"errorCode":"AUTH-3","title":"Tittel"}"#, "AUTH-3"),
            (
                r#"{"type":"https://x","title":"Validation failed\tfor task","status":409}"#,
                "Validation-failed-for-task",
            ),
            (r#"{"detail":"noe","status":409}"#, "altinn-409"),
            (r#"{"validationIssues":[{"code":"required"}]}"#, "altinn-409"),
            (r#"{"kode":"DAS-008","melding":"Nei"}"#, "DAS-008"),
        ] {
            assert_eq!(slug(409, body).as_deref(), Some(expected), "{body}");
        }
    }

    #[test]
    fn what_it_said_is_kept_without_personal_numbers() {
        let body = r#"{"title":"Nei","detail":"for 17912099997","status":403,"traceId":"00-ab","validationIssues":[{"code":"a","description":"b 17912099997"}]}"#;
        let problem = parse(403, body.as_bytes()).unwrap();
        assert_eq!(problem.melding, "Nei: for 179120*****: a (b 179120*****)");
        assert_eq!(problem.korrelasjonsid.as_deref(), Some("00-ab"));
        assert_eq!(slug(403, r#"{"title":"Not for 17912099997"}"#).as_deref(), Some("Not-for-179120*****"));
    }

    #[test]
    fn anything_else_is_no_word_of_the_app() {
        for body in [
            "",
            "<html><body>502</body></html>",
            "Bad gateway",
            "{}",
            "[]",
            "[1]",
            "\"title\"",
            "null",
            r#"{"statusCode":404,"message":"Resource not found"}"#,
            r#"{"message":"Forbidden"}"#,
            r#"{"title":"","status":409}"#,
            r#"{"validationIssues":[]}"#,
        ] {
            assert_eq!(slug(409, body), None, "{body}");
        }
    }
}
