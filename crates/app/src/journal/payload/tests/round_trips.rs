//! Of whatever value: what is written is read again.

use super::any::{any_kept, any_krav, any_path, any_said};
use super::*;
use crate::journal::payload::values::{duration, millis, path, write_path};
use proptest::prelude::*;
use skattebro_domain::krav::machine::{Act, Ask};
use std::sync::Arc;
use std::time::Duration;

proptest! {
    #[test]
    fn whatever_is_kept_is_read_again_as_it_was(kept in any_kept()) {
        let payload = kept.write();
        prop_assert_eq!(kept.read_as(&payload), Ok(kept));
    }

    #[test]
    fn a_krav_is_kept_exactly_however_wrong_it_is(krav in any_krav()) {
        let ask = Ask::Opprett(Arc::new(krav));
        for edition in [Edition::V1, Edition::Utgave2023] {
            prop_assert_eq!(krav::read_ask(&krav::write_ask(&ask, edition, None)), Ok(ask.clone()));
        }
    }

    #[test]
    fn a_payload_is_one_line_and_says_its_version_first(kept in any_kept()) {
        let payload = kept.write();
        let begins = payload.as_str().starts_with(r#"{"v":1,""#);
        prop_assert!(begins && !payload.as_str().contains(['\n', '\r']));
    }

    #[test]
    fn who_asked_and_why_is_read_of_any_ask(said in any_said()) {
        let ask = krav::write_ask(&Ask::Avskriv, Edition::V1, Some(&said));
        prop_assert_eq!(read_said(&ask), Some(said));
    }

    // `Path` holds "a//b" and "a/b" for the same, so that the texts are compared.
    #[test]
    fn a_path_is_kept_byte_for_byte(original in any_path()) {
        let written = serde_json::to_value(write_path(&original)).unwrap();
        let read = path(&written).unwrap();
        prop_assert_eq!(read.as_os_str(), original.as_os_str());
    }

    #[test]
    fn a_duration_never_becomes_shorter_and_never_by_more_than_a_millisecond_longer(
        seconds in 0..u64::MAX / 1000,
        nanos in 0u32..1_000_000_000,
    ) {
        let original = Duration::new(seconds, nanos);
        let read = duration(&millis(original).into()).unwrap();
        prop_assert!(read >= original && read - original < Duration::from_millis(1));
    }
}

#[test]
fn an_endless_duration_stays_as_good_as_endless() {
    assert_eq!(duration(&millis(Duration::MAX).into()).unwrap(), Duration::from_millis(u64::MAX));
}

#[test]
fn a_creation_is_written_without_its_krav_and_read_with_the_one_that_was_asked_for() {
    let act = Act::Opprett(Arc::new(samples::krav()));
    let payload = krav::write_act(&act);
    assert_eq!(payload.as_str(), r#"{"v":1,"act":"opprett"}"#);
    assert_eq!(krav::read_act(&payload, &flow(&act)), Ok(act));
}

#[test]
fn a_creation_that_nobody_asked_for_is_not_made_up() {
    let payload = krav::write_act(&Act::Opprett(Arc::new(samples::krav())));
    let mut flow = Krav::existing(samples::their_id(), KravRules::default(), Edition::V1.capabilities());
    let says = "an act of a krav cannot be read: it is a creation that nobody has asked for";
    assert_eq!(krav::read_act(&payload, &flow).unwrap_err().to_string(), says);
    flow.asked(Ask::Avskriv, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(krav::read_act(&payload, &flow).unwrap_err().to_string(), says);
}

#[test]
fn debug_shows_no_person() {
    let said = Said { by: Some("kari 13895118960".into()), grunn: "gjelder 13895118960".into() };
    let content = samples::filing_content();
    let input = filing::Input {
        name: "13895118960.xml".into(),
        path: Some("/inn/13895118960.xml".into()),
        ..content.skattemelding.unwrap()
    };
    let shown = format!("{said:?} {input:?}");
    assert!(shown.contains("138951*****") && !shown.contains("18960"), "{shown}");
}
