//! `last-opp.vedlegg`.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use skattebro_sandbox::{Delivery, What};

use crate::service::{FORM, ORG, PERSON, Service, base64, form, naering, upload_path};

const NAME: &str = "naeringsspesifikasjon.xml";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    brotli::CompressorWriter::new(&mut compressed, 4096, 5, 20).write_all(bytes).unwrap();
    compressed
}

fn columns(text: &str, width: usize, end: &str) -> String {
    let lines: Vec<_> =
        text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join(end) + end
}

#[tokio::test]
async fn every_packing_of_the_contract_is_taken() {
    let service = Service::new().await;
    let text = base64(&naering(2023));
    for (name, content) in [
        (NAME, text.clone().into_bytes()),
        (NAME, columns(&text, 76, "\n").into_bytes()),
        (NAME, columns(&text, 76, "\r\n").into_bytes()),
        ("stor.xml.gz", gzip(text.as_bytes())),
        ("stor.gz", gzip(columns(&text, 76, "\n").as_bytes())),
        ("stor.xml.br", brotli(text.as_bytes())),
    ] {
        let answer = service.upload_file(ORG, 2023, name, content).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        let referanse = answer.json()["referanse"].as_str().unwrap().to_owned();
        assert!(referanse.len() == 36 && referanse.bytes().all(|b| b.is_ascii_hexdigit()), "{referanse}");
    }
    let effects = service.sandbox.effects();
    assert_eq!(effects.len(), 6);
    assert_eq!(
        (effects[5].nr, effects[5].route.as_str(), effects[5].delivery),
        (6, "last-opp", Delivery::Normal)
    );
    assert!(matches!(&effects[5].what, What::UploadStored { referanse } if referanse.len() == 36));
}

#[tokio::test]
async fn a_form_without_a_content_type_in_its_part_is_taken() {
    // As Python's requests writes `files={name: text}`, and as the contract shows it.
    let service = Service::new().await;
    let body = format!(
        "--grense\r\nContent-Disposition: form-data; name=\"{NAME}\"; filename=\"{NAME}\"\r\n\r\n{}\r\n--grense--\r\n",
        base64(&naering(2023))
    );
    let answer = service.post(&upload_path(ORG, 2023), &[FORM], body.as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn the_effect_of_a_person_is_masked() {
    let service = Service::new().await;
    service.upload(PERSON, 2023, &naering(2023)).await;
    let effect = &service.sandbox.effects()[0];
    assert_eq!((effect.identifikator.as_str(), effect.inntektsaar), ("010190*****", Some(2023)));
    assert!(!format!("{:?} {}", effect, serde_json::to_string(effect).unwrap()).contains(PERSON));
}

#[tokio::test]
async fn names_must_be_the_same_and_end_rightly() {
    let service = Service::new().await;
    let text = base64(&naering(2023));
    for (name, file_name, reason) in [
        (NAME, "annet.xml", "det samme"),
        ("file", NAME, "det samme"),
        ("a.txt", "a.txt", "slutte på"),
        ("naeringsspesifikasjon", "naeringsspesifikasjon", "slutte på"),
        (".xml", ".xml", "filnavn"),
    ] {
        let body = form(name, file_name, text.as_bytes());
        let answer = service.post(&upload_path(ORG, 2023), &[FORM], &body).await;
        assert_eq!(answer.status, 400);
        let melding = answer.json()["melding"].as_str().unwrap().to_owned();
        assert!(melding.contains(reason), "{name}: {melding}");
    }
    let no_file_name = format!(
        "--grense\r\nContent-Disposition: form-data; name=\"{NAME}\"\r\n\r\n{text}\r\n--grense--\r\n"
    );
    let answer = service.post(&upload_path(ORG, 2023), &[FORM], no_file_name.as_bytes()).await;
    assert!(answer.text().contains("filename"), "{}", answer.text());
    assert!(service.sandbox.effects().is_empty());
}

#[tokio::test]
async fn the_form_must_be_one_part_and_whole() {
    let service = Service::new().await;
    let path = upload_path(ORG, 2023);
    let one = String::from_utf8(form(NAME, NAME, base64(&naering(2023)).as_bytes())).unwrap();
    let two = one.replace("--grense--\r\n", "") + &one;
    let cut = one.replace("--grense--\r\n", "");
    for (body, header, reason) in [
        (two.as_str(), FORM, "mer enn én del"),
        (&cut, FORM, "multipart"),
        ("--grense--\r\n", FORM, "ingen del"),
        (&one, ("content-type", "text/plain"), "multipart/form-data"),
        (&one, ("content-type", "multipart/form-data"), "multipart/form-data"),
    ] {
        let answer = service.post(&path, &[header], body.as_bytes()).await;
        assert_eq!(answer.status, 400, "{reason}");
        assert!(answer.json()["melding"].as_str().unwrap().contains(reason), "{reason}: {}", answer.text());
    }
    assert!(service.sandbox.effects().is_empty());
}

#[tokio::test]
async fn wrong_packing_is_refused_with_the_layer_that_is_wrong() {
    let service = Service::new().await;
    let text = base64(&naering(2023));
    let packed = gzip(text.as_bytes());
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (NAME, naering(2023).into_bytes(), "base64"),
        (NAME, text.replace('=', "").into_bytes(), "base64"),
        (NAME, format!("{text}===").into_bytes(), "base64"),
        (NAME, text.replacen('P', " ", 1).into_bytes(), "base64"),
        (NAME, text.replace('+', "-").replace('/', "_").replacen('P', "-", 1).into_bytes(), ""),
        (NAME, packed.clone(), "gzip, men filnavnet"),
        (NAME, Vec::new(), "rotelement"),
        ("a.xml.gz", text.clone().into_bytes(), "gzip"),
        ("a.xml.gz", packed[..packed.len() - 9].to_vec(), "gzip"),
        ("a.xml.gz", [packed.clone(), b"mer".to_vec()].concat(), "gzip"),
        ("a.xml.gz", gzip(naering(2023).as_bytes()), "base64"),
        ("a.xml.br", packed.clone(), "brotli"),
        ("a.xml.br", brotli(text.as_bytes())[..20].to_vec(), "brotli"),
    ];
    for (name, content, reason) in cases {
        let answer = service.upload_file(ORG, 2023, name, content).await;
        assert_eq!(answer.status, 400, "{name} {reason}");
        assert!(answer.json()["melding"].as_str().unwrap().contains(reason), "{reason}: {}", answer.text());
    }
    assert!(service.sandbox.effects().is_empty());
}

#[tokio::test]
async fn the_document_must_be_what_it_is_said_to_be() {
    let service = Service::new().await;
    let good = naering(2023);
    for (document, reason) in [
        (good.replace("</naering", "</"), "velformet"),
        (good.replace("?>\n", "?>\n<!DOCTYPE naeringsspesifikasjon>"), "DTD"),
        (
            good.replace("naeringsspesifikasjon>", "annet>").replace("<naeringsspesifikasjon ", "<annet "),
            "annet",
        ),
        (good.replace(":naeringsspesifikasjon:", ":skattemelding:"), "skal være"),
        (good.replace("2023<", "2022<"), "2022"),
        (good.replace("<inntektsaar>2023</inntektsaar>", ""), "inntektsaar"),
        (good.replace("<inntektsaar>2023", "<inntektsaar>i fjor"), "årstall"),
    ] {
        let answer = service.upload_file(ORG, 2023, NAME, base64(&document)).await;
        assert_eq!(answer.status, 400, "{document}");
        assert!(answer.json()["melding"].as_str().unwrap().contains(reason), "{reason}: {}", answer.text());
    }
    assert!(service.sandbox.effects().is_empty());
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_one_at_it_is_not() {
    let body = form(NAME, NAME, base64(&naering(2023)).as_bytes());
    let at = body.len() as u64;
    for (limit, status) in [(at, 200), (at - 1, 413), (at / 2, 413)] {
        let service = Service::with(|builder| builder.max_request_bytes(limit)).await;
        let answer = service.post(&upload_path(ORG, 2023), &[FORM], &body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(service.sandbox.effects().len(), usize::from(status == 200));
    }
}

#[tokio::test]
async fn a_bomb_is_refused() {
    let service = Service::with(|builder| builder.max_document_bytes(1 << 20)).await;
    let start = naering(2023).replace("</naeringsspesifikasjon>\r\n", "");
    let bombs = [
        base64(&(start + &" ".repeat(2 << 20))).into_bytes(),
        // Nothing but line breaks: no document ever comes of them.
        vec![b'\n'; 8 << 20],
    ];
    for bomb in bombs {
        let answer = service.upload_file(ORG, 2023, "a.xml.gz", gzip(&bomb)).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
}
