use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use skattebro_domain::{Envelope, Innhold, Konvoluttdokument};
use std::io::{self, Read, Write};

const ROOT: &str = "skattemeldingOgNaeringsspesifikasjonRequest";
const NAMESPACE: &str =
    "no:skatteetaten:fastsetting:formueinntekt:skattemeldingognaeringsspesifikasjon:request:v2";

/// Writes an envelope, its inline documents streamed from what `open` gives for their content.
///
/// The same envelope is always written as the same bytes. Source: `skattemeldingognaeringsspesifikasjonrequest_v2_kompakt.xsd`.
///
/// # Errors
/// Those of `out`, and of the documents.
pub fn write_envelope<C>(
    out: impl Write,
    envelope: &Envelope<C>,
    open: impl Fn(&C) -> io::Result<Box<dyn Read + Send>>,
) -> io::Result<()> {
    let mut out = write_frame(out, envelope, |out, content| {
        let mut encoder = EncoderWriter::new(out, &STANDARD);
        io::copy(&mut open(content)?, &mut encoder)?;
        // Dropping it would swallow the error.
        encoder.finish().map(drop)
    })?;
    out.flush()
}

/// Writes all of an envelope but the content of its inline documents, which `content` writes as base64 where it belongs.
pub(crate) fn write_frame<C, W: Write>(
    out: W,
    envelope: &Envelope<C>,
    mut content: impl FnMut(&mut W, &C) -> io::Result<()>,
) -> io::Result<W> {
    let mut xml = Xml(Writer::new(out));
    xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.event(Event::Start(BytesStart::new(ROOT).with_attributes([("xmlns", NAMESPACE)])))?;
    xml.open("dokumenter")?;
    for dokument in envelope.dokumenter() {
        write_dokument(&mut xml, dokument, &mut content)?;
    }
    xml.close("dokumenter")?;
    for referanse in envelope.gjeldende() {
        xml.open("dokumentreferanseTilGjeldendeDokument")?;
        xml.leaf("dokumenttype", referanse.dokumenttype.as_str())?;
        xml.leaf("dokumentidentifikator", referanse.dokumentidentifikator.as_str())?;
        xml.close("dokumentreferanseTilGjeldendeDokument")?;
    }
    xml.leaf("inntektsaar", &envelope.inntektsaar().to_string())?;
    if let Some(informasjon) = envelope.innsendingsinformasjon() {
        xml.open("innsendingsinformasjon")?;
        xml.leaf("innsendingstype", informasjon.innsendingstype.as_str())?;
        xml.leaf("opprettetAv", informasjon.opprettet_av.as_str())?;
        if let Some(tin) = &informasjon.tin {
            xml.leaf("tin", tin.as_str())?;
        }
        if let Some(formaal) = informasjon.innsendingsformaal {
            xml.leaf("innsendingsformaal", formaal.as_str())?;
        }
        xml.close("innsendingsinformasjon")?;
    }
    xml.close(ROOT)?;
    Ok(xml.0.into_inner())
}

fn write_dokument<C, W: Write>(
    xml: &mut Xml<W>,
    dokument: &Konvoluttdokument<C>,
    content: &mut impl FnMut(&mut W, &C) -> io::Result<()>,
) -> io::Result<()> {
    xml.open("dokument")?;
    match &dokument.innhold {
        Innhold::Inline(dokumenttype, document) => {
            xml.leaf("type", dokumenttype.as_str())?;
            xml.leaf("encoding", "utf-8")?;
            xml.open("content")?;
            content(xml.0.get_mut(), document)?;
            xml.close("content")?;
        }
        Innhold::Referanse(referanse) => {
            xml.leaf("type", "naeringsspesifikasjonReferanse")?;
            xml.leaf("encoding", "utf-8")?;
            xml.leaf("content", referanse.as_str())?;
        }
    }
    if let Some(namespace) = &dokument.navnerom_ved_forhaandsfastsetting {
        xml.leaf("navneromVedForhaandsfastsetting", namespace.as_str())?;
    }
    xml.close("dokument")
}

/// The exact size in bytes of what [`write_envelope`] writes, computed from the sizes of the documents alone.
pub fn envelope_len<C>(envelope: &Envelope<C>, content_len: impl Fn(&C) -> u64) -> u64 {
    let mut skeleton = Counter(0);
    // A counter cannot fail.
    let _ = write_frame(&mut skeleton, envelope, |_, _| Ok(()));
    let documents: u64 = envelope
        .dokumenter()
        .iter()
        .map(|dokument| match &dokument.innhold {
            Innhold::Inline(_, content) => content_len(content).div_ceil(3) * 4,
            Innhold::Referanse(_) => 0,
        })
        .sum();
    skeleton.0 + documents
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Xml<W>(Writer<W>);

impl<W: Write> Xml<W> {
    fn event(&mut self, event: Event<'_>) -> io::Result<()> {
        self.0.write_event(event)
    }

    fn open(&mut self, name: &str) -> io::Result<()> {
        self.event(Event::Start(BytesStart::new(name)))
    }

    fn close(&mut self, name: &str) -> io::Result<()> {
        self.event(Event::End(BytesEnd::new(name)))
    }

    fn leaf(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.open(name)?;
        self.event(Event::Text(BytesText::new(text)))?;
        self.close(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skattebro_domain::{
        Dokumentreferanse, Dokumenttype, Innsendingsformaal, Innsendingsinformasjon, Innsendingstype,
    };

    fn envelope(content: Vec<u8>) -> Envelope<Vec<u8>> {
        let mut with_namespace =
            Konvoluttdokument::inline(Dokumenttype::SelskapsmeldingSdf, b"<b/>".to_vec());
        with_namespace.navnerom_ved_forhaandsfastsetting = Some("urn:x".parse().unwrap());
        Envelope::new(
            "2024".parse().unwrap(),
            vec![
                Konvoluttdokument::inline(Dokumenttype::SkattemeldingUpersonlig, content),
                Konvoluttdokument::referanse("a7a076307d21385cf50209cebdc2b2886467".parse().unwrap()),
                with_namespace,
            ],
            vec![Dokumentreferanse {
                dokumenttype: Dokumenttype::SkattemeldingUpersonlig,
                dokumentidentifikator: "SKI:755:15086617".parse().unwrap(),
            }],
            Some(Innsendingsinformasjon {
                innsendingstype: Innsendingstype::Komplett,
                opprettet_av: "Regn & <Skap> \"ASA\"".parse().unwrap(),
                tin: Some("DE123".parse().unwrap()),
                innsendingsformaal: Some(Innsendingsformaal::Egenfastsetting),
            }),
        )
        .unwrap()
    }

    fn written(envelope: &Envelope<Vec<u8>>) -> String {
        let mut out = Vec::new();
        write_envelope(&mut out, envelope, |c| Ok(Box::new(io::Cursor::new(c.clone())))).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_field_is_written_in_the_schemas_order() {
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
            <skattemeldingOgNaeringsspesifikasjonRequest xmlns=\"no:skatteetaten:fastsetting:formueinntekt:skattemeldingognaeringsspesifikasjon:request:v2\">\
            <dokumenter>\
            <dokument><type>skattemeldingUpersonlig</type><encoding>utf-8</encoding><content>PGEvPg==</content></dokument>\
            <dokument><type>naeringsspesifikasjonReferanse</type><encoding>utf-8</encoding><content>a7a076307d21385cf50209cebdc2b2886467</content></dokument>\
            <dokument><type>selskapsmeldingSdf</type><encoding>utf-8</encoding><content>PGIvPg==</content><navneromVedForhaandsfastsetting>urn:x</navneromVedForhaandsfastsetting></dokument>\
            </dokumenter>\
            <dokumentreferanseTilGjeldendeDokument><dokumenttype>skattemeldingUpersonlig</dokumenttype><dokumentidentifikator>SKI:755:15086617</dokumentidentifikator></dokumentreferanseTilGjeldendeDokument>\
            <inntektsaar>2024</inntektsaar>\
            <innsendingsinformasjon><innsendingstype>komplett</innsendingstype><opprettetAv>Regn &amp; &lt;Skap&gt; &quot;ASA&quot;</opprettetAv><tin>DE123</tin><innsendingsformaal>egenfastsetting</innsendingsformaal></innsendingsinformasjon>\
            </skattemeldingOgNaeringsspesifikasjonRequest>";
        assert_eq!(written(&envelope(b"<a/>".to_vec())), expected);
    }

    #[test]
    fn the_length_is_known_before_writing() {
        for size in [0, 1, 2, 3, 4, 1000, 70_001] {
            let envelope = envelope(vec![b'x'; size]);
            assert_eq!(
                envelope_len(&envelope, |c| c.len() as u64),
                written(&envelope).len() as u64,
                "{size}"
            );
        }
    }
}
