//! A model of the service: one oppdragsgiver, and the one krav with our id. Time is the caller's; requests on the way act when they
//! arrive.

use super::driver::{dead, failure, tag};
use crate::flow::{Effect, ErrorKind, Failure, Retry};
use crate::krav::machine::{Act, Fact, Read};
use crate::krav::{
    Avstemming, Endring, Innkrevingsoppdrag, KravId, Kroner, Mottak, Mottaksstatus, Mottatt, slugs,
};
use crate::{Kravidentifikator, Timestamp, Transaksjonsid};
use std::sync::Arc;
use std::time::Duration;

/// What the service can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    V1,
    /// The edition of 2023 with mottaksstatus, also by our id.
    WithStatus,
    /// The edition of 2023 with mottaksstatus, but only by Skatteetaten's id.
    WithStatusByTheirId,
    /// The edition of 2023 without mottaksstatus.
    WithoutStatus,
}

/// How this service treats a krav.
#[derive(Debug, Clone)]
pub(super) struct Habits {
    pub(super) kind: Kind,
    /// Seconds from the creation to the booking, or the rejection.
    pub(super) books_after: u64,
    pub(super) rejects: bool,
    /// How many seconds its clock is ahead of ours.
    pub(super) ahead: i64,
    /// For how many seconds lookups do not know a new krav.
    pub(super) hidden_for: u64,
    /// Whether it uses the older names for what a krav that is written off refuses.
    pub(super) old_names: bool,
}

#[derive(Debug)]
pub(super) struct Service {
    habits: Habits,
    krav: Vec<Served>,
    /// Requests that got no answer and will act: when, and for which operation.
    on_the_way: Vec<(Timestamp, usize, Act)>,
    /// What acted or was found to be so already: by which operation, and whether it changed something.
    pub(super) took_effect: Vec<(usize, bool)>,
}

#[derive(Debug)]
struct Served {
    id: Kravidentifikator,
    received: Arc<Innkrevingsoppdrag>,
    received_at: Timestamp,
    is_foreign: bool,
    hovedstol: Kroner,
    referanse: String,
    changes: Vec<(Endring, Timestamp, Transaksjonsid)>,
    written_off: Option<Timestamp>,
}

impl Service {
    pub(super) fn new(habits: Habits) -> Self {
        Self { habits, krav: vec![], on_the_way: vec![], took_effect: vec![] }
    }

    /// Somebody else created this krav at this time.
    pub(super) fn had_before(&mut self, oppdrag: Arc<Innkrevingsoppdrag>, at: Timestamp) {
        self.create(oppdrag, at, true);
    }

    /// A request arrives.
    pub(super) fn act(&mut self, operation: usize, act: &Act, now: Timestamp) -> Fact {
        self.until(now);
        self.perform(operation, act, now)
    }

    /// A request was sent, and will arrive at this time.
    pub(super) fn act_later(&mut self, operation: usize, act: Act, at: Timestamp) {
        self.on_the_way.push((at, operation, act));
    }

    /// Everything that arrives until then has arrived.
    pub(super) fn until(&mut self, now: Timestamp) {
        self.on_the_way.sort_by_key(|(at, ..)| *at);
        let due = self.on_the_way.partition_point(|(at, ..)| *at <= now);
        let due: Vec<_> = self.on_the_way.drain(..due).collect();
        for (at, operation, act) in due {
            self.perform(operation, &act, at);
        }
    }

    /// A look. `None`: this environment has no such call, or not by this id.
    pub(super) fn read(&mut self, read: &Read, now: Timestamp) -> Fact {
        self.until(now);
        let fails = |kind, slug: &str| {
            let refused = Effect::Refused(slug.parse().unwrap());
            Fact::LookFailed(read.clone(), failure(kind, refused, Retry::AfterChange))
        };
        let id = match read {
            Read::Mottaksstatus(id) | Read::Valideringsfeil(id) | Read::Avstemming(id) => id,
        };
        match (self.habits.kind, read, id) {
            (Kind::WithoutStatus, Read::Mottaksstatus(_), _) => {
                return fails(ErrorKind::NotFound, "DAS-002");
            }
            (Kind::WithStatusByTheirId | Kind::WithoutStatus, _, KravId::Oppdragsgivers(_)) => {
                return fails(ErrorKind::Refused, tag("ugyldig-kravidentifikator").as_str());
            }
            (kind, Read::Avstemming(_), _) => assert_eq!(kind, Kind::V1, "no other has a reconciliation"),
            _ => {}
        }
        let Some(krav) = self.find(id).filter(|krav| now >= krav.received_at + self.hidden_for()) else {
            return match read {
                Read::Mottaksstatus(_) => Fact::NotThere,
                _ => fails(ErrorKind::NotFound, tag(slugs::DOES_NOT_EXIST).as_str()),
            };
        };
        let (status, since) = self.status(krav, now);
        match read {
            Read::Mottaksstatus(_) => Fact::Mottak(Mottak {
                kravidentifikator: krav.id.clone(),
                oppdragsgivers_kravidentifikator: own_id(&krav.received).map(|id| id.parse().unwrap()),
                mottaksstatus: status,
                status_oppdatert: Some(self.on_its_clock(since)),
            }),
            Read::Valideringsfeil(_) => {
                let rejected = status == Mottaksstatus::Valideringsfeil;
                Fact::Valideringsfeil(if rejected { dead() } else { vec![] })
            }
            Read::Avstemming(_) => {
                let booked = status == Mottaksstatus::Reskontrofoert;
                Fact::Avstemming(booked.then(|| Box::new(self.reconciliation(krav))))
            }
        }
    }

    /// How many krav were created through us.
    pub(super) fn creations(&self) -> usize {
        self.krav.iter().filter(|krav| !krav.is_foreign).count()
    }

    pub(super) fn is_written_off(&self) -> bool {
        self.krav.iter().any(|krav| krav.written_off.is_some())
    }

    /// Whether it is rejected, or will be.
    pub(super) fn is_rejected(&self) -> bool {
        self.krav.iter().any(|krav| self.status(krav, Timestamp::MAX).0 == Mottaksstatus::Valideringsfeil)
    }

    /// Whether what this change asks for is in force.
    pub(super) fn is_in_force(&self, endring: &Endring) -> bool {
        self.krav.iter().any(|krav| krav.has(endring))
    }

    fn perform(&mut self, operation: usize, act: &Act, now: Timestamp) -> Fact {
        let transaksjonsid: Transaksjonsid = format!("t-{}", self.took_effect.len()).parse().unwrap();
        let id = match act {
            Act::Opprett(oppdrag) => {
                if own_id(oppdrag).is_some()
                    && self.krav.iter().any(|k| own_id(&k.received) == own_id(oppdrag))
                {
                    return refused(ErrorKind::Refused, slugs::EXISTS_ALREADY);
                }
                self.took_effect.push((operation, true));
                return Fact::Opprettet(self.create(Arc::clone(oppdrag), now, false));
            }
            Act::Endre(id, _) | Act::Avskriv(id) => id,
        };
        let Some(place) = self.krav.iter().position(|krav| krav.is_named(id)) else {
            return refused(ErrorKind::NotFound, slugs::DOES_NOT_EXIST);
        };
        let [no_change, already] = match self.habits.old_names {
            true => ["innkrevingsoppdrag-er-avskrevet", "innkrevingsoppdrag-er-allerede-avskrevet"],
            false => [slugs::WRITTEN_OFF_NO_CHANGE, slugs::WRITTEN_OFF_ALREADY],
        };
        if self.status(&self.krav[place], now).0 != Mottaksstatus::Reskontrofoert {
            return refused(ErrorKind::Refused, slugs::NOT_BOOKED);
        }
        let krav = &mut self.krav[place];
        let news = match (act, krav.written_off) {
            (Act::Endre(..), Some(_)) => return refused(ErrorKind::Refused, no_change),
            (_, Some(_)) => return refused(ErrorKind::Refused, already),
            (Act::Endre(_, endring), None) => krav.change(endring, now, transaksjonsid.clone()),
            (_, None) => {
                krav.written_off = Some(now);
                true
            }
        };
        self.took_effect.push((operation, news));
        Fact::Accepted((self.habits.kind == Kind::V1).then_some(transaksjonsid))
    }

    fn create(
        &mut self,
        received: Arc<Innkrevingsoppdrag>,
        at: Timestamp,
        is_foreign: bool,
    ) -> Kravidentifikator {
        let id: Kravidentifikator =
            format!("00000000-0000-4000-8000-{:012}", self.krav.len()).parse().unwrap();
        self.krav.push(Served {
            id: id.clone(),
            hovedstol: received.hovedstol,
            referanse: received.oppdragsgivers_referanse.clone(),
            received,
            received_at: at,
            is_foreign,
            changes: vec![],
            written_off: None,
        });
        id
    }

    fn find(&self, id: &KravId) -> Option<&Served> {
        self.krav.iter().find(|krav| krav.is_named(id))
    }

    fn hidden_for(&self) -> Duration {
        Duration::from_secs(self.habits.hidden_for)
    }

    /// Its status, and since when.
    fn status(&self, krav: &Served, now: Timestamp) -> (Mottaksstatus, Timestamp) {
        let half = krav.received_at + Duration::from_secs(self.habits.books_after / 2);
        let whole = krav.received_at + Duration::from_secs(self.habits.books_after);
        if now >= whole {
            let rejected = self.habits.rejects && !krav.is_foreign;
            let end = if rejected { Mottaksstatus::Valideringsfeil } else { Mottaksstatus::Reskontrofoert };
            (end, whole)
        } else if now >= half {
            (Mottaksstatus::MottattUnderBehandling, half)
        } else {
            (Mottaksstatus::MottattIkkeBehandlet, krav.received_at)
        }
    }

    fn on_its_clock(&self, at: Timestamp) -> Timestamp {
        at + jiff::SignedDuration::from_secs(self.habits.ahead)
    }

    fn reconciliation(&self, krav: &Served) -> Avstemming {
        let receipt = |at| (self.on_its_clock(at).to_string(), Some(self.on_its_clock(at)));
        let (tidspunkt, tidspunkt_utc) = receipt(krav.received_at);
        let innhold = (*krav.received).clone();
        let endringer = krav.changes.iter().map(|(innhold, at, id)| {
            let (innhold, (tidspunkt, tidspunkt_utc)) = (innhold.clone(), receipt(*at));
            Mottatt { innhold, tidspunkt, tidspunkt_utc, transaksjonsid: Some(id.clone()) }
        });
        Avstemming {
            kravidentifikator: krav.id.clone(),
            oppdragsgivers_kravidentifikator: own_id(&krav.received).map(|id| id.parse().unwrap()),
            opprinnelig: Some(Mottatt { innhold, tidspunkt, tidspunkt_utc, transaksjonsid: None }),
            endringer: endringer.collect(),
            andre_endringer: 0,
            avskriving: krav.written_off.map(|at| {
                let (tidspunkt, tidspunkt_utc) = receipt(at);
                Mottatt { innhold: (), tidspunkt, tidspunkt_utc, transaksjonsid: None }
            }),
        }
    }
}

impl Served {
    fn is_named(&self, id: &KravId) -> bool {
        match id {
            KravId::Skatteetatens(id) => self.id == *id,
            KravId::Oppdragsgivers(id) => own_id(&self.received) == Some(id.as_str()),
        }
    }

    fn has(&self, endring: &Endring) -> bool {
        match endring {
            Endring::Hovedstol(kroner) => self.hovedstol == *kroner,
            Endring::Referanse(referanse) => self.referanse == *referanse,
            Endring::Renter(_) => false, // the model has no interest
        }
    }

    /// Whether that changed something: the same change may be sent again.
    fn change(&mut self, endring: &Endring, at: Timestamp, id: Transaksjonsid) -> bool {
        if self.has(endring) {
            return false;
        }
        match endring {
            Endring::Hovedstol(kroner) => self.hovedstol = *kroner,
            Endring::Referanse(referanse) => self.referanse.clone_from(referanse),
            Endring::Renter(_) => {}
        }
        self.changes.push((endring.clone(), at, id));
        true
    }
}

fn own_id(oppdrag: &Innkrevingsoppdrag) -> Option<&str> {
    oppdrag.oppdragsgivers_kravidentifikator.as_deref()
}

fn refused(kind: ErrorKind, slug: &str) -> Fact {
    let failure: Failure = failure(kind, Effect::Refused(tag(slug)), Retry::AfterChange);
    Fact::Failed(failure)
}
