//! Values that several records have.

use super::json::{Fields, Json, Object, Read, Wrong, object, text};
use serde_json::Value;
use skattebro_domain::Digest;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// In whole milliseconds, rounded up: no limit becomes shorter and no pause vanishes by being written down.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

pub(super) fn duration(value: &Value) -> Read<Duration> {
    super::json::number(value).map(Duration::from_millis)
}

/// An index or a count.
pub(super) fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

pub(super) fn digest(value: &Value) -> Read<Digest> {
    let bytes = text(value).ok().and_then(unhex).and_then(|bytes| bytes.try_into().ok());
    bytes.map(Digest).ok_or_else(|| Wrong::new("must be 64 hex digits"))
}

/// A path is a text, but for one that is not Unicode: a file whose name was bent on the way would be another file.
pub(super) fn write_path(path: &Path) -> Json {
    match path.to_str() {
        Some(text) => text.into(),
        None => native::write(path).into(),
    }
}

pub(super) fn path(value: &Value) -> Read<PathBuf> {
    match value {
        Value::String(text) => Ok(text.into()),
        _ => object(native::read)(value),
    }
}

#[cfg(unix)]
mod native {
    use super::*;
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    pub(super) fn write(path: &Path) -> Object {
        Object::new().with("bytes", hex(path.as_os_str().as_bytes()))
    }

    pub(super) fn read(fields: Fields<'_>) -> Read<PathBuf> {
        fields.get("bytes", hex_text).map(|bytes| OsString::from_vec(bytes).into())
    }
}

#[cfg(windows)]
mod native {
    use super::*;
    use std::ffi::OsString;
    use std::os::windows::ffi::{OsStrExt, OsStringExt};

    pub(super) fn write(path: &Path) -> Object {
        let bytes: Vec<u8> = path.as_os_str().encode_wide().flat_map(u16::to_be_bytes).collect();
        Object::new().with("utf16", hex(&bytes))
    }

    pub(super) fn read(fields: Fields<'_>) -> Read<PathBuf> {
        let bytes = fields.get("utf16", hex_text)?;
        let (units, rest) = bytes.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(Wrong::new("must be pairs of bytes").within("utf16"));
        }
        let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
        Ok(OsString::from_wide(&units).into())
    }
}

fn hex_text(value: &Value) -> Read<Vec<u8>> {
    unhex(text(value)?).ok_or_else(|| Wrong::new("must be hex digits"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        // A String takes everything.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}
