//! Which krav a call is about: `kravidentifikatortype` says how to read the id.

use uuid::Uuid;

use super::edition::{Edition, Edition2023};
use super::refusal::{Refusal, ensure};
use super::{rule, rules};

pub(crate) const SKATTEETATENS: &str = "SKATTEETATENS_KRAVIDENTIFIKATOR";
const OPPDRAGSGIVERS: &str = "OPPDRAGSGIVERS_KRAVIDENTIFIKATOR";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Skatteetatens(Uuid),
    Oppdragsgivers(String),
}

impl Address {
    pub(crate) fn read(
        kravidentifikatortype: Option<&str>,
        id: &str,
        edition: Edition,
        switches: Edition2023,
    ) -> Result<Self, Refusal> {
        match kravidentifikatortype {
            Some(SKATTEETATENS) => uuid(id).map(Address::Skatteetatens).ok_or_else(|| {
                Refusal::new(&rule::UGYLDIG_KRAVIDENTIFIKATOR, "kravidentifikator er ikke en gyldig UUID")
            }),
            Some(OPPDRAGSGIVERS) => {
                let known = edition == Edition::V1 || switches.oppdragsgivers_id;
                ensure(known, &rule::UGYLDIG_KRAVIDENTIFIKATORTYPE, || {
                    format!("kravidentifikatortype={OPPDRAGSGIVERS} kan ikke brukes").into()
                })?;
                rules::own_id_is_right(id)?;
                Ok(Address::Oppdragsgivers(id.to_owned()))
            }
            Some(_) => Err(Refusal::malformed(format!(
                "kravidentifikatortype skal være {SKATTEETATENS} eller {OPPDRAGSGIVERS}"
            ))),
            None => Err(Refusal::malformed("kravidentifikatortype mangler")),
        }
    }
}

/// Only the form with hyphens: the library reads more than that.
fn uuid(id: &str) -> Option<Uuid> {
    if id.len() == 36 { Uuid::try_parse(id).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_have_one_form() {
        let id = "3f1c9f3e-6f0e-4a59-9a40-0e6a3b1f8c11";
        assert!(uuid(id).is_some() && uuid(&id.to_uppercase()).is_some());
        for bad in ["", "K-1", "3f1c9f3e6f0e4a599a400e6a3b1f8c11", &format!("{{{id}}}"), &id[1..]] {
            assert!(uuid(bad).is_none(), "{bad}");
        }
    }
}
