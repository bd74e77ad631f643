use super::*;

const DOCUMENT: &str = "PGEvPg=="; // <a/>
const NAMESPACE: &str =
    "no:skatteetaten:fastsetting:formueinntekt:skattemeldingognaeringsspesifikasjon:request:v2";

fn whole(content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <skattemeldingOgNaeringsspesifikasjonRequest xmlns=\"{NAMESPACE}\">{content}\
         </skattemeldingOgNaeringsspesifikasjonRequest>\n"
    )
}

fn good() -> String {
    whole(&format!(
        "
  <dokumenter>
    <!-- skattemeldingen -->
    <dokument>
      <type>skattemeldingUpersonlig</type>
      <encoding>utf-8</encoding>
      <content>
         PGEv&#13;
         Pg==
      </content>
    </dokument>
    <dokument><type>naeringsspesifikasjonReferanse</type><encoding>utf-8</encoding><content> abc </content></dokument>
    <dokument><type>naeringsspesifikasjon</type><encoding>utf-8</encoding><content>{DOCUMENT}</content>\
      <navneromVedForhaandsfastsetting>urn:x</navneromVedForhaandsfastsetting></dokument>
  </dokumenter>
  <dokumentreferanseTilGjeldendeDokument>
    <dokumenttype>skattemeldingUpersonlig</dokumenttype>
    <dokumentidentifikator>SKI:755:1</dokumentidentifikator>
  </dokumentreferanseTilGjeldendeDokument>
  <inntektsaar> 2023 </inntektsaar>
  <innsendingsinformasjon>
    <innsendingstype>komplett</innsendingstype>
    <opprettetAv>R&amp;D &#xE5;</opprettetAv>
    <tin/>
    <innsendingsformaal>klage</innsendingsformaal>
  </innsendingsinformasjon>
"
    ))
}

fn read_with(text: &str, base64: u64) -> Result<Konvolutt, Problem> {
    let dir = tempfile::tempdir().unwrap();
    let limits = EnvelopeLimits { base64, document: 1000 };
    // A tiny buffer, so that every boundary is met.
    read(std::io::BufReader::with_capacity(5, text.as_bytes()), limits, dir.path())
}

fn refusal(text: &str) -> String {
    match read_with(text, 1000) {
        Err(problem) => problem.melding().to_owned(),
        Ok(_) => panic!("accepted {text}"),
    }
}

#[test]
fn reads_all_there_is() {
    let konvolutt = read_with(&good(), 1000).unwrap();
    assert_eq!(konvolutt.inntektsaar, 2023);
    assert!(konvolutt.innsending.unwrap().har_formaal);
    assert_eq!(konvolutt.gjeldende[0].id, "SKI:755:1");
    let [main, reference, naering] = &konvolutt.dokumenter[..] else { panic!("three documents") };
    assert!(matches!(&main.content, Content::Inline(document) if document.len == 4));
    assert!(matches!(&reference.content, Content::Referanse(id) if id == "abc"));
    assert_eq!(naering.forhaandsfastsetting.as_deref(), Some("urn:x"));
}

#[test]
fn a_prefix_is_as_good_as_a_default_namespace() {
    let text = good()
        .replace("<?xml version=\"1.0\" encoding=\"utf-8\"?>", "")
        .replace("</", "</r:")
        .replace('<', "<r:")
        .replace("<r:/r:", "</r:")
        .replace("<r:!", "<!")
        .replace("xmlns=", "xmlns:r=");
    assert!(read_with(&text, 1000).is_ok(), "{text}");
}

#[test]
fn what_the_schema_does_not_allow_is_refused_with_the_reason() {
    let swap = |from: &str, to: &str| {
        let text = good().replacen(from, to, 1);
        assert_ne!(text, good(), "{from}");
        refusal(&text)
    };
    for (from, to, reason) in [
        (NAMESPACE, "urn:annet", "navnerommet"),
        ("<type>skattemeldingUpersonlig</type>", "", "Ventet <type>"),
        ("<type>skattemeldingUpersonlig</type>", "<type> skattemeldingUpersonlig</type>", "dokumenttype"),
        ("<type>skattemeldingUpersonlig</type>", "<type>vedlegg</type>", "dokumenttype"),
        ("<type>skattemeldingUpersonlig</type>", "<type><b/></type>", "bare inneholde tekst"),
        ("<encoding>utf-8</encoding>", "<encoding>UTF-8</encoding>", "encoding"),
        (DOCUMENT, "PGEvPg=", "base64"),
        (DOCUMENT, "PGEvPg==<b/>", "Ventet </content> i konvolutten, fant <b>"),
        (DOCUMENT, "PGEv<![CDATA[Pg==]]>", "ikke velformet"),
        (DOCUMENT, "PGEvPg==&#65;", "referanse"),
        (DOCUMENT, "", "ikke noe rotelement"),
        ("<inntektsaar> 2023 </inntektsaar>", "", "Ventet <inntektsaar>"),
        ("2023", "tjuetre", "årstall"),
        ("<inntektsaar>", "<inntektsaar x=\"1\">", "attributt"),
        ("komplett", "halv", "innsendingstype"),
        ("klage", "moro", "innsendingsformaal"),
        ("<tin/>", "", ""),
        ("<tin/>", "<annet/>", "Ventet </innsendingsinformasjon>"),
        ("<dokumenter>", "<dokumenter>tekst", "Tekst mellom"),
        ("R&amp;D", "R&nbsp;D", "Ukjent entitet"),
        ("</dokumenter>", "", "Ventet </dokumenter>"),
        ("<skatte", "<!DOCTYPE a><skatte", "DTD"),
        ("encoding=\"utf-8\"", "encoding=\"latin1\"", "UTF-8"),
    ] {
        if reason.is_empty() {
            assert!(read_with(&good().replacen(from, to, 1), 1000).is_ok(), "{from}");
            continue;
        }
        let melding = swap(from, to);
        assert!(melding.contains(reason), "{from} → {to}: {melding}");
    }
    let long = "x".repeat(4001);
    assert!(swap("<tin/>", &format!("<tin>{long}</tin>")).contains("4000"));
    assert!(refusal(&good()[..good().len() - 5]).contains("ikke velformet"));
    assert!(refusal(&format!("{}<a/>", good())).contains("navnerommet"));
    assert!(refusal(&whole("<dokumenter></dokumenter>")).contains("Ventet <dokument>"));
    assert!(refusal("").contains("slutten"));
}

#[test]
fn elements_in_another_order_are_refused() {
    let year = "<inntektsaar> 2023 </inntektsaar>";
    let moved = good().replace(year, "").replace("<dokumenter>", &format!("{year}<dokumenter>"));
    assert!(refusal(&moved).contains("Ventet <dokumenter> i konvolutten, fant <inntektsaar>"));
}

#[test]
fn base64_is_limited_in_total() {
    assert!(read_with(&good(), 16).is_ok());
    assert!(read_with(&good(), 15).unwrap_err().melding().contains("større"));
}
