//! A krav as the sandbox knows it to be: what a test compares with what the client believes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::edition::Edition;
use super::request::KravRente;
use super::store::Krav;

/// A krav, and what is in force of it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KravSeen {
    /// Skatteetaten's id.
    pub kravidentifikator: String,
    /// The oppdragsgiver's id.
    pub oppdragsgivers_kravidentifikator: Option<String>,
    /// The edition that it was created in: `v1` or `2023`.
    pub edition: String,
    /// The kravtype.
    pub kravtype: String,
    /// As the mottaksstatus call tells it.
    pub mottaksstatus: String,
    /// In kroner.
    pub hovedstol: i64,
    /// All interest.
    pub renter: Vec<KravRente>,
    /// oppdragsgiversReferanse; in edition 2023 oppdragsgiversSaksnummer.
    pub referanse: String,
    /// Whether it is written off.
    pub avskrevet: bool,
}

impl KravSeen {
    pub(crate) fn of(krav: &Krav, now: Duration) -> Self {
        let edition = match krav.edition {
            Edition::V1 => "v1",
            Edition::Aar2023 => "2023",
        };
        KravSeen {
            kravidentifikator: krav.id.to_string(),
            oppdragsgivers_kravidentifikator: krav.own_id.as_deref().map(str::to_owned),
            edition: edition.to_owned(),
            kravtype: krav.kravtype.to_owned(),
            mottaksstatus: krav.life.at(now).mottaksstatus.to_owned(),
            hovedstol: krav.hovedstol,
            renter: krav.renter.iter().map(|rente| rente.told()).collect(),
            referanse: krav.referanse.to_string(),
            avskrevet: krav.avskrevet.is_some(),
        }
    }
}
