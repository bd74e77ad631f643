//! Records that this program cannot read: never a panic, and never what they hold in the error.

use super::any::any_kept;
use super::*;
use proptest::prelude::*;
use serde_json::{Map, json};

/// Stands where a value could be shown.
const SECRET: &str = "HEMMELIG 13895118960";

fn tells_nothing(error: &Unreadable) -> Result<(), TestCaseError> {
    let text = error.to_string();
    prop_assert!(text.contains(" cannot be read: "), "{text}");
    for secret in ["HEMMELIG", "13895118960", "974761076", "2026", "K-", "SAK-", "{", "\"", "\n"] {
        prop_assert!(!text.contains(secret), "{text}");
    }
    Ok(())
}

/// What can stand in the place of a value.
fn instead() -> Vec<Value> {
    let deep = (0..100).fold(json!(SECRET), |inner, _| json!([inner]));
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(1.5),
        json!(1e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!(SECRET),
        json!([]),
        json!([SECRET]),
        json!({}),
        json!({ SECRET: SECRET }),
        deep,
    ]
}

/// Every value in `value`, itself included, is replaced in turn by `with`, or removed.
fn each_replaced(value: &Value, with: Option<&Value>, tell: &mut dyn FnMut(Value)) {
    if let Some(with) = with {
        tell(with.clone());
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if with.is_none() {
                    let mut fewer = members.clone();
                    fewer.remove(name);
                    tell(Value::Object(fewer));
                }
                each_replaced(member, with, &mut |changed| {
                    let mut members = members.clone();
                    members.insert(name.clone(), changed);
                    tell(Value::Object(members));
                });
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                each_replaced(item, with, &mut |changed| {
                    let mut items = items.clone();
                    items[at] = changed;
                    tell(Value::Array(items));
                });
            }
        }
        _ => {}
    }
}

fn parsed(kept: &Kept) -> Value {
    serde_json::from_str(kept.write().as_str()).unwrap()
}

fn read_as(kept: &Kept, value: &Value) -> Result<Kept, Unreadable> {
    kept.read_as(&Payload::new(value.to_string()))
}

#[test]
fn a_value_of_another_type_in_any_place_is_an_error_that_tells_nothing() {
    for (name, kept) in samples::all() {
        let whole = parsed(&kept);
        for with in instead().iter().map(Some).chain([None]) {
            each_replaced(&whole, with, &mut |changed| {
                if let Err(error) = read_as(&kept, &changed) {
                    tells_nothing(&error).unwrap_or_else(|why| panic!("{name}: {why}"));
                }
            });
        }
    }
}

#[test]
fn a_record_that_is_cut_off_anywhere_is_an_error() {
    for (_, kept) in samples::all() {
        let payload = kept.write();
        let ends = payload.as_str().char_indices().map(|(at, _)| at);
        for end in ends {
            let error = kept.read_as(&Payload::new(&payload.as_str()[..end])).unwrap_err();
            assert!(error.to_string().ends_with("it is cut off"), "{error}");
        }
    }
}

#[test]
fn a_newer_version_is_left_to_a_newer_program() {
    for (name, kept) in samples::all() {
        for (version, says) in [
            (json!(2), "v is of a newer version of this program"),
            (json!(u64::MAX), "v is of a newer version of this program"),
            (json!(0), "v is no version"),
            (json!(1.0), "v must be a whole number"),
            (json!("1"), "v must be a whole number"),
            (json!(null), "v is missing"),
        ] {
            let mut newer = parsed(&kept);
            newer["v"] = version;
            let error = read_as(&kept, &newer).unwrap_err().to_string();
            assert!(error.ends_with(says), "{name}: {error}");
            assert_eq!(read_said(&Payload::new(newer.to_string())), None, "{name}");
        }
    }
}

#[test]
fn a_kind_that_is_not_known_is_said_to_be_one() {
    for (name, kept) in samples::all() {
        for what in ["content", "ask", "act", "fact"] {
            let mut unknown = parsed(&kept);
            let Some(kind) = unknown.get_mut(what).filter(|kind| kind.is_string()) else { continue };
            *kind = json!(SECRET);
            let error = read_as(&kept, &unknown).unwrap_err().to_string();
            let says = format!("{what} is of a kind that this version of the program does not know");
            assert!(error.ends_with(&says), "{name}: {error}");
        }
    }
}

#[test]
fn what_a_newer_program_adds_is_passed_over() {
    fn add(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.values_mut().for_each(add);
                members.insert("nytt".to_owned(), json!({ "liste": [1, 2.5, null] }));
            }
            Value::Array(items) => items.iter_mut().for_each(add),
            _ => {}
        }
    }
    for (name, kept) in samples::all() {
        let mut more = parsed(&kept);
        add(&mut more);
        assert_eq!(read_as(&kept, &more), Ok(kept), "{name}");
    }
}

#[test]
fn the_error_names_the_place() {
    let kept = Kept::KravAsk(machine::Ask::Opprett(std::sync::Arc::new(samples::krav())), Edition::V1, None);
    let says = |change: &dyn Fn(&mut Value)| {
        let mut changed = parsed(&kept);
        change(&mut changed);
        read_as(&kept, &changed).unwrap_err().to_string()
    };
    assert_eq!(
        says(&|ask| ask["krav"]["hovedstol"]["beloep"] = json!(1e300)),
        "an ask of a krav cannot be read: krav.hovedstol.beloep must be a whole amount"
    );
    assert_eq!(
        says(&|ask| ask["krav"]["hovedstol"]["valuta"] = json!("EUR")),
        "an ask of a krav cannot be read: krav.hovedstol.valuta is of a kind that this version of the program does not know"
    );
    assert_eq!(
        says(&|ask| ask["krav"] = Value::Object(Map::new())),
        "an ask of a krav cannot be read: krav.kravtype is missing"
    );
}

#[test]
fn nothing_that_is_no_record_makes_a_panic() {
    let deep = |open: &str, close: &str| {
        format!(r#"{{"v":1,"ask":{}{}}}"#, open.repeat(100_000), close.repeat(100_000))
    };
    let digits = "9".repeat(100_000);
    for text in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        SECRET.to_owned(),
        "\u{feff}{}".to_owned(),
        deep("[", "]"),
        deep(r#"{"a":"#, "}"),
        format!(r#"{{"v":{digits},"ask":"stop"}}"#),
        format!(r#"{{"v":1e{digits},"ask":"stop"}}"#),
        r#"{"v":1,"ask":"\ud800"}"#.to_owned(),
    ] {
        for (name, kept) in samples::all() {
            let error = kept.read_as(&Payload::new(text.as_str())).unwrap_err();
            tells_nothing(&error).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
    }
}

proptest! {
    #[test]
    fn a_record_of_another_kind_is_an_error_or_means_the_same(one in any_kept(), other in any_kept()) {
        if let Err(error) = one.read_as(&other.write()) {
            let text = error.to_string();
            prop_assert!(text.contains(" cannot be read: ") && !text.contains('"'), "{text}");
        }
    }

    #[test]
    fn a_changed_byte_never_makes_a_panic(kept in any_kept(), at: prop::sample::Index, byte in " -~") {
        let mut text: Vec<char> = kept.write().as_str().chars().collect();
        let at = at.index(text.len());
        text[at] = byte.chars().next().unwrap();
        let _ = kept.read_as(&Payload::new(text.into_iter().collect::<String>()));
    }
}
