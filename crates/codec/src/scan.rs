use crate::source::Source;
use crate::wellformed::{Prefixes, check_characters, check_text, resolve};
use quick_xml::Reader;
use quick_xml::errors::{Error as XmlError, IllFormedError};
use quick_xml::events::{BytesDecl, BytesStart, Event};
use skattebro_domain::{Defect, DocumentFacts, Located, Place, RootElement};
use std::io::{self, BufRead, BufReader, Read};

/// What a scan puts up with.
#[derive(Debug, Clone, Copy)]
pub struct ScanLimits {
    /// The largest single text, tag or comment in bytes. Default 1 MiB; no field of these documents comes near.
    pub max_value: u64,
    /// The deepest nesting. Default 200.
    pub max_depth: usize,
    /// How many differently named auditor flags are kept. Default 50; a document with more has a defect, so that none gets past.
    pub max_flag_names: usize,
}

impl Default for ScanLimits {
    fn default() -> Self {
        Self { max_value: 1 << 20, max_depth: 200, max_flag_names: 50 }
    }
}

/// Reads a document once, from its first byte to its last, and tells what it saw.
///
/// Memory stays bounded by the limits whatever the document holds. A defect ends the reading early and is one of the facts;
/// a document without a defect is well-formed XML in UTF-8 without a DTD, and has been read to its end.
///
/// # Errors
/// Only those of `input` itself.
pub fn scan(input: impl Read, limits: &ScanLimits) -> io::Result<DocumentFacts> {
    let mut reader = Reader::from_reader(Source::new(BufReader::with_capacity(64 << 10, input)));
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_comments = true;
    let mut scanner = Scanner::new(limits);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        reader.get_mut().begin(limits.max_value);
        let read = reader.read_event_into(&mut buffer);
        let source = reader.get_mut();
        // The event stays where it was written: moving it costs as much as finding it.
        let outcome = match read {
            Ok(Event::Eof) => {
                let place = source.place();
                scanner.end(place);
                scanner.facts.bytes = place.byte;
                return Ok(scanner.facts);
            }
            Ok(ref event) => scanner.event(event, source).map_err(|defect| (defect, source.begun())),
            Err(_) if source.budget_spent() => Err((Defect::TooLargeValue(limits.max_value), source.begun())),
            Err(XmlError::Io(error)) => return Err(crate::error::unshare(error)),
            Err(ref error) => Err(place_defect(error, source, scanner.depth > 0)),
        };
        if let Err((defect, place)) = outcome {
            scanner.facts.defect = Some(Located::new(defect, place));
            scanner.facts.bytes = source.place().byte;
            return Ok(scanner.facts);
        }
    }
}

fn place_defect<R: BufRead>(error: &XmlError, source: &mut Source<R>, inside: bool) -> (Defect, Place) {
    let begins = source.begun();
    match error {
        XmlError::Syntax(_) | XmlError::IllFormed(IllFormedError::UnclosedReference) if source.at_end() => {
            if inside {
                (Defect::Truncated, source.place())
            } else if begins == Place::START {
                (Defect::NotXml, begins)
            } else {
                (Defect::Malformed("markup that does not end".to_owned()), begins)
            }
        }
        // A cut inside a character looks like broken UTF-8, but only at the very end.
        XmlError::Encoding(_) if source.at_end() && inside => (Defect::Truncated, source.place()),
        XmlError::Encoding(error) => (Defect::NotUtf8(error.to_string()), begins),
        other => (Defect::Malformed(other.to_string()), begins),
    }
}

struct Scanner<'a> {
    limits: &'a ScanLimits,
    facts: DocumentFacts,
    depth: usize,
    prefixes: Prefixes,
    capture: Option<Capture>,
}

/// An element whose text is being collected.
struct Capture {
    what: Captured,
    depth: usize,
    place: Place,
    text: String,
}

enum Captured {
    Inntektsaar,
    Partsreferanse,
    Revisorflagg(String),
}

/// Longer texts are no year, number or flag; the rest of them is not kept.
const MAX_CAPTURED: usize = 200;

impl<'a> Scanner<'a> {
    fn new(limits: &'a ScanLimits) -> Self {
        Self {
            limits,
            facts: DocumentFacts::default(),
            depth: 0,
            prefixes: Prefixes::default(),
            capture: None,
        }
    }

    fn event<R: BufRead>(&mut self, event: &Event<'_>, source: &mut Source<R>) -> Result<(), Defect> {
        match event {
            Event::Start(tag) => self.enter(tag, source),
            Event::End(_) => self.leave(),
            Event::Text(text) => {
                let text = text.xml10_content();
                check_text(&text)?;
                self.text(&text, source)
            }
            Event::CData(text) => {
                let text = text.xml10_content();
                check_characters(&text)?;
                if self.depth == 0 {
                    return Err(Defect::Malformed("CDATA outside the root element".to_owned()));
                }
                self.text(&text, source)
            }
            Event::GeneralRef(reference) => {
                let text = resolve(reference)?;
                if self.depth == 0 {
                    return Err(Defect::Malformed("a reference outside the root element".to_owned()));
                }
                self.text(&text, source)
            }
            Event::Decl(declaration) => check_declaration(declaration, source.begun()),
            Event::DocType(_) => Err(Defect::DocumentType),
            Event::PI(instruction) if instruction.target().eq_ignore_ascii_case("xml") => {
                Err(Defect::Malformed("an XML declaration that is not at the beginning".to_owned()))
            }
            Event::Comment(text) => check_characters(text),
            Event::PI(text) => check_characters(text),
            Event::Empty(_) | Event::Eof => Ok(()),
        }
    }

    fn enter<R: BufRead>(&mut self, tag: &BytesStart<'_>, source: &mut Source<R>) -> Result<(), Defect> {
        if self.depth == 0 && self.facts.root.is_some() {
            return Err(Defect::Malformed("a second root element".to_owned()));
        }
        self.depth += 1;
        if self.depth > self.limits.max_depth {
            return Err(Defect::TooDeep(self.limits.max_depth));
        }
        let (prefix, name) = self.prefixes.enter(self.depth, tag)?;
        if self.depth == 1 {
            let namespace = self.prefixes.namespace(prefix).unwrap_or_default().to_owned();
            self.facts.root =
                Some(Located::new(RootElement { name: name.to_owned(), namespace }, source.begun()));
        } else if self.depth == 2 {
            self.enter_child_of_root(name, source);
        }
        if name.ends_with("kalBekreftesAvRevisor") && self.capture.is_none() {
            self.start_capture(Captured::Revisorflagg(name.to_owned()), source.begun());
        }
        Ok(())
    }

    fn enter_child_of_root<R: BufRead>(&mut self, name: &str, source: &mut Source<R>) {
        match name {
            "inntektsaar" if self.facts.inntektsaar.is_none() => {
                self.start_capture(Captured::Inntektsaar, source.begun());
            }
            "partsreferanse" | "partsnummer" if self.facts.partsreferanse.is_none() => {
                self.start_capture(Captured::Partsreferanse, source.begun());
            }
            "vedlegg" => {
                self.facts.foerste_vedlegg.get_or_insert_with(|| source.begun());
                self.facts.antall_vedlegg += 1;
            }
            _ => {}
        }
    }

    fn start_capture(&mut self, what: Captured, place: Place) {
        self.capture = Some(Capture { what, depth: self.depth, place, text: String::new() });
    }

    fn text<R: BufRead>(&mut self, text: &str, source: &mut Source<R>) -> Result<(), Defect> {
        if self.depth == 0 && !text.trim_ascii().is_empty() {
            // The text begins with white space, if any; what offends stands behind it.
            let at_beginning = self.facts.root.is_none() && source.begun().byte <= 3;
            return Err(if at_beginning {
                if text.starts_with('\u{0}') || text.contains('\u{fffd}') {
                    Defect::NotUtf8("it begins like another encoding".to_owned())
                } else {
                    Defect::NotXml
                }
            } else {
                Defect::Malformed("text outside the root element".to_owned())
            });
        }
        if let Some(capture) = &mut self.capture {
            let room = MAX_CAPTURED.saturating_sub(capture.text.len());
            capture.text.extend(text.chars().take(room));
        }
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Defect> {
        self.prefixes.leave(self.depth);
        let capture = self.capture.take_if(|capture| capture.depth == self.depth);
        self.depth -= 1;
        let Some(Capture { what, place, text, .. }) = capture else { return Ok(()) };
        let text = text.trim().to_owned();
        match what {
            Captured::Inntektsaar => self.facts.inntektsaar = Some(Located::new(text, place)),
            Captured::Partsreferanse => self.facts.partsreferanse = Some(Located::new(text, place)),
            Captured::Revisorflagg(name) if text == "true" || text == "1" => return self.flag(name, place),
            Captured::Revisorflagg(_) => {}
        }
        Ok(())
    }

    fn flag(&mut self, name: String, place: Place) -> Result<(), Defect> {
        self.facts.antall_revisorflagg += 1;
        let flags = &mut self.facts.revisorflagg;
        if flags.iter().any(|flag| flag.value == name) {
            return Ok(());
        }
        if flags.len() == self.limits.max_flag_names {
            let limit = self.limits.max_flag_names;
            return Err(Defect::Malformed(format!(
                "more than {limit} different elements named …kalBekreftesAvRevisor"
            )));
        }
        flags.push(Located::new(name, place));
        Ok(())
    }

    fn end(&mut self, place: Place) {
        let defect = if self.depth > 0 {
            Defect::Truncated
        } else if self.facts.root.is_none() {
            Defect::Empty
        } else {
            return;
        };
        self.facts.defect = Some(Located::new(defect, place));
    }
}

fn check_declaration(declaration: &BytesDecl<'_>, place: Place) -> Result<(), Defect> {
    // At the very beginning, or behind a byte order mark of three bytes.
    if place.byte != 0 && place.byte != 3 {
        return Err(Defect::Malformed("an XML declaration that is not at the beginning".to_owned()));
    }
    declaration.version().map_err(|error| Defect::Malformed(error.to_string()))?;
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii") => {
            Ok(())
        }
        Some(Ok(name)) => Err(Defect::NotUtf8(format!("it declares the encoding {name}"))),
        Some(Err(error)) => Err(Defect::Malformed(error.to_string())),
    }
}

#[cfg(test)]
mod tests;
