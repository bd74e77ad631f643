//! The krav of a [`FakeInnkreving`](super::FakeInnkreving).

use super::{FakeFailure, FakeKrav};
use skattebro_domain::krav::{
    Avstemming, Detaljer, Endring, Innkrevingsoppdrag, KravId, Kravlinje, Kroner, Mottak, Mottaksstatus,
    Mottatt, OppdragsgiversKravidentifikator, Valideringsfeil,
};
use skattebro_domain::{Korrelasjonsid, Kravidentifikator, Timestamp, Transaksjonsid};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

pub(super) struct State {
    pub(super) delay: Duration,
    /// By the number of the skyldner.
    pub(super) rejected: HashMap<String, String>,
    pub(super) lacks_mottaksstatus: bool,
    pub(super) takes_own_ids: bool,
    pub(super) failures: VecDeque<FakeFailure>,
    pub(super) krav: Vec<Krav>,
    last_id: u128,
}

impl Default for State {
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(10),
            rejected: HashMap::new(),
            lacks_mottaksstatus: false,
            takes_own_ids: false,
            failures: VecDeque::new(),
            krav: Vec::new(),
            last_id: 0,
        }
    }
}

impl State {
    pub(super) fn has_own_id(&self, own_id: &OppdragsgiversKravidentifikator) -> bool {
        self.krav.iter().any(|krav| krav.own_id.as_ref() == Some(own_id))
    }

    pub(super) fn find(&mut self, id: &KravId) -> Option<&mut Krav> {
        self.krav.iter_mut().find(|krav| match id {
            KravId::Skatteetatens(id) => krav.id == *id,
            KravId::Oppdragsgivers(own_id) => krav.own_id.as_ref() == Some(own_id),
        })
    }

    pub(super) fn add(
        &mut self,
        oppdrag: &Innkrevingsoppdrag,
        own_id: Option<OppdragsgiversKravidentifikator>,
        now: Timestamp,
    ) -> Kravidentifikator {
        let id: Kravidentifikator = self.next_id();
        let transaksjonsid = self.next_transaksjonsid();
        self.krav.push(Krav {
            id: id.clone(),
            own_id,
            received: now,
            settled: now.checked_add(self.delay).unwrap_or(Timestamp::MAX),
            rejected: self.rejected.get(&oppdrag.skyldner.identifikator).cloned(),
            sent: oppdrag.clone(),
            in_force: oppdrag.clone(),
            created_by: transaksjonsid,
            changes: Vec::new(),
            written_off: None,
        });
        id
    }

    pub(super) fn next_transaksjonsid(&mut self) -> Transaksjonsid {
        self.next_id()
    }

    fn next_id<T: std::str::FromStr>(&mut self) -> T {
        loop {
            self.last_id += 1;
            // A UUID is an id of either kind, so that this ends the first time.
            if let Ok(id) = Korrelasjonsid::from_uuid(self.last_id).as_str().parse() {
                return id;
            }
        }
    }
}

pub(super) struct Krav {
    id: Kravidentifikator,
    own_id: Option<OppdragsgiversKravidentifikator>,
    received: Timestamp,
    settled: Timestamp,
    /// Why it will be rejected.
    rejected: Option<String>,
    sent: Innkrevingsoppdrag,
    in_force: Innkrevingsoppdrag,
    created_by: Transaksjonsid,
    changes: Vec<Received<Endring>>,
    written_off: Option<Received<()>>,
}

struct Received<T> {
    what: T,
    transaksjonsid: Transaksjonsid,
    at: Timestamp,
}

impl Krav {
    pub(super) fn is_booked(&self, now: Timestamp) -> bool {
        now >= self.settled && self.rejected.is_none()
    }

    pub(super) fn is_written_off(&self) -> bool {
        self.written_off.is_some()
    }

    /// How far it has come, and since when. It is taken up half-way.
    fn status(&self, now: Timestamp) -> (Mottaksstatus, Timestamp) {
        let half = Duration::try_from(self.settled.duration_since(self.received)).unwrap_or_default() / 2;
        let taken_up = self.received.checked_add(half).unwrap_or(Timestamp::MAX);
        if now < taken_up {
            (Mottaksstatus::MottattIkkeBehandlet, self.received)
        } else if now < self.settled {
            (Mottaksstatus::MottattUnderBehandling, taken_up)
        } else if self.rejected.is_some() {
            (Mottaksstatus::Valideringsfeil, self.settled)
        } else {
            (Mottaksstatus::Reskontrofoert, self.settled)
        }
    }

    /// Changes it, unless that is in force already; the id of the transaction that set it.
    pub(super) fn change(
        &mut self,
        endring: &Endring,
        next: Transaksjonsid,
        now: Timestamp,
    ) -> Transaksjonsid {
        if self.has_in_force(endring) {
            let same_kind = |change: &&Received<Endring>| change.what.name() == endring.name();
            let last = self.changes.iter().rfind(same_kind);
            return last.map_or(&self.created_by, |last| &last.transaksjonsid).clone();
        }
        match endring {
            Endring::Hovedstol(hovedstol) => self.in_force.hovedstol = *hovedstol,
            Endring::Renter(renter) => self.in_force.rente_beloep = Some(renter.clone()),
            Endring::Referanse(referanse) => self.in_force.oppdragsgivers_referanse.clone_from(referanse),
        }
        self.changes.push(Received { what: endring.clone(), transaksjonsid: next.clone(), at: now });
        next
    }

    fn has_in_force(&self, endring: &Endring) -> bool {
        let in_force = &self.in_force;
        match endring {
            Endring::Hovedstol(hovedstol) => in_force.hovedstol == *hovedstol,
            Endring::Renter(renter) => in_force.rente_beloep.as_deref().unwrap_or_default() == renter,
            Endring::Referanse(referanse) => in_force.oppdragsgivers_referanse == *referanse,
        }
    }

    pub(super) fn write_off(&mut self, transaksjonsid: Transaksjonsid, now: Timestamp) {
        self.written_off = Some(Received { what: (), transaksjonsid, at: now });
    }

    pub(super) fn mottak(&self, now: Timestamp) -> Mottak {
        let (mottaksstatus, since) = self.status(now);
        Mottak {
            kravidentifikator: self.id.clone(),
            oppdragsgivers_kravidentifikator: self.own_id.clone(),
            mottaksstatus,
            status_oppdatert: Some(since),
        }
    }

    pub(super) fn valideringsfeil(&self, now: Timestamp) -> Vec<Valideringsfeil> {
        let found = self.rejected.as_ref().filter(|_| now >= self.settled);
        found
            .map(|error| Valideringsfeil { error: error.clone(), message: "Kravet ble avvist".to_owned() })
            .into_iter()
            .collect()
    }

    pub(super) fn avstemming(&self) -> Avstemming {
        let mut endringer: Vec<_> = self.changes.iter().map(Received::told).collect();
        endringer.sort_by_key(|endring| match endring.innhold {
            Endring::Hovedstol(_) => 0,
            Endring::Renter(_) => 1,
            Endring::Referanse(_) => 2,
        });
        Avstemming {
            kravidentifikator: self.id.clone(),
            oppdragsgivers_kravidentifikator: self.own_id.clone(),
            opprinnelig: Some(mottatt(self.sent.clone(), self.received, None)),
            endringer,
            andre_endringer: 0,
            avskriving: self.written_off.as_ref().map(Received::told),
        }
    }

    pub(super) fn detaljer(&self) -> Detaljer {
        let line = |kravlinjetype: &str, original: Kroner, now: Kroner| Kravlinje {
            kravlinjetype: kravlinjetype.to_owned(),
            opprinnelig_beloep: Some(original.to_string()),
            gjenstaaende_beloep: Some(
                if self.is_written_off() { Kroner::default() } else { now }.to_string(),
            ),
        };
        let renter = self.in_force.rente_beloep.iter().flatten();
        let renter = renter
            .map(|rente| line(rente.rentetype.as_deref().unwrap_or("RENTER"), rente.beloep, rente.beloep));
        let hovedstol = line("HOVEDSTOL", self.sent.hovedstol, self.in_force.hovedstol);
        let kravlinjer: Vec<_> = std::iter::once(hovedstol).chain(renter).collect();
        let json = format!(r#"{{"kravgrunnlag":{{"kravidentifikator":"{}"}}}}"#, self.id);
        Detaljer { kravlinjer, json }
    }

    pub(super) fn shown(&self, now: Timestamp) -> FakeKrav {
        FakeKrav {
            kravidentifikator: self.id.clone(),
            oppdrag: self.in_force.clone(),
            mottaksstatus: self.status(now).0,
            endringer: self.changes.len(),
            avskrevet: self.is_written_off(),
        }
    }
}

impl<T: Clone> Received<T> {
    fn told(&self) -> Mottatt<T> {
        mottatt(self.what.clone(), self.at, Some(self.transaksjonsid.clone()))
    }
}

fn mottatt<T>(innhold: T, at: Timestamp, transaksjonsid: Option<Transaksjonsid>) -> Mottatt<T> {
    Mottatt { innhold, tidspunkt: at.to_string(), tidspunkt_utc: Some(at), transaksjonsid }
}
