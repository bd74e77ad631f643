//! What a [`MemoryJournal`](super::MemoryJournal) does when it is told something.

use super::Seq;
use super::cases::Cases;
use crate::journal::{
    Beat, Begun, CaseId, CaseState, CaseSummary, Claim, Claimed, Entry, Fenced, Hold, Intent, Learned,
    NewAsk, NewCase, Opened, Parked, Parking, Record, Recorded, Source, Version, WorkerId,
};
use skattebro_domain::Timestamp;
use skattebro_domain::flow::AttemptNo;
use std::collections::{BTreeSet, HashSet};

impl Cases {
    pub(super) fn open(&mut self, new: NewCase, now: Timestamp) -> Opened {
        if let Some((_, there)) = self.find(&new.id) {
            let there = there.summary();
            let is_same = there.kind == new.kind
                && there.environment == new.environment
                && there.fingerprint == new.fingerprint;
            return if is_same { Opened::New(there.version) } else { Opened::Taken(there.clone()) };
        }
        let holder = new.keys.iter().find_map(|key| self.holder(key, now));
        if let Some(holder) = holder.and_then(|seq| self.get(seq)) {
            return Opened::Taken(holder.summary().clone());
        }
        let seq = self.add(&new);
        for key in new.keys {
            self.hold(seq, Hold::of(key));
        }
        let mut version = Version(0);
        for ask in new.asks {
            let entry = Entry::Ask;
            let record = Record { at: new.at, worker: None, entry, korrelasjonsid: None, payload: ask };
            version = self.write(seq, record);
        }
        Opened::New(version)
    }

    pub(super) fn ask(&mut self, ask: NewAsk) -> Recorded {
        let Some((seq, kept)) = self.find(&ask.case) else { return Recorded::NoCase };
        let (version, state) = (kept.summary().version, kept.summary().state);
        if ask.version.is_some_and(|read| read != version) {
            return Recorded::Stale(version);
        }
        let due = match state {
            // An asker whose clock is ahead does not put off what is due already.
            CaseState::Due(at) => at.min(ask.at),
            CaseState::Waiting | CaseState::Settled => ask.at,
        };
        self.set_state(seq, CaseState::Due(due));
        self.stir(seq, None);
        let entry = Entry::Ask;
        let payload = ask.payload;
        Recorded::New(
            self.write(seq, Record { at: ask.at, worker: None, entry, korrelasjonsid: None, payload }),
        )
    }

    pub(super) fn claim(&mut self, claim: &Claim, now: Timestamp) -> Claimed {
        let except: HashSet<Seq> = claim.except.iter().filter_map(|id| self.seq(id)).collect();
        let environment = &claim.environment;
        let chosen = match &claim.only {
            _ if !self.owners.lives(&claim.worker, now) => Vec::new(),
            None => self.owners.claimable(environment, claim.now, now, &except, claim.max),
            Some(only) => self.claimable_among(only, claim, now, &except),
        };
        let mut cases = Vec::with_capacity(chosen.len());
        for seq in chosen {
            let Some(state) = self.get(seq).map(|kept| kept.summary().state) else { continue };
            self.place(seq, Some(claim.worker.clone()), state);
            self.read_by_owner(seq);
            cases.extend(self.get(seq).map(|kept| kept.case.clone()));
        }
        Claimed { cases, next_due: self.owners.next_due(Some(environment), now, &except) }
    }

    fn claimable_among(
        &self,
        only: &[CaseId],
        claim: &Claim,
        now: Timestamp,
        except: &HashSet<Seq>,
    ) -> Vec<Seq> {
        let may_have = |case: &CaseSummary| match &case.owner {
            None => true,
            Some(owner) => *owner == claim.worker || !self.owners.lives(owner, now),
        };
        let found = only.iter().filter_map(|id| self.find(id)).filter(|(seq, kept)| {
            let case = kept.summary();
            case.environment == claim.environment && !except.contains(seq) && may_have(case)
        });
        // What has no due time comes last.
        let in_order: BTreeSet<(bool, Option<Timestamp>, Seq)> = found
            .map(|(seq, kept)| match kept.summary().state {
                CaseState::Due(at) => (false, Some(at), seq),
                CaseState::Waiting | CaseState::Settled => (true, None, seq),
            })
            .collect();
        in_order.into_iter().map(|(_, _, seq)| seq).take(claim.max).collect()
    }

    /// The case, if `worker` owns it and has read all of it.
    fn fence(&self, worker: &WorkerId, case: &CaseId, read: Version) -> Result<Seq, Fenced> {
        let (seq, kept) = self.find(case).ok_or(Fenced::NotOwner)?;
        let case = kept.summary();
        if case.owner.as_ref() != Some(worker) {
            return Err(Fenced::NotOwner);
        }
        if case.version != read {
            return Err(Fenced::Stale(case.version));
        }
        Ok(seq)
    }

    pub(super) fn begin(&mut self, worker: &WorkerId, intents: Vec<Intent>, now: Timestamp) -> Vec<Begun> {
        let mut written = HashSet::new();
        let begin = |intent| match self.begin_one(worker, intent, now, &mut written) {
            Ok(n) => Begun::Permitted(n),
            Err(fenced) => Begun::Fenced(fenced),
        };
        intents.into_iter().map(begin).collect()
    }

    fn begin_one(
        &mut self,
        worker: &WorkerId,
        intent: Intent,
        now: Timestamp,
        written: &mut HashSet<Seq>,
    ) -> Result<AttemptNo, Fenced> {
        let seq = self.fence(worker, &intent.case, intent.version)?;
        if written.contains(&seq) {
            // Nobody can have read what this very call wrote.
            return Err(Fenced::Stale(intent.version));
        }
        if let Some(key) = intent.takes {
            match self.holder(&key, now).filter(|holder| *holder != seq).and_then(|holder| self.get(holder)) {
                Some(holder) => return Err(Fenced::KeyTaken(holder.summary().id.clone())),
                None => self.hold(seq, Hold::of(key)),
            }
        }
        written.insert(seq);
        let record = Record {
            at: intent.at,
            worker: Some(worker.clone()),
            entry: Entry::Intent { until: intent.until },
            korrelasjonsid: Some(intent.korrelasjonsid),
            payload: intent.payload,
        };
        Ok(AttemptNo(self.write(seq, record).0))
    }

    /// Also answers whether the case became due by it.
    pub(super) fn learn(&mut self, fact: Learned) -> (Recorded, bool) {
        let Some((seq, kept)) = self.find(&fact.case) else { return (Recorded::NoCase, false) };
        let (version, state) = (kept.summary().version, kept.summary().state);
        let (entry, is_known) = match fact.from {
            Source::Answer(n) if !kept.is_intent(n) => return (Recorded::NoCase, false),
            Source::Answer(n) => (Entry::Answer(n), kept.is_answered(n)),
            Source::Look(look) => {
                let is_known = kept.has_looked(&look.id);
                (Entry::Look(look), is_known)
            }
        };
        if is_known {
            return (Recorded::Known(version), false);
        }
        self.stir(seq, Some(&fact.worker));
        let becomes_due = !matches!(state, CaseState::Due(_));
        if becomes_due {
            self.set_state(seq, CaseState::Due(fact.at));
        }
        let Learned { at, worker, korrelasjonsid, payload, .. } = fact;
        let record = Record { at, worker: Some(worker), entry, korrelasjonsid, payload };
        (Recorded::New(self.write(seq, record)), becomes_due)
    }

    pub(super) fn park(
        &mut self,
        worker: &WorkerId,
        parking: Parking,
        now: Timestamp,
        forgets: bool,
    ) -> Parked {
        let seq = match self.fence(worker, &parking.case, parking.version) {
            Ok(seq) => seq,
            Err(fenced) => return Parked::Fenced(fenced),
        };
        if forgets && parking.state == CaseState::Settled {
            self.remove(seq);
            return Parked::Yes;
        }
        self.release_all(seq);
        for hold in parking.holds {
            if self.holder(&hold.key, now).is_none_or(|holder| holder == seq) {
                self.hold(seq, hold);
            }
        }
        self.set_status(seq, parking.status);
        self.place(seq, parking.keep.then(|| worker.clone()), parking.state);
        Parked::Yes
    }

    pub(super) fn give_back(&mut self, worker: &WorkerId, case: &CaseId) {
        if let Some((seq, kept)) = self.find(case)
            && kept.summary().owner.as_ref() == Some(worker)
        {
            self.place(seq, None, kept.summary().state);
        }
    }

    pub(super) fn beat(&mut self, worker: &WorkerId, now: Timestamp, until: Timestamp) -> Beat {
        let (stirred, still) = self.owners.beat(worker, now, until);
        Beat { stirred: self.ids(stirred), still: still.map(|cases| self.ids(cases)) }
    }

    pub(super) fn leave(&mut self, worker: &WorkerId) {
        for seq in self.owners.cases_of(worker) {
            if let Some(state) = self.get(seq).map(|kept| kept.summary().state) {
                self.place(seq, None, state);
            }
        }
        self.owners.stop(worker);
    }

    pub(super) fn remove_settled(&mut self, id: &CaseId, version: Version, now: Timestamp) -> bool {
        let Some((seq, kept)) = self.find(id) else { return false };
        let case = kept.summary();
        let is_owned = case.owner.as_ref().is_some_and(|owner| self.owners.lives(owner, now));
        let may_go = case.state == CaseState::Settled && case.version == version && !is_owned;
        if may_go {
            self.remove(seq);
        }
        may_go
    }
}
