//! A JSON value that keeps what `serde_json::Value` loses: names given twice, the digits of numbers, the order, and where each value
//! stands.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Deeper than any request; every level is read once more, so it bounds the work as well.
const MOST_LEVELS: usize = 64;

#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) kind: Kind<'a>,
    raw: &'a str,
}

#[derive(Debug)]
pub(super) enum Kind<'a> {
    Null,
    Bool,
    Number,
    Text(String),
    List(Vec<Node<'a>>),
    /// All members in the order they stand, also those with the same name.
    Object(Vec<(String, Node<'a>)>),
}

#[derive(Debug)]
pub(super) struct JsonError {
    /// Bytes before the place where it was noticed.
    pub(super) offset: usize,
    pub(super) why: String,
    /// Whether more text could still make it JSON.
    pub(super) is_cut_off: bool,
    pub(super) is_too_deep: bool,
}

impl<'a> Node<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, JsonError> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| syntax(&error, text, text))?;
        Self::from_raw(raw.get(), text, 0)
    }

    fn from_raw(raw: &'a str, whole: &str, level: usize) -> Result<Self, JsonError> {
        if level > MOST_LEVELS {
            let why = format!("it is nested deeper than {MOST_LEVELS} levels");
            let offset = offset_in(raw, whole);
            return Err(JsonError { offset, why, is_cut_off: false, is_too_deep: true });
        }
        let failed = |error: serde_json::Error| syntax(&error, raw, whole);
        let kind = match raw.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(raw).map_err(failed)?;
                let node = |(name, raw): (String, &'a RawValue)| {
                    Ok((name, Self::from_raw(raw.get(), whole, level + 1)?))
                };
                Kind::Object(members.into_iter().map(node).collect::<Result<_, _>>()?)
            }
            Some(b'[') => {
                let items: Vec<&'a RawValue> = serde_json::from_str(raw).map_err(failed)?;
                let node = |raw: &'a RawValue| Self::from_raw(raw.get(), whole, level + 1);
                Kind::List(items.into_iter().map(node).collect::<Result<_, _>>()?)
            }
            Some(b'"') => Kind::Text(serde_json::from_str(raw).map_err(failed)?),
            Some(b'n') => Kind::Null,
            Some(b't' | b'f') => Kind::Bool,
            _ => Kind::Number,
        };
        Ok(Self { kind, raw })
    }

    /// The first member of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(member, _)| member == name).map(|(_, node)| node)
    }

    /// The members of an object; of anything else none.
    pub(super) fn members(&self) -> &[(String, Self)] {
        match &self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    /// Whether other values are in it.
    pub(super) fn has_parts(&self) -> bool {
        matches!(self.kind, Kind::List(_) | Kind::Object(_))
    }

    /// As it stands in the text.
    pub(super) fn raw(&self) -> &'a str {
        self.raw
    }

    /// Bytes of `whole`, which it was parsed from, before it.
    pub(super) fn offset_in(&self, whole: &str) -> usize {
        offset_in(self.raw, whole)
    }

    /// What kind of value it is, with its article.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool => "true or false",
            Kind::Number => "a number",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Object(_) => "an object",
        }
    }

    /// The same value on one line.
    pub(super) fn on_one_line(&self) -> String {
        let mut out = String::with_capacity(self.raw.len());
        self.write(&mut out, false);
        out
    }

    /// The same value on one line, its names sorted on every level.
    pub(super) fn canonical(&self) -> String {
        let mut out = String::with_capacity(self.raw.len());
        self.write(&mut out, true);
        out
    }

    fn write(&self, out: &mut String, sorted: bool) {
        match &self.kind {
            Kind::Null | Kind::Bool | Kind::Number => out.push_str(self.raw),
            Kind::Text(text) => out.push_str(&quoted(text)),
            Kind::List(items) => {
                for (number, item) in items.iter().enumerate() {
                    out.push(if number == 0 { '[' } else { ',' });
                    item.write(out, sorted);
                }
                out.push_str(if items.is_empty() { "[]" } else { "]" });
            }
            Kind::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                if sorted {
                    members.sort_by(|(a, _), (b, _)| a.cmp(b));
                }
                for (number, (name, node)) in members.iter().enumerate() {
                    out.push(if number == 0 { '{' } else { ',' });
                    out.push_str(&quoted(name));
                    out.push(':');
                    node.write(out, sorted);
                }
                out.push_str(if members.is_empty() { "{}" } else { "}" });
            }
        }
    }
}

/// `text` as a JSON text.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn offset_in(part: &str, whole: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len())
}

fn syntax(error: &serde_json::Error, part: &str, whole: &str) -> JsonError {
    let line_start: usize =
        part.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = offset_in(part, whole) + line_start + error.column().saturating_sub(1);
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or_default().to_owned();
    JsonError { offset: offset.min(whole.len()), why, is_cut_off: error.is_eof(), is_too_deep: false }
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(All).map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_order_doubled_names_and_places_are_kept() {
        let text = r#" {"b": 1.10, "a": [12345678901234567890123], "b": "\u00e6"} "#;
        let node = Node::parse(text).unwrap();
        assert_eq!(node.on_one_line(), r#"{"b":1.10,"a":[12345678901234567890123],"b":"æ"}"#);
        assert_eq!(node.get("a").unwrap().offset_in(text), text.find('[').unwrap());
        assert_eq!(
            Node::parse(r#"{"b":{"d":1e5,"c":{}},"a":[]}"#).unwrap().canonical(),
            r#"{"a":[],"b":{"c":{},"d":1e5}}"#
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, at, why, is_cut_off) in [
            ("{\"a\":1,}", 7, "key must be", false),
            ("{\"a\":1}\n  x", 10, "trailing characters", false),
            ("{\"a\":", 4, "EOF", true),
            ("{\"a\":{\"b\":\"\\ud800\"}}", 17, "escape", false),
            ("", 0, "EOF", true),
        ] {
            let error = Node::parse(text).unwrap_err();
            assert!(error.why.contains(why), "{text}: {error:?}");
            assert_eq!((error.offset, error.is_cut_off), (at, is_cut_off), "{text}: {error:?}");
        }
        assert!(Node::parse(&"[".repeat(1 << 20)).unwrap_err().is_cut_off);
        let deep = format!("{}{}", "[".repeat(1 << 19), "]".repeat(1 << 19));
        assert!(Node::parse(&deep).unwrap_err().is_too_deep);
    }

    proptest! {
        #[test]
        fn it_is_json_exactly_when_serde_says_so(text in "[\\[\\]{}:,\"a1.e\\\\u -]{0,24}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            match Node::parse(&text) {
                Ok(node) => {
                    let again: Result<serde_json::Value, _> = serde_json::from_str(&node.on_one_line());
                    prop_assert_eq!(again.ok(), theirs.ok());
                }
                Err(error) => {
                    prop_assert!(theirs.is_err(), "{:?}", error);
                    prop_assert!(error.offset <= text.len());
                }
            }
        }
    }
}
