//! What the records of a case hold, as versioned JSON.
//!
//! Every payload is an object with `"v":1` and a member that says what it is: `{"v":1,"ask":"endre",…}`, `{"v":1,"act":…}`,
//! `{"v":1,"fact":…}`, `{"v":1,"content":"krav",…}`. Names are the API's where it has one. Times are RFC 3339, durations whole milliseconds,
//! a value that is not there is left out.
//!
//! A journal outlives the program that wrote it, so:
//! - **What was written stays readable.** `tests/stored/v1.jsonl` holds a record of every kind ever written; they are never edited.
//! - Members that are not known are passed over: within a version, a newer program may add some. What an older program must not do
//!   without, such as a field of a krav that is sent, needs a new version.
//! - A newer version, an unknown kind and a broken value are [`Unreadable`]; none of it is guessed.
//! - **Everything is kept as it was asked**, right or wrong. That is why a krav is not written by `codec`: the API's body has no place for
//!   what breaks its rules, and it changes when the API does.

pub(crate) mod filing;
mod flow;
pub(crate) mod innsending;
mod json;
pub(crate) mod krav;
mod values;

#[cfg(test)]
mod tests;

use json::{Fields, Object, Read, Wrong, object, owned};
use serde_json::Value;
use skattebro_domain::masking;
use skattebro_ports::journal::Payload;
use std::fmt;

/// The version that is written, and the newest that is read.
const VERSION: u64 = 1;

/// That this program cannot read a record. Says what of it, and never what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreadable(String);

impl Unreadable {
    /// Made of nothing but the program's own words, so that no content can get into it.
    fn new(what: &'static str, wrong: &Wrong) -> Self {
        Self(format!("{what} cannot be read: {wrong}"))
    }
}

/// Who asked, and why: kept beside an ask.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) by: Option<String>,
    pub(crate) grunn: String,
}

/// A person wrote it, and may have written of a person.
impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Said")
            .field("by", &self.by.as_deref().map(masking::mask))
            .field("grunn", &masking::mask(&self.grunn))
            .finish()
    }
}

/// Who asked, and why, if that was written down and can be read. It decides nothing, so it is no error if it cannot.
pub(crate) fn read_said(ask: &Payload) -> Option<Said> {
    read(ask, "an ask", |record| record.maybe("said", object(said))).ok().flatten()
}

fn said(fields: Fields<'_>) -> Read<Said> {
    Ok(Said { by: fields.maybe("by", owned)?, grunn: fields.get("grunn", owned)? })
}

fn write_said(said: &Said) -> Object {
    let Said { by, grunn } = said;
    Object::new().maybe("by", by.as_deref()).with("grunn", grunn.as_str())
}

/// The beginning of a payload: what it is, and of which kind.
fn record(what: &'static str, kind: &'static str) -> Object {
    Object::new().with("v", VERSION).with(what, kind)
}

fn payload(record: Object) -> Payload {
    // Only maps with odd keys and failing `Serialize`s fail to be written, and there are none.
    Payload::new(serde_json::to_string(&record).unwrap_or_default())
}

/// Reads a payload of a version that is known.
fn read<T>(
    payload: &Payload,
    what: &'static str,
    read: impl FnOnce(Fields<'_>) -> Read<T>,
) -> Result<T, Unreadable> {
    let fields = |record: Fields<'_>| match record.get("v", json::number::<u64>)? {
        0 => Err(Wrong::new("is no version").within("v")),
        VERSION => read(record),
        _ => Err(Wrong::new("is of a newer version of this program").within("v")),
    };
    let value: Result<Value, Wrong> =
        serde_json::from_str(payload.as_str()).map_err(|error| Wrong::new(json::why_no_json(&error)));
    value.and_then(|value| object(fields)(&value)).map_err(|wrong| Unreadable::new(what, &wrong))
}
