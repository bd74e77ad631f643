//! The cases of a [`MemoryJournal`](super::MemoryJournal), and the few things that may be done to one.

use super::Seq;
use super::owners::Owners;
use crate::journal::{
    Case, CaseId, CaseKey, CaseState, CaseSummary, Entry, Hold, NewCase, Record, Version, WorkerId,
};
use skattebro_domain::flow::AttemptNo;
use skattebro_domain::{Korrelasjonsid, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

#[derive(Debug, Clone, Default)]
pub(super) struct Cases {
    opened: Seq,
    by_id: HashMap<CaseId, Seq>,
    by_seq: BTreeMap<Seq, Kept>,
    keys: HashMap<CaseKey, Held>,
    pub(super) owners: Owners,
}

/// A case, and what finds things in it.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) case: Case,
    keys: BTreeSet<CaseKey>,
    answered: HashSet<AttemptNo>,
    looks: HashSet<Korrelasjonsid>,
}

#[derive(Debug, Clone)]
struct Held {
    by: Seq,
    until: Option<Timestamp>,
}

impl Cases {
    pub(super) fn seq(&self, id: &CaseId) -> Option<Seq> {
        self.by_id.get(id).copied()
    }

    pub(super) fn get(&self, seq: Seq) -> Option<&Kept> {
        self.by_seq.get(&seq)
    }

    pub(super) fn find(&self, id: &CaseId) -> Option<(Seq, &Kept)> {
        let seq = self.seq(id)?;
        Some((seq, self.get(seq)?))
    }

    /// Oldest first.
    pub(super) fn summaries(&self, after: Seq) -> impl Iterator<Item = &CaseSummary> {
        self.by_seq.range(after + 1..).map(|(_, kept)| &kept.case.summary)
    }

    pub(super) fn len(&self) -> usize {
        self.by_seq.len()
    }

    pub(super) fn ids(&self, cases: Vec<Seq>) -> Vec<CaseId> {
        cases.into_iter().filter_map(|seq| Some(self.get(seq)?.case.summary.id.clone())).collect()
    }

    /// A case without records and keys.
    pub(super) fn add(&mut self, new: &NewCase) -> Seq {
        self.opened += 1;
        let seq = self.opened;
        let summary = CaseSummary {
            id: new.id.clone(),
            kind: new.kind.clone(),
            environment: new.environment.clone(),
            title: new.title.clone(),
            fingerprint: new.fingerprint,
            state: CaseState::Due(new.at),
            status: String::new(),
            version: Version(0),
            owner: new.owner.clone(),
            opened: new.at,
            changed: new.at,
        };
        self.owners.add(seq, &summary, false);
        self.by_id.insert(new.id.clone(), seq);
        let case = Case { summary, content: new.content.clone(), records: Vec::new() };
        let kept = Kept { case, keys: BTreeSet::new(), answered: HashSet::new(), looks: HashSet::new() };
        self.by_seq.insert(seq, kept);
        seq
    }

    /// With its records and keys, for ever.
    pub(super) fn remove(&mut self, seq: Seq) {
        let Some(kept) = self.by_seq.remove(&seq) else { return };
        self.owners.remove(seq, &kept.case.summary);
        self.by_id.remove(&kept.case.summary.id);
        for key in &kept.keys {
            self.keys.remove(key);
        }
    }

    /// Adds a record; the case has the version that is answered by it.
    pub(super) fn write(&mut self, seq: Seq, record: Record) -> Version {
        let Some(kept) = self.by_seq.get_mut(&seq) else { return Version(0) };
        match &record.entry {
            Entry::Ask | Entry::Intent { .. } => {}
            Entry::Answer(n) => _ = kept.answered.insert(*n),
            Entry::Look(look) => _ = kept.looks.insert(look.id.clone()),
        }
        let summary = &mut kept.case.summary;
        summary.changed = record.at;
        summary.version = Version(summary.version.0 + 1);
        kept.case.records.push(record);
        kept.case.summary.version
    }

    /// Whether the owner of the case is told of what `writer` wrote.
    pub(super) fn stir(&mut self, seq: Seq, writer: Option<&WorkerId>) {
        if let Some(kept) = self.by_seq.get(&seq)
            && kept.case.summary.owner.as_ref() != writer
        {
            self.owners.stir(seq, &kept.case.summary);
        }
    }

    pub(super) fn read_by_owner(&mut self, seq: Seq) {
        if let Some(kept) = self.by_seq.get(&seq) {
            self.owners.settle_down(seq, &kept.case.summary);
        }
    }

    /// Says whose a case is and where it stands. Who owned it before and goes on owning it has not read it by that.
    pub(super) fn place(&mut self, seq: Seq, owner: Option<WorkerId>, state: CaseState) {
        let Some(kept) = self.by_seq.get_mut(&seq) else { return };
        let summary = &mut kept.case.summary;
        let was_stirred = self.owners.remove(seq, summary);
        let is_stirred = was_stirred && summary.owner == owner;
        summary.owner = owner;
        summary.state = state;
        self.owners.add(seq, summary, is_stirred);
    }

    pub(super) fn set_state(&mut self, seq: Seq, state: CaseState) {
        if let Some(kept) = self.by_seq.get(&seq) {
            self.place(seq, kept.case.summary.owner.clone(), state);
        }
    }

    pub(super) fn set_status(&mut self, seq: Seq, status: String) {
        if let Some(kept) = self.by_seq.get_mut(&seq) {
            kept.case.summary.status = status;
        }
    }

    /// The case that holds a key.
    pub(super) fn holder(&self, key: &CaseKey, now: Timestamp) -> Option<Seq> {
        let held = self.keys.get(key)?;
        held.until.is_none_or(|until| now < until).then_some(held.by)
    }

    /// Takes a key, which no other case holds now.
    pub(super) fn hold(&mut self, seq: Seq, Hold { key, until }: Hold) {
        let before = self.keys.insert(key.clone(), Held { by: seq, until });
        if let Some(ran_out) = before.and_then(|held| self.by_seq.get_mut(&held.by)) {
            ran_out.keys.remove(&key);
        }
        if let Some(kept) = self.by_seq.get_mut(&seq) {
            kept.keys.insert(key);
        }
    }

    /// Lets a key go if the case holds it.
    pub(super) fn release(&mut self, seq: Seq, key: &CaseKey) {
        if let Some(kept) = self.by_seq.get_mut(&seq)
            && kept.keys.remove(key)
        {
            self.keys.remove(key);
        }
    }

    pub(super) fn release_all(&mut self, seq: Seq) {
        let Some(kept) = self.by_seq.get_mut(&seq) else { return };
        for key in std::mem::take(&mut kept.keys) {
            self.keys.remove(&key);
        }
    }
}

impl Kept {
    pub(super) fn summary(&self) -> &CaseSummary {
        &self.case.summary
    }

    pub(super) fn is_intent(&self, n: AttemptNo) -> bool {
        let index = usize::try_from(n.0).ok().and_then(|n| n.checked_sub(1));
        let record = index.and_then(|index| self.case.records.get(index));
        record.is_some_and(|record| matches!(record.entry, Entry::Intent { .. }))
    }

    pub(super) fn is_answered(&self, n: AttemptNo) -> bool {
        self.answered.contains(&n)
    }

    pub(super) fn has_looked(&self, id: &Korrelasjonsid) -> bool {
        self.looks.contains(id)
    }
}
