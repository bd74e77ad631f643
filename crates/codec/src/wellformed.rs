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
    /// Checks a start tag at `depth` and remembers what it declares.
    pub(crate) fn enter(&mut self, depth: usize, tag: &BytesStart<'_>) -> Result<(), Defect> {
        check_name(tag.name().0)?;
        if !tag.attributes_raw().trim_ascii().is_empty() {
            self.attributes(depth, tag)?;
        }
        match tag.name().0.split_once(':') {
            Some((prefix, _)) => self.check_declared(prefix),
            None => Ok(()),
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

fn check_name(name: &str) -> Result<(), Defect> {
    let begins = |b: u8| b.is_ascii_alphabetic() || b == b'_' || b >= 0x80;
    let goes_on = |b: u8| begins(b) || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b':');
    let good = name.bytes().next().is_some_and(begins)
        && name.bytes().all(goes_on)
        && name.bytes().filter(|b| *b == b':').count() <= 1
        && !name.ends_with(':');
    if good { Ok(()) } else { Err(Defect::Malformed(format!("«{name}» is not a name"))) }
}

/// Refuses characters that XML 1.0 cannot carry, and `]]>` outside CDATA.
pub(crate) fn check_text(text: &str) -> Result<(), Defect> {
    check_characters(text)?;
    if memchr::memmem::find(text.as_bytes(), b"]]>").is_some() {
        return Err(Defect::Malformed("«]]>» in a text".to_owned()));
    }
    Ok(())
}

/// Refuses characters that XML 1.0 cannot carry.
pub(crate) fn check_characters(text: &str) -> Result<(), Defect> {
    let control = text.bytes().find(|b| *b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r'));
    if let Some(byte) = control {
        return Err(Defect::Malformed(format!("the control character U+{byte:04X}")));
    }
    // U+FFFE and U+FFFF are the only others, and begin with a byte that is rare in Norwegian text.
    if memchr::memchr(0xef, text.as_bytes()).is_some() && text.contains(['\u{fffe}', '\u{ffff}']) {
        return Err(Defect::Malformed("a character that XML cannot carry".to_owned()));
    }
    Ok(())
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
