//! Writing XML on one line

use std::fmt::{self, Write};

/// A piece of XML that grows at its end
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// An element whose contents `contents` appends
    pub(crate) fn element(&mut self, tag: &str, contents: impl FnOnce(&mut Self)) {
        self.open(tag);
        contents(self);
        self.close(tag);
    }

    /// A value that needs no escaping, in elements within each other
    pub(crate) fn value(&mut self, tags: &[&str], value: impl fmt::Display) {
        self.within(tags, |xml| {
            // Appending to a string does not fail.
            let _ = write!(xml.0, "{value}");
        });
    }

    /// Any text, in elements within each other
    pub(crate) fn text(&mut self, tags: &[&str], text: &str) {
        self.within(tags, |xml| {
            for character in text.chars() {
                match character {
                    '&' => xml.0.push_str("&amp;"),
                    '<' => xml.0.push_str("&lt;"),
                    '>' => xml.0.push_str("&gt;"),
                    other => xml.0.push(other),
                }
            }
        });
    }

    /// An amount, wrapped twice as the schemas have it
    pub(crate) fn amount(&mut self, tag: &str, amount: u64) {
        self.value(&[tag, "beloep", "beloep"], amount);
    }

    pub(crate) fn empty(&mut self, tag: &str) {
        self.0.push('<');
        self.0.push_str(tag);
        self.0.push_str("/>");
    }

    pub(crate) fn open_root(&mut self, tag: &str, namespace: &str) {
        let _ = write!(self.0, "<{tag} xmlns=\"{namespace}\">");
    }

    pub(crate) fn open(&mut self, tag: &str) {
        self.0.push('<');
        self.0.push_str(tag);
        self.0.push('>');
    }

    pub(crate) fn close(&mut self, tag: &str) {
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
    }

    fn within(&mut self, tags: &[&str], contents: impl FnOnce(&mut Self)) {
        tags.iter().for_each(|tag| self.open(tag));
        contents(self);
        tags.iter().rev().for_each(|tag| self.close(tag));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Forgets everything after the first `length` bytes, and keeps the memory for what comes next
    pub(crate) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_text_is_escaped_and_elements_close_in_reverse_order() {
        let mut xml = Xml::default();
        xml.text(&["navn", "tekst"], "Bø & Å <AS>");
        xml.amount("skatt", 12);
        assert_eq!(
            xml.into_string(),
            "<navn><tekst>Bø &amp; Å &lt;AS&gt;</tekst></navn><skatt><beloep><beloep>12</beloep></beloep></skatt>"
        );
    }
}
