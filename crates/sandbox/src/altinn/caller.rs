//! Who calls, as the token says. Nothing is verified.

use axum::http::{HeaderMap, header};
use serde_json::Value;

use crate::identifikator::Identifikator;
use crate::organisation::{self, jwt_payload};

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A machine that an organisation has let act for it.
    Systembruker {
        /// That organisation.
        orgnr: Identifikator,
    },
    /// Somebody who signed in with ID-porten.
    Person {
        /// Their number.
        pid: Identifikator,
    },
    /// A machine that acts for the organisation it belongs to.
    Organisation {
        /// That organisation.
        orgnr: Identifikator,
    },
    /// A token that names nobody; it passes for a person who may do everything.
    Unknown,
}

impl Caller {
    /// Whether no person stands behind the call.
    pub(crate) fn is_machine(&self) -> bool {
        matches!(self, Caller::Systembruker { .. } | Caller::Organisation { .. })
    }

    /// Whether it may act for this party. A person may act for any organisation.
    pub(crate) fn may_act_for(&self, party: &Identifikator) -> bool {
        match self {
            Caller::Systembruker { orgnr } | Caller::Organisation { orgnr } => orgnr == party,
            Caller::Person { pid } => pid == party || !party.is_person(),
            Caller::Unknown => true,
        }
    }

    /// What it is, without a number.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Caller::Systembruker { .. } => "systembruker",
            Caller::Organisation { .. } => "organisasjon",
            Caller::Person { .. } | Caller::Unknown => "person",
        }
    }

    pub(crate) fn number(&self) -> Option<&Identifikator> {
        match self {
            Caller::Systembruker { orgnr } | Caller::Organisation { orgnr } => Some(orgnr),
            Caller::Person { pid } => Some(pid),
            Caller::Unknown => None,
        }
    }

    /// The party that is the caller itself; for a token that names nobody the organisation that other
    /// calls take it to be of.
    pub(crate) fn party(&self, headers: &HeaderMap) -> Option<Identifikator> {
        self.number().cloned().or_else(|| Identifikator::parse(&organisation::of(headers)))
    }
}

/// The caller that the request's token names.
pub(crate) fn caller(headers: &HeaderMap) -> Caller {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let payload =
        token.and_then(|value| value.split_once(' ')).and_then(|(_, token)| jwt_payload(token.trim()));
    payload.map_or(Caller::Unknown, |payload| claimed(&payload))
}

fn claimed(payload: &Value) -> Caller {
    let number = |at: &str| payload.pointer(at).and_then(Value::as_str);
    let orgnr = |at: &str| number(at).and_then(|id| Identifikator::parse(id.strip_prefix("0192:")?));
    if let Some(pid) = number("/pid").and_then(Identifikator::parse).filter(Identifikator::is_person) {
        return Caller::Person { pid };
    }
    if let Some(orgnr) = orgnr("/authorization_details/0/systemuser_org/ID") {
        return Caller::Systembruker { orgnr };
    }
    orgnr("/consumer/ID").map_or(Caller::Unknown, |orgnr| Caller::Organisation { orgnr })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn number(text: &str) -> Identifikator {
        Identifikator::parse(text).unwrap()
    }

    #[test]
    fn the_claims_name_the_caller() {
        let org = json!({"consumer": {"ID": "0192:974761076"}});
        let mut system = org.clone();
        system["authorization_details"] = json!([{"systemuser_org": {"ID": "0192:310817074"}}]);
        for (payload, expected) in [
            (json!({"pid": "41019000077"}), Caller::Person { pid: number("41019000077") }),
            (system, Caller::Systembruker { orgnr: number("310817074") }),
            (org, Caller::Organisation { orgnr: number("974761076") }),
            (json!({"pid": "974761076"}), Caller::Unknown),
            (json!({"consumer": {"ID": "974761076"}}), Caller::Unknown),
        ] {
            assert_eq!(claimed(&payload), expected, "{payload}");
        }
    }

    #[test]
    fn a_person_acts_for_organisations_and_a_machine_for_its_own() {
        let (org, other) = (number("974761076"), number("310817074"));
        let (person, stranger) = (number("41019000077"), number("01019000083"));
        let caller = Caller::Person { pid: person.clone() };
        assert!(caller.may_act_for(&person) && caller.may_act_for(&org) && !caller.may_act_for(&stranger));
        let machine = Caller::Systembruker { orgnr: org.clone() };
        assert!(machine.may_act_for(&org) && !machine.may_act_for(&other) && !machine.may_act_for(&person));
        assert!(Caller::Unknown.may_act_for(&stranger) && !Caller::Unknown.is_machine());
    }
}
