//! Where it is decided what becomes of a move: in memory, on what was loaded under the lock of a transaction, the same for both databases.
//!
//! A database loads what a move [needs](Move::needs), lets it be [carried out](Move::carry_out), and stores what
//! [changed](Desk::changes).

mod moves;

pub(crate) use moves::{Ask, Begin, Learn, Move, Open, Park};

use crate::crypt::{Place, Sealer};
use crate::rows::{KeptCase, KeptRecord};
use crate::times::to_us;
use skattebro_domain::{Korrelasjonsid, Timestamp};
use skattebro_ports::journal::{CaseId, CaseState, Entry, JournalError, NewCase, Payload, Version, WorkerId};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The name of a key of a case, as the [`Sealer`] makes it.
pub(crate) type KeyName = Vec<u8>;

/// What a move must see before it can be decided.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// These cases. They are changed, so they are locked, in this order.
    pub(crate) cases: BTreeSet<CaseId>,
    /// These keys, in this order.
    pub(crate) keys: BTreeSet<KeyName>,
    /// All keys of these cases as well. They are among the cases.
    pub(crate) keys_of: BTreeSet<CaseId>,
    /// The cases that hold the keys, to be told about.
    pub(crate) holders: bool,
    /// Whether these records are intents, and answered.
    pub(crate) attempts: Vec<(CaseId, u32)>,
    /// Whether these looks are recorded.
    pub(crate) looks: Vec<(CaseId, Korrelasjonsid)>,
}

impl Needs {
    /// What another move needs, too.
    pub(crate) fn join(&mut self, other: Self) {
        self.cases.extend(other.cases);
        self.keys.extend(other.keys);
        self.keys_of.extend(other.keys_of);
        self.holders |= other.holders;
        self.attempts.extend(other.attempts);
        self.looks.extend(other.looks);
    }
}

/// A key, and who holds it until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) case: CaseId,
    pub(crate) until_us: Option<i64>,
}

#[derive(Debug)]
struct OnDesk {
    case: KeptCase,
    change: Change,
}

#[derive(Debug, PartialEq, Eq)]
enum Change {
    None,
    /// It has more records, and stands where it stood.
    Written,
    Changed,
    /// With its sealed content.
    Opened(Vec<u8>),
}

/// What was loaded, and what became of it.
pub(crate) struct Desk<'s> {
    sealer: &'s Sealer,
    now_us: i64,
    cases: HashMap<CaseId, OnDesk>,
    opened: Vec<CaseId>,
    keys: HashMap<KeyName, Held>,
    keys_of: HashMap<CaseId, BTreeSet<KeyName>>,
    loaded_keys: HashMap<KeyName, Held>,
    touched_keys: BTreeSet<KeyName>,
    intents: HashSet<(CaseId, u32)>,
    answered: HashSet<(CaseId, u32)>,
    looks: HashSet<(CaseId, Korrelasjonsid)>,
    records: Vec<KeptRecord>,
    stirs: bool,
}

/// What must be stored, in the order in which it must be.
#[derive(Debug)]
pub(crate) struct Changes<'d> {
    /// New cases with their sealed contents, in the order of opening.
    pub(crate) opened: Vec<(&'d KeptCase, &'d [u8])>,
    /// Cases of which only the version and the time of the last change are others, by id.
    pub(crate) written: Vec<&'d KeptCase>,
    /// Cases that changed otherwise, by id.
    pub(crate) changed: Vec<&'d KeptCase>,
    /// New records.
    pub(crate) records: &'d [KeptRecord],
    /// Keys that nobody holds any more, in their order.
    pub(crate) released: Vec<&'d KeyName>,
    /// Keys that were in the database and are held so from now on, in their order.
    pub(crate) handed_over: Vec<(&'d KeyName, &'d Held)>,
    /// Keys that were not, in their order.
    pub(crate) taken: Vec<(&'d KeyName, &'d Held)>,
    /// Whether somebody who waits for something to do should look.
    pub(crate) stirs: bool,
}

impl<'s> Desk<'s> {
    pub(crate) fn new(sealer: &'s Sealer) -> Self {
        Self {
            sealer,
            now_us: i64::MIN,
            cases: HashMap::new(),
            opened: Vec::new(),
            keys: HashMap::new(),
            keys_of: HashMap::new(),
            loaded_keys: HashMap::new(),
            touched_keys: BTreeSet::new(),
            intents: HashSet::new(),
            answered: HashSet::new(),
            looks: HashSet::new(),
            records: Vec::new(),
            stirs: false,
        }
    }

    /// What time it is. Told with what was loaded: without a key there is nothing that time decides.
    pub(crate) fn set_now(&mut self, now_us: i64) {
        self.now_us = self.now_us.max(now_us);
    }

    pub(crate) fn put_case(&mut self, case: KeptCase) {
        self.cases.insert(case.id.clone(), OnDesk { case, change: Change::None });
    }

    pub(crate) fn put_key(&mut self, key: KeyName, held: Held) {
        self.keys_of.entry(held.case.clone()).or_default().insert(key.clone());
        self.loaded_keys.insert(key.clone(), held.clone());
        self.keys.insert(key, held);
    }

    pub(crate) fn put_intent(&mut self, case: CaseId, n: u32) {
        self.intents.insert((case, n));
    }

    pub(crate) fn put_answered(&mut self, case: CaseId, n: u32) {
        self.answered.insert((case, n));
    }

    pub(crate) fn put_look(&mut self, case: CaseId, id: Korrelasjonsid) {
        self.looks.insert((case, id));
    }

    /// Cases that hold a key of those that were loaded, and were not loaded themselves.
    pub(crate) fn unknown_holders(&self) -> BTreeSet<CaseId> {
        let holders = self.keys.values().filter(|held| self.holds_now(held)).map(|held| &held.case);
        holders.filter(|case| !self.cases.contains_key(*case)).cloned().collect()
    }

    pub(crate) fn changes(&self) -> Changes<'_> {
        let opened = self.opened.iter().filter_map(|id| match self.cases.get(id) {
            Some(OnDesk { case, change: Change::Opened(content) }) => Some((case, content.as_slice())),
            _ => None,
        });
        let by_id = |change: &Change| {
            let such = self.cases.values().filter(|on_desk| on_desk.change == *change);
            let mut such: Vec<_> = such.map(|on_desk| &on_desk.case).collect();
            such.sort_unstable_by(|one, other| one.id.cmp(&other.id));
            such
        };
        let was_there = |key: &KeyName| self.loaded_keys.contains_key(key);
        let touched = self.touched_keys.iter();
        let released = touched.clone().filter(|key| was_there(key) && !self.keys.contains_key(*key));
        let held = touched.filter_map(|key| Some((key, self.keys.get(key)?)));
        let is_news = |(key, held): &(&KeyName, &Held)| self.loaded_keys.get(*key) != Some(*held);
        let (handed_over, taken) = held.filter(is_news).partition(|(key, _)| was_there(key));
        Changes {
            opened: opened.collect(),
            written: by_id(&Change::Written),
            changed: by_id(&Change::Changed),
            records: &self.records,
            released: released.collect(),
            handed_over,
            taken,
            stirs: self.stirs,
        }
    }

    fn case(&self, id: &CaseId) -> Option<&KeptCase> {
        self.cases.get(id).map(|on_desk| &on_desk.case)
    }

    fn change(&mut self, id: &CaseId) -> Option<&mut KeptCase> {
        let on_desk = self.cases.get_mut(id)?;
        if matches!(on_desk.change, Change::None | Change::Written) {
            on_desk.change = Change::Changed;
        }
        Some(&mut on_desk.case)
    }

    fn add_record(&mut self, id: &CaseId, at: Timestamp) -> Option<u32> {
        let OnDesk { case, change } = self.cases.get_mut(id)?;
        if *change == Change::None {
            *change = Change::Written;
        }
        case.version += 1;
        case.changed = at;
        Some(case.version)
    }

    fn add(&mut self, new: &NewCase) -> Result<(), JournalError> {
        let case = KeptCase {
            id: new.id.clone(),
            kind: new.kind.clone(),
            environment: new.environment.clone(),
            title: self.sealer.seal(Place::Title(&new.id), &new.title)?,
            fingerprint: new.fingerprint,
            state: CaseState::Due(new.at),
            status: String::new(),
            version: 0,
            owner: new.owner.clone(),
            stirred: false,
            opened: new.at,
            changed: new.at,
            seq: 0,
        };
        let content = self.sealer.seal(Place::Content(&new.id), new.content.as_str())?;
        self.opened.push(new.id.clone());
        self.cases.insert(new.id.clone(), OnDesk { case, change: Change::Opened(content) });
        self.stirs |= new.owner.is_none();
        Ok(())
    }

    /// Adds a record to a case that is on the desk, and answers the version that the case has by it.
    fn write(
        &mut self,
        id: &CaseId,
        at: Timestamp,
        worker: Option<&WorkerId>,
        entry: Entry,
        korrelasjonsid: Option<&Korrelasjonsid>,
        payload: &Payload,
    ) -> Result<Version, JournalError> {
        let Some(n) = self.add_record(id, at) else { return Ok(Version(0)) };
        match &entry {
            Entry::Ask => {}
            Entry::Intent { .. } => _ = self.intents.insert((id.clone(), n)),
            Entry::Answer(attempt) => _ = self.answered.insert((id.clone(), attempt.0)),
            Entry::Look(look) => _ = self.looks.insert((id.clone(), look.id.clone())),
        }
        self.records.push(KeptRecord {
            case: id.clone(),
            n,
            at,
            worker: worker.cloned(),
            entry,
            korrelasjonsid: korrelasjonsid.cloned(),
            payload: self.sealer.seal(Place::Payload(id, n), payload.as_str())?,
        });
        Ok(Version(n))
    }

    fn set_state(&mut self, id: &CaseId, state: CaseState) {
        if let Some(case) = self.change(id) {
            case.state = state;
        }
    }

    /// The owner is told by its next heartbeat, unless it wrote it itself.
    fn stir(&mut self, id: &CaseId, writer: Option<&WorkerId>) {
        let is_anothers = |case: &KeptCase| case.owner.is_some() && case.owner.as_ref() != writer;
        if self.case(id).is_some_and(is_anothers)
            && let Some(case) = self.change(id)
        {
            case.stirred = true;
        }
    }

    fn holder(&self, key: &KeyName) -> Option<&CaseId> {
        self.keys.get(key).filter(|held| self.holds_now(held)).map(|held| &held.case)
    }

    fn holds_now(&self, held: &Held) -> bool {
        held.until_us.is_none_or(|until| self.now_us < until)
    }

    /// Gives a key to a case. Nobody else must hold it now.
    fn hold(&mut self, case: &CaseId, key: KeyName, until: Option<Timestamp>) {
        let held = Held { case: case.clone(), until_us: until.map(to_us) };
        if let Some(ran_out) = self.keys.insert(key.clone(), held)
            && let Some(keys) = self.keys_of.get_mut(&ran_out.case)
        {
            keys.remove(&key);
        }
        self.keys_of.entry(case.clone()).or_default().insert(key.clone());
        self.touched_keys.insert(key);
    }

    fn release_all(&mut self, case: &CaseId) {
        for key in self.keys_of.remove(case).unwrap_or_default() {
            self.keys.remove(&key);
            self.touched_keys.insert(key);
        }
    }
}
