//! The moves that are decided on the [`Desk`].

use super::{Desk, KeyName, Needs};
use crate::crypt::Sealer;
use crate::rows::kept_status;
use skattebro_domain::flow::AttemptNo;
use skattebro_ports::journal::{
    Begun, CaseId, CaseState, Entry, Fenced, Intent, JournalError, Learned, NewAsk, NewCase, Opened, Parked,
    Parking, Recorded, Source, Version, WorkerId,
};
use std::collections::{BTreeSet, HashSet};

/// Something that is decided on the [`Desk`]. It may be decided anew, on another one, until it is stored.
pub(crate) trait Move: Send + Sync + 'static {
    type Answer: Send + 'static;

    /// Whether it is better not done at all once nobody waits for its answer.
    const VOID_WHEN_ABANDONED: bool = false;

    fn needs(&self, sealer: &Sealer) -> Needs;

    fn carry_out(&self, desk: &mut Desk<'_>) -> Result<Self::Answer, JournalError>;
}

pub(crate) struct Open(pub(crate) Vec<NewCase>);

impl Move for Open {
    type Answer = Vec<Opened>;

    fn needs(&self, sealer: &Sealer) -> Needs {
        let keys = self.0.iter().flat_map(|case| &case.keys).map(|key| sealer.name(key));
        let cases = self.0.iter().map(|case| case.id.clone());
        Needs { cases: cases.collect(), keys: keys.collect(), holders: true, ..Needs::default() }
    }

    fn carry_out(&self, desk: &mut Desk<'_>) -> Result<Vec<Opened>, JournalError> {
        self.0.iter().map(|new| open(desk, new)).collect()
    }
}

fn open(desk: &mut Desk<'_>, new: &NewCase) -> Result<Opened, JournalError> {
    if let Some(there) = desk.case(&new.id) {
        let is_same = there.kind == new.kind
            && there.environment == new.environment
            && there.fingerprint == new.fingerprint;
        return if is_same {
            Ok(Opened::New(Version(there.version)))
        } else {
            Ok(Opened::Taken(there.summary(desk.sealer)?))
        };
    }
    let keys: Vec<KeyName> = new.keys.iter().map(|key| desk.sealer.name(key)).collect();
    let holder = keys.iter().find_map(|key| desk.holder(key));
    if let Some(holder) = holder.and_then(|id| desk.case(id)) {
        return Ok(Opened::Taken(holder.summary(desk.sealer)?));
    }
    desk.add(new)?;
    for key in keys {
        desk.hold(&new.id, key, None);
    }
    let mut version = Version(0);
    for ask in &new.asks {
        version = desk.write(&new.id, new.at, None, Entry::Ask, None, ask)?;
    }
    Ok(Opened::New(version))
}

pub(crate) struct Ask(pub(crate) NewAsk);

impl Move for Ask {
    type Answer = Recorded;

    fn needs(&self, _: &Sealer) -> Needs {
        Needs { cases: [self.0.case.clone()].into(), ..Needs::default() }
    }

    fn carry_out(&self, desk: &mut Desk<'_>) -> Result<Recorded, JournalError> {
        let NewAsk { case: id, version, at, payload } = &self.0;
        let Some(case) = desk.case(id) else { return Ok(Recorded::NoCase) };
        if version.is_some_and(|read| read.0 != case.version) {
            return Ok(Recorded::Stale(Version(case.version)));
        }
        let due = match case.state {
            // An asker whose clock is ahead does not put off what is due already.
            CaseState::Due(due) => due.min(*at),
            CaseState::Waiting | CaseState::Settled => *at,
        };
        desk.set_state(id, CaseState::Due(due));
        desk.stir(id, None);
        desk.stirs = true;
        Ok(Recorded::New(desk.write(id, *at, None, Entry::Ask, None, payload)?))
    }
}

/// The case, if `worker` owns it and has read all of it.
fn fence(desk: &Desk<'_>, worker: &WorkerId, id: &CaseId, read: Version) -> Result<(), Fenced> {
    let case = desk.case(id).filter(|case| case.owner.as_ref() == Some(worker));
    match case.ok_or(Fenced::NotOwner)?.version {
        version if version == read.0 => Ok(()),
        version => Err(Fenced::Stale(Version(version))),
    }
}

pub(crate) struct Begin(pub(crate) WorkerId, pub(crate) Vec<Intent>);

impl Move for Begin {
    type Answer = Vec<Begun>;

    /// What nobody is told that he may send is not sent, and should not look as if it could have been.
    const VOID_WHEN_ABANDONED: bool = true;

    fn needs(&self, sealer: &Sealer) -> Needs {
        let keys = self.1.iter().filter_map(|intent| intent.takes.as_ref()).map(|key| sealer.name(key));
        let cases = self.1.iter().map(|intent| intent.case.clone());
        Needs { cases: cases.collect(), keys: keys.collect(), ..Needs::default() }
    }

    fn carry_out(&self, desk: &mut Desk<'_>) -> Result<Vec<Begun>, JournalError> {
        let mut written = HashSet::new();
        self.1.iter().map(|intent| begin(desk, &self.0, intent, &mut written)).collect()
    }
}

fn begin<'i>(
    desk: &mut Desk<'_>,
    worker: &WorkerId,
    intent: &'i Intent,
    written: &mut HashSet<&'i CaseId>,
) -> Result<Begun, JournalError> {
    if let Err(fenced) = fence(desk, worker, &intent.case, intent.version) {
        return Ok(Begun::Fenced(fenced));
    }
    if written.contains(&intent.case) {
        // Nobody can have read what this very call wrote.
        return Ok(Begun::Fenced(Fenced::Stale(intent.version)));
    }
    if let Some(key) = intent.takes.as_ref().map(|key| desk.sealer.name(key)) {
        match desk.holder(&key).filter(|holder| **holder != intent.case) {
            Some(holder) => return Ok(Begun::Fenced(Fenced::KeyTaken(holder.clone()))),
            None => desk.hold(&intent.case, key, None),
        }
    }
    written.insert(&intent.case);
    let entry = Entry::Intent { until: intent.until };
    let id = Some(&intent.korrelasjonsid);
    let version = desk.write(&intent.case, intent.at, Some(worker), entry, id, &intent.payload)?;
    Ok(Begun::Permitted(AttemptNo(version.0)))
}

pub(crate) struct Learn(pub(crate) Vec<Learned>);

impl Move for Learn {
    type Answer = Vec<Recorded>;

    fn needs(&self, _: &Sealer) -> Needs {
        let mut needs = Needs::default();
        for fact in &self.0 {
            needs.cases.insert(fact.case.clone());
            match &fact.from {
                Source::Answer(n) => needs.attempts.push((fact.case.clone(), n.0)),
                Source::Look(look) => needs.looks.push((fact.case.clone(), look.id.clone())),
            }
        }
        needs
    }

    fn carry_out(&self, desk: &mut Desk<'_>) -> Result<Vec<Recorded>, JournalError> {
        self.0.iter().map(|fact| learn(desk, fact)).collect()
    }
}

fn learn(desk: &mut Desk<'_>, fact: &Learned) -> Result<Recorded, JournalError> {
    let id = &fact.case;
    let Some(case) = desk.case(id) else { return Ok(Recorded::NoCase) };
    let version = Version(case.version);
    let (entry, is_known) = match &fact.from {
        Source::Answer(n) if !desk.intents.contains(&(id.clone(), n.0)) => return Ok(Recorded::NoCase),
        Source::Answer(n) => (Entry::Answer(*n), desk.answered.contains(&(id.clone(), n.0))),
        Source::Look(look) => {
            (Entry::Look(look.clone()), desk.looks.contains(&(id.clone(), look.id.clone())))
        }
    };
    if is_known {
        return Ok(Recorded::Known(version));
    }
    if !matches!(case.state, CaseState::Due(_)) {
        // Somebody must look at what it means.
        desk.set_state(id, CaseState::Due(fact.at));
        desk.stirs = true;
    }
    desk.stir(id, Some(&fact.worker));
    let korrelasjonsid = fact.korrelasjonsid.as_ref();
    Ok(Recorded::New(desk.write(id, fact.at, Some(&fact.worker), entry, korrelasjonsid, &fact.payload)?))
}

pub(crate) struct Park(pub(crate) WorkerId, pub(crate) Vec<Parking>);

impl Move for Park {
    type Answer = Vec<Parked>;

    fn needs(&self, sealer: &Sealer) -> Needs {
        let keys = self.1.iter().flat_map(|parking| &parking.holds).map(|hold| sealer.name(&hold.key));
        let cases: BTreeSet<CaseId> = self.1.iter().map(|parking| parking.case.clone()).collect();
        Needs { cases: cases.clone(), keys: keys.collect(), keys_of: cases, ..Needs::default() }
    }

    fn carry_out(&self, desk: &mut Desk<'_>) -> Result<Vec<Parked>, JournalError> {
        Ok(self.1.iter().map(|parking| park(desk, &self.0, parking)).collect())
    }
}

fn park(desk: &mut Desk<'_>, worker: &WorkerId, parking: &Parking) -> Parked {
    let id = &parking.case;
    if let Err(fenced) = fence(desk, worker, id, parking.version) {
        return Parked::Fenced(fenced);
    }
    desk.release_all(id);
    for hold in &parking.holds {
        let key = desk.sealer.name(&hold.key);
        if desk.holder(&key).is_none_or(|holder| holder == id) {
            desk.hold(id, key, hold.until);
        }
    }
    if let Some(case) = desk.change(id) {
        case.state = parking.state;
        case.status = kept_status(&parking.status);
        if !parking.keep {
            case.owner = None;
            case.stirred = false;
        }
    }
    Parked::Yes
}
