use crate::base64_content::{Base64Content, ContentError};
use crate::error::CodecError;
use crate::source::Source;
use crate::wellformed::resolve;
use quick_xml::Reader;
use quick_xml::errors::Error as XmlError;
use quick_xml::events::Event;
use std::io::{self, BufRead, Read};

/// The largest tag, text or comment outside the documents.
const EVENT_BUDGET: u64 = 1 << 20;
/// The most text outside the documents in all. A hundred thousand avvik are a tenth of this.
const TEXT_BUDGET: u64 = 64 << 20;
const MAX_DEPTH: usize = 100;

/// What is told of an envelope as it is read. Paths are from below the root, by local names: `dokumenter/dokument/type`.
pub(crate) trait Visitor {
    /// Whether the element at `path` holds base64 that is to be streamed.
    fn is_content(&self, path: &str) -> bool;
    /// An element begins.
    fn enter(&mut self, path: &str);
    /// An element without elements in it, and its text.
    fn leaf(&mut self, path: &str, text: String) -> Result<(), CodecError>;
    /// The bytes of a streamed element. What is left unread is skipped.
    fn content(&mut self, bytes: &mut dyn Read) -> io::Result<()>;
    /// What that element is called in an error.
    fn content_name(&self) -> String;
    /// An element that had elements in it has ended.
    fn leave(&mut self, path: &str) -> Result<(), CodecError>;
}

/// Reads an envelope whose root has the local name `root`, and tells `visitor` of it.
///
/// Namespaces are not compared: a later version of the envelope is read as far as it is alike.
pub(crate) fn walk(source: impl BufRead, root: &str, visitor: &mut dyn Visitor) -> Result<(), CodecError> {
    Walk {
        reader: Reader::from_reader(Source::new(source)),
        open: Vec::new(),
        path: String::new(),
        text_bytes: 0,
    }
    .run(root, visitor)
}

struct Walk<R> {
    reader: Reader<Source<R>>,
    open: Vec<Open>,
    path: String,
    text_bytes: u64,
}

struct Open {
    /// The length of the path without this element.
    parent: usize,
    text: String,
    has_elements: bool,
}

impl<R: BufRead> Walk<R> {
    fn run(mut self, root: &str, visitor: &mut dyn Visitor) -> Result<(), CodecError> {
        let mut buffer = Vec::new();
        let mut seen_root = false;
        loop {
            buffer.clear();
            self.reader.get_mut().begin(EVENT_BUDGET);
            let event = match self.reader.read_event_into(&mut buffer) {
                Ok(event) => event,
                Err(error) => return Err(self.xml_error(error)),
            };
            match event {
                Event::Start(_) | Event::Empty(_) if seen_root && self.open.is_empty() => {
                    return Err(self.malformed("a second root element".to_owned()));
                }
                Event::Start(tag) => {
                    let name = tag.local_name().as_ref().to_owned();
                    if !seen_root && name != root {
                        return Err(CodecError::NotTheEnvelope(format!("its root element is <{name}>")));
                    }
                    if self.open.len() >= MAX_DEPTH {
                        return Err(self.malformed(format!("nested deeper than {MAX_DEPTH} levels")));
                    }
                    self.enter(&name, seen_root, visitor);
                    seen_root = true;
                    if visitor.is_content(&self.path) {
                        self.stream(visitor)?;
                    }
                }
                Event::Empty(tag) => {
                    let name = tag.local_name().as_ref().to_owned();
                    if !seen_root && name != root {
                        return Err(CodecError::NotTheEnvelope(format!("its root element is <{name}>")));
                    }
                    self.enter(&name, seen_root, visitor);
                    seen_root = true;
                    if visitor.is_content(&self.path) {
                        let kept = visitor.content(&mut io::empty());
                        kept.map_err(|source| sink_error(visitor, source))?;
                    }
                    self.leave(visitor)?;
                }
                Event::End(_) => self.leave(visitor)?,
                Event::Text(text) => self.text(&text.xml10_content(), seen_root)?,
                Event::CData(text) => self.text(&text.xml10_content(), seen_root)?,
                Event::GeneralRef(reference) => {
                    let text = resolve(&reference).map_err(|defect| self.malformed(format!("{defect:?}")))?;
                    self.text(&text, seen_root)?;
                }
                Event::DocType(_) => return Err(CodecError::NotTheEnvelope("it has a DTD".to_owned())),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof if !seen_root => return Err(CodecError::Empty),
                Event::Eof if !self.open.is_empty() => return Err(self.truncated()),
                Event::Eof => return Ok(()),
            }
        }
    }

    fn enter(&mut self, name: &str, below_root: bool, visitor: &mut dyn Visitor) {
        if let Some(parent) = self.open.last_mut() {
            parent.has_elements = true;
        }
        let parent = self.path.len();
        if below_root {
            if parent > 0 {
                self.path.push('/');
            }
            self.path.push_str(name);
        }
        self.open.push(Open { parent, text: String::new(), has_elements: false });
        visitor.enter(&self.path);
    }

    fn leave(&mut self, visitor: &mut dyn Visitor) -> Result<(), CodecError> {
        if let Some(element) = self.open.pop() {
            if element.has_elements {
                visitor.leave(&self.path)?;
            } else if !visitor.is_content(&self.path) {
                visitor.leaf(&self.path, element.text.trim().to_owned())?;
            }
            self.path.truncate(element.parent);
        }
        Ok(())
    }

    fn text(&mut self, text: &str, seen_root: bool) -> Result<(), CodecError> {
        match self.open.last_mut() {
            Some(element) => {
                self.text_bytes += text.len() as u64;
                if self.text_bytes > TEXT_BUDGET {
                    return Err(CodecError::TooMuchText(TEXT_BUDGET));
                }
                element.text.push_str(text);
                Ok(())
            }
            None if !seen_root && !text.trim().is_empty() => {
                Err(CodecError::NotTheEnvelope("it does not begin as XML does".to_owned()))
            }
            None => Ok(()),
        }
    }

    /// Hands the decoded text of the element just entered to the visitor, and leaves its end tag for the next event.
    fn stream(&mut self, visitor: &mut dyn Visitor) -> Result<(), CodecError> {
        self.reader.get_mut().refill(u64::MAX);
        let mut content = Content { bytes: Base64Content::new(self.reader.stream()), error: None };
        let kept = visitor.content(&mut content).and_then(|()| {
            io::copy(&mut content, &mut io::sink())?;
            Ok(())
        });
        match (content.error.take(), kept) {
            (Some(error), _) => Err(self.content_error(visitor.content_name(), error)),
            (None, Err(source)) => Err(sink_error(visitor, source)),
            (None, Ok(())) => self.expect_end(visitor.content_name()),
        }
    }

    /// Only the end tag may follow a base64 text: a comment or CDATA section inside it is not base64.
    fn expect_end(&mut self, dokumenttype: String) -> Result<(), CodecError> {
        let mut ahead = self.reader.stream();
        let next = ahead.fill_buf().map_err(CodecError::Source)?;
        // A buffer may end just behind the `<`; then the parser decides.
        match next {
            [b'<', b'/', ..] | [b'<'] | [] => Ok(()),
            _ => Err(CodecError::Base64 { dokumenttype, why: ContentError::Markup.to_string() }),
        }
    }

    fn content_error(&mut self, dokumenttype: String, error: io::Error) -> CodecError {
        match error.get_ref().and_then(|cause| cause.downcast_ref::<ContentError>()) {
            Some(ContentError::Truncated) => self.truncated(),
            Some(why) => CodecError::Base64 { dokumenttype, why: why.to_string() },
            None => CodecError::Source(error),
        }
    }

    fn malformed(&mut self, why: String) -> CodecError {
        CodecError::Malformed { place: self.reader.get_mut().begun(), why }
    }

    fn truncated(&mut self) -> CodecError {
        CodecError::Truncated(self.reader.get_mut().place())
    }

    fn xml_error(&mut self, error: XmlError) -> CodecError {
        let source = self.reader.get_mut();
        let place = source.place();
        match error {
            XmlError::Io(_) if source.budget_spent() => CodecError::Malformed {
                place,
                why: format!("a single value is larger than {EVENT_BUDGET} bytes"),
            },
            XmlError::Io(error) => CodecError::Source(crate::error::unshare(error)),
            XmlError::Syntax(_) | XmlError::Encoding(_) if source.at_end() && !self.open.is_empty() => {
                CodecError::Truncated(place)
            }
            other => CodecError::Malformed { place, why: other.to_string() },
        }
    }
}

fn sink_error(visitor: &dyn Visitor, source: io::Error) -> CodecError {
    CodecError::Sink { dokumenttype: visitor.content_name(), source }
}

/// A document that remembers its own error, so that it can be told from one of whoever stores it.
struct Content<S> {
    bytes: Base64Content<S>,
    error: Option<io::Error>,
}

impl<S: BufRead> Read for Content<S> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.error.is_some() {
            return Err(io::Error::other("the document could not be decoded"));
        }
        self.bytes.read(out).map_err(|error| {
            if error.kind() == io::ErrorKind::Interrupted {
                return error;
            }
            self.error = Some(error);
            io::Error::other("the document could not be decoded")
        })
    }
}
