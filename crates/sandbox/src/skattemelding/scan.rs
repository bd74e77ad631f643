//! One pass over a document of any size: is it well-formed, what is its root, which year is it of.
//!
//! Stricter than the XML reader alone, which lets through what it need not understand: text outside of
//! the root, unbound prefixes, unknown entities, open elements at the end.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};

use super::budget::Budget;
use super::marks::Marks;

/// What a document says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) root: String,
    pub(crate) namespace: String,
    /// The text of the root's first child of that name.
    pub(crate) inntektsaar: Option<String>,
    pub(crate) marks: Marks,
}

/// Reads the document to its end.
///
/// # Errors
/// With the reason, in Norwegian, if it is not well-formed or uses a DTD.
pub(crate) fn scan(source: impl BufRead) -> Result<Facts, String> {
    let mut reader = Reader::from_reader(Budget::new(source));
    reader.config_mut().check_comments = true;
    reader.config_mut().expand_empty_elements = true;
    let mut scan = Scan::default();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        reader.get_mut().refill(EVENT_BYTES);
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(error) => return Err(format!("ved byte {}: {error}", reader.error_position())),
        };
        if matches!(event, Event::Eof) {
            return scan.end();
        }
        scan.event(&event).map_err(|why| format!("ved byte {}: {why}", reader.buffer_position()))?;
    }
}

const EVENT_BYTES: u64 = 4 << 20;
const DEEPEST: usize = 500;

#[derive(Default)]
struct Scan {
    names: NamespaceResolver,
    depth: usize,
    begun: bool,
    facts: Facts,
    /// Collects the text of the year while inside of it.
    year: Option<String>,
}

impl Scan {
    fn event(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Decl(decl) if !self.begun => declaration(decl)?,
            Event::Decl(_) => return Err("XML-deklarasjonen står ikke først".into()),
            Event::DocType(_) => return Err("DTD er ikke tillatt".into()),
            Event::Start(start) | Event::Empty(start) => self.start(start)?,
            Event::End(_) => self.close(),
            Event::Text(text) => self.text(text, true)?,
            Event::CData(text) => {
                if self.depth == 0 {
                    return Err("CDATA utenfor rotelementet".into());
                }
                self.text(text, false)?;
            }
            Event::GeneralRef(reference) => self.reference(reference)?,
            Event::Comment(text) => legal(text)?,
            Event::PI(instruction) if instruction.target().eq_ignore_ascii_case("xml") => {
                return Err("XML-deklarasjonen står ikke først".into());
            }
            Event::PI(_) | Event::Eof => {}
        }
        self.begun = true;
        Ok(())
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        if self.depth == 0 && !self.facts.root.is_empty() {
            return Err("mer enn ett rotelement".into());
        }
        if self.depth == DEEPEST {
            return Err("for dypt nestet".into());
        }
        self.names.push(start).map_err(|error| error.to_string())?;
        self.depth += 1;
        attributes(start, &self.names)?;
        let (namespace, local) = self.names.resolve_element(start.name());
        let namespace = match &namespace {
            ResolveResult::Bound(namespace) => namespace.as_ref(),
            ResolveResult::Unbound => "",
            ResolveResult::Unknown(prefix) => return Err(format!("prefikset {prefix} er ikke bundet")),
        };
        let local: &str = local.as_ref();
        if !local.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err(format!("{local:?} er ikke et elementnavn"));
        }
        self.facts.marks.start(self.depth, local);
        match self.depth {
            1 => {
                self.facts.root = local.to_owned();
                self.facts.namespace = namespace.to_owned();
            }
            2 if local == "inntektsaar"
                && namespace == self.facts.namespace
                && self.facts.inntektsaar.is_none() =>
            {
                self.year = Some(String::new());
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self) {
        if self.depth == 2
            && let Some(year) = self.year.take()
        {
            self.facts.inntektsaar = Some(year.trim().to_owned());
        }
        self.facts.marks.close(self.depth);
        self.names.pop();
        self.depth = self.depth.saturating_sub(1);
    }

    fn text(&mut self, text: &str, markup: bool) -> Result<(), String> {
        legal(text)?;
        if self.depth == 0 && !text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty() {
            return Err("tekst utenfor rotelementet".into());
        }
        if markup && text.contains("]]>") {
            return Err("]]> i tekst".into());
        }
        self.collect(text);
        Ok(())
    }

    fn collect(&mut self, text: &str) {
        self.facts.marks.text(text);
        // As much as no year has will do to refuse it.
        if let Some(year) = self.year.as_mut().filter(|year| year.len() < 100) {
            year.push_str(text);
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), String> {
        if self.depth == 0 {
            return Err("en referanse utenfor rotelementet".into());
        }
        match reference.resolve_char_ref().map_err(|error| error.to_string())? {
            Some(character) => {
                let mut utf8 = [0; 4];
                let text = character.encode_utf8(&mut utf8);
                self.collect(text);
                legal(text)
            }
            None if resolve_predefined_entity(reference).is_some() => Ok(()),
            None => Err(format!("entiteten {:?} er ikke kjent", &**reference)),
        }
    }

    fn end(self) -> Result<Facts, String> {
        match (self.facts.root.is_empty(), self.depth) {
            (true, _) => Err("det er ikke noe rotelement".into()),
            (false, 0) => Ok(self.facts),
            (false, _) => Err("dokumentet slutter midt i et element".into()),
        }
    }
}

/// Checks the XML declaration: version 1.0, and UTF-8 if it names an encoding.
pub(crate) fn declaration(decl: &BytesDecl<'_>) -> Result<(), String> {
    let version = decl.version().map_err(|error| error.to_string())?;
    if version != "1.0" {
        return Err(format!("XML-versjon {version:?} er ikke støttet"));
    }
    match decl.encoding() {
        None => Ok(()),
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(Ok(encoding)) => Err(format!("tegnsettet {encoding:?} er ikke UTF-8")),
        Some(Err(error)) => Err(error.to_string()),
    }
}

fn attributes(start: &BytesStart<'_>, names: &NamespaceResolver) -> Result<(), String> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        if attribute.value.contains('<') {
            return Err("< i en attributt".into());
        }
        legal(&value)?;
        if let (ResolveResult::Unknown(prefix), _) = names.resolve_attribute(attribute.key) {
            return Err(format!("prefikset {prefix} er ikke bundet"));
        }
    }
    Ok(())
}

/// Characters that XML 1.0 allows.
fn legal(text: &str) -> Result<(), String> {
    let illegal = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    match text.chars().find(|c| illegal(*c)) {
        Some(c) => Err(format!("tegnet U+{:04X} er ikke tillatt", u32::from(c))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Facts, String> {
        scan(std::io::BufReader::with_capacity(7, text.as_bytes()))
    }

    #[test]
    fn finds_root_namespace_and_year() {
        let year = Some("2023".to_owned());
        let facts =
            Facts { root: "a".into(), namespace: "urn:x".into(), inntektsaar: year, ..Facts::default() };
        for text in [
            r#"<a xmlns="urn:x"><b><inntektsaar>1999</inntektsaar></b><inntektsaar>2023</inntektsaar></a>"#,
            "\u{feff}<?xml version='1.0' encoding='utf-8'?>\n<!-- æ --><p:a xmlns:p='urn:x'><p:inntektsaar> 2023\n</p:inntektsaar><inntektsaar xmlns=''>1</inntektsaar></p:a>\n<?pi x?>",
        ] {
            assert_eq!(of(text), Ok(facts.clone()), "{text}");
        }
        assert_eq!(of("<a/>").unwrap().inntektsaar, None);
        assert!(of("<a b='&amp;&#229;'>&lt;&#xE5;<![CDATA[<]]>æøå</a>").is_ok());
    }

    #[test]
    fn finds_attachments_and_the_auditors_flags() {
        let marks = |text: &str| of(text).unwrap().marks;
        let some = marks(
            "<a><id>0</id><vedlegg><id> 1\n</id><vedleggsfil><x><id>2</id></x><id>3</id></vedleggsfil></vedlegg>\
             <vedlegg><x/><id>4</id></vedlegg><id>5</id></a>",
        );
        assert_eq!((some.vedlegg, some.revisor), (vec!["1".to_owned(), "3".into(), "4".into()], false));
        for (flag, revisor) in [
            ("<skalBekreftesAvRevisor>true</skalBekreftesAvRevisor>", true),
            ("<x><prosjektSkalBekreftesAvRevisor>1</prosjektSkalBekreftesAvRevisor></x>", true),
            ("<xSkalBekreftesAvRevisor><boolsk>true</boolsk></xSkalBekreftesAvRevisor>", true),
            ("<skalBekreftesAvRevisor>false</skalBekreftesAvRevisor>", false),
            ("<skalBekreftesAvRevisor/><b>true</b>", false),
        ] {
            assert_eq!(marks(&format!("<a>{flag}</a>")).revisor, revisor, "{flag}");
        }
    }

    #[test]
    fn refuses_what_is_not_well_formed() {
        for bad in [
            "",
            "tekst",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>tekst",
            "x<a/>",
            "<a b='1' b='2'/>",
            "<a b=1/>",
            "<a b='<'/>",
            "<a b='&nbsp;'/>",
            "<p:a/>",
            "<a p:b='1'/>",
            "<a>&nbsp;</a>",
            "<a>&</a>",
            "<a>\u{1}</a>",
            "<a>&#1;</a>",
            "<a>]]></a>",
            "<1a/>",
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<a/><?xml version='1.0'?>",
            "<?xml version='1.0' encoding='iso-8859-1'?><a/>",
            "<?xml version='1.1'?><a/>",
            "<a><!-- -- --></a>",
        ] {
            assert!(of(bad).is_err(), "{bad}");
        }
        assert!(scan(&b"<a>\xe5</a>"[..]).is_err(), "Latin-1");
    }

    #[test]
    fn refuses_endless_events_and_depths() {
        assert!(of(&format!("<a>{}</a>", "x".repeat(5 << 20))).is_err());
        assert!(of(&format!("{}{}", "<a>".repeat(600), "</a>".repeat(600))).is_err());
    }
}
