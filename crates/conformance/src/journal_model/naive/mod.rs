//! A journal as its documentation reads: lists that are searched from the front, and nothing clever.
//!
//! It was written from the documentation of the trait alone, apart from any journal.

use skattebro_domain::Timestamp;
use skattebro_domain::flow::AttemptNo;
use skattebro_ports::journal::*;
use std::time::Duration;

mod reads;

#[derive(Debug, Default)]
pub(super) struct Naive {
    /// In the order of opening.
    cases: Vec<Kept>,
    keys: Vec<Held>,
    hearts: Vec<(WorkerId, Timestamp)>,
}

#[derive(Debug)]
struct Kept {
    case: Case,
    /// Whether somebody else wrote since its owner read it.
    is_stirred: bool,
}

#[derive(Debug)]
struct Held {
    key: CaseKey,
    by: CaseId,
    until: Option<Timestamp>,
}

impl Naive {
    fn get(&mut self, id: &CaseId) -> Option<&mut Kept> {
        self.cases.iter_mut().find(|kept| kept.case.summary.id == *id)
    }

    fn lives(&self, worker: &WorkerId, now: Timestamp) -> bool {
        self.hearts.iter().any(|(name, until)| name == worker && now < *until)
    }

    fn is_free(&self, case: &CaseSummary, now: Timestamp) -> bool {
        case.owner.as_ref().is_none_or(|owner| !self.lives(owner, now))
    }

    /// As holding a key goes on no longer than until its time, what has run out may be forgotten at any time.
    fn forget_what_ran_out(&mut self, now: Timestamp) {
        self.keys.retain(|held| held.until.is_none_or(|until| now < until));
    }

    fn let_go(&mut self, case: &CaseId) {
        self.keys.retain(|held| held.by != *case);
    }

    pub(super) fn open(&mut self, cases: &[NewCase], now: Timestamp) -> Vec<Opened> {
        cases.iter().map(|new| self.open_one(new, now)).collect()
    }

    fn open_one(&mut self, new: &NewCase, now: Timestamp) -> Opened {
        self.forget_what_ran_out(now);
        if let Some(kept) = self.get(&new.id) {
            let there = &kept.case.summary;
            let what = |kind, environment, fingerprint| (kind, environment, fingerprint);
            return if what(&there.kind, &there.environment, there.fingerprint)
                == what(&new.kind, &new.environment, new.fingerprint)
            {
                Opened::New(there.version)
            } else {
                Opened::Taken(there.clone())
            };
        }
        for key in &new.keys {
            if let Some(held) = self.keys.iter().find(|held| held.key == *key) {
                let by = held.by.clone();
                return Opened::Taken(self.get(&by).expect("who holds a key is there").case.summary.clone());
            }
        }
        let version = Version(new.asks.len() as u32);
        let summary = CaseSummary {
            id: new.id.clone(),
            kind: new.kind.clone(),
            environment: new.environment.clone(),
            title: new.title.clone(),
            fingerprint: new.fingerprint,
            state: CaseState::Due(new.at),
            status: String::new(),
            version,
            owner: new.owner.clone(),
            opened: new.at,
            changed: new.at,
        };
        let records = new.asks.iter().map(|payload| asked(new.at, payload)).collect();
        let case = Case { summary, content: new.content.clone(), records };
        self.cases.push(Kept { case, is_stirred: false });
        for key in &new.keys {
            self.keys.retain(|held| held.key != *key);
            self.keys.push(Held { key: key.clone(), by: new.id.clone(), until: None });
        }
        Opened::New(version)
    }

    pub(super) fn ask(&mut self, ask: &NewAsk) -> Recorded {
        let Some(kept) = self.get(&ask.case) else { return Recorded::NoCase };
        let version = kept.case.summary.version;
        if ask.version.is_some() && ask.version != Some(version) {
            return Recorded::Stale(version);
        }
        kept.case.summary.state = match kept.case.summary.state {
            CaseState::Due(earlier) if earlier < ask.at => CaseState::Due(earlier),
            _ => CaseState::Due(ask.at),
        };
        kept.is_stirred = true;
        Recorded::New(kept.write(asked(ask.at, &ask.payload)))
    }

    pub(super) fn claim(&mut self, claim: &Claim, now: Timestamp) -> Claimed {
        let due = |case: &CaseSummary| match case.state {
            CaseState::Due(at) => Some(at),
            _ => None,
        };
        let mut wanted: Vec<CaseSummary> = Vec::new();
        for kept in &self.cases {
            let case = &kept.case.summary;
            let is_wanted = match &claim.only {
                Some(only) => {
                    let is_own = case.owner.as_ref() == Some(&claim.worker);
                    only.contains(&case.id) && (is_own || self.is_free(case, now))
                }
                None => due(case).is_some_and(|at| at <= claim.now) && self.is_free(case, now),
            };
            let is_left_out = case.environment != claim.environment || claim.except.contains(&case.id);
            if is_wanted && !is_left_out && self.lives(&claim.worker, now) {
                wanted.push(case.clone());
            }
        }
        // Stable: what is due at the same time, or not at all, stays in the order of opening.
        wanted.sort_by_key(|case| (due(case).is_none(), due(case)));
        wanted.truncate(claim.max);
        let mut cases = Vec::new();
        for case in wanted {
            let kept = self.get(&case.id).expect("it was there");
            kept.case.summary.owner = Some(claim.worker.clone());
            kept.is_stirred = false;
            cases.push(kept.case.clone());
        }
        let left = self.cases.iter().map(|kept| &kept.case.summary).filter(|case| {
            case.environment == claim.environment
                && !claim.except.contains(&case.id)
                && self.is_free(case, now)
        });
        Claimed { cases, next_due: left.filter_map(due).min() }
    }

    pub(super) fn load(&mut self, worker: &WorkerId, id: &CaseId) -> Option<Case> {
        let kept = self.get(id)?;
        if kept.case.summary.owner.as_ref() == Some(worker) {
            kept.is_stirred = false;
        }
        Some(kept.case.clone())
    }

    fn fence(&mut self, worker: &WorkerId, case: &CaseId, read: Version) -> Result<(), Fenced> {
        match self.get(case) {
            Some(kept) if kept.case.summary.owner.as_ref() == Some(worker) => {
                let version = kept.case.summary.version;
                if version == read { Ok(()) } else { Err(Fenced::Stale(version)) }
            }
            _ => Err(Fenced::NotOwner),
        }
    }

    pub(super) fn begin(&mut self, worker: &WorkerId, intents: &[Intent], now: Timestamp) -> Vec<Begun> {
        self.forget_what_ran_out(now);
        let mut begun: Vec<Begun> = Vec::new();
        for (n, intent) in intents.iter().enumerate() {
            let was_permitted = |(earlier, begun): (&Intent, &Begun)| {
                earlier.case == intent.case && matches!(begun, Begun::Permitted(_))
            };
            let is_second = intents[..n].iter().zip(&begun).any(was_permitted);
            begun.push(match self.begin_one(worker, intent, is_second) {
                Ok(n) => Begun::Permitted(n),
                Err(fenced) => Begun::Fenced(fenced),
            });
        }
        begun
    }

    fn begin_one(
        &mut self,
        worker: &WorkerId,
        intent: &Intent,
        is_second: bool,
    ) -> Result<AttemptNo, Fenced> {
        self.fence(worker, &intent.case, intent.version)?;
        if is_second {
            return Err(Fenced::Stale(intent.version));
        }
        if let Some(key) = &intent.takes {
            if let Some(other) = self.keys.iter().find(|held| held.key == *key && held.by != intent.case) {
                return Err(Fenced::KeyTaken(other.by.clone()));
            }
            self.keys.retain(|held| held.key != *key);
            self.keys.push(Held { key: key.clone(), by: intent.case.clone(), until: None });
        }
        let kept = self.get(&intent.case).expect("it is owned");
        let version = kept.write(Record {
            at: intent.at,
            worker: Some(worker.clone()),
            entry: Entry::Intent { until: intent.until },
            korrelasjonsid: Some(intent.korrelasjonsid.clone()),
            payload: intent.payload.clone(),
        });
        Ok(AttemptNo(version.0))
    }

    pub(super) fn learn(&mut self, facts: &[Learned]) -> Vec<Recorded> {
        facts.iter().map(|fact| self.learn_one(fact)).collect()
    }

    fn learn_one(&mut self, fact: &Learned) -> Recorded {
        let intents = self.intents(&fact.case);
        let Some(kept) = self.get(&fact.case) else { return Recorded::NoCase };
        let entry = match &fact.from {
            Source::Answer(n) if !intents.contains(n) => return Recorded::NoCase,
            Source::Answer(n) => Entry::Answer(*n),
            Source::Look(look) => Entry::Look(look.clone()),
        };
        let is_same = |record: &Record| match (&record.entry, &entry) {
            (Entry::Answer(one), Entry::Answer(other)) => one == other,
            (Entry::Look(one), Entry::Look(other)) => one.id == other.id,
            _ => false,
        };
        if kept.case.records.iter().any(is_same) {
            return Recorded::Known(kept.case.summary.version);
        }
        if kept.case.summary.owner.as_ref() != Some(&fact.worker) {
            kept.is_stirred = true;
        }
        if !matches!(kept.case.summary.state, CaseState::Due(_)) {
            kept.case.summary.state = CaseState::Due(fact.at);
        }
        Recorded::New(kept.write(Record {
            at: fact.at,
            worker: Some(fact.worker.clone()),
            entry,
            korrelasjonsid: fact.korrelasjonsid.clone(),
            payload: fact.payload.clone(),
        }))
    }

    pub(super) fn park(&mut self, worker: &WorkerId, parkings: &[Parking], now: Timestamp) -> Vec<Parked> {
        let park = |parking: &Parking| match self.fence(worker, &parking.case, parking.version) {
            Err(fenced) => Parked::Fenced(fenced),
            Ok(()) => {
                self.park_one(worker, parking, now);
                Parked::Yes
            }
        };
        parkings.iter().map(park).collect()
    }

    fn park_one(&mut self, worker: &WorkerId, parking: &Parking, now: Timestamp) {
        self.let_go(&parking.case);
        self.forget_what_ran_out(now);
        for Hold { key, until } in &parking.holds {
            if !self.keys.iter().any(|held| held.key == *key) {
                self.keys.push(Held { key: key.clone(), by: parking.case.clone(), until: *until });
            }
        }
        self.forget_what_ran_out(now);
        let kept = self.get(&parking.case).expect("it is owned");
        kept.case.summary.state = parking.state;
        kept.case.summary.status = parking.status.clone();
        if !parking.keep {
            kept.give_up(worker);
        }
    }

    pub(super) fn give_back(&mut self, worker: &WorkerId, cases: &[CaseId]) {
        let given = self.cases.iter_mut().filter(|kept| cases.contains(&kept.case.summary.id));
        given.for_each(|kept| kept.give_up(worker));
    }

    pub(super) fn beat(&mut self, worker: &WorkerId, alive_for: Duration, now: Timestamp) -> Beat {
        let own = |only_stirred: bool| {
            let own = self.cases.iter().filter(|kept| kept.case.summary.owner.as_ref() == Some(worker));
            let own = own.filter(|kept| kept.is_stirred || !only_stirred);
            own.map(|kept| kept.case.summary.id.clone()).collect()
        };
        let beat = Beat { stirred: own(true), still: (!self.lives(worker, now)).then(|| own(false)) };
        self.hearts.retain(|(name, _)| name != worker);
        let until = now.checked_add(alive_for).unwrap_or(Timestamp::MAX);
        self.hearts.push((worker.clone(), until));
        beat
    }

    pub(super) fn leave(&mut self, worker: &WorkerId) {
        self.hearts.retain(|(name, _)| name != worker);
        self.cases.iter_mut().for_each(|kept| kept.give_up(worker));
    }

    pub(super) fn release(&mut self, case: &CaseId, key: &CaseKey) {
        self.keys.retain(|held| held.key != *key || held.by != *case);
    }

    pub(super) fn remove(&mut self, cases: &[(CaseId, Version)], now: Timestamp) -> Vec<CaseId> {
        let mut removed = Vec::new();
        for (id, version) in cases {
            let is_there = self.read(id).map(|case| case.summary).is_some_and(|case| {
                case.state == CaseState::Settled && case.version == *version && self.is_free(&case, now)
            });
            if is_there {
                self.cases.retain(|kept| kept.case.summary.id != *id);
                self.let_go(id);
                removed.push(id.clone());
            }
        }
        removed
    }
}

impl Kept {
    fn write(&mut self, record: Record) -> Version {
        self.case.summary.changed = record.at;
        self.case.records.push(record);
        self.case.summary.version = Version(self.case.records.len() as u32);
        self.case.summary.version
    }

    fn give_up(&mut self, worker: &WorkerId) {
        if self.case.summary.owner.as_ref() == Some(worker) {
            self.case.summary.owner = None;
            self.is_stirred = false;
        }
    }
}

fn asked(at: Timestamp, payload: &Payload) -> Record {
    let payload = payload.clone();
    Record { at, worker: None, entry: Entry::Ask, korrelasjonsid: None, payload }
}
