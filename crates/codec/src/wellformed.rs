//! Rules of XML 1.0 and its namespaces that quick-xml leaves to its user.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart};
use skattebro_domain::Defect;

/// Which namespace prefixes are declared where. Costs nothing in a document that uses none.
#[derive(Debug, Default)]
pub(crate) struct Prefixes {
    /// Depth of the declaring element, prefix, namespace. The empty prefix is the default namespace.
    declared: Vec<(usize, String, String)>,
}

impl Prefixes {
    /// Checks a start tag at `depth` and remembers what it declares. Returns its prefix, which is empty if it has none, and its local name.
    pub(crate) fn enter<'t>(
        &mut self,
        depth: usize,
        tag: &'t BytesStart<'_>,
    ) -> Result<(&'t str, &'t str), Defect> {
        let name = tag.name().0;
        let colon = check_name(name)?;
        if !tag.attributes_raw().trim_ascii().is_empty() {
            self.attributes(depth, tag)?;
        }
        match colon {
            Some(colon) => {
                let (prefix, local) = (&name[..colon], &name[colon + 1..]);
                self.check_declared(prefix)?;
                Ok((prefix, local))
            }
            None => Ok(("", name)),
        }
    }

    fn attributes(&mut self, depth: usize, tag: &BytesStart<'_>) -> Result<(), Defect> {
        let mut used = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| Defect::Malformed(error.to_string()))?;
            let name = attribute.key.0;
            check_name(name)?;
            if attribute.value.contains('<') {
                return Err(Defect::Malformed(format!("«<» in the value of the attribute {name}")));
            }
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| Defect::Malformed(format!("in the attribute {name}: {error}")))?;
            check_text(&value)?;
            match name.split_once(':') {
                None if name == "xmlns" => {
                    self.declared.push((depth, String::new(), value.into_owned()));
                }
                Some(("xmlns", prefix)) => self.declared.push((depth, prefix.to_owned(), value.into_owned())),
                Some((prefix, _)) => used.push(prefix.to_owned()),
                None => {}
            }
        }
        used.iter().try_for_each(|prefix| self.check_declared(prefix))
    }

    fn check_declared(&self, prefix: &str) -> Result<(), Defect> {
        if prefix == "xml" || self.namespace(prefix).is_some() {
            Ok(())
        } else {
            Err(Defect::Malformed(format!("the namespace prefix «{prefix}» is not declared")))
        }
    }

    /// The namespace that `prefix` stands for here.
    pub(crate) fn namespace(&self, prefix: &str) -> Option<&str> {
        self.declared.iter().rev().find(|(_, declared, _)| declared == prefix).map(|(_, _, uri)| uri.as_str())
    }

    /// Forgets what an element at `depth` declared.
    pub(crate) fn leave(&mut self, depth: usize) {
        while self.declared.last().is_some_and(|(declared_at, ..)| *declared_at >= depth) {
            self.declared.pop();
        }
    }
}

/// Checks a name, and returns where its colon is.
fn check_name(name: &str) -> Result<Option<usize>, Defect> {
    let bytes = name.as_bytes();
    let begins = bytes.first().is_some_and(|first| CLASSES[usize::from(*first)] & NAME_BEGINS != 0);
    let seen = bytes.iter().fold(NAME_GOES_ON, |seen, byte| seen & CLASSES[usize::from(*byte)]);
    let colon = memchr::memchr(b':', bytes);
    let is_last_or_doubled = |colon: usize| {
        let behind = &bytes[colon + 1..];
        behind.is_empty() || memchr::memchr(b':', behind).is_some()
    };
    if begins && seen & NAME_GOES_ON != 0 && !colon.is_some_and(is_last_or_doubled) {
        Ok(colon)
    } else {
        Err(Defect::Malformed(format!("«{name}» is not a name")))
    }
}

/// Refuses characters that XML 1.0 cannot carry, and `]]>` outside CDATA.
pub(crate) fn check_text(text: &str) -> Result<(), Defect> {
    let classes = classes(text);
    check_classes(text, classes)?;
    if classes & BRACKET != 0 && memchr::memmem::find(text.as_bytes(), b"]]>").is_some() {
        return Err(Defect::Malformed("«]]>» in a text".to_owned()));
    }
    Ok(())
}

/// Refuses characters that XML 1.0 cannot carry.
pub(crate) fn check_characters(text: &str) -> Result<(), Defect> {
    check_classes(text, classes(text))
}

fn check_classes(text: &str, classes: u8) -> Result<(), Defect> {
    if classes & CONTROL != 0
        && let Some(byte) = text.bytes().find(|byte| CLASSES[usize::from(*byte)] & CONTROL != 0)
    {
        return Err(Defect::Malformed(format!("the control character U+{byte:04X}")));
    }
    // U+FFFE and U+FFFF are the only others, and begin with a byte that is rare in Norwegian text.
    if classes & MAYBE_NO_CHARACTER != 0 && text.contains(['\u{fffe}', '\u{ffff}']) {
        return Err(Defect::Malformed("a character that XML cannot carry".to_owned()));
    }
    Ok(())
}

/// A character that XML 1.0 cannot carry.
const CONTROL: u8 = 1;
/// The first byte of others that it cannot carry.
const MAYBE_NO_CHARACTER: u8 = 2;
/// What ends a CDATA section begins so.
const BRACKET: u8 = 4;
const NAME_BEGINS: u8 = 8;
const NAME_GOES_ON: u8 = 16;

/// What each byte may be.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let this = byte as u8;
        let begins = this.is_ascii_alphabetic() || this == b'_' || this >= 0x80;
        let goes_on = begins || this.is_ascii_digit() || matches!(this, b'-' | b'.' | b':');
        let is_control = this < b' ' && !matches!(this, b'\t' | b'\n' | b'\r');
        let members = [
            (is_control, CONTROL),
            (this == 0xef, MAYBE_NO_CHARACTER),
            (this == b']', BRACKET),
            (begins, NAME_BEGINS),
            (goes_on, NAME_GOES_ON),
        ];
        let mut nr = 0;
        while nr < members.len() {
            if members[nr].0 {
                classes[byte] |= members[nr].1;
            }
            nr += 1;
        }
        byte += 1;
    }
    classes
};

/// The classes of all bytes of a text together.
fn classes(text: &str) -> u8 {
    text.bytes().fold(0, |seen, byte| seen | CLASSES[usize::from(byte)])
}

/// The character that a reference in a text stands for.
pub(crate) fn resolve(reference: &BytesRef<'_>) -> Result<String, Defect> {
    let name = reference.xml10_content();
    match reference.resolve_char_ref() {
        Ok(Some(character)) => {
            let text = character.to_string();
            check_characters(&text)?;
            Ok(text)
        }
        Ok(None) => match resolve_predefined_entity(&name) {
            Some(text) => Ok(text.to_owned()),
            None => Err(Defect::UnknownEntity(name.chars().take(60).collect())),
        },
        Err(error) => Err(Defect::Malformed(format!("the reference «&{name};»: {error}"))),
    }
}
