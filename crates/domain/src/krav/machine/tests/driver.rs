//! Drives a krav by hand on a clock that the test moves, and makes the facts that it is told.

use crate::flow::{AttemptNo, Effect, ErrorKind, Failure, Flow, Retry, Step};
use crate::krav::machine::{Act, Ask, Fact, Krav, KravRules, OperationEnd, Read, Standing};
use crate::krav::{
    Avstemming, Edition, Endring, Identifikatortype, Innkrevingsoppdrag, KravId, Kroner, Mottak,
    Mottaksstatus, Mottatt, Skyldner, Valideringsfeil, slugs,
};
use crate::{Kravidentifikator, Slug, Timestamp};
use std::sync::Arc;
use std::time::Duration;

pub(super) const OURS: &str = "K-1";
pub(super) const THEIRS: &str = "3f1c9f3e-6f0e-4a59-9a40-0e6a3b1f8c11";
pub(super) const A_RULE: &str = "ugyldig-skyldners-identifikator";

pub(super) struct Driver {
    pub(super) krav: Krav,
    pub(super) now: Timestamp,
    pub(super) n: AttemptNo,
}

impl Driver {
    /// Nothing is asked yet.
    pub(super) fn of(krav: Krav) -> Self {
        Self { krav, now: start(), n: AttemptNo(0) }
    }

    /// The creation of a krav with our own id is asked for.
    pub(super) fn creating(edition: Edition) -> Self {
        Self::with_rules(edition, KravRules::default())
    }

    pub(super) fn with_rules(edition: Edition, rules: KravRules) -> Self {
        Self::of(Krav::new(rules, edition.capabilities())).asking(Ask::Opprett(oppdrag()))
    }

    /// The creation of a krav without an id of our own is asked for.
    pub(super) fn creating_without_id() -> Self {
        let oppdrag = Innkrevingsoppdrag { oppdragsgivers_kravidentifikator: None, ..(*oppdrag()).clone() };
        Self::of(Krav::new(KravRules::default(), Edition::V1.capabilities()))
            .asking(Ask::Opprett(Arc::new(oppdrag)))
    }

    /// A krav of edition v1 that was created here and is booked.
    pub(super) fn booked() -> Self {
        let mut d = Self::creating(Edition::V1);
        d.answer(created());
        d.answer(status(Mottaksstatus::Reskontrofoert));
        d
    }

    /// A krav that was created some other day.
    pub(super) fn existing(id: KravId, edition: Edition) -> Self {
        Self::of(Krav::existing(id, KravRules::default(), edition.capabilities()))
    }

    pub(super) fn asking(mut self, ask: Ask) -> Self {
        self.ask(ask);
        self
    }

    pub(super) fn ask(&mut self, ask: Ask) {
        self.krav.asked(ask, self.now).unwrap();
    }

    pub(super) fn next(&self) -> Step<Act, Read> {
        self.krav.next(self.now)
    }

    /// Waits out every pause.
    pub(super) fn wait(&mut self) -> Step<Act, Read> {
        loop {
            match self.next() {
                Step::Wait(until, _) => {
                    assert!(until > self.now, "a wait must end later than now");
                    self.now = until;
                }
                step => return step,
            }
        }
    }

    /// Waits out every pause, then does what comes next with `fact` as its answer. Returns what was done.
    pub(super) fn answer(&mut self, fact: Fact) -> Step<Act, Read> {
        let step = self.begin();
        self.learn(self.n, fact);
        step
    }

    /// As [`answer`](Self::answer), for a look that fails.
    pub(super) fn look_fails(&mut self, failure: Failure) -> Read {
        let Step::Read(read) = self.begin() else { panic!("not a look: {:?}", self.next()) };
        self.learn(self.n, Fact::LookFailed(read.clone(), failure));
        read
    }

    /// Waits out every pause, then begins what comes next. No answer.
    pub(super) fn begin(&mut self) -> Step<Act, Read> {
        let step = self.wait();
        self.n = self.n.next();
        assert!(self.n.0 < 1000, "it does not come to an end: {:?}", self.krav);
        if let Step::Act(act) = &step {
            self.krav.begun(self.n, act, self.now, self.now);
        }
        step
    }

    pub(super) fn learn(&mut self, n: AttemptNo, fact: Fact) {
        self.krav.learned(n, fact, self.now);
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    /// Seconds from when the first thing was asked.
    pub(super) fn age(&self) -> i64 {
        self.now.duration_since(start()).as_secs()
    }

    pub(super) fn end(&self, operation: usize) -> Option<&OperationEnd> {
        self.krav.operations()[operation].end()
    }

    pub(super) fn is_unproven(&self, operation: usize) -> bool {
        self.end(operation).is_some_and(OperationEnd::is_unproven)
    }

    /// The rule that the operation was refused by.
    pub(super) fn refused_by(&self, operation: usize) -> Option<&str> {
        match self.end(operation) {
            Some(OperationEnd::Refused { rule, .. }) => Some(rule),
            _ => None,
        }
    }

    pub(super) fn is_not_done(&self, operation: usize) -> bool {
        matches!(self.end(operation), Some(OperationEnd::NotDone { .. }))
    }

    pub(super) fn standing(&self) -> Standing {
        self.krav.standing()
    }
}

pub(super) fn start() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

pub(super) fn oppdrag() -> Arc<Innkrevingsoppdrag> {
    Arc::new(Innkrevingsoppdrag {
        kravtype: "TILBAKEKREVING_SYKEPENGER".into(),
        skyldner: Skyldner {
            identifikatortype: Identifikatortype::Person,
            identifikator: "13895118960".into(),
        },
        hovedstol: Kroner::new(1000),
        rente_beloep: None,
        oppdragsgivers_referanse: "R-1".into(),
        oppdragsgivers_kravidentifikator: Some(OURS.into()),
        fastsettelsesdato: "2026-01-31".parse().unwrap(),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: None,
    })
}

pub(super) fn another_oppdrag() -> Arc<Innkrevingsoppdrag> {
    Arc::new(Innkrevingsoppdrag { hovedstol: Kroner::new(77), ..(*oppdrag()).clone() })
}

pub(super) fn ours() -> KravId {
    KravId::Oppdragsgivers(OURS.parse().unwrap())
}

pub(super) fn theirs() -> KravId {
    KravId::Skatteetatens(THEIRS.parse().unwrap())
}

pub(super) fn hovedstol(kroner: i64) -> Endring {
    Endring::Hovedstol(Kroner::new(kroner))
}

pub(super) fn opprett() -> Step<Act, Read> {
    Step::Act(Act::Opprett(oppdrag()))
}

pub(super) fn endre(kroner: i64) -> Step<Act, Read> {
    Step::Act(Act::Endre(theirs(), hovedstol(kroner)))
}

pub(super) fn avskriv() -> Step<Act, Read> {
    Step::Act(Act::Avskriv(theirs()))
}

pub(super) fn created() -> Fact {
    Fact::Opprettet(THEIRS.parse().unwrap())
}

pub(super) fn accepted() -> Fact {
    Fact::Accepted(Some("t-1".parse().unwrap()))
}

/// The krav has this status, and nobody knows since when.
pub(super) fn status(mottaksstatus: Mottaksstatus) -> Fact {
    status_of(mottaksstatus, None)
}

pub(super) fn status_since(mottaksstatus: Mottaksstatus, since: Timestamp) -> Fact {
    status_of(mottaksstatus, Some(since))
}

fn status_of(mottaksstatus: Mottaksstatus, status_oppdatert: Option<Timestamp>) -> Fact {
    let kravidentifikator: Kravidentifikator = THEIRS.parse().unwrap();
    let oppdragsgivers_kravidentifikator = Some(OURS.parse().unwrap());
    Fact::Mottak(Mottak {
        kravidentifikator,
        oppdragsgivers_kravidentifikator,
        mottaksstatus,
        status_oppdatert,
    })
}

/// The service received this krav, at this time.
pub(super) fn received(innhold: &Innkrevingsoppdrag, at: Timestamp) -> Avstemming {
    Avstemming {
        kravidentifikator: THEIRS.parse().unwrap(),
        oppdragsgivers_kravidentifikator: Some(OURS.parse().unwrap()),
        opprinnelig: Some(receipt(innhold.clone(), at)),
        endringer: vec![],
        andre_endringer: 0,
        avskriving: None,
    }
}

pub(super) fn receipt<T>(innhold: T, at: Timestamp) -> Mottatt<T> {
    Mottatt { innhold, tidspunkt: at.to_string(), tidspunkt_utc: Some(at), transaksjonsid: None }
}

pub(super) fn reconciliation(avstemming: Avstemming) -> Fact {
    Fact::Avstemming(Some(Box::new(avstemming)))
}

pub(super) fn no_errors() -> Fact {
    Fact::Valideringsfeil(vec![])
}

pub(super) fn dead() -> Vec<Valideringsfeil> {
    vec![Valideringsfeil { error: "PERSON_ER_DOED".into(), message: "Personen er død".into() }]
}

pub(super) fn failure(kind: ErrorKind, effect: Effect, retry: Retry) -> Failure {
    Failure { kind, korrelasjonsid: None, effect, retry, about_referanse: false, message: "test".into() }
}

pub(super) fn tag(rule: &str) -> Slug {
    format!("tag:skatteetaten.no,2024:innkreving:innkrevingsoppdrag:{rule}").parse().unwrap()
}

/// No answer: it may have acted, or may still act.
pub(super) fn lost() -> Fact {
    Fact::Failed(failure(ErrorKind::Timeout, Effect::Unknown, Retry::Later(None)))
}

/// An answer that nobody understands, such as a 409 without a known name.
pub(super) fn strange() -> Fact {
    Fact::Failed(failure(ErrorKind::Refused, Effect::Unknown, Retry::AfterChange))
}

pub(super) fn refused(rule: &str) -> Fact {
    Fact::Failed(failure(ErrorKind::Refused, Effect::Refused(tag(rule)), Retry::AfterChange))
}

pub(super) fn exists_already() -> Fact {
    refused(slugs::EXISTS_ALREADY)
}

pub(super) fn not_booked() -> Fact {
    refused(slugs::NOT_BOOKED)
}

/// 429.
pub(super) fn too_many(seconds: u64) -> Fact {
    let retry = Retry::Later(Some(Duration::from_secs(seconds)));
    Fact::Failed(failure(ErrorKind::RateLimited, Effect::Refused("DAS-429".parse().unwrap()), retry))
}

pub(super) fn not_connected() -> Fact {
    Fact::Failed(failure(ErrorKind::Unreachable, Effect::NotSent, Retry::Later(None)))
}

/// 401 or 403 with a name of the service's.
pub(super) fn turned_away(kind: ErrorKind, slug: Slug) -> Fact {
    Fact::Failed(failure(kind, Effect::Refused(slug), Retry::AfterChange))
}

/// A look that the service refuses under this name.
pub(super) fn look_refused(kind: ErrorKind, slug: &str) -> Failure {
    failure(kind, Effect::Refused(slug.parse().unwrap()), Retry::AfterChange)
}
