use crate::error::unshare;
use crate::source::Source;
use crate::wellformed::{Prefixes, resolve};
use quick_xml::Reader;
use quick_xml::errors::Error as XmlError;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use skattebro_domain::Place;
use skattebro_domain::altinn::VedleggIMelding;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};

/// The largest single text or tag, and the largest `vedlegg` element.
const BUDGET: u64 = 1 << 20;

/// Why attachments cannot be written into a document.
#[derive(Debug, thiserror::Error)]
pub enum VedleggError {
    /// It is no skattemelding of a kind whose schema is known.
    #[error(
        "attachments are written into a skattemelding, and this document is <{name}> of the namespace «{namespace}»"
    )]
    NotASkattemelding {
        /// The name of its root element.
        name: String,
        /// Its namespace.
        namespace: String,
    },
    /// An element stands before the place of the attachments, and whether it belongs there is not known.
    #[error(
        "it is not known whether attachments come before or behind <{name}> at {place}; write the vedlegg elements by hand"
    )]
    UnknownPlace {
        /// The element.
        name: String,
        /// Where it is.
        place: Place,
    },
    /// It is not well-formed, or ends in the middle.
    #[error("the document is not well-formed at {place}: {why}")]
    Malformed {
        /// Where.
        place: Place,
        /// Why.
        why: String,
    },
    /// It cannot be read.
    #[error("the document cannot be read: {0}")]
    Input(#[source] io::Error),
    /// The result cannot be written.
    #[error("the document with its attachments cannot be written: {0}")]
    Output(#[source] io::Error),
}

/// Copies a skattemelding, and writes into it what it says of its attachments, at the place where the schema wants that. Returns how many
/// other `vedlegg` elements were there already: they are kept, and one with the id of an attachment is replaced.
///
/// All else is copied byte for byte. Memory is bounded whatever the size of the document. The document must have been
/// [scanned](crate::scan): behind the place of the attachments nothing is checked.
///
/// Source: the sequence of `Skattemelding` in `skattemeldingUpersonlig_v3` to `v6` and `skattemelding_v11` to `v13` (personlig).
///
/// # Errors
/// If it is no skattemelding, or the place cannot be told; what was written by then is of no use.
pub fn with_vedlegg(
    input: impl Read,
    output: impl Write,
    vedlegg: &[VedleggIMelding],
) -> Result<usize, VedleggError> {
    let input = Recorded { inner: BufReader::with_capacity(64 << 10, input), record: Vec::new() };
    let mut rewriter = Rewriter {
        reader: Reader::from_reader(Source::new(input)),
        output,
        vedlegg,
        place: Place::START,
        kept: 0,
    };
    rewriter.run()?;
    Ok(rewriter.kept)
}

/// What comes before `vedlegg` and behind it, in the order of the schema.
struct Schema {
    before: &'static [&'static str],
    behind: &'static [&'static str],
}

const UPERSONLIG: Schema = Schema {
    before: &[
        "partsnummer",
        "inntektsaar",
        "inntektOgUnderskudd",
        "spesifikasjonAvForholdRelevanteForBeskatning",
        "formueOgGjeld",
        "skattemeldingOpprettet",
        "opplysningOmSkattesubjekt",
    ],
    behind: &[
        "inntektOgUnderskuddSvalbard",
        "formueOgGjeldSvalbard",
        "fasteEiendommer",
        "metodeForAaUnngaaDobbeltbeskatning",
        "gjelderForhaandsfastsetting",
        "gjelderSkjoennsfastsetting",
        "verdsettingAvAksje",
        "spesifikasjonAvSkattefradragForKostnaderTilForskningOgUtvikling",
        "formueOgInntektISelskapMedDeltakerfastsetting",
        "inntektOgUnderskuddForVirksomhetPaaSokkel",
        "kraftverk",
        "rederiskatteordning",
        "havbruksvirksomhet",
        "begrensningAvRentefradragIKonsernOgMellomNaerstaaende",
        "kontrollertTransaksjonDisposisjonOgMellomvaerende",
        "vindkraftverk",
    ],
};

const PERSONLIG: Schema = Schema {
    before: &[
        "partsreferanse",
        "inntektsaar",
        "gjelderKunGrensegjenger",
        "bankLaanOgForsikring",
        "boligOgEiendeler",
        "arbeidTrygdOgPensjon",
        "familieOgHelse",
    ],
    behind: &[
        "finans",
        "gaveOgArv",
        "andreForhold",
        "internSystemreferanse",
        "naering",
        "skattemeldingOpprettet",
        "metodeForAaUnngaaDobbeltbeskatning",
        "formueOgInntektISelskapMedDeltakerfastsetting",
        "gjelderSkjoennsfastsetting",
        "spesifikasjonAvSkattefradragForKostnaderTilForskningOgUtvikling",
        "gjelderForhaandsfastsetting",
    ],
};

impl Schema {
    fn of(name: &str, namespace: &str) -> Option<&'static Self> {
        let of_skattemelding =
            namespace.strip_prefix("urn:no:skatteetaten:fastsetting:formueinntekt:skattemelding:")?;
        match of_skattemelding {
            _ if name != "skattemelding" => None,
            rest if rest.starts_with("upersonlig") => Some(&UPERSONLIG),
            rest if rest.starts_with("ekstern") => Some(&PERSONLIG),
            _ => None,
        }
    }
}

struct Rewriter<'v, R, W> {
    reader: Reader<Source<Recorded<R>>>,
    output: W,
    vedlegg: &'v [VedleggIMelding],
    /// Where the event begins that was read last.
    place: Place,
    kept: usize,
}

impl<R: BufRead, W: Write> Rewriter<'_, R, W> {
    fn run(&mut self) -> Result<(), VedleggError> {
        let (schema, prefix) = self.root()?;
        loop {
            let child = match self.next()? {
                Seen::Start(name) => (name, true),
                Seen::Empty(name) => (name, false),
                Seen::End => break,
                Seen::Eof => return Err(self.malformed("it ends in the middle")),
                Seen::Text(_) | Seen::Other => {
                    self.copy()?;
                    continue;
                }
            };
            match child {
                (name, has_content) if schema.before.contains(&name.as_str()) => {
                    self.copy()?;
                    if has_content {
                        self.copy_to_end()?;
                    }
                }
                (name, has_content) if name == "vedlegg" => self.existing(has_content)?,
                (name, _) if schema.behind.contains(&name.as_str()) => break,
                (name, _) => return Err(VedleggError::UnknownPlace { name, place: self.place }),
            }
        }
        // The tag in hand stands behind the place.
        let written = written(self.vedlegg, &prefix);
        self.output.write_all(written.as_bytes()).map_err(VedleggError::Output)?;
        self.copy()?;
        self.copy_rest()
    }

    /// Reads up to the root element's start tag, and copies that.
    fn root(&mut self) -> Result<(&'static Schema, String), VedleggError> {
        loop {
            self.begin();
            let mut buffer = Vec::new();
            match self.reader.read_event_into(&mut buffer) {
                Ok(Event::Start(tag)) => {
                    let found = root_of(&tag);
                    let (schema, prefix) = found.map_err(|error| match error {
                        Ok(error) => error,
                        Err(why) => VedleggError::Malformed { place: self.place, why },
                    })?;
                    self.copy()?;
                    return Ok((schema, prefix));
                }
                Ok(Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::Text(_)) => self.copy()?,
                Ok(Event::Eof) => return Err(self.malformed("there is no element in it")),
                Ok(Event::DocType(_)) => return Err(self.malformed("it has a DTD")),
                Ok(_) => return Err(self.malformed("it has no content")),
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// A `vedlegg` element that is there already: kept, unless an attachment has its id.
    fn existing(&mut self, has_content: bool) -> Result<(), VedleggError> {
        let (mut depth, mut in_id, mut id) = (usize::from(has_content), false, String::new());
        while depth > 0 {
            if self.record().len() as u64 > BUDGET {
                return Err(self.malformed("a vedlegg element that does not end"));
            }
            match self.next()? {
                Seen::Start(name) => {
                    depth += 1;
                    in_id = depth == 2 && name == "id";
                }
                Seen::End => {
                    depth -= 1;
                    in_id = false;
                }
                Seen::Text(text) if in_id => id.push_str(&text),
                Seen::Eof => return Err(self.malformed("it ends in the middle")),
                Seen::Empty(_) | Seen::Text(_) | Seen::Other => {}
            }
        }
        if self.vedlegg.iter().any(|vedlegg| vedlegg.id.as_str() == id.trim()) {
            self.record().clear();
            return Ok(());
        }
        self.kept += 1;
        self.copy()
    }

    /// Copies up to the end tag of the element whose start tag was read.
    fn copy_to_end(&mut self) -> Result<(), VedleggError> {
        let mut depth = 1;
        while depth > 0 {
            match self.next()? {
                Seen::Start(_) => depth += 1,
                Seen::End => depth -= 1,
                Seen::Eof => return Err(self.malformed("it ends in the middle")),
                Seen::Empty(_) | Seen::Text(_) | Seen::Other => {}
            }
            self.copy()?;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Seen, VedleggError> {
        self.begin();
        let mut buffer = Vec::new();
        match self.reader.read_event_into(&mut buffer) {
            Ok(event) => seen(&event).map_err(|why| self.malformed(&why)),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn begin(&mut self) {
        let source = self.reader.get_mut();
        source.begin(BUDGET);
        self.place = source.begun();
    }

    /// The bytes that were read and neither written nor dropped yet.
    fn record(&mut self) -> &mut Vec<u8> {
        &mut self.reader.get_mut().inner_mut().record
    }

    /// Writes what was read, as it was read.
    fn copy(&mut self) -> Result<(), VedleggError> {
        let record = &mut self.reader.get_mut().inner_mut().record;
        self.output.write_all(record).map_err(VedleggError::Output)?;
        record.clear();
        Ok(())
    }

    fn copy_rest(&mut self) -> Result<(), VedleggError> {
        let input = &mut self.reader.get_mut().inner_mut().inner;
        loop {
            let bytes = match input.fill_buf() {
                Ok([]) => break,
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(VedleggError::Input(error)),
            };
            self.output.write_all(bytes).map_err(VedleggError::Output)?;
            let count = bytes.len();
            input.consume(count);
        }
        self.output.flush().map_err(VedleggError::Output)
    }

    fn malformed(&self, why: &str) -> VedleggError {
        VedleggError::Malformed { place: self.place, why: why.to_owned() }
    }

    fn failed(&self, error: XmlError) -> VedleggError {
        match error {
            XmlError::Io(_) if self.reader.get_ref().budget_spent() => {
                self.malformed(&format!("a single value is larger than {BUDGET} bytes"))
            }
            XmlError::Io(error) => VedleggError::Input(unshare(error)),
            other => self.malformed(&other.to_string()),
        }
    }
}

/// As much of an event as counts here, by local names.
enum Seen {
    Start(String),
    Empty(String),
    End,
    Text(String),
    Other,
    Eof,
}

fn seen(event: &Event<'_>) -> Result<Seen, String> {
    Ok(match event {
        Event::Start(tag) => Seen::Start(tag.local_name().as_ref().to_owned()),
        Event::Empty(tag) => Seen::Empty(tag.local_name().as_ref().to_owned()),
        Event::End(_) => Seen::End,
        Event::Text(text) => Seen::Text(text.xml10_content().into_owned()),
        Event::CData(text) => Seen::Text(text.xml10_content().into_owned()),
        Event::GeneralRef(reference) => {
            Seen::Text(resolve(reference).map_err(|defect| format!("{defect:?}"))?)
        }
        Event::Eof => Seen::Eof,
        Event::DocType(_) => return Err("it has a DTD".to_owned()),
        Event::Decl(_) | Event::Comment(_) | Event::PI(_) => Seen::Other,
    })
}

/// Which schema the root element belongs to, and the prefix that its namespace has.
fn root_of(tag: &BytesStart<'_>) -> Result<(&'static Schema, String), Result<VedleggError, String>> {
    let mut prefixes = Prefixes::default();
    let (prefix, name) = prefixes.enter(1, tag).map_err(|defect| Err(format!("{defect:?}")))?;
    let namespace = prefixes.namespace(prefix).unwrap_or_default();
    let schema = Schema::of(name, namespace).ok_or_else(|| {
        Ok(VedleggError::NotASkattemelding { name: name.to_owned(), namespace: namespace.to_owned() })
    })?;
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}:") };
    Ok((schema, prefix))
}

/// The elements, in the schema's order: id, file with its name and type.
fn written(vedlegg: &[VedleggIMelding], p: &str) -> String {
    let mut xml = String::new();
    for vedlegg in vedlegg {
        let (name, ending) = (escape(vedlegg.filnavn.as_str()), vedlegg.kind.ending());
        // Writing to a string cannot fail.
        let _ = write!(
            xml,
            "<{p}vedlegg><{p}id>{id}</{p}id><{p}vedleggsfil>\
             <{p}opprinneligFilnavn><{p}tekst>{name}</{p}tekst></{p}opprinneligFilnavn>\
             <{p}opprinneligFiltype><{p}tekst>{ending}</{p}tekst></{p}opprinneligFiltype>\
             </{p}vedleggsfil></{p}vedlegg>",
            id = vedlegg.id
        );
    }
    xml
}

/// Keeps what is consumed, until somebody takes it.
struct Recorded<R> {
    inner: R,
    record: Vec<u8>,
}

impl<R: BufRead> Read for Recorded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.len().min(out.len());
        out[..count].copy_from_slice(&self.fill_buf()?[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Recorded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // Filled already, so that looking at it again cannot fail.
        if let Ok(bytes) = self.inner.fill_buf() {
            self.record.extend_from_slice(&bytes[..count]);
        }
        self.inner.consume(count);
    }
}

#[cfg(test)]
mod tests;
