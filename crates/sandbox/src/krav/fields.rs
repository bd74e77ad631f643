//! Reading JSON field by field. What is wrong is told by the field's path and never by its value, which
//! may be a personal number.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// What is wrong with a request's form.
#[derive(Debug)]
pub(crate) struct Malformed(String);

impl Malformed {
    pub(crate) fn missing(path: &str) -> Self {
        Malformed(format!("Feltet {path} mangler"))
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Refusal::malformed(malformed.0)
    }
}

/// An object of the request. Fields that nobody asks for are of no importance.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'v> {
    map: &'v Map<String, Value>,
    /// Where it is in the request, with a final full stop.
    path: String,
}

impl<'v> Fields<'v> {
    /// The request's body.
    pub(crate) fn root(value: &'v Value) -> Result<Self, Malformed> {
        match value.as_object() {
            Some(map) => Ok(Fields { map, path: String::new() }),
            None => Err(Malformed("Forespørselen skal være et JSON-objekt".to_owned())),
        }
    }

    /// An object elsewhere than in its place.
    pub(crate) fn of(value: &'v Value, name: &str) -> Result<Self, Malformed> {
        match value.as_object() {
            Some(map) => Ok(Fields { map, path: format!("{name}.") }),
            None => Err(Malformed(format!("Feltet {name} skal være et objekt"))),
        }
    }

    /// The field, where it is there and not null.
    pub(crate) fn maybe(&self, name: &str) -> Option<&'v Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<&'v str, Malformed> {
        self.maybe_text(name)?.ok_or_else(|| self.missing(name))
    }

    pub(crate) fn maybe_text(&self, name: &str) -> Result<Option<&'v str>, Malformed> {
        self.read(name, "en tekst", Value::as_str)
    }

    pub(crate) fn date(&self, name: &str) -> Result<Date, Malformed> {
        self.maybe_date(name)?.ok_or_else(|| self.missing(name))
    }

    pub(crate) fn maybe_date(&self, name: &str) -> Result<Option<Date>, Malformed> {
        self.read(name, "en dato på formen ÅÅÅÅ-MM-DD", |value| date(value.as_str()?))
    }

    pub(crate) fn object(&self, name: &str) -> Result<Fields<'v>, Malformed> {
        self.maybe_object(name)?.ok_or_else(|| self.missing(name))
    }

    pub(crate) fn maybe_object(&self, name: &str) -> Result<Option<Fields<'v>>, Malformed> {
        self.read(name, "et objekt", |value| {
            Some(Fields { map: value.as_object()?, path: format!("{}{name}.", self.path) })
        })
    }

    /// The objects of a list.
    pub(crate) fn maybe_objects(&self, name: &str) -> Result<Option<Vec<Fields<'v>>>, Malformed> {
        self.read(name, "en liste av objekter", |value| {
            let object = |(nr, item): (usize, &'v Value)| {
                Some(Fields { map: item.as_object()?, path: format!("{}{name}[{nr}].", self.path) })
            };
            value.as_array()?.iter().enumerate().map(object).collect()
        })
    }

    /// Whole kroner: the object itself is the amount.
    pub(crate) fn kroner(&self) -> Result<i64, Malformed> {
        self.one_of("valuta", &["NOK"])?;
        let kroner = self.read("beloep", "et heltall (hele kroner)", Value::as_i64)?;
        kroner.ok_or_else(|| self.missing("beloep"))
    }

    /// One of the words.
    pub(crate) fn one_of(&self, name: &str, words: &[&str]) -> Result<&'v str, Malformed> {
        let known = |value: &'v Value| value.as_str().filter(|text| words.contains(text));
        let found = self.read(name, &format!("en av {}", words.join(", ")), known)?;
        found.ok_or_else(|| self.missing(name))
    }

    pub(crate) fn missing(&self, name: &str) -> Malformed {
        Malformed::missing(&format!("{}{name}", self.path))
    }

    fn read<T>(
        &self,
        name: &str,
        what: &str,
        read: impl FnOnce(&'v Value) -> Option<T>,
    ) -> Result<Option<T>, Malformed> {
        let Some(value) = self.maybe(name) else { return Ok(None) };
        let right = read(value);
        right.map(Some).ok_or_else(|| Malformed(format!("Feltet {}{name} skal være {what}", self.path)))
    }
}

/// Only the form of the contract: jiff reads more than that.
fn date(text: &str) -> Option<Date> {
    let form = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    let right = text.len() == 10 && text.bytes().enumerate().all(form);
    if right { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(value: &Value, read: impl FnOnce(Fields<'_>) -> Option<Malformed>) -> String {
        read(Fields::root(value).unwrap()).unwrap().into_text()
    }

    #[test]
    fn what_is_wrong_is_told_by_path() {
        let body = json!({"a": {"b": "01019000083"}, "l": [{"valuta": "NOK", "beloep": 9000.5}], "n": null});
        assert_eq!(
            told(&body, |f| f.object("a").unwrap().date("b").err()),
            "Feltet a.b skal være en dato på formen ÅÅÅÅ-MM-DD"
        );
        assert_eq!(
            told(&body, |f| f.maybe_objects("l").unwrap().unwrap()[0].kroner().err()),
            "Feltet l[0].beloep skal være et heltall (hele kroner)"
        );
        assert_eq!(told(&body, |f| f.text("n").err()), "Feltet n mangler");
    }

    #[test]
    fn dates_have_one_form() {
        assert!(date("2024-02-29").is_some());
        for bad in ["2023-02-29", "20240229", "2024-02-29T10:00", "2024-2-29", "2024-02-2å", ""] {
            assert!(date(bad).is_none(), "{bad}");
        }
    }
}
