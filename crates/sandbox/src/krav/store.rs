//! What the service remembers: one book for each oppdragsgiver, with an index for each kind of id.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::address::Address;
use super::edition::Edition;
use super::life::Life;
use super::request::Rente;
use crate::world::lock;

#[derive(Default)]
pub(crate) struct Store {
    books: RwLock<HashMap<String, Arc<Mutex<Book>>>>,
}

impl Store {
    /// The oppdragsgiver's krav, and nobody else's.
    pub(crate) fn book(&self, oppdragsgiver: &str) -> Arc<Mutex<Book>> {
        let known = self.books.read().unwrap_or_else(PoisonError::into_inner).get(oppdragsgiver).cloned();
        known.unwrap_or_else(|| {
            let mut books = self.books.write().unwrap_or_else(PoisonError::into_inner);
            books.entry(oppdragsgiver.to_owned()).or_default().clone()
        })
    }

    /// Looks at an oppdragsgiver's krav, oldest first.
    pub(crate) fn each<T>(&self, oppdragsgiver: &str, look: impl FnMut(&Krav) -> T) -> Vec<T> {
        lock(&self.book(oppdragsgiver)).krav.iter().map(look).collect()
    }
}

#[derive(Default)]
pub(crate) struct Book {
    krav: Vec<Krav>,
    by_id: HashMap<Uuid, usize>,
    /// Of rejected krav too: their ids stay taken.
    by_own_id: HashMap<Arc<str>, usize>,
}

impl Book {
    pub(crate) fn has_own_id(&self, own_id: &str) -> bool {
        self.by_own_id.contains_key(own_id)
    }

    pub(crate) fn find(&mut self, address: &Address) -> Option<&mut Krav> {
        let at = match address {
            Address::Skatteetatens(id) => self.by_id.get(id),
            Address::Oppdragsgivers(own_id) => self.by_own_id.get(own_id.as_str()),
        };
        self.krav.get_mut(*at?)
    }

    pub(crate) fn add(&mut self, krav: Krav) {
        let at = self.krav.len();
        self.by_id.insert(krav.id, at);
        if let Some(own_id) = &krav.own_id {
            self.by_own_id.insert(own_id.clone(), at);
        }
        self.krav.push(krav);
    }
}

/// A krav. Small: there may be hundreds of thousands. Without `Debug`: what was received names a person.
pub(crate) struct Krav {
    pub(crate) id: Uuid,
    pub(crate) own_id: Option<Arc<str>>,
    pub(crate) edition: Edition,
    pub(crate) kravtype: &'static str,
    pub(crate) life: Life,
    /// The creation as it was received.
    pub(crate) received: Box<str>,
    /// The transaction of the creation.
    pub(crate) transaksjonsid: Uuid,
    /// What is in force.
    pub(crate) hovedstol: i64,
    pub(crate) renter: Box<[Rente]>,
    pub(crate) referanse: Box<str>,
    pub(crate) amended: Vec<Received>,
    pub(crate) avskrevet: Option<Box<Received>>,
}

impl Krav {
    /// The transaction that set what is in force: the last amendment's of that kind, or the creation's.
    pub(crate) fn set_by(&self, kind: Kind) -> Uuid {
        let last = self.amended.iter().rev().find(|received| received.kind == kind);
        last.map_or(self.transaksjonsid, |received| received.transaksjonsid)
    }

    /// The creation, read again.
    pub(crate) fn as_received(&self) -> Value {
        serde_json::from_str(&self.received).unwrap_or_default()
    }
}

/// A request that changed something, as it was received.
pub(crate) struct Received {
    pub(crate) kind: Kind,
    /// Compact JSON.
    pub(crate) body: Box<str>,
    pub(crate) at: Duration,
    pub(crate) transaksjonsid: Uuid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Hovedstol,
    Renter,
    Referanse,
    Avskriving,
}
