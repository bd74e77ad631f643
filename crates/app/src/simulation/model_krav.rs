//! A model of the service for krav, written from the contract: what it answers, and what it does.

use super::clock::on_the_wall;
use super::sent::{Effect, Reply, Sent, What, lost_why};
use skattebro_domain::flow::{Effect as Did, ErrorKind, Retry};
use skattebro_domain::krav::machine::{Act, Fact, Read};
use skattebro_domain::krav::{
    Avstemming, Edition, Endring, Innkrevingsoppdrag, KravId, Kroner, Mottak, Mottaksstatus, Mottatt,
    Valideringsfeil, slugs,
};
use skattebro_domain::{Kravidentifikator, Slug, Timestamp, Transaksjonsid};
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

impl Kind {
    pub(super) fn edition(self) -> Edition {
        match self {
            Self::V1 => Edition::V1,
            Self::WithStatus | Self::WithStatusByTheirId | Self::WithoutStatus => Edition::Utgave2023,
        }
    }
}

/// How this service treats a krav.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habits {
    pub(super) kind: Kind,
    /// Seconds from the creation to the booking, or the rejection.
    pub(super) books_after: u64,
    pub(super) rejects: bool,
    /// How many seconds its clock is ahead.
    pub(super) ahead: i64,
    /// For how many seconds lookups do not know a new krav.
    pub(super) hidden_for: u64,
}

impl Habits {
    pub(super) fn usual(kind: Kind) -> Self {
        Self { kind, books_after: 25, rejects: false, ahead: 0, hidden_for: 0 }
    }
}

#[derive(Debug)]
pub(super) struct KravService {
    habits: Habits,
    pub(super) krav: Vec<Served>,
    /// How many changes and write-offs were accepted.
    accepted: usize,
}

/// A krav as the service has it.
#[derive(Debug)]
pub(super) struct Served {
    id: Kravidentifikator,
    received: Arc<Innkrevingsoppdrag>,
    received_at: Duration,
    /// It was there before the schedule began: so long.
    older: Duration,
    hovedstol: Kroner,
    referanse: String,
    changes: Vec<(Endring, Duration, Transaksjonsid)>,
    written_off: Option<Duration>,
}

impl KravService {
    pub(super) fn new(habits: Habits) -> Self {
        Self { habits, krav: Vec::new(), accepted: 0 }
    }

    /// This krav was there so long before everything began.
    pub(super) fn had_before(
        &mut self,
        oppdrag: Arc<Innkrevingsoppdrag>,
        older: Duration,
    ) -> Kravidentifikator {
        self.create(oppdrag, Duration::ZERO, older)
    }

    /// A request arrives. Answers also what it did.
    pub(super) fn act(&mut self, sent: &Sent, now: Duration) -> (Reply, Option<Effect>) {
        let What::Krav(act) = &sent.what else { unreachable!("a request of another API") };
        let id = match act {
            Act::Opprett(oppdrag) => {
                let is_taken = |krav: &Served| own_id(&krav.received) == own_id(oppdrag);
                if own_id(oppdrag).is_some() && self.krav.iter().any(is_taken) {
                    return (refused(ErrorKind::Refused, slugs::EXISTS_ALREADY), None);
                }
                let id = self.create(Arc::clone(oppdrag), now, Duration::ZERO);
                return (Reply::Krav(Fact::Opprettet(id)), Some(Effect::Created(self.krav.len() - 1)));
            }
            Act::Endre(id, _) | Act::Avskriv(id) => id,
        };
        let Some(place) = self.krav.iter().position(|krav| krav.is_named(id)) else {
            return (refused(ErrorKind::NotFound, slugs::DOES_NOT_EXIST), None);
        };
        if self.status(&self.krav[place], now).0 != Mottaksstatus::Reskontrofoert {
            return (refused(ErrorKind::Refused, slugs::NOT_BOOKED), None);
        }
        let kind = self.habits.kind;
        let krav = &mut self.krav[place];
        self.accepted += 1;
        let transaksjonsid: Transaksjonsid = format!("t-{}", self.accepted).parse().unwrap();
        let effect = match (act, krav.written_off) {
            (Act::Endre(..), Some(_)) => {
                return (refused(ErrorKind::Refused, slugs::WRITTEN_OFF_NO_CHANGE), None);
            }
            (_, Some(_)) => return (refused(ErrorKind::Refused, slugs::WRITTEN_OFF_ALREADY), None),
            (Act::Endre(_, endring), None) => {
                krav.change(endring, now, transaksjonsid.clone());
                Effect::Changed(place, endring.clone())
            }
            (_, None) => {
                krav.written_off = Some(now);
                Effect::WrittenOff(place)
            }
        };
        let transaksjonsid = (kind == Kind::V1).then_some(transaksjonsid);
        (Reply::Krav(Fact::Accepted(transaksjonsid)), Some(effect))
    }

    /// A look.
    pub(super) fn read(&self, read: &Read, now: Duration) -> Fact {
        let fails = |kind, slug: Slug| {
            Fact::LookFailed(read.clone(), lost_why(kind, Did::Refused(slug), Retry::AfterChange))
        };
        let id = match read {
            Read::Mottaksstatus(id) | Read::Valideringsfeil(id) | Read::Avstemming(id) => id,
        };
        match (self.habits.kind, read, id) {
            (Kind::WithoutStatus, Read::Mottaksstatus(_), _) => {
                return fails(ErrorKind::NotFound, "DAS-002".parse().unwrap());
            }
            (Kind::WithStatusByTheirId | Kind::WithoutStatus, _, KravId::Oppdragsgivers(_)) => {
                return fails(ErrorKind::Refused, tag("ugyldig-kravidentifikator"));
            }
            (kind, Read::Avstemming(_), _) => assert_eq!(kind, Kind::V1, "no other has a reconciliation"),
            _ => {}
        }
        let hidden_for = Duration::from_secs(self.habits.hidden_for);
        let is_shown = |krav: &&Served| krav.is_named(id) && now >= krav.received_at + hidden_for;
        let Some(krav) = self.krav.iter().find(is_shown) else {
            return match read {
                Read::Mottaksstatus(_) => Fact::NotThere,
                _ => fails(ErrorKind::NotFound, tag(slugs::DOES_NOT_EXIST)),
            };
        };
        let (status, since) = self.status(krav, now);
        match read {
            Read::Mottaksstatus(_) => Fact::Mottak(Mottak {
                kravidentifikator: krav.id.clone(),
                oppdragsgivers_kravidentifikator: own_id(&krav.received).map(|id| id.parse().unwrap()),
                mottaksstatus: status,
                status_oppdatert: Some(self.on_its_clock(since) - krav.older),
            }),
            Read::Valideringsfeil(_) => {
                let rejected = status == Mottaksstatus::Valideringsfeil;
                let dead = Valideringsfeil { error: "PERSON_ER_DOED".into(), message: "død".into() };
                Fact::Valideringsfeil(if rejected { vec![dead] } else { Vec::new() })
            }
            Read::Avstemming(_) => {
                let booked = status == Mottaksstatus::Reskontrofoert;
                Fact::Avstemming(booked.then(|| Box::new(self.reconciliation(krav))))
            }
        }
    }

    /// The krav with this id of the oppdragsgiver.
    pub(super) fn by_own_id(&self, id: &str) -> Option<usize> {
        self.krav.iter().position(|krav| own_id(&krav.received) == Some(id))
    }

    /// Whether the asynchronous validation rejects it in the end.
    pub(super) fn rejects(&self) -> bool {
        self.habits.rejects
    }

    fn create(
        &mut self,
        received: Arc<Innkrevingsoppdrag>,
        at: Duration,
        older: Duration,
    ) -> Kravidentifikator {
        let id: Kravidentifikator =
            format!("00000000-0000-4000-8000-{:012}", self.krav.len()).parse().unwrap();
        self.krav.push(Served {
            id: id.clone(),
            hovedstol: received.hovedstol,
            referanse: received.oppdragsgivers_referanse.clone(),
            received,
            received_at: at,
            older,
            changes: Vec::new(),
            written_off: None,
        });
        id
    }

    /// Its status, and since when.
    fn status(&self, krav: &Served, now: Duration) -> (Mottaksstatus, Duration) {
        if !krav.older.is_zero() {
            return (Mottaksstatus::Reskontrofoert, krav.received_at);
        }
        let half = krav.received_at + Duration::from_secs(self.habits.books_after / 2);
        let whole = krav.received_at + Duration::from_secs(self.habits.books_after);
        if now >= whole {
            let end = match self.habits.rejects {
                true => Mottaksstatus::Valideringsfeil,
                false => Mottaksstatus::Reskontrofoert,
            };
            (end, whole)
        } else if now >= half {
            (Mottaksstatus::MottattUnderBehandling, half)
        } else {
            (Mottaksstatus::MottattIkkeBehandlet, krav.received_at)
        }
    }

    fn on_its_clock(&self, at: Duration) -> Timestamp {
        on_the_wall(at) + jiff::SignedDuration::from_secs(self.habits.ahead)
    }

    fn reconciliation(&self, krav: &Served) -> Avstemming {
        let receipt = |at| (self.on_its_clock(at).to_string(), Some(self.on_its_clock(at)));
        let (received, older) = (self.on_its_clock(krav.received_at), krav.older);
        let (tidspunkt, tidspunkt_utc) = ((received - older).to_string(), Some(received - older));
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

    pub(super) fn has(&self, endring: &Endring) -> bool {
        match endring {
            Endring::Hovedstol(kroner) => self.hovedstol == *kroner,
            Endring::Referanse(referanse) => self.referanse == *referanse,
            Endring::Renter(_) => false, // the model has no interest
        }
    }

    pub(super) fn is_written_off(&self) -> bool {
        self.written_off.is_some()
    }

    /// The same change may be sent again, and changes nothing.
    fn change(&mut self, endring: &Endring, at: Duration, id: Transaksjonsid) {
        if self.has(endring) {
            return;
        }
        match endring {
            Endring::Hovedstol(kroner) => self.hovedstol = *kroner,
            Endring::Referanse(referanse) => self.referanse.clone_from(referanse),
            Endring::Renter(_) => {}
        }
        self.changes.push((endring.clone(), at, id));
    }
}

fn own_id(oppdrag: &Innkrevingsoppdrag) -> Option<&str> {
    oppdrag.oppdragsgivers_kravidentifikator.as_deref()
}

fn refused(kind: ErrorKind, slug: &str) -> Reply {
    Reply::Krav(Fact::Failed(lost_why(kind, Did::Refused(tag(slug)), Retry::AfterChange)))
}

pub(super) fn tag(rule: &str) -> Slug {
    format!("tag:skatteetaten.no,2024:innkreving:innkrevingsoppdrag:{rule}").parse().unwrap()
}
