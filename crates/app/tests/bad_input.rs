//! Bad input gets clear findings, all at once, and nothing is sent: not even a look.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use skattebro::codec::{Compression, Effort, Packer, Packing};
use skattebro::domain::judge::{Capabilities, Expected};
use skattebro::domain::{Code, Finding, Innsendingsformaal, Referanse, Severity};
use skattebro::{DocumentSource, ValidationError, ValidationRequest, check_document, check_for_upload};
use std::io::Write;
use std::time::{Duration, Instant};
use support::documents::{self, ORG, PERSON, bare_naering, bare_personlig, bare_sdf, bare_upersonlig, gz};
use support::{Play, Setting, bytes, party, request, sink, without_naering, year};
use tempfile::TempDir;

/// The findings of a request that must be refused here, after making sure that each says enough and that nothing was sent.
async fn refused_by(play: &Play, request: ValidationRequest) -> Vec<Finding> {
    let error = play.bridge.validate(request).await.expect_err("it must be refused");
    assert_eq!(play.calls.count(), 0, "not even a look");
    assert!(play.sandbox.effects().is_empty());
    assert!(error.is_bad_input() && error.jobb().is_none());
    let text = error.to_string();
    assert!(text.contains("before anything was sent"), "{text}");
    let ValidationError::Findings(findings) = error else { panic!("{error:?}") };
    for finding in &findings {
        assert!(finding.message.len() > 15 && finding.advice.len() > 10, "{finding}");
        let line = finding.to_string();
        assert!(line.contains(&finding.message) && line.contains(&finding.advice), "{line}");
        assert!(line.contains(finding.code.as_str()) && !line.contains('\n'), "{line}");
    }
    assert!(findings.iter().any(Finding::is_error));
    findings
}

async fn refused(request: ValidationRequest) -> Vec<Finding> {
    refused_by(&Play::new().await, request).await
}

/// Code, source, and line and column.
type Told<'a> = (Code, &'a str, Option<(u64, u64)>);

/// The errors among them.
fn errors(findings: &[Finding]) -> Vec<Told<'_>> {
    let place = |finding: &Finding| finding.place.map(|place| (place.line, place.column));
    let error = |finding: &&Finding| finding.is_error();
    findings.iter().filter(error).map(|f| (f.code, f.source.as_str(), place(f))).collect()
}

/// A request with this in place of the næringsspesifikasjon.
fn with_naering(content: impl Into<Vec<u8>>) -> ValidationRequest {
    without_naering(&sink()).naeringsspesifikasjon(bytes("n.xml", content))
}

/// A request with this in place of the return.
fn with_return(content: impl Into<Vec<u8>>) -> ValidationRequest {
    request(&sink()).skattemelding(bytes("s.xml", content))
}

/// Refused for one thing in the næringsspesifikasjon.
async fn one_error(content: impl Into<Vec<u8>>) -> Finding {
    let mut findings = refused(with_naering(content)).await;
    findings.retain(Finding::is_error);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0].source, "n.xml");
    findings.remove(0)
}

async fn assert_error(content: impl Into<Vec<u8>>, code: Code, at: (u64, u64), says: &[&str]) {
    let finding = one_error(content).await;
    assert_eq!(finding.code, code, "{finding}");
    let place = finding.place.unwrap_or_else(|| panic!("no place: {finding}"));
    assert_eq!((place.line, place.column), at, "{finding}");
    for said in says {
        assert!(finding.to_string().contains(said), "«{said}» in: {finding}");
    }
}

// ---- files

#[tokio::test]
async fn files_that_are_not_there_or_no_files() {
    let dir = TempDir::new().unwrap();
    let missing = dir.path().join("borte.xml");
    for (path, says) in [(missing.as_path(), "cannot be opened"), (dir.path(), "directory")] {
        let findings = refused(without_naering(&sink()).naeringsspesifikasjon(path)).await;
        let name = path.display().to_string();
        assert_eq!(errors(&findings), [(Code::UnreadableFile, name.as_str(), None)]);
        assert!(findings[0].message.contains(says), "{}", findings[0]);
    }
}

#[tokio::test]
async fn an_empty_file_as_each_document() {
    let dir = TempDir::new().unwrap();
    let empty = dir.path().join("tom.xml");
    std::fs::write(&empty, "").unwrap();
    let name = empty.display().to_string();
    let whole = || request(&sink());
    for request in [whole().skattemelding(&empty), whole().naeringsspesifikasjon(&empty)] {
        let findings = refused(request).await;
        assert_eq!(errors(&findings), [(Code::EmptyFile, name.as_str(), Some((1, 1)))]);
    }
}

#[tokio::test]
async fn a_gz_that_is_none() {
    let naering = documents::naeringsspesifikasjon();
    let whole = gz(&naering);
    let mut corrupt = whole.clone();
    let middle = corrupt.len() / 2;
    corrupt[middle..middle + 20].fill(0xff);
    for (content, says) in [
        (naering.clone(), "not gzip"),
        (whole[..whole.len() / 2].to_vec(), "cut off"),
        (whole[..whole.len() - 4].to_vec(), "cut off"),
        (corrupt, "broken"),
    ] {
        let request = without_naering(&sink()).naeringsspesifikasjon(bytes("n.xml.gz", content));
        let findings = refused(request).await;
        assert_eq!(errors(&findings), [(Code::BadGzip, "n.xml.gz", None)]);
        assert!(findings[0].message.contains(says), "{}", findings[0]);
    }
}

/// A document up to where its root ends.
fn beginning() -> String {
    let whole = bare_naering(2023, "");
    whole.rsplit_once("</").unwrap().0.to_owned()
}

/// The same gzip member again and again behind a first one: a small file that expands without end.
fn bomb(first: &str, member: &str, times: usize) -> Vec<u8> {
    [gz(first.as_bytes()), gz(member.as_bytes()).repeat(times)].concat()
}

#[tokio::test]
async fn a_gz_that_expands_without_end() {
    let began = Instant::now();
    // Many gigabytes of nothing: one endless value, which is noticed within the first megabytes.
    let zeros = bomb("", &"\0".repeat(1 << 20), 4096);
    let text = bomb(&beginning(), &"x".repeat(1 << 20), 4096);
    for (content, codes) in [(zeros, [Code::TooLargeValue, Code::NotUtf8]), (text, [Code::TooLargeValue; 2])]
    {
        let request = without_naering(&sink()).naeringsspesifikasjon(bytes("bombe.xml.gz", content));
        let findings = refused(request).await;
        let found = errors(&findings);
        assert!(found.len() == 1 && codes.contains(&found[0].0), "{findings:#?}");
    }
    // Well-formed as far as it goes: only the limit of the unpacked size ends it.
    let elements = bomb(&beginning(), &"<a/>".repeat(1 << 18), 4096);
    let source = bytes("bombe.xml.gz", elements);
    let expected =
        Expected { inntektsaar: None, forhaandsfastsetting: false, capabilities: Capabilities::ASYNC_V1 };
    let checked = check_document(&source, &expected, 8 << 20);
    assert_eq!(errors(&checked.findings), [(Code::ExpandsTooFar, "bombe.xml.gz", None)]);
    assert!(checked.findings[0].message.contains("8388608 bytes"), "{}", checked.findings[0]);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

// ---- XML

#[tokio::test]
async fn what_is_no_xml_or_broken_xml() {
    let whole = bare_naering(2023, "<a>\n<b>1</b>\n</a>");
    assert_error("Dette er ikke XML", Code::NotXml, (1, 1), &["«<»"]).await;
    assert_error("%PDF-1.7 \n<x/>", Code::NotXml, (1, 1), &[]).await;
    assert_error("  \n\n ", Code::EmptyFile, (3, 2), &[]).await;
    let cut = whole.find("</a>").unwrap();
    assert_error(&whole[..cut], Code::Truncated, (5, 1), &["cut off"]).await;
    assert_error(&whole[..cut - 3], Code::Truncated, (4, 7), &[]).await;
    let crossed = bare_naering(2023, "\n<a></b>");
    assert_error(crossed, Code::Malformed, (4, 4), &["not well-formed"]).await;
    let mut latin = bare_naering(2023, "").into_bytes();
    let at = latin.windows(2).position(|two| two == "æ".as_bytes()).unwrap();
    latin.splice(at..at + 2, [0xe6]);
    let finding = one_error(latin).await;
    assert_eq!(finding.code, Code::NotUtf8, "{finding}");
    assert_eq!(finding.place.unwrap().line, 3);
    assert_error(bare_naering(2023, "&aring;"), Code::UnknownEntity, (3, 97), &["&aring;"]).await;
    assert_error(bare_naering(2023, &"<a>".repeat(300)), Code::TooDeep, (3, 694), &["200 levels"]).await;
    let huge = format!("<a>{}</a>", "x".repeat(2 << 20));
    assert_error(bare_naering(2023, &huge), Code::TooLargeValue, (3, 100), &["1048576 bytes"]).await;
}

#[tokio::test]
async fn a_dtd_and_the_entity_bomb_in_it() {
    let bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE n [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">\
                <!ENTITY c \"&b;&b;&b;&b;&b;&b;\"><!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n";
    let document = bare_naering(2023, "<a>&c;&x;</a>");
    let (_, root) = document.split_once("?>").unwrap();
    let began = Instant::now();
    assert_error(format!("{bomb}{root}"), Code::DocumentType, (2, 1), &["DOCTYPE"]).await;
    assert_error("<!DOCTYPE html><html/>", Code::DocumentType, (1, 1), &["DOCTYPE"]).await;
    assert!(began.elapsed() < Duration::from_secs(5));
}

// ---- what kind, which year

#[tokio::test]
async fn a_root_that_nobody_takes() {
    let finding = one_error("<?xml version=\"1.0\"?>\n<faktura xmlns=\"urn:x\"/>").await;
    assert_eq!((finding.code, finding.place.unwrap().line), (Code::WrongRoot, 2));
    assert!(finding.message.contains("<faktura>") && finding.message.contains("«urn:x»"), "{finding}");
    let almost = bare_naering(2023, "").replace(":ekstern:v4", ":ekstern:vFire");
    assert_eq!(one_error(almost).await.code, Code::WrongRoot);
}

#[tokio::test]
async fn a_namespace_version_of_another_year() {
    let old = bare_naering(2023, "").replace(":ekstern:v4", ":ekstern:v3");
    let says = ["v3 belongs to 2022", "naeringsspesifikasjon:ekstern:v4"];
    assert_error(old, Code::VersionOfAnotherYear, (2, 1), &says).await;
    let new = bare_upersonlig(2023, "").replace(":ekstern:v3", ":ekstern:v4");
    let findings = refused(with_return(new)).await;
    assert_eq!(errors(&findings), [(Code::VersionOfAnotherYear, "s.xml", Some((2, 1)))]);
    assert!(findings[0].message.contains("v4 belongs to 2024"), "{}", findings[0]);
}

#[tokio::test]
async fn an_income_year_unlike_the_one_that_is_filed() {
    let other = bare_naering(2023, "").replace("<inntektsaar>2023", "<inntektsaar>2022");
    assert_error(other, Code::InntektsaarDiffers, (3, 45), &["2022", "2023"]).await;
    let none = bare_naering(2023, "").replace("inntektsaar>", "aar>");
    assert_error(none, Code::InntektsaarMissing, (2, 1), &["inntektsaar"]).await;
    let odd = bare_naering(2023, "").replace("<inntektsaar>2023", "<inntektsaar>tjuetre");
    assert_error(odd, Code::InntektsaarMissing, (3, 45), &["tjuetre"]).await;
}

#[tokio::test]
async fn a_year_newer_than_this_program_is_a_warning() {
    let (play, sink) = (Play::new().await, sink());
    let request = ValidationRequest::new(year(2030), party(ORG))
        .skattemelding(bytes("s.xml", bare_upersonlig(2030, "")))
        .naeringsspesifikasjon(bytes("n.xml", bare_naering(2030, "")))
        .innsendingsformaal(Innsendingsformaal::Egenfastsetting)
        .sink(sink.clone());
    let validated = play.bridge.validate(request).await.unwrap();
    assert!(validated.outcome.is_ok());
    let seen: Vec<_> = validated.warnings.iter().map(|w| (w.code, w.severity, w.source.as_str())).collect();
    let warning = |source| (Code::NewerThanKnown, Severity::Warning, source);
    assert_eq!(seen, [warning("s.xml"), warning("n.xml")]);
    assert!(validated.warnings[0].message.contains("2030") && validated.warnings[0].place.is_some());
}

#[tokio::test]
async fn innsendingsformaal_is_demanded_from_2024() {
    for (aar, demanded) in [(2023, false), (2024, true), (2030, true)] {
        let request = ValidationRequest::new(year(aar), party(ORG))
            .skattemelding(bytes("s.xml", bare_upersonlig(aar, "")))
            .naeringsspesifikasjon(bytes("n.xml", bare_naering(aar, "")));
        if demanded {
            let findings = refused(request).await;
            assert_eq!(errors(&findings), [(Code::InnsendingsformaalMissing, "", None)]);
            let advice = &findings.iter().find(|f| f.is_error()).unwrap().advice;
            for formaal in Innsendingsformaal::ALL {
                assert!(advice.contains(formaal.as_str()), "{advice}");
            }
        } else {
            Play::new().await.bridge.validate(request).await.unwrap();
        }
    }
}

// ---- what this way of filing cannot carry

#[tokio::test]
async fn attachments_in_the_naeringsspesifikasjon() {
    let content = bare_naering(2023, "\n<vedlegg><id>1</id></vedlegg><vedlegg/>");
    assert_error(content, Code::Vedlegg, (4, 1), &["2 vedlegg", "skattemelding"]).await;
    // In the return they are where they belong.
    let with = with_return(bare_upersonlig(2023, "<vedlegg/>"));
    assert!(Play::new().await.bridge.validate(with).await.unwrap().warnings.is_empty());
}

#[tokio::test]
async fn each_flag_that_asks_for_an_auditor() {
    let flag = |name: &str, says: &str| format!("\n<x><{name}>{says}</{name}></x>");
    let company = || ValidationRequest::new(year(2023), party(ORG));
    let person = || ValidationRequest::new(year(2023), party(PERSON));
    let naering = || bytes("n.xml", bare_naering(2023, ""));
    let request = |document: &str, name: &str, says: &str| {
        let more = flag(name, says);
        match document {
            "naeringsspesifikasjon" => with_naering(bare_naering(2023, &more)),
            "upersonlig" => with_return(bare_upersonlig(2023, &more)),
            "personlig" => person()
                .skattemelding(bytes("s.xml", bare_personlig(2023, &more)))
                .naeringsspesifikasjon(naering()),
            _ => company()
                .selskapsmelding(bytes("s.xml", bare_sdf(2023, &more)))
                .naeringsspesifikasjon(naering()),
        }
    };
    for (document, name) in [
        ("naeringsspesifikasjon", "skalBekreftesAvRevisor"),
        ("upersonlig", "prosjektSkalBekreftesAvRevisor"),
        ("upersonlig", "konsernbidragSkalBekreftesAvRevisor"),
        ("upersonlig", "mottattKonsernbidragSkalBekreftesAvRevisor"),
        ("personlig", "prosjektSkalBekreftesAvRevisor"),
        ("personlig", "konsernbidragSkalBekreftesAvRevisor"),
        ("selskapsmelding", "prosjektSkalBekreftesAvRevisor"),
    ] {
        for says in ["true", "1", " true\n"] {
            let findings = refused(request(document, name, says)).await;
            let source = if document == "naeringsspesifikasjon" { "n.xml" } else { "s.xml" };
            assert_eq!(errors(&findings), [(Code::Revisor, source, Some((4, 4)))], "{document} {name}");
            assert!(findings[0].message.contains(name), "{}", findings[0]);
        }
        // A flag that says no stops nothing.
        let play = Play::of(match document {
            "selskapsmelding" => skattebro_sandbox::Scenario::ok().selskapsmelding(),
            _ => skattebro_sandbox::Scenario::ok(),
        });
        let validated = play.await.bridge.validate(request(document, name, "false")).await.unwrap();
        assert!(validated.warnings.is_empty(), "{document} {name}: {:?}", validated.warnings);
    }
    // One that the contract does not name is told, and goes on.
    let unnamed = request("upersonlig", "unntakSkalBekreftesAvRevisor", "true");
    let warnings = Play::new().await.bridge.validate(unnamed).await.unwrap().warnings;
    assert_eq!(warnings.iter().map(|w| w.code).collect::<Vec<_>>(), [Code::PerhapsRevisor]);
}

// ---- sizes

fn numbers(text: &str) -> Vec<u64> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

#[tokio::test]
async fn what_is_over_the_limit_even_when_compressed() {
    let limit = 30_000;
    let play = Play::with(Setting { max_request_bytes: limit, ..Setting::default() }).await;
    let document = documents::naeringsspesifikasjon_of(600_000);
    let findings = refused_by(&play, with_naering(document)).await;
    assert_eq!(errors(&findings), [(Code::OverLimit, "n.xml", None)]);
    let finding = &findings[0];
    // The XML, its base64, what is left of that when compressed, and the limit.
    let said = numbers(&finding.message);
    assert!(said.starts_with(&[600_000, 800_000]), "{finding}");
    assert!(
        said.contains(&limit) && said.iter().any(|n| (limit..300_000).contains(n) && *n != limit),
        "{finding}"
    );
    assert!(
        finding.message.contains("compressed with gzip") && finding.advice.contains("edition v2"),
        "{finding}"
    );
}

#[tokio::test]
async fn what_is_over_the_limit_is_told_of_every_form_that_was_tried() {
    let document = documents::naeringsspesifikasjon_of(600_000);
    let packed = |packing| {
        let mut packer = Packer::of(packing, u64::MAX);
        packer.write_all(&document).unwrap();
        packer.finish().unwrap().packed_bytes
    };
    let (gzip, fast) = (packed(Packing::Gzip), packed(Packing::Brotli(Effort::Fast)));
    let strong = packed(Packing::Brotli(Effort::Strong));
    let refused = async |compression, limit| {
        let play = Play::with(Setting { max_request_bytes: limit, ..Setting::default() }).await;
        let request = with_naering(document.clone()).compression(compression);
        refused_by(&play, request).await.remove(0)
    };
    let (gzip, fast) =
        (format!("{gzip} bytes compressed with gzip"), format!("{fast} bytes compressed with brotli (fast)"));
    let all = refused(Compression::AutoOrBrotli, strong - 1).await;
    for said in [&gzip, &fast, &format!("{strong} bytes compressed with brotli (strong)")] {
        assert!(all.message.contains(said), "{all}");
    }
    // No form is tried that could not come near.
    let hopeless = refused(Compression::AutoOrBrotli, strong / 2).await;
    assert!(hopeless.message.contains(&gzip) && !hopeless.message.contains("brotli"), "{hopeless}");
    let hopeless = refused(Compression::Brotli, strong / 2).await;
    assert!(hopeless.message.contains(&fast) && !hopeless.message.contains("strong"), "{hopeless}");
    // Who did not allow brotli hears of it, where it may help.
    let advice = async |limit| refused(Compression::Auto, limit).await.advice;
    assert!(advice(strong + 2_000).await.contains("allow brotli"));
    assert!(!advice(strong / 2).await.contains("brotli"));
}

#[tokio::test]
async fn the_limit_is_of_the_whole_request() {
    let naering = documents::naeringsspesifikasjon_of(30_000);
    let playing = |limit| Play::with(Setting { max_request_bytes: limit, ..Setting::default() });
    playing(40_000 + 1000).await.bridge.validate(with_naering(naering.clone())).await.unwrap();

    let play = playing(40_000 - 1).await;
    let findings = refused_by(&play, with_naering(naering.clone())).await;
    assert_eq!(errors(&findings), [(Code::OverLimit, "n.xml", None)]);
    assert!(findings[0].message.contains("uncompressed"), "{}", findings[0]);

    // A document whose packed form would fit, and does not with the frame around it.
    let play = playing(40_000 + 10).await;
    let error = play.bridge.validate(with_naering(naering)).await.unwrap_err();
    assert!(error.is_bad_input() && error.to_string().contains("multipart frame"), "{error}");
    assert_eq!(play.effects().counts(), (0, 0, 0));
}

#[test]
fn an_offline_check_warns_of_an_upload_over_the_limit() {
    let source = DocumentSource::Bytes("n.xml".into(), documents::naeringsspesifikasjon_of(30_000).into());
    let expected =
        Expected { inntektsaar: None, forhaandsfastsetting: false, capabilities: Capabilities::ASYNC_V1 };
    let codes = |max| {
        let checked = check_for_upload(&source, &expected, 1 << 20, max);
        checked.findings.iter().map(|found| (found.is_error(), found.code)).collect::<Vec<_>>()
    };
    assert_eq!(codes(40_000), []);
    assert_eq!(codes(39_999), [(false, Code::OverLimit)]);
}

#[tokio::test]
async fn a_return_that_does_not_fit_into_the_envelope() {
    let limit = 30_000;
    let play = Play::with(Setting { max_request_bytes: limit, ..Setting::default() }).await;
    let large = bare_upersonlig(2023, &"<a>1234567890</a>".repeat(2000));
    let xml_bytes = large.len() as u64;
    let findings = refused_by(&play, with_return(large)).await;
    assert_eq!(errors(&findings), [(Code::OverLimit, "s.xml", None)]);
    let said = numbers(&findings[0].message);
    for number in [xml_bytes, xml_bytes.div_ceil(3) * 4, limit] {
        assert!(said.contains(&number), "{number}: {}", findings[0]);
    }
    assert!(findings[0].advice.contains("edition v2"), "{}", findings[0]);
}

// ---- sets

#[tokio::test]
async fn a_document_in_the_place_of_another() {
    let naering = || bytes("n.xml", documents::naeringsspesifikasjon());
    let skattemelding = || bytes("s.xml", documents::skattemelding());
    let sdf = || bytes("sdf.xml", bare_sdf(2023, ""));
    let new = || ValidationRequest::new(year(2023), party(ORG));
    let wrong = |source| (Code::WrongKind, source, None);
    for (request, expected) in [
        (new().skattemelding(naering()).naeringsspesifikasjon(naering()), vec![wrong("n.xml")]),
        (new().skattemelding(skattemelding()).naeringsspesifikasjon(skattemelding()), vec![wrong("s.xml")]),
        (new().skattemelding(sdf()).naeringsspesifikasjon(naering()), vec![wrong("sdf.xml")]),
        (new().selskapsmelding(skattemelding()).naeringsspesifikasjon(naering()), vec![wrong("s.xml")]),
        (
            new().skattemelding(naering()).naeringsspesifikasjon(skattemelding()),
            vec![wrong("n.xml"), wrong("s.xml")],
        ),
    ] {
        let findings = refused(request).await;
        assert_eq!(errors(&findings), expected);
    }
}

#[tokio::test]
async fn a_kind_that_is_given_twice() {
    let referanse: Referanse = "a7a076307d21385cf50209cebdc2b2886467".parse().unwrap();
    let findings = refused(request(&sink()).referanse(referanse)).await;
    assert_eq!(errors(&findings), [(Code::DocumentTwice, "", None)]);
    assert!(findings[0].message.contains("reference"), "{}", findings[0]);

    let findings = refused(request(&sink()).selskapsmelding(bytes("sdf.xml", bare_sdf(2023, "")))).await;
    assert_eq!(errors(&findings), [(Code::DocumentTwice, "", None)]);
    assert!(findings[0].message.contains("selskapsmelding"), "{}", findings[0]);
}

#[tokio::test]
async fn a_document_that_is_missing() {
    let new = || ValidationRequest::new(year(2023), party(ORG));
    let naering = || bytes("n.xml", documents::naeringsspesifikasjon());
    let missing = (Code::DocumentMissing, "", None);
    assert_eq!(errors(&refused(new().naeringsspesifikasjon(naering())).await), [missing]);
    assert_eq!(errors(&refused(without_naering(&sink())).await), [missing]);
    assert_eq!(errors(&refused(new()).await), [missing, missing]);
}

#[tokio::test]
async fn everything_that_is_wrong_comes_at_once() {
    let flags = "<skalBekreftesAvRevisor>true</skalBekreftesAvRevisor>";
    let naering =
        bare_naering(2023, &format!("<vedlegg/>{flags}")).replace("2023</inntektsaar>", "2022</inntektsaar>");
    let skattemelding = "<skattemelding>";
    let request = ValidationRequest::new(year(2024), party(ORG))
        .skattemelding(bytes("s.xml", skattemelding))
        .naeringsspesifikasjon(bytes("n.xml", naering));
    let findings = refused(request).await;
    let mut codes: Vec<_> = errors(&findings).into_iter().map(|(code, source, _)| (source, code)).collect();
    codes.sort_unstable();
    let mut expected = vec![
        ("", Code::InnsendingsformaalMissing),
        ("n.xml", Code::InntektsaarDiffers),
        ("n.xml", Code::VersionOfAnotherYear),
        ("n.xml", Code::Vedlegg),
        ("n.xml", Code::Revisor),
        ("s.xml", Code::Truncated),
        ("s.xml", Code::WrongRoot),
    ];
    expected.sort_unstable();
    assert_eq!(codes, expected, "{findings:#?}");

    // What is missing is told beside what is wrong with the rest.
    let findings = refused(
        ValidationRequest::new(year(2023), party(ORG))
            .naeringsspesifikasjon(bytes("n.xml", bare_naering(2023, "<vedlegg/>"))),
    )
    .await;
    let codes: Vec<_> = errors(&findings).into_iter().map(|(code, ..)| code).collect();
    assert_eq!(codes, [Code::Vedlegg, Code::DocumentMissing]);
}

#[tokio::test]
async fn findings_name_no_person() {
    let part = bare_personlig(2023, "").replace(documents::PART, &format!("nr {PERSON}"));
    let request = ValidationRequest::new(year(2023), party(PERSON))
        .skattemelding(bytes("s.xml", part))
        .naeringsspesifikasjon(bytes("n.xml", ""));
    let findings = refused(request).await;
    assert!(findings.iter().any(|f| f.code == Code::PartNotANumber), "{findings:#?}");
    let text = format!("{findings:?} {}", findings.iter().map(ToString::to_string).collect::<String>());
    assert!(!text.contains(PERSON) && text.contains("179120*****"), "{text}");
}

/// A file that changes while it is read must not be sent in part; here it ends early.
#[tokio::test]
async fn a_file_is_read_as_it_is() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("n.xml");
    let document = documents::naeringsspesifikasjon();
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(&document[..document.len() - 10]).unwrap();
    let cut =
        refused(without_naering(&sink()).naeringsspesifikasjon(DocumentSource::File(path.clone()))).await;
    assert_eq!(errors(&cut)[0].0, Code::Truncated);
    file.write_all(&document[document.len() - 10..]).unwrap();
    let whole = without_naering(&sink()).naeringsspesifikasjon(path);
    Play::new().await.bridge.validate(whole).await.unwrap();
}
