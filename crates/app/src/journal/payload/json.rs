//! JSON, out and in. What is written keeps its order; what is read says where it is wrong without telling what stands there.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use std::fmt;
use std::str::FromStr;

/// A value to be written.
pub(super) enum Json {
    Text(String),
    Number(u64),
    Amount(i64),
    Flag(bool),
    List(Vec<Object>),
    Object(Object),
}

/// An object to be written, its members in the order they were given.
#[derive(Default)]
pub(super) struct Object(Vec<(&'static str, Json)>);

impl Object {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<Json>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// Leaves the member out if there is no value.
    pub(super) fn maybe(self, name: &'static str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Amount(amount) => serializer.serialize_i64(*amount),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Json {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<i64> for Json {
    fn from(amount: i64) -> Self {
        Self::Amount(amount)
    }
}

impl From<bool> for Json {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl From<Vec<Object>> for Json {
    fn from(items: Vec<Object>) -> Self {
        Self::List(items)
    }
}

/// What is wrong with a record, and where. Only words of this program's own: content does not fit in.
#[derive(Debug)]
pub(super) struct Wrong {
    /// From the inside out.
    path: Vec<&'static str>,
    why: &'static str,
}

pub(super) type Read<T> = Result<T, Wrong>;

impl Wrong {
    pub(super) fn new(why: &'static str) -> Self {
        Self { path: Vec::new(), why }
    }

    /// That the member says a kind of which nothing is known.
    pub(super) fn unknown(name: &'static str) -> Self {
        Self::new("is of a kind that this version of the program does not know").within(name)
    }

    pub(super) fn within(mut self, name: &'static str) -> Self {
        self.path.push(name);
        self
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return write!(f, "it {}", self.why);
        }
        for (number, name) in self.path.iter().rev().enumerate() {
            write!(f, "{}{name}", if number == 0 { "" } else { "." })?;
        }
        write!(f, " {}", self.why)
    }
}

/// Why a text is no JSON. The parser's own words may quote it.
pub(super) fn why_no_json(error: &serde_json::Error) -> &'static str {
    if error.is_eof() { "is cut off" } else { "is not JSON that can be read" }
}

/// The members of an object that is read.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// A member that must be there.
    pub(super) fn get<T>(self, name: &'static str, read: impl FnOnce(&'a Value) -> Read<T>) -> Read<T> {
        self.maybe(name, read)?.ok_or_else(|| Wrong::new("is missing").within(name))
    }

    /// A member that may be absent.
    pub(super) fn maybe<T>(
        self,
        name: &'static str,
        read: impl FnOnce(&'a Value) -> Read<T>,
    ) -> Read<Option<T>> {
        let value = self.0.get(name).filter(|value| !value.is_null());
        value.map(read).transpose().map_err(|wrong| wrong.within(name))
    }
}

pub(super) fn object<'a, T>(read: impl FnOnce(Fields<'a>) -> Read<T>) -> impl FnOnce(&'a Value) -> Read<T> {
    |value| match value {
        Value::Object(members) => read(Fields(members)),
        _ => Err(Wrong::new("must be an object")),
    }
}

pub(super) fn objects<'a, T>(read: impl Fn(Fields<'a>) -> Read<T>) -> impl FnOnce(&'a Value) -> Read<Vec<T>> {
    move |value| match value {
        Value::Array(items) => items.iter().map(|item| object(&read)(item)).collect(),
        _ => Err(Wrong::new("must be a list")),
    }
}

pub(super) fn text(value: &Value) -> Read<&str> {
    value.as_str().ok_or_else(|| Wrong::new("must be a text"))
}

pub(super) fn owned(value: &Value) -> Read<String> {
    text(value).map(str::to_owned)
}

/// A text of a type that says itself what it accepts.
pub(super) fn parsed<T: FromStr>(value: &Value) -> Read<T> {
    text(value)?.parse().map_err(|_| Wrong::new("is not a value of its kind"))
}

pub(super) fn flag(value: &Value) -> Read<bool> {
    value.as_bool().ok_or_else(|| Wrong::new("must be true or false"))
}

pub(super) fn number<T: TryFrom<u64>>(value: &Value) -> Read<T> {
    let number = value.as_u64().ok_or_else(|| Wrong::new("must be a whole number"))?;
    T::try_from(number).map_err(|_| Wrong::new("is too large"))
}

pub(super) fn amount(value: &Value) -> Read<i64> {
    value.as_i64().ok_or_else(|| Wrong::new("must be a whole amount"))
}
