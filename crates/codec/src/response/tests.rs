use super::*;
use skattebro_domain::Digest;
use std::io::BufReader;

fn read(xml: impl AsRef<[u8]>) -> (Result<ValidationOutcome, CodecError>, Vec<Vec<u8>>) {
    let mut documents = Vec::new();
    let outcome = read_response(BufReader::with_capacity(7, xml.as_ref()), &mut |head, content| {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        let stored = StoredDocument {
            name: format!("{}-{}", head.index, head.dokumenttype),
            bytes: bytes.len() as u64,
            sha256: Digest([0; 32]),
        };
        documents.push(bytes);
        Ok(stored)
    });
    (outcome, documents)
}

fn response(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><skattemeldingOgNaeringsspesifikasjonResponse xmlns=\"no:skatteetaten:fastsetting:formueinntekt:\
         skattemeldingognaeringsspesifikasjon:response:v2\">{body}</skattemeldingOgNaeringsspesifikasjonResponse>"
    )
}

fn dokument(dokumenttype: &str, content: &str) -> String {
    format!(
        "<dokument><type>{dokumenttype}</type><encoding>utf-8</encoding><content>{content}</content></dokument>"
    )
}

const FULL: &str = "
  <dokumenter>
    <dokument><type>skattemeldingUpersonligEtterBeregning</type><encoding>utf-8</encoding><content>
        PGEv&#13;
        Pg==
    </content></dokument>
    <dokument><type>noeHeltNytt</type><encoding>utf-8</encoding><content>PGIvPg==</content></dokument>
    <dokument><type>beregnetSkattUpersonlig</type><encoding>utf-8</encoding><content/></dokument>
  </dokumenter>
  <avvikEtterBeregning><avvik>
    <avvikstype>avvikNaeringsopplysninger</avvikstype><forekomstidentifikator>1</forekomstidentifikator>
    <mottattVerdi>100.50</mottattVerdi><beregnetVerdi>+90</beregnetVerdi><avvikIVerdi>.5</avvikIVerdi>
    <mottattTekst>blå</mottattTekst><beregnetTekst>rød &amp; grønn</beregnetTekst><sti>a/b</sti>
    <oevrigInformasjon>x</oevrigInformasjon><nyttFelt>nytt</nyttFelt>
  </avvik></avvikEtterBeregning>
  <veiledningEtterKontroll><veiledning>
    <veiledningstype>v</veiledningstype><forekomstidentifikator>2</forekomstidentifikator><hjelpetekst>h</hjelpetekst>
    <betjeningsstrategi>b</betjeningsstrategi><sti>s</sti>
  </veiledning></veiledningEtterKontroll>
  <avvikVedValidering><avvik><avvikstype>tekniskFeil</avvikstype><mottattVerdi>mye</mottattVerdi></avvik></avvikVedValidering>
  <resultatAvValidering>validertMedFeil</resultatAvValidering>
  <aarsakTilValidertMedFeil>tekniskFeil</aarsakTilValidertMedFeil>
  <aarsakTilValidertMedFeil>annet</aarsakTilValidertMedFeil>
  <informasjonOmUpersonligSkattesubjekt><harLeveringsfritak>true</harLeveringsfritak></informasjonOmUpersonligSkattesubjekt>
  <noeNytt><dypt>ja</dypt></noeNytt>";

#[test]
fn every_part_of_a_result_is_kept() {
    let (outcome, documents) = read(response(FULL));
    let outcome = outcome.unwrap();
    assert_eq!(outcome.resultat, ResultatAvValidering::ValidertMedFeil);
    assert_eq!(documents, [b"<a/>".to_vec(), b"<b/>".to_vec(), vec![]]);
    let types: Vec<_> = outcome.dokumenter.iter().map(|d| d.dokumenttype.as_str()).collect();
    assert_eq!(types, ["skattemeldingUpersonligEtterBeregning", "noeHeltNytt", "beregnetSkattUpersonlig"]);
    assert_eq!(
        outcome.avvik_etter_beregning,
        [Avvik {
            avvikstype: "avvikNaeringsopplysninger".into(),
            forekomstidentifikator: Some("1".into()),
            mottatt_verdi: Some(Decimal::new(10050, 2)),
            beregnet_verdi: Some(Decimal::new(90, 0)),
            avvik_i_verdi: Some(Decimal::new(5, 1)),
            mottatt_tekst: Some("blå".into()),
            beregnet_tekst: Some("rød & grønn".into()),
            sti: Some("a/b".into()),
            oevrig_informasjon: Some("x".into()),
        }]
    );
    assert_eq!(outcome.veiledning_etter_kontroll[0].hjelpetekst.as_deref(), Some("h"));
    assert_eq!(outcome.avvik_ved_validering[0].avvikstype, "tekniskFeil");
    assert_eq!(outcome.aarsaker, ["tekniskFeil", "annet"]);
    assert_eq!(outcome.skattesubjekt, [("harLeveringsfritak".into(), "true".into())]);
    let unknown: Vec<_> =
        outcome.ukjente_elementer.iter().map(|u| (u.path.as_str(), u.text.as_str())).collect();
    assert_eq!(
        unknown,
        [
            ("avvikEtterBeregning/avvik/nyttFelt", "nytt"),
            ("avvikVedValidering/avvik/mottattVerdi", "mye"),
            ("noeNytt/dypt", "ja"),
        ]
    );
}

#[test]
fn the_smallest_result() {
    let (outcome, _) = read(response("<resultatAvValidering>validertOK</resultatAvValidering>"));
    assert!(outcome.unwrap().is_ok());
    let (outcome, _) = read(response("<resultatAvValidering>validertKanskje</resultatAvValidering>"));
    assert_eq!(outcome.unwrap().resultat, ResultatAvValidering::Ukjent("validertKanskje".into()));
}

#[test]
fn a_result_that_is_cut_anywhere_is_noticed() {
    let whole = response(FULL);
    let after_root_name = whole.find("xmlns").unwrap();
    for end in after_root_name..whole.len() {
        let (outcome, _) = read(&whole.as_bytes()[..end]);
        let error = outcome.expect_err("cut");
        assert!(matches!(error, CodecError::Truncated(_) | CodecError::Malformed { .. }), "{end}: {error}");
    }
}

#[test]
fn what_is_no_result_is_said() {
    let error = |xml: &str| read(xml).0.unwrap_err();
    assert!(matches!(error(""), CodecError::Empty));
    assert!(matches!(error("<html><body>Bad gateway</body></html>"), CodecError::NotTheEnvelope(_)));
    assert!(matches!(error("<!DOCTYPE html><html></html>"), CodecError::NotTheEnvelope(_)));
    assert!(matches!(error("{\"kode\":\"DAS-001\"}"), CodecError::NotTheEnvelope(_)));
    assert!(matches!(error(&response("")), CodecError::Missing("resultatAvValidering")));
}

#[test]
fn broken_base64_names_its_document() {
    for content in
        ["PGE$Pg==", "PGEvPg=", "PGEvPg==PGE=", "PGEv&lt;", "PGEv<!-- x -->Pg==", "PGEv<![CDATA[Pg==]]>"]
    {
        let xml = response(&format!("<dokumenter>{}</dokumenter>", dokument("beregnetSkatt", content)));
        let error = read(xml).0.unwrap_err();
        assert!(
            matches!(&error, CodecError::Base64 { dokumenttype, .. } if dokumenttype == "beregnetSkatt"),
            "{content}: {error:?}"
        );
    }
}

#[test]
fn a_store_that_fails_or_reads_only_a_part_is_not_confused_with_the_source() {
    let xml = response(&format!(
        "<dokumenter>{}</dokumenter><resultatAvValidering>validertOK</resultatAvValidering>",
        dokument("x", "PGEvPg==")
    ));
    let full = read_response(xml.as_bytes(), &mut |_, _| Err(io::ErrorKind::StorageFull.into()));
    assert!(matches!(full, Err(CodecError::Sink { .. })), "{full:?}");
    let stored = StoredDocument { name: "x".into(), bytes: 0, sha256: Digest([0; 32]) };
    let skipped = read_response(xml.as_bytes(), &mut |_, _| Ok(stored.clone()));
    assert!(skipped.unwrap().is_ok());
}

#[test]
fn findings_do_not_grow_without_bound() {
    let long = "x".repeat(900 << 10);
    let avvik = format!("<avvik><avvikstype>{long}</avvikstype></avvik>").repeat(80);
    let error = read(response(&format!("<avvikVedValidering>{avvik}</avvikVedValidering>"))).0.unwrap_err();
    assert!(matches!(error, CodecError::TooMuchText(_)), "{error}");
}
