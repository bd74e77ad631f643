//! The body that creates a krav, in: its names, and what is wrong with one as a whole.

use super::json::{JsonError, Kind, Node};
use super::lines;
use super::reader::{Reader, Strictness};
use super::values::Wrong;
use skattebro_domain::krav::{Edition, Innkrevingsoppdrag};
use skattebro_domain::{Code, Finding, Place};

pub(super) const ERSTATTER: &str = "_erstatter";
pub(super) const AARSAKER: &str = "_aarsaker";
pub(super) const KRAVIDENTIFIKATOR: &str = "oppdragsgiversKravidentifikator";

/// What an edition calls the oppdragsgiver's reference.
pub(super) fn referanse(edition: Edition) -> &'static str {
    match edition {
        Edition::V1 => "oppdragsgiversReferanse",
        Edition::Utgave2023 => "oppdragsgiversSaksnummer",
    }
}

/// The other edition.
pub(super) fn other(edition: Edition) -> Edition {
    match edition {
        Edition::V1 => Edition::Utgave2023,
        Edition::Utgave2023 => Edition::V1,
    }
}

/// The body that creates a krav, as [`write_opprett`](super::write_opprett) writes it.
///
/// # Errors
/// Everything that is wrong with its form, at once, each with its place and field: fields that are missing, not known, given twice or
/// hold something else than belongs there. Whether the values are right is for [`check`](skattebro_domain::krav::rules::check).
pub fn read_opprett(json: &[u8], edition: Edition) -> Result<Innkrevingsoppdrag, Vec<Finding>> {
    let text = lines::text(json, Place::START).map_err(|finding| vec![*finding])?;
    let node = Node::parse(text).map_err(|error| vec![broken(&error, text, Place::START)])?;
    let mut reader = Reader::new(text, Place::START, edition, Strictness::Request);
    let krav = reader.krav(&node);
    reader.end(krav)
}

/// The oppdragsgiversKravidentifikator, if it is there once and a text.
pub(super) fn given_id(node: &Node<'_>) -> Option<String> {
    let mut given = node.members().iter().filter(|(name, _)| name == KRAVIDENTIFIKATOR);
    match (given.next().map(|(_, node)| &node.kind), given.next()) {
        (Some(Kind::Text(text)), None) => Some(text.clone()),
        _ => None,
    }
}

/// Whether a member is an annotation of the row that could be read.
pub(super) fn is_annotation(name: &str, node: &Node<'_>) -> bool {
    let is_text = |node: &Node<'_>| matches!(node.kind, Kind::Text(_));
    match (name, &node.kind) {
        (ERSTATTER | AARSAKER, Kind::Null) => true,
        (ERSTATTER, _) => is_text(node),
        (AARSAKER, Kind::List(items)) => items.iter().all(is_text),
        _ => false,
    }
}

/// JSON that is none, as a finding.
pub(super) fn broken(error: &JsonError, text: &str, start: Place) -> Finding {
    let place = lines::place(start, text, error.offset);
    if error.is_too_deep {
        let advice = "write the fields of the request and nothing else";
        return Wrong::new(Code::TooDeep, format!("this is no request: {}", error.why), advice).at(place);
    }
    let advice = if error.is_cut_off {
        "complete it; look whether the file was cut off"
    } else {
        "correct the JSON; it is best written by a program"
    };
    Wrong::new(Code::RowBroken, format!("this is not JSON: {}", error.why), advice).at(place)
}

#[cfg(test)]
mod tests;
