use skattebro_domain::krav::machine::Ask;
use skattebro_domain::krav::{Endring, Innkrevingsoppdrag, KravId};
use std::sync::Arc;

/// What shall be done with one krav, in this order: created, changed any number of times, written off.
#[derive(Debug, Clone)]
pub struct KravOrder {
    pub(super) tag: Option<u64>,
    pub(super) existing: Option<KravId>,
    pub(super) asks: Vec<Ask>,
    pub(super) without_id: bool,
}

impl KravOrder {
    /// A krav to be created.
    pub fn opprett(oppdrag: Innkrevingsoppdrag) -> Self {
        Self { tag: None, existing: None, asks: vec![Ask::Opprett(Arc::new(oppdrag))], without_id: false }
    }

    /// A krav that was created before; say what shall be done with it.
    pub fn existing(id: KravId) -> Self {
        Self { tag: None, existing: Some(id), asks: Vec::new(), without_id: false }
    }

    /// And then this change.
    pub fn endre(mut self, endring: Endring) -> Self {
        self.asks.push(Ask::Endre(endring));
        self
    }

    /// And then the write-off.
    pub fn avskriv(mut self) -> Self {
        self.asks.push(Ask::Avskriv);
        self
    }

    /// Creates it even without an oppdragsgiversKravidentifikator. If the answer is lost, nobody can tell whether it was created.
    pub fn even_without_id(mut self) -> Self {
        self.without_id = true;
        self
    }

    /// Whatever the caller knows it by, such as a row number; its report has the same.
    pub fn tagged(mut self, tag: u64) -> Self {
        self.tag = Some(tag);
        self
    }

    /// The krav that is to be created, if that is part of the order.
    pub fn oppdrag(&self) -> Option<&Innkrevingsoppdrag> {
        match self.asks.first() {
            Some(Ask::Opprett(oppdrag)) => Some(oppdrag),
            _ => None,
        }
    }
}
