use super::json::{Kind, Node};
use super::reader::{Reader, Strictness};
use serde::de::DeserializeOwned;
use serde_json::Value;
use skattebro_domain::krav::{
    Avstemming, Detaljer, Edition, Endring, Innkrevingsoppdrag, Kravlinje, Mottak, Mottatt, Valideringsfeil,
};
use skattebro_domain::{Finding, Invalid, Kravidentifikator, Place, Transaksjonsid, masking};
use std::str::FromStr;
use wire::{
    AvstemmingWire, EndringWire, FeilWire, MottakWire, OpprettetWire, TransaksjonWire, ValideringsfeilWire,
};

/// Why an answer about a krav could not be read.
///
/// Says nothing about what happened at the service; whoever made the call knows that. Shows no personal number whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer to {call} cannot be read: {why}")]
pub struct AnswerError {
    call: &'static str,
    why: String,
}

impl AnswerError {
    fn new(call: &'static str, why: &str) -> Self {
        Self { call, why: masking::mask(why) }
    }

    /// The call that was answered.
    pub fn call(&self) -> &'static str {
        self.call
    }

    /// What is wrong with the answer.
    pub fn why(&self) -> &str {
        &self.why
    }
}

/// The id of a krav that was created.
///
/// # Errors
/// If there is none that can be used.
pub fn read_opprettet(json: &[u8]) -> Result<Kravidentifikator, AnswerError> {
    const CALL: &str = "opprett";
    let answer: OpprettetWire = parse(CALL, json)?;
    id(CALL, "kravidentifikator", &answer.kravidentifikator)
}

/// The id of a change or write-off. `None` if the answer has none: edition 2023 gives none, and may answer with nothing or anything.
///
/// # Errors
/// If there is one and it cannot be used.
pub fn read_transaksjon(json: &[u8]) -> Result<Option<Transaksjonsid>, AnswerError> {
    const CALL: &str = "a change";
    let Ok(TransaksjonWire { transaksjonsid, .. }) = serde_json::from_slice(json) else { return Ok(None) };
    match transaksjonsid {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => id(CALL, "transaksjonsid", &text).map(Some),
        Some(_) => Err(AnswerError::new(CALL, "transaksjonsid is not a text")),
    }
}

/// How far a krav has come. A status that is not known here is kept; a time that cannot be read is left out.
///
/// # Errors
/// If it is not such an answer, or its kravidentifikator is none.
pub fn read_mottak(json: &[u8]) -> Result<Mottak, AnswerError> {
    const CALL: &str = "mottaksstatus";
    let answer: MottakWire = parse(CALL, json)?;
    let Ok(mottaksstatus) = answer.mottaksstatus.parse();
    Ok(Mottak {
        kravidentifikator: id(CALL, "kravidentifikator", &answer.kravidentifikator)?,
        oppdragsgivers_kravidentifikator: own_id(answer.oppdragsgivers_kravidentifikator.as_deref()),
        mottaksstatus,
        status_oppdatert: answer
            .status_oppdatert
            .as_ref()
            .and_then(Value::as_str)
            .and_then(|t| t.parse().ok()),
    })
}

/// What the asynchronous validation found; an object with the list or the bare list.
///
/// # Errors
/// If there is no list. Only a list that is there and empty says that nothing was found.
pub fn read_valideringsfeil(json: &[u8]) -> Result<Vec<Valideringsfeil>, AnswerError> {
    const CALL: &str = "valideringsfeil";
    let answer: Value = parse(CALL, json)?;
    let answer = serde_json::from_value(answer)
        .map_err(|_| AnswerError::new(CALL, "it has no list of objects with the texts error and message"))?;
    let (ValideringsfeilWire::Object { valideringsfeil, .. } | ValideringsfeilWire::List(valideringsfeil)) =
        answer;
    let feil = |FeilWire { error, message, .. }| Valideringsfeil {
        error: error.unwrap_or_default(),
        message: message.unwrap_or_default(),
    };
    Ok(valideringsfeil.into_iter().map(feil).collect())
}

/// What Skatteetaten has received about a krav. Both spellings of periods are read.
///
/// # Errors
/// If it is not such an answer, or the krav or a change of a known kind in it cannot be read.
pub fn read_avstemming(json: &[u8]) -> Result<Avstemming, AnswerError> {
    let answer: AvstemmingWire = parse(AVSTEMMING, json)?;
    let opprinnelig = answer.opprinnelig_innkrevingsoppdrag.map(|opprinnelig| {
        let innhold = mottatt_krav(&opprinnelig.mottatt_innkrevingsoppdrag)?;
        mottatt(innhold, opprinnelig.mottatt_tidspunkt.as_ref(), None)
    });
    let mut lists = answer.endringer.unwrap_or_default();
    let mut endringer = Vec::new();
    for kind in ["hovedstol", "renter", "oppdragsgiversReferanse"] {
        for endring in received(kind, lists.remove(kind))? {
            let innhold = mottatt_endring(kind, &endring.mottatt_endring)?;
            endringer.push(mottatt(innhold, endring.mottatt_tidspunkt.as_ref(), endring.transaksjonsid)?);
        }
    }
    let avskriving = answer
        .avskriving
        .map(|avskriving| mottatt((), avskriving.mottatt_tidspunkt.as_ref(), avskriving.transaksjonsid));
    Ok(Avstemming {
        kravidentifikator: id(AVSTEMMING, "kravidentifikator", &answer.kravidentifikator)?,
        oppdragsgivers_kravidentifikator: own_id(answer.oppdragsgivers_kravidentifikator.as_deref()),
        opprinnelig: opprinnelig.transpose()?,
        endringer,
        andre_endringer: lists.values().filter_map(Value::as_array).map(Vec::len).sum(),
        avskriving: avskriving.transpose()?,
    })
}

/// The details of a krav: its lines, as far as they are where they were last seen, and the whole as it came.
///
/// # Errors
/// If it is not JSON.
pub fn read_detaljer(json: &[u8]) -> Result<Detaljer, AnswerError> {
    const CALL: &str = "the look at a krav";
    let text = std::str::from_utf8(json).map_err(|_| AnswerError::new(CALL, "it is not UTF-8"))?;
    let node = Node::parse(text)
        .map_err(|error| AnswerError::new(CALL, &format!("it is not JSON: {}", error.why)))?;
    let lines = match node.get("kravlinjer").map(|lines| &lines.kind) {
        Some(Kind::List(lines)) => lines.as_slice(),
        _ => &[],
    };
    let line = |line: &Node<'_>| Kravlinje {
        kravlinjetype: line.get("kravlinjetype").and_then(plain).unwrap_or_default(),
        opprinnelig_beloep: line.get("opprinneligBeloep").and_then(kroner),
        gjenstaaende_beloep: line.get("gjenstaaendeBeloep").and_then(kroner),
    };
    Ok(Detaljer { kravlinjer: lines.iter().map(line).collect(), json: text.to_owned() })
}

const AVSTEMMING: &str = "avstemming";

/// An amount, alone or with its currency.
fn kroner(node: &Node<'_>) -> Option<String> {
    match node.kind {
        Kind::Object(_) => node.get("beloep").and_then(plain),
        _ => plain(node),
    }
}

/// A text, or a number with its digits.
fn plain(node: &Node<'_>) -> Option<String> {
    match &node.kind {
        Kind::Text(text) => Some(text.clone()),
        Kind::Number => Some(node.raw().to_owned()),
        _ => None,
    }
}

fn parse<T: DeserializeOwned>(call: &'static str, json: &[u8]) -> Result<T, AnswerError> {
    if json.trim_ascii().is_empty() {
        return Err(AnswerError::new(call, "it is empty"));
    }
    serde_json::from_slice(json).map_err(|error| AnswerError::new(call, &error.to_string()))
}

fn id<T: FromStr<Err = Invalid>>(call: &'static str, field: &str, text: &str) -> Result<T, AnswerError> {
    text.parse().map_err(|invalid| AnswerError::new(call, &format!("{field}: {invalid}")))
}

/// An id that breaks today's rule is left out: krav from before the rule must still be followed, and their own kravidentifikator names them.
fn own_id<T: FromStr<Err = Invalid>>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| text.parse().ok())
}

fn mottatt<T>(
    innhold: T,
    tidspunkt: Option<&Value>,
    transaksjonsid: Option<String>,
) -> Result<Mottatt<T>, AnswerError> {
    let tidspunkt = match tidspunkt {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let transaksjonsid = transaksjonsid.map(|text| id(AVSTEMMING, "transaksjonsid", &text)).transpose()?;
    Ok(Mottatt { innhold, tidspunkt_utc: tidspunkt.parse().ok(), tidspunkt, transaksjonsid })
}

fn mottatt_krav(krav: &Value) -> Result<Innkrevingsoppdrag, AnswerError> {
    read("opprinneligInnkrevingsoppdrag", krav, |reader, node| reader.krav(node))
}

fn mottatt_endring(kind: &str, endring: &Value) -> Result<Endring, AnswerError> {
    read(&format!("endringer.{kind}"), endring, |reader, node| match kind {
        "hovedstol" => reader.beloep_in(node, "hovedstol").map(Endring::Hovedstol),
        "renter" => reader.renter_in(node, "renter").map(Endring::Renter),
        _ => reader.text_in(node, "nyOppdragsgiversReferanse").map(Endring::Referanse),
    })
}

fn read<T>(
    path: &str,
    value: &Value,
    with: impl FnOnce(&mut Reader<'_>, &Node<'_>) -> Option<T>,
) -> Result<T, AnswerError> {
    let text = value.to_string();
    let node = Node::parse(&text).map_err(|error| {
        AnswerError::new(AVSTEMMING, &format!("{path}: it cannot be read: {}", error.why))
    })?;
    let mut reader = Reader::new(&text, Place::START, Edition::V1, Strictness::Answer);
    let read = with(&mut reader, &node);
    reader.end(read).map_err(|findings| {
        let why = findings.first().map(|Finding { field, message, .. }| format!("{field}: {message}"));
        AnswerError::new(AVSTEMMING, &format!("{path}: {}", why.unwrap_or_default()))
    })
}

fn received(kind: &str, list: Option<Value>) -> Result<Vec<EndringWire>, AnswerError> {
    let list: Option<Vec<EndringWire>> = serde_json::from_value(list.unwrap_or_default())
        .map_err(|error| AnswerError::new(AVSTEMMING, &format!("endringer.{kind}: {error}")))?;
    Ok(list.unwrap_or_default())
}

pub(super) mod wire;

#[cfg(test)]
mod tests;
