//! What a krav does next.

use super::{Krav, ONLY_BY_THEIR_ID};
use crate::Timestamp;
use crate::flow::{Step, WaitingFor};
use crate::krav::machine::operation::{Doubt, Operation, What};
use crate::krav::machine::{Act, Read};
use crate::krav::{Ability, KravId, Mottaksstatus};
use crate::time::after;

impl Krav {
    pub(super) fn next_for_creation(&self, operation: &Operation, wait: &Waiting) -> Step<Act, Read> {
        let What::Opprett(oppdrag) = &operation.what else { return Step::End };
        let own = self.own_address();
        match (&operation.doubt, own) {
            (Some(Doubt::Refused { .. }), Some(own)) => {
                let late = operation.unresolved_since().map(|since| after(since, self.rules.late_action));
                let late = late.and_then(|until| wait.while_others_may_act(until));
                late.or_else(|| self.wait_for_look(wait)).unwrap_or(Step::Read(Read::Mottaksstatus(own)))
            }
            (Some(Doubt::Exists), Some(own)) => self.wait_for_look(wait).unwrap_or_else(|| {
                let booked = self.has_status(&Mottaksstatus::Reskontrofoert);
                match self.theirs.clone().map(KravId::Skatteetatens) {
                    Some(theirs) if booked && self.can.avstemming => Step::Read(Read::Avstemming(theirs)),
                    Some(theirs) => Step::Read(Read::Mottaksstatus(theirs)),
                    None => Step::Read(Read::Mottaksstatus(own)),
                }
            }),
            (_, None) if operation.is_unresolved() => {
                Step::Person("a krav without an id of ours may have been sent: only Skatteetaten can tell")
            }
            _ => Step::Act(Act::Opprett(oppdrag.clone())),
        }
    }

    pub(super) fn next_for_change(&self, index: usize, wait: &Waiting) -> Step<Act, Read> {
        let operation = &self.operations[index];
        let Some(address) = self.address() else {
            return match self.own_address().filter(|_| self.finds_by_own_id()) {
                Some(own) => self.wait_for_look(wait).unwrap_or(Step::Read(Read::Mottaksstatus(own))),
                None => Step::Person(ONLY_BY_THEIR_ID),
            };
        };
        let own = operation.doubt.as_ref().and(operation.unresolved_since());
        let own = own.map(|since| after(since, self.rules.late_action));
        let late = self.others_act_until(index).into_iter().chain(own).max();
        if let Some(step) = late.and_then(|until| wait.while_others_may_act(until)) {
            return step;
        }
        if operation.doubt.is_some() {
            return self.wait_for_look(wait).unwrap_or(Step::Read(Read::Avstemming(address)));
        }
        let waits_for_booking = match self.conflict {
            Some(conflict) => !conflict.looked || (self.tells_status() && !self.is_booked()),
            None => self.creation().is_some() && self.tells_status() && !self.is_booked(),
        };
        // A conflict that was looked at, and still the same answer is possible: the look set the pause before the next try.
        let paced = waits_for_booking || self.conflict.is_some();
        if let Some(step) = paced.then(|| self.wait_for_look(wait)).flatten() {
            return step;
        }
        if waits_for_booking {
            return self.look(address);
        }
        Step::Act(match &operation.what {
            What::Endre(endring) => Act::Endre(address, endring.clone()),
            What::Avskriv | What::Opprett(_) => Act::Avskriv(address),
        })
    }

    pub(super) fn tells_status(&self) -> bool {
        self.can.mottaksstatus != Ability::No
    }

    pub(super) fn look(&self, address: KravId) -> Step<Act, Read> {
        let rejected = self.has_status(&Mottaksstatus::Valideringsfeil);
        Step::Read(match self.tells_status() && !rejected {
            true => Read::Mottaksstatus(address),
            false => Read::Valideringsfeil(address),
        })
    }

    pub(super) fn next_for_following(&self, wait: &Waiting) -> Step<Act, Read> {
        let Some(address) = self.address() else { return Step::End };
        // Why is not known yet: look at once, and then again while the list lags behind the status.
        let rejected = self.is_rejected() && self.trouble.refused_looks == 0;
        let waiting = if rejected { None } else { self.wait_for_look(wait) };
        waiting.unwrap_or_else(|| self.look(address))
    }

    pub(super) fn wait_for_look(&self, wait: &Waiting) -> Option<Step<Act, Read>> {
        let mut until = self.next_look?;
        let settles = self.born_by().map(|born| after(born, self.rules.settle));
        let by_time = !self.tells_status() && self.pending().is_none();
        // The look that settles it need not wait for the pause after it.
        if let Some(settles) =
            settles.filter(|settles| by_time && self.last_look.is_none_or(|last| last < *settles))
        {
            until = until.min(settles);
        }
        let waiting_for = if by_time { WaitingFor::Settling } else { WaitingFor::Booking };
        wait.until(until, waiting_for)
    }
}

/// Past the deadline there is one more step, and no more waiting but for what may still act.
pub(super) struct Waiting {
    pub(super) now: Timestamp,
    pub(super) deadline: Timestamp,
}

impl Waiting {
    /// Not even a deadline makes it safe to act while an unanswered request may still act.
    fn while_others_may_act(&self, until: Timestamp) -> Option<Step<Act, Read>> {
        (self.now < until).then_some(Step::Wait(until, WaitingFor::LateAction))
    }

    pub(super) fn until(&self, until: Timestamp, waiting_for: WaitingFor) -> Option<Step<Act, Read>> {
        let waits = self.now < until && self.now < self.deadline;
        waits.then(|| Step::Wait(until.min(self.deadline), waiting_for))
    }
}
