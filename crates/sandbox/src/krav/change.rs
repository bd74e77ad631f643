//! What the effects log notes of a krav: as little as can be, since there may be hundreds of thousands.

use std::sync::Arc;

use uuid::Uuid;

use super::request::{Amendment, Rente};
use super::store::Krav;
use crate::effects::What;

#[derive(Debug)]
pub(crate) struct KravChanged {
    krav: Uuid,
    own_id: Option<Arc<str>>,
    transaksjonsid: Uuid,
    change: Change,
}

#[derive(Debug)]
pub(crate) enum Change {
    Opprettet(i64),
    Hovedstol(i64),
    Renter(Box<[Rente]>),
    Referanse(Box<str>),
    Avskrevet,
}

impl From<&Amendment> for Change {
    fn from(amendment: &Amendment) -> Self {
        match amendment {
            Amendment::Hovedstol(beloep) => Change::Hovedstol(*beloep),
            Amendment::Renter(renter) => Change::Renter(renter.as_slice().into()),
            Amendment::Referanse(referanse) => Change::Referanse(referanse.as_str().into()),
        }
    }
}

impl KravChanged {
    pub(crate) fn new(krav: &Krav, transaksjonsid: Uuid, change: Change) -> Self {
        KravChanged { krav: krav.id, own_id: krav.own_id.clone(), transaksjonsid, change }
    }

    /// The same for those who read the log.
    pub(crate) fn told(&self) -> What {
        let kravidentifikator = self.krav.to_string();
        let oppdragsgivers_kravidentifikator = self.own_id.as_deref().map(str::to_owned);
        let transaksjonsid = self.transaksjonsid.to_string();
        match &self.change {
            Change::Opprettet(beloep) => What::KravOpprettet {
                kravidentifikator,
                oppdragsgivers_kravidentifikator,
                beloep: *beloep,
                transaksjonsid,
            },
            Change::Hovedstol(beloep) => What::HovedstolEndret {
                kravidentifikator,
                oppdragsgivers_kravidentifikator,
                beloep: *beloep,
                transaksjonsid,
            },
            Change::Renter(renter) => What::RenterEndret {
                kravidentifikator,
                oppdragsgivers_kravidentifikator,
                renter: renter.iter().map(|rente| rente.told()).collect(),
                transaksjonsid,
            },
            Change::Referanse(referanse) => What::ReferanseEndret {
                kravidentifikator,
                oppdragsgivers_kravidentifikator,
                referanse: referanse.to_string(),
                transaksjonsid,
            },
            Change::Avskrevet => {
                What::KravAvskrevet { kravidentifikator, oppdragsgivers_kravidentifikator, transaksjonsid }
            }
        }
    }
}
