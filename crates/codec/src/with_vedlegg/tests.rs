use super::*;
use proptest::prelude::*;
use skattebro_domain::altinn::Vedleggstype;

const UPERSONLIG_V5: &str =
    "urn:no:skatteetaten:fastsetting:formueinntekt:skattemelding:upersonlig:ekstern:v5";
const PERSONLIG_V13: &str = "urn:no:skatteetaten:fastsetting:formueinntekt:skattemelding:ekstern:v13";

fn one() -> VedleggIMelding {
    VedleggIMelding {
        id: "0b1e-2".parse().unwrap(),
        filnavn: "år & <regnskap>.pdf".parse().unwrap(),
        kind: Vedleggstype::Pdf,
    }
}

const WRITTEN: &str = "<vedlegg><id>0b1e-2</id><vedleggsfil><opprinneligFilnavn><tekst>år &amp; &lt;regnskap&gt;.pdf</tekst>\
    </opprinneligFilnavn><opprinneligFiltype><tekst>pdf</tekst></opprinneligFiltype></vedleggsfil></vedlegg>";

fn write(document: &str, vedlegg: &[VedleggIMelding]) -> Result<(String, usize), VedleggError> {
    let mut out = Vec::new();
    let kept = with_vedlegg(document.as_bytes(), &mut out, vedlegg)?;
    Ok((String::from_utf8(out).unwrap(), kept))
}

/// That attachments are written where `§` stands, and all else is as it was.
fn check(namespace: &str, children: &str) {
    for before in ["", "\u{feff}", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- æ -->\n"] {
        let document = |place: &str| {
            format!(
                "{before}<skattemelding xmlns=\"{namespace}\"\n  a='b'>{}</skattemelding >\n<!-- ø -->",
                children.replace('§', place)
            )
        };
        let (written, kept) = write(&document(""), &[one()]).unwrap();
        assert_eq!((written, kept), (document(WRITTEN), 0));
        assert_eq!(write(&document(""), &[]).unwrap().0, document(""), "without any, nothing changes");
    }
}

#[test]
fn they_stand_where_the_schema_wants_them() {
    check(UPERSONLIG_V5, "<partsnummer>1</partsnummer><inntektsaar>2025</inntektsaar>§");
    check(
        UPERSONLIG_V5,
        "\n <inntektsaar/>\n <!-- <kraftverk> -->\n §<kraftverk>\n<vedlegg/>&unknown;</kraftverk>\n",
    );
    check(
        UPERSONLIG_V5,
        "<skattemeldingOpprettet><id>x</id></skattemeldingOpprettet>§<gjelderSkjoennsfastsetting/>",
    );
    check(PERSONLIG_V13, "<inntektsaar>2025</inntektsaar>§<skattemeldingOpprettet/>");
    check(
        PERSONLIG_V13,
        "<familieOgHelse><finans>1</finans><a/></familieOgHelse><?x y?>§<finans/><naering/>",
    );
    check(PERSONLIG_V13, "<inntektsaar>2025</inntektsaar>\r\n\t§");
}

#[test]
fn a_prefix_of_the_document_is_theirs_as_well() {
    let document = format!(
        "<s:skattemelding xmlns:s='{UPERSONLIG_V5}'><s:inntektsaar/>§<s:kraftverk/></s:skattemelding>"
    );
    let written = WRITTEN.replace("</", "</s:").replace('<', "<s:").replace("<s:/s:", "</s:");
    assert_eq!(write(&document.replace('§', ""), &[one()]).unwrap().0, document.replace('§', &written));
}

#[test]
fn those_that_are_there_are_kept_and_one_of_the_same_id_is_replaced() {
    let document = |vedlegg: &str| {
        format!("<skattemelding xmlns='{UPERSONLIG_V5}'><inntektsaar/>{vedlegg}<kraftverk/></skattemelding>")
    };
    let other = "<vedlegg><id>annen</id><vedleggsfil><id>0b1e-2</id></vedleggsfil></vedlegg><vedlegg/>";
    let same = "<vedlegg>\n<id> 0b1e&#45;<![CDATA[2]]></id><!-- gammel --></vedlegg>";
    let (written, kept) = write(&document(&format!("{same}{other}")), &[one()]).unwrap();
    assert_eq!((written, kept), (document(&format!("{other}{WRITTEN}")), 2));
    let (again, kept) = write(&document(WRITTEN), &[one()]).unwrap();
    assert_eq!((again, kept), (document(WRITTEN), 0), "doing it again changes nothing");
}

#[test]
fn what_is_no_skattemelding_is_refused() {
    let naering = "urn:no:skatteetaten:fastsetting:formueinntekt:naeringsspesifikasjon:ekstern:v6";
    let selskap = "urn:no:skatteetaten:fastsetting:formueinntekt:selskapsmelding:selskapmeddeltakerfastsetting:ekstern:v4";
    for (name, namespace) in [
        ("naeringsspesifikasjon", naering),
        ("skattemelding", selskap),
        ("skattemelding", ""),
        ("x", UPERSONLIG_V5),
    ] {
        let error = write(&format!("<{name} xmlns='{namespace}'><a/></{name}>"), &[one()]).unwrap_err();
        assert!(matches!(error, VedleggError::NotASkattemelding { .. }), "{error}");
        assert!(error.to_string().contains(&format!("<{name}> of the namespace «{namespace}»")), "{error}");
    }
}

#[test]
fn an_unknown_element_before_the_place_is_an_error_and_behind_it_is_none() {
    let document =
        |children: &str| format!("<skattemelding xmlns='{PERSONLIG_V13}'>\n{children}</skattemelding>");
    let error = write(&document("<inntektsaar/>\n <nytt>1</nytt>"), &[one()]).unwrap_err();
    let VedleggError::UnknownPlace { name, place } = &error else { panic!("{error}") };
    assert_eq!((name.as_str(), place.line, place.column), ("nytt", 3, 2));
    assert!(write(&document("<finans/><nytt/>"), &[one()]).is_ok());
}

#[test]
fn what_is_broken_is_refused() {
    let begin = format!("<skattemelding xmlns='{PERSONLIG_V13}'>");
    for (document, why) in [
        (String::new(), "no element"),
        ("Hei".to_owned(), "no element"),
        ("<skattemelding/>".to_owned(), "no content"),
        (begin.clone(), "ends in the middle"),
        (format!("{begin}<inntektsaar>"), "ends in the middle"),
        (format!("{begin}<vedlegg><id>"), "ends in the middle"),
        (format!("{begin}<inntektsaar></finans>"), "inntektsaar"),
        (format!("{begin}<vedlegg>{}</vedlegg></skattemelding>", "<a>x</a>".repeat(200_000)), "does not end"),
        (format!("{begin}<inntektsaar>{}", "x".repeat(2 << 20)), "larger than"),
        (format!("<!DOCTYPE x>{begin}"), "DTD"),
    ] {
        let error = write(&document, &[one()]).unwrap_err();
        assert!(matches!(error, VedleggError::Malformed { .. }), "{error}");
        assert!(error.to_string().contains(why), "{why}: {error}");
    }
}

#[test]
fn failures_to_read_and_to_write_are_told_apart() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("borte"))
        }
    }
    for begins in [
        "",
        "<skattemelding xmlns='urn:no:skatteetaten:fastsetting:formueinntekt:skattemelding:ekstern:v13'><finans/>",
    ] {
        let error = with_vedlegg(begins.as_bytes().chain(Broken), io::sink(), &[]).unwrap_err();
        assert!(matches!(error, VedleggError::Input(_)), "{error}");
    }
    let document = format!("<skattemelding xmlns='{PERSONLIG_V13}'><finans/></skattemelding>");
    let error = with_vedlegg(document.as_bytes(), &mut [0; 10][..], &[]).unwrap_err();
    assert!(matches!(error, VedleggError::Output(_)), "{error}");
}

proptest! {
    /// Whatever the pieces in which the document comes.
    #[test]
    fn pieces_make_no_difference(piece in 1usize..40) {
        let document = format!(
            "<?xml version='1.0'?>\n<skattemelding xmlns='{UPERSONLIG_V5}'>\n <inntektsaar>2025</inntektsaar>\n <formueOgGjeld a=\"1>2\">å &amp; ø\
             </formueOgGjeld>\n §<kraftverk/>\n</skattemelding>\n"
        );
        let input = document.replace('§', "");
        let mut out = Vec::new();
        with_vedlegg(BufReader::with_capacity(piece, input.as_bytes()), &mut out, &[one()]).unwrap();
        prop_assert_eq!(String::from_utf8(out).unwrap(), document.replace('§', WRITTEN));
    }
}
