//! Pulls expected elements out of an envelope, one after the other.

use std::borrow::Cow;
use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};

use crate::problem::Problem;
use crate::skattemelding::budget::Budget;
use crate::skattemelding::scan::declaration;

const NAMESPACE: &str =
    "no:skatteetaten:fastsetting:formueinntekt:skattemeldingognaeringsspesifikasjon:request:v2";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const EVENT_BYTES: u64 = 64 << 10;
/// `Tekst` of the schema.
const TEXT_CHARACTERS: usize = 4000;

pub(super) fn bad(melding: impl Into<Cow<'static, str>>) -> Problem {
    Problem::bad("SANDBOX-KONVOLUTT", melding)
}

pub(super) struct Pull<R> {
    reader: Reader<Budget<R>>,
    names: NamespaceResolver,
    buffer: Vec<u8>,
    /// Read but not yet taken.
    ahead: Option<Tag>,
    /// The end of an empty element, which is no event of its own.
    closing: Option<String>,
    begun: bool,
}

#[derive(Debug, PartialEq)]
enum Tag {
    Start { name: String, empty: bool },
    End(String),
    Eof,
}

impl<R: BufRead> Pull<R> {
    pub(super) fn new(source: R) -> Self {
        let mut reader = Reader::from_reader(Budget::new(source));
        reader.config_mut().check_comments = true;
        Pull {
            reader,
            names: NamespaceResolver::default(),
            buffer: Vec::new(),
            ahead: None,
            closing: None,
            begun: false,
        }
    }

    /// The start of this element.
    pub(super) fn start(&mut self, expected: &str) -> Result<(), Problem> {
        match self.tag()? {
            Tag::Start { name, .. } if name == expected => Ok(()),
            other => Err(unexpected(&format!("<{expected}>"), &other)),
        }
    }

    /// The end of this element.
    pub(super) fn end(&mut self, expected: &str) -> Result<(), Problem> {
        match self.tag()? {
            Tag::End(name) if name == expected => Ok(()),
            other => Err(unexpected(&format!("</{expected}>"), &other)),
        }
    }

    pub(super) fn eof(&mut self) -> Result<(), Problem> {
        match self.tag()? {
            Tag::Eof => Ok(()),
            other => Err(unexpected("slutten", &other)),
        }
    }

    /// Whether this element comes next.
    pub(super) fn next_is(&mut self, name: &str) -> Result<bool, Problem> {
        let tag = self.tag()?;
        let is = matches!(&tag, Tag::Start { name: next, .. } if next == name);
        self.ahead = Some(tag);
        Ok(is)
    }

    /// This element with nothing but a short text in it.
    pub(super) fn text(&mut self, element: &str) -> Result<String, Problem> {
        let empty = match self.tag()? {
            Tag::Start { name, empty } if name == element => empty,
            other => return Err(unexpected(&format!("<{element}>"), &other)),
        };
        let mut text = String::new();
        if !empty {
            self.append_text(element, &mut text)?;
        }
        self.end(element)?;
        if text.chars().count() > TEXT_CHARACTERS {
            return Err(bad(format!("{element} er lengre enn {TEXT_CHARACTERS} tegn")));
        }
        Ok(text)
    }

    pub(super) fn maybe_text(&mut self, element: &str) -> Result<Option<String>, Problem> {
        if self.next_is(element)? { self.text(element).map(Some) } else { Ok(None) }
    }

    /// The start of this element, and then its content to be read as it stands. It is to be read up
    /// to the next `<`, which must be the element's end.
    pub(super) fn raw(&mut self, element: &str) -> Result<impl BufRead, Problem> {
        match self.tag()? {
            Tag::Start { name, empty: false } if name == element => {
                self.reader.get_mut().refill(u64::MAX);
                Ok(self.reader.stream())
            }
            Tag::Start { name, empty: true } if name == element => Err(bad(format!("{element} er tom"))),
            other => Err(unexpected(&format!("<{element}>"), &other)),
        }
    }

    /// The next start or end of an element; nothing but white space may stand before it.
    fn tag(&mut self) -> Result<Tag, Problem> {
        if let Some(tag) = self.ahead.take() {
            return Ok(tag);
        }
        if let Some(name) = self.closing.take() {
            self.names.pop();
            return Ok(Tag::End(name));
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let tag = loop {
            buffer.clear();
            match next(&mut self.reader, &mut buffer)? {
                Event::Start(start) => {
                    let name = element(&start, &mut self.names)?;
                    break Tag::Start { name, empty: false };
                }
                Event::Empty(start) => {
                    let name = element(&start, &mut self.names)?;
                    self.closing = Some(name.clone());
                    break Tag::Start { name, empty: true };
                }
                Event::End(end) => {
                    self.names.pop();
                    break Tag::End(end.local_name().as_ref().to_owned());
                }
                Event::Eof => break Tag::Eof,
                Event::Text(text) if text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty() => {}
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    return Err(bad("Tekst mellom elementene i konvolutten"));
                }
                Event::Decl(decl) if !self.begun => declaration(&decl).map_err(bad)?,
                Event::Decl(_) => return Err(bad("XML-deklarasjonen står ikke først")),
                Event::DocType(_) => return Err(bad("DTD er ikke tillatt")),
                Event::Comment(_) | Event::PI(_) => {}
            }
            self.begun = true;
        };
        self.begun = true;
        self.buffer = buffer;
        Ok(tag)
    }

    /// The text up to the element's end, which stays to be taken.
    fn append_text(&mut self, inside: &str, text: &mut String) -> Result<(), Problem> {
        let mut buffer = std::mem::take(&mut self.buffer);
        loop {
            buffer.clear();
            match next(&mut self.reader, &mut buffer)? {
                Event::Text(more) => text.push_str(&more.xml10_content()),
                Event::CData(more) => text.push_str(&more.xml10_content()),
                Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                    Ok(Some(character)) => text.push(character),
                    Ok(None) => text.push_str(
                        resolve_predefined_entity(&reference)
                            .ok_or_else(|| bad(format!("Ukjent entitet i {inside}")))?,
                    ),
                    Err(error) => return Err(bad(format!("Ugyldig referanse i {inside}: {error}"))),
                },
                Event::Comment(_) | Event::PI(_) => {}
                Event::End(end) => {
                    self.names.pop();
                    self.ahead = Some(Tag::End(end.local_name().as_ref().to_owned()));
                    break;
                }
                Event::Eof => return Err(bad("Konvolutten slutter midt i et element")),
                _ => return Err(bad(format!("{inside} skal bare inneholde tekst"))),
            }
            if text.len() > 4 * TEXT_CHARACTERS {
                return Err(bad(format!("{inside} er lengre enn {TEXT_CHARACTERS} tegn")));
            }
        }
        self.buffer = buffer;
        Ok(())
    }
}

fn next<'b, R: BufRead>(
    reader: &mut Reader<Budget<R>>,
    buffer: &'b mut Vec<u8>,
) -> Result<Event<'b>, Problem> {
    reader.get_mut().refill(EVENT_BYTES);
    reader.read_event_into(buffer).map_err(|error| bad(format!("Konvolutten er ikke velformet XML: {error}")))
}

/// The name of an element, which must be one of the envelope's namespace and without attributes of
/// its own.
fn element(start: &BytesStart<'_>, names: &mut NamespaceResolver) -> Result<String, Problem> {
    names.push(start).map_err(|error| bad(error.to_string()))?;
    let (namespace, local) = names.resolve_element(start.name());
    let local = local.as_ref().to_owned();
    match namespace {
        ResolveResult::Bound(namespace) if namespace.as_ref() == NAMESPACE => {}
        ResolveResult::Unknown(prefix) => return Err(bad(format!("Prefikset {prefix} er ikke bundet"))),
        _ => return Err(bad(format!("<{local}> er ikke i navnerommet {NAMESPACE}"))),
    }
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| bad(error.to_string()))?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        match names.resolve_attribute(attribute.key).0 {
            ResolveResult::Bound(namespace) if namespace.as_ref() == SCHEMA_INSTANCE => {}
            _ => return Err(bad(format!("<{local}> har en attributt som ikke hører hjemme der"))),
        }
    }
    Ok(local)
}

fn unexpected(expected: &str, found: &Tag) -> Problem {
    let found = match found {
        Tag::Start { name, .. } => format!("<{name}>"),
        Tag::End(name) => format!("</{name}>"),
        Tag::Eof => "slutten".to_owned(),
    };
    bad(format!("Ventet {expected} i konvolutten, fant {found}"))
}
