use super::*;
use proptest::prelude::*;

const NS: &str = "urn:no:skatteetaten:fastsetting:formueinntekt:naeringsspesifikasjon:ekstern:v4";

fn facts(xml: impl AsRef<[u8]>) -> DocumentFacts {
    scan(xml.as_ref(), &ScanLimits::default()).unwrap()
}

fn defect(xml: impl AsRef<[u8]>) -> Option<Defect> {
    facts(xml).defect.map(|d| d.value)
}

fn malformed(xml: &str) -> bool {
    matches!(defect(xml), Some(Defect::Malformed(_)))
}

fn document(body: &str) -> String {
    format!(
        "<naeringsspesifikasjon xmlns=\"{NS}\"><partsreferanse>1</partsreferanse><inntektsaar> 2023\n</inntektsaar>{body}</naeringsspesifikasjon>"
    )
}

#[test]
fn the_facts_of_a_document() {
    let xml = document(
        "<a><skalBekreftesAvRevisor>false</skalBekreftesAvRevisor><b><skalBekreftesAvRevisor>1</skalBekreftesAvRevisor></b></a>\n\
         <vedlegg><id>1</id></vedlegg><vedlegg/><x><vedlegg/></x><xSkalBekreftesAvRevisor><boolsk>true</boolsk></xSkalBekreftesAvRevisor>",
    );
    let facts = facts(&xml);
    assert_eq!(facts.defect, None);
    assert_eq!(facts.bytes, xml.len() as u64);
    let root = facts.root.as_ref().unwrap();
    assert_eq!((root.value.name.as_str(), root.value.namespace.as_str()), ("naeringsspesifikasjon", NS));
    assert_eq!(facts.inntektsaar.as_ref().unwrap().value, "2023");
    assert_eq!(facts.partsreferanse.as_ref().unwrap().value, "1");
    assert_eq!(facts.antall_vedlegg, 2);
    assert_eq!(facts.foerste_vedlegg.unwrap().line, 3);
    let flags: Vec<_> = facts.revisorflagg.iter().map(|f| f.value.as_str()).collect();
    assert_eq!(flags, ["skalBekreftesAvRevisor", "xSkalBekreftesAvRevisor"]);
}

#[test]
fn prefixes_comments_cdata_and_a_byte_order_mark_are_understood() {
    let xml = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- hei --><n:naeringsspesifikasjon xmlns:n='{NS}'>\
         <n:inntektsaar><![CDATA[20]]>2&#51;</n:inntektsaar></n:naeringsspesifikasjon>\n<!-- slutt -->"
    );
    let facts = facts(xml);
    assert_eq!(facts.defect, None);
    assert_eq!(facts.root.unwrap().value.namespace, NS);
    assert_eq!(facts.inntektsaar.unwrap().value, "2023");
}

#[test]
fn what_is_not_a_document_is_told_apart() {
    assert_eq!(defect(""), Some(Defect::Empty));
    assert_eq!(defect(" \n "), Some(Defect::Empty));
    assert_eq!(defect("{\"json\": true}"), Some(Defect::NotXml));
    assert_eq!(defect("PD94bWwgdmVyc2lvbj0iMS4wIj8+"), Some(Defect::NotXml));
    assert!(matches!(defect([0xff, 0xfe, b'<', 0, b'a', 0]), Some(Defect::NotUtf8(_))));
    assert!(matches!(defect(b"<a>bl\xe5</a>"), Some(Defect::NotUtf8(_))));
    assert!(matches!(defect("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"), Some(Defect::NotUtf8(_))));
}

#[test]
fn a_document_that_ends_early_is_truncated_at_its_end() {
    let xml = document("<a b='c'>tekst &amp; æ</a>");
    let inside = xml.find("<partsreferanse").unwrap();
    for end in inside..xml.len() {
        let cut = facts(&xml.as_bytes()[..end]);
        let defect = cut.defect.unwrap_or_else(|| panic!("cut at {end}"));
        assert_eq!(defect.value, Defect::Truncated, "cut at {end}");
    }
}

#[test]
fn entity_bombs_and_dtds_are_refused() {
    let bomb = "<!DOCTYPE a [<!ENTITY x \"xxxxxxxxxx\"><!ENTITY y \"&x;&x;&x;\">]><a>&y;</a>";
    assert_eq!(defect(bomb), Some(Defect::DocumentType));
    assert_eq!(defect("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), Some(Defect::DocumentType));
    assert_eq!(defect("<a>&aring;</a>"), Some(Defect::UnknownEntity("aring".into())));
    assert!(malformed("<a b='&aring;'/>"));
}

#[test]
fn rules_that_a_lenient_parser_forgets() {
    for xml in [
        "<a></b>",
        "<a/><b/>",
        "<a/>text",
        "<a b='1' b='2'/>",
        "<a b='<'/>",
        "<a>]]></a>",
        "<a>\u{1}</a>",
        "<a>&#1;</a>",
        "<1a/>",
        "<p:a/>",
        "<a p:b='1'/>",
        "<a><!-- -- --></a>",
        " <?xml version='1.0'?><a/>",
        "<a>&</a>",
        "<a b=c/>",
        "</a>",
        "<a><b xmlns:p='x'/><p:c/></a>",
    ] {
        assert!(malformed(xml), "{xml}: {:?}", defect(xml));
    }
}

#[test]
fn a_defect_stands_where_it_is() {
    let found = facts("<a>\n  <b>ø</b>\n  <c>&nbsp;</c>\n</a>").defect.unwrap();
    assert_eq!((found.place.line, found.place.column, found.place.byte), (3, 6, 21));
}

#[test]
fn nothing_grows_without_bound() {
    let huge = format!("<a>{}</a>", "x".repeat(3 << 20));
    assert_eq!(defect(huge), Some(Defect::TooLargeValue(1 << 20)));
    assert_eq!(defect("<a>".repeat(300)), Some(Defect::TooDeep(200)));
    let flags = "<skalBekreftesAvRevisor>true</skalBekreftesAvRevisor>".repeat(100);
    let facts = facts(document(&flags));
    assert_eq!((facts.revisorflagg.len(), facts.antall_revisorflagg), (1, 100));
    let names: String =
        (0..60).map(|n| format!("<a{n}SkalBekreftesAvRevisor>1</a{n}SkalBekreftesAvRevisor>")).collect();
    assert!(matches!(defect(document(&names)), Some(Defect::Malformed(_))), "none may get past unseen");
}

#[test]
fn a_flag_behind_many_others_is_still_seen() {
    let many = "<unntakForRentebegrensningSkalBekreftesAvRevisor>1</unntakForRentebegrensningSkalBekreftesAvRevisor>".repeat(60);
    let facts = facts(document(&format!(
        "{many}<prosjektSkalBekreftesAvRevisor>true</prosjektSkalBekreftesAvRevisor>"
    )));
    let names: Vec<_> = facts.revisorflagg.iter().map(|flag| flag.value.as_str()).collect();
    assert_eq!(names, ["unntakForRentebegrensningSkalBekreftesAvRevisor", "prosjektSkalBekreftesAvRevisor"]);
}

#[test]
fn an_input_that_fails_is_an_error_not_a_defect() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::InvalidData, "broken gzip"))
        }
    }
    let error = scan("<a>".as_bytes().chain(Broken), &ScanLimits::default()).unwrap_err();
    assert!(error.to_string().contains("broken gzip"), "{error}");
}

#[test]
fn a_generated_document_has_no_defect() {
    let source = skattebro_testdata::Naeringsspesifikasjon::of_bytes(400_000);
    let facts = scan(source.reader(), &ScanLimits::default()).unwrap();
    assert_eq!((facts.defect, facts.bytes), (None, 400_000));
}

proptest! {
    /// Any bytes at all: no panic, and a document without a defect was read whole.
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let facts = facts(&bytes);
        prop_assert!(facts.defect.is_some() || facts.bytes == bytes.len() as u64);
    }

    #[test]
    fn any_markup_is_survived(text in "[<>/a-c&;!\\-\\[\\]='\" \n?xml]{0,80}") {
        let facts = facts(&text);
        prop_assert!(facts.defect.is_some() || facts.bytes == text.len() as u64);
    }
}
