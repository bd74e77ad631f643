//! What was written once is read for ever, and is what is written today.

use super::super::flow::KINDS;
use super::{cover, samples};
use skattebro_ports::journal::Payload;
use std::collections::{BTreeMap, BTreeSet};

/// Frozen: lines are added, and never changed. A line that today's writer would not write again belongs to a new version.
const STORED: &str = include_str!("../../../../tests/stored/v1.jsonl");

/// Every line as its name and its payload.
fn stored() -> Vec<(String, Payload)> {
    let line = |line: &str| {
        let (name, payload) = line.split_once(PAYLOAD).expect(line);
        let name = serde_json::from_str(name.strip_prefix(NAME).expect(line)).expect(line);
        (name, Payload::new(payload.strip_suffix('}').expect(line)))
    };
    STORED.lines().map(line).collect()
}

const NAME: &str = r#"{"name":"#;
const PAYLOAD: &str = r#","payload":"#;

fn line(name: &str, payload: &Payload) -> String {
    format!("{NAME}{}{PAYLOAD}{}}}\n", serde_json::Value::from(name), payload.as_str())
}

#[test]
fn every_stored_record_is_read_as_what_it_was() {
    let samples: BTreeMap<_, _> = samples::all().into_iter().collect();
    for (name, payload) in stored() {
        // Of paths that other systems write.
        if name.contains("not Unicode") && cfg!(not(unix)) {
            continue;
        }
        let sample = samples.get(&name).unwrap_or_else(|| panic!("«{name}» is stored and no longer tested"));
        assert_eq!(sample.read_as(&payload).as_ref(), Ok(sample), "{name}");
    }
}

#[test]
fn what_is_written_today_is_what_is_stored() {
    let stored: BTreeMap<_, _> = stored().into_iter().collect();
    let mut missing = String::new();
    for (name, sample) in samples::all() {
        let today = sample.write();
        match stored.get(&name) {
            Some(then) => assert_eq!(today.as_str(), then.as_str(), "«{name}» is written otherwise now"),
            None => missing.push_str(&line(&name, &today)),
        }
    }
    assert!(missing.is_empty(), "append these lines to tests/stored/v1.jsonl:\n{missing}");
}

#[test]
fn every_variant_has_a_stored_record() {
    let stored: BTreeSet<_> = stored().into_iter().map(|(name, _)| name).collect();
    let has: BTreeSet<_> = samples::all()
        .iter()
        .filter(|(name, _)| stored.contains(name))
        .flat_map(|(_, sample)| cover::of(sample))
        .collect();
    let missing: Vec<_> = cover::expected().into_iter().filter(|name| !has.contains(name)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn no_two_records_have_the_same_name() {
    for names in [
        stored().into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
        samples::all().into_iter().map(|(name, _)| name).collect(),
    ] {
        let different: BTreeSet<_> = names.iter().collect();
        assert_eq!(different.len(), names.len());
    }
}

/// The kinds are open to other crates, so that no match can prove it.
#[test]
fn every_kind_of_error_that_the_domain_has_is_written() {
    let flow = include_str!("../../../../../domain/src/flow.rs");
    let (_, kinds) = flow.split_once("pub enum ErrorKind {").unwrap();
    let (kinds, _) = kinds.split_once('}').unwrap();
    let lines = kinds.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    let in_the_domain: BTreeSet<_> = lines.map(|line| line.trim_end_matches(',').to_owned()).collect();
    assert_eq!(in_the_domain, KINDS.iter().map(|(_, kind)| format!("{kind:?}")).collect());
}
