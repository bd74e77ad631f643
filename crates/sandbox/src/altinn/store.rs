//! What the app remembers: parties by their numbers, and instances.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use uuid::Uuid;

use super::instance::Instance;
use super::refusal::Refusal;
use super::seen::InstansSeen;
use crate::identifikator::Identifikator;
use crate::ids::Ids;
use crate::world::lock;

/// `partyId/guid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct InstansId {
    pub(crate) party: u64,
    pub(crate) guid: Uuid,
}

impl InstansId {
    pub(crate) fn parse(party: &str, guid: &str) -> Option<Self> {
        Some(InstansId { party: party.parse().ok()?, guid: guid.parse().ok()? })
    }

    /// Both parts in one text.
    pub(crate) fn parse_text(text: &str) -> Option<Self> {
        let (party, guid) = text.split_once('/')?;
        InstansId::parse(party, guid)
    }
}

impl fmt::Display for InstansId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.party, self.guid)
    }
}

#[derive(Default)]
pub(crate) struct AltinnState {
    parties: Mutex<HashMap<u64, Identifikator>>,
    instances: Mutex<Instances>,
}

#[derive(Default)]
struct Instances {
    made: u64,
    by_id: HashMap<InstansId, Instance>,
}

impl AltinnState {
    /// Altinn's own number of a party: always the same for the same seed, but for the odd collision.
    pub(super) fn party_id(&self, ids: &Ids, party: &Identifikator) -> u64 {
        let mut number = 50_000_000 + ids.fixed_number(&["altinn", party.as_str()], 40_000_000);
        let mut parties = lock(&self.parties);
        while parties.get(&number).is_some_and(|taken| taken != party) {
            number += 1;
        }
        parties.insert(number, party.clone());
        number
    }

    /// Every party with its number, by number.
    pub(super) fn parties(&self) -> Vec<(u64, Identifikator)> {
        let mut all: Vec<_> = lock(&self.parties).iter().map(|(id, party)| (*id, party.clone())).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    /// The party that was given this number.
    pub(super) fn party(&self, party_id: u64) -> Option<Identifikator> {
        lock(&self.parties).get(&party_id).cloned()
    }

    /// Adds an instance, which is made with its number; `commit` hears of it before anyone else can.
    pub(super) fn add<T>(
        &self,
        make: impl FnOnce(u64) -> Instance,
        commit: impl FnOnce(&Instance) -> T,
    ) -> T {
        let mut instances = lock(&self.instances);
        let instance = make(instances.made);
        instances.made += 1;
        let told = commit(&instance);
        instances.by_id.insert(instance.id, instance);
        told
    }

    /// Looks at an instance or changes it; nobody else does meanwhile.
    ///
    /// # Errors
    /// If there is none of that id; what `work` says.
    pub(crate) fn with<T>(
        &self,
        id: &InstansId,
        work: impl FnOnce(&mut Instance) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut instances = lock(&self.instances);
        work(instances.by_id.get_mut(id).ok_or_else(Refusal::no_such_instance)?)
    }

    /// Looks at all instances that are wanted, oldest first.
    pub(super) fn each<T>(
        &self,
        wanted: impl Fn(&Instance) -> bool,
        look: impl Fn(&Instance) -> T,
    ) -> Vec<T> {
        let instances = lock(&self.instances);
        let mut found: Vec<_> = instances.by_id.values().filter(|instance| wanted(instance)).collect();
        found.sort_by_key(|instance| instance.nr);
        found.into_iter().map(look).collect()
    }

    /// Deletes an instance with all that lies in it; tells whether there was one.
    pub(crate) fn delete(&self, id: &InstansId) -> bool {
        lock(&self.instances).by_id.remove(id).is_some()
    }

    pub(crate) fn seen(&self, now: Duration) -> Vec<InstansSeen> {
        self.each(|_| true, |instance| InstansSeen::of(instance, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_has_one_number_and_it_stays() {
        let (state, ids) = (AltinnState::default(), Ids::new(3));
        let (one, other) =
            (Identifikator::parse("974761076").unwrap(), Identifikator::parse("310817074").unwrap());
        let number = state.party_id(&ids, &one);
        assert_eq!(state.party_id(&ids, &one), number);
        assert_eq!(AltinnState::default().party_id(&ids, &one), number);
        assert_ne!(state.party_id(&ids, &other), number);
        assert_eq!(state.party(number), Some(one));
        assert_eq!(state.party(1), None);
    }

    #[test]
    fn an_id_has_two_parts() {
        let text = "50006869/2b23eb3a-5a28-4d2b-9c1b-9d0f2b1c3a4d";
        assert_eq!(InstansId::parse_text(text).unwrap().to_string(), text);
        for bad in ["", "1", "1/2", "a/2b23eb3a-5a28-4d2b-9c1b-9d0f2b1c3a4d"] {
            assert_eq!(InstansId::parse_text(bad), None, "{bad}");
        }
    }
}
