//! What is asked of a krav.

use super::super::operation::{Attempt, Doubt, MootBecause, Operation, OperationEnd, Proof, What};
use super::super::{Ask, Settlement};
use super::{Krav, ONLY_BY_THEIR_ID};
use crate::Timestamp;
use crate::flow::{AttemptNo, Declined, Effect};
use crate::krav::Endring;
use std::time::Duration;

impl Krav {
    pub(super) fn ask(&mut self, ask: Ask, at: Timestamp) -> Result<(), Declined> {
        let what = match ask {
            Ask::Stop => {
                self.close();
                self.stopped = true;
                return Ok(());
            }
            Ask::Fortsett { follow } => return self.go_on(follow, at),
            Ask::Avgjoer(settlement) => return self.settle(settlement, at),
            Ask::Restored { since } => {
                self.restored(since, at);
                return Ok(());
            }
            Ask::Opprett(_)
                if !self.operations.is_empty() || self.ours.is_some() || self.theirs.is_some() =>
            {
                return Err(Declined("this krav is there already, or its creation was asked for before"));
            }
            Ask::Opprett(oppdrag) => {
                self.ours = match &oppdrag.oppdragsgivers_kravidentifikator {
                    None => None,
                    Some(id) => Some(id.parse().map_err(|_| {
                        Declined("its oppdragsgiversKravidentifikator breaks the rule; check the krav first")
                    })?),
                };
                What::Opprett(oppdrag)
            }
            Ask::Endre(_) | Ask::Avskriv
                if self.operations.is_empty() && self.ours.is_none() && self.theirs.is_none() =>
            {
                return Err(Declined("there is no krav yet"));
            }
            Ask::Endre(_) | Ask::Avskriv
                if self.creation().is_none() && self.address().is_none() && !self.finds_by_own_id() =>
            {
                return Err(Declined(ONLY_BY_THEIR_ID));
            }
            Ask::Endre(_) | Ask::Avskriv if self.operations.iter().any(Operation::is_write_off_in_force) => {
                return Err(Declined("its write-off was asked for before"));
            }
            Ask::Endre(Endring::Renter(_)) if !self.can.renter => {
                return Err(Declined("this edition cannot change interest"));
            }
            Ask::Endre(Endring::Referanse(_)) if !self.can.referanse => {
                return Err(Declined("this edition cannot change the reference"));
            }
            Ask::Endre(endring) => What::Endre(endring),
            Ask::Avskriv => What::Avskriv,
        };
        self.operations.push(Operation::new(what));
        self.asked_at = Some(at);
        (self.over, self.stopped) = (false, false);
        self.end_what_is_moot();
        Ok(())
    }

    /// Whether this was asked for before and still holds: the same change as the last of its kind, a write-off. Asking again would do
    /// nothing but repeat it.
    pub fn has_been_asked(&self, ask: &Ask) -> bool {
        match ask {
            Ask::Opprett(_) => self.creation().is_some(),
            Ask::Endre(endring) => {
                let of_its_kind = |operation: &&Operation| match &operation.what {
                    What::Endre(other) => std::mem::discriminant(other) == std::mem::discriminant(endring),
                    _ => false,
                };
                let last = self.operations.iter().rfind(of_its_kind).filter(|last| !last.has_failed());
                last.is_some_and(|last| matches!(&last.what, What::Endre(other) if other.is_same(endring)))
            }
            Ask::Avskriv => self.operations.iter().any(Operation::is_write_off_in_force),
            Ask::Stop | Ask::Fortsett { .. } | Ask::Avgjoer(_) | Ask::Restored { .. } => false,
        }
    }

    fn go_on(&mut self, follow: bool, at: Timestamp) -> Result<(), Declined> {
        if self.operations.is_empty() {
            return Err(Declined("nothing is asked of this krav yet"));
        }
        let (can_send_again, can_read_back) = (self.ours.is_some(), self.can.avstemming);
        let replaced: Vec<bool> = (0..self.operations.len()).map(|index| self.is_replaced(index)).collect();
        for (operation, replaced) in self.operations.iter_mut().zip(replaced) {
            match &operation.end {
                // With an id of ours the creation can be sent again: if the krav is there, the service says so.
                Some(OperationEnd::Unproven { .. }) if operation.is_creation() && can_send_again => {
                    operation.begin_again(None);
                }
                Some(OperationEnd::Unproven { .. }) if !operation.is_creation() && can_read_back => {
                    let rule = "not-in-reconciliation".to_owned();
                    let message = "Skatteetaten's reconciliation does not show it".to_owned();
                    operation.begin_again(Some(Doubt::Refused { rule, message }));
                }
                // What was to come before something that is done by now would undo it.
                Some(OperationEnd::NotDone { .. }) if replaced => {}
                Some(OperationEnd::NotDone { .. }) => operation.begin_again(None),
                Some(OperationEnd::Moot(MootBecause::CreationUnproven | MootBecause::NotCreated)) => {
                    operation.end = None;
                }
                _ => {}
            }
        }
        self.rules.follow |= follow;
        self.open_again(at);
        Ok(())
    }

    /// Whether a change of the same kind that was asked for later is done, or may be.
    fn is_replaced(&self, index: usize) -> bool {
        let What::Endre(endring) = &self.operations[index].what else { return false };
        self.operations[index + 1..].iter().any(|later| {
            let is_of_its_kind = matches!(&later.what, What::Endre(other) if std::mem::discriminant(other) == std::mem::discriminant(endring));
            let may_be_done = later.end.as_ref().is_some_and(|end| end.is_done() || end.is_unproven());
            is_of_its_kind && (may_be_done || later.is_unresolved())
        })
    }

    fn settle(&mut self, said: Settlement, at: Timestamp) -> Result<(), Declined> {
        let operation = self.operations.get_mut(said.operation);
        let unproven =
            |operation: &&mut Operation| operation.end.as_ref().is_some_and(OperationEnd::is_unproven);
        let Some(operation) = operation.filter(unproven) else {
            return Err(Declined("only what is unproven is for a person to settle"));
        };
        let effect = if said.happened { Effect::Done } else { Effect::NotSent };
        for attempt in operation.attempts.iter_mut().filter(|attempt| attempt.effect.is_unresolved()) {
            attempt.effect = effect.clone();
        }
        (operation.doubt, operation.was_unproven) = (None, false);
        operation.end = Some(match said.happened {
            true => OperationEnd::Done(Proof::SaidByPerson),
            false => OperationEnd::NotDone { message: "a person found out that it was not done".to_owned() },
        });
        let (is_creation, is_write_off) = (operation.is_creation(), operation.what == What::Avskriv);
        if said.happened {
            if is_creation && self.theirs.is_none() {
                self.theirs = said.kravidentifikator;
            }
            self.written_off |= is_write_off;
            for operation in &mut self.operations {
                if operation.end == Some(OperationEnd::Moot(MootBecause::CreationUnproven)) {
                    operation.end = None;
                }
            }
        }
        self.open_again(at);
        Ok(())
    }

    /// Everything that was to be done may have been done since. A person must tell where nobody can look.
    fn restored(&mut self, since: Timestamp, at: Timestamp) {
        let (has_own_id, can_read_back) = (self.ours.is_some(), self.can.avstemming);
        self.were_moot_as_long_as_nobody_knew();
        let creation_was_given_up = self
            .creation()
            .is_some_and(|creation| matches!(creation.end, Some(OperationEnd::NotDone { .. })));
        for operation in &mut self.operations {
            if creation_was_given_up && operation.end == Some(OperationEnd::Moot(MootBecause::NotCreated)) {
                operation.end = None;
            }
            // A person may have let go on since then what was given up.
            let was_given_up = matches!(operation.end, Some(OperationEnd::NotDone { .. }));
            if operation.end.is_some() && !was_given_up {
                continue;
            }
            operation.attempts.push(Attempt {
                n: AttemptNo::default(),
                begun: since,
                effect: Effect::Unknown,
                korrelasjonsid: None,
                permit: Duration::ZERO,
                unresolved_since: at,
            });
            let can_tell = match operation.what {
                What::Opprett(_) => has_own_id,
                What::Endre(_) => can_read_back,
                What::Avskriv => true,
            };
            if !can_tell || was_given_up {
                let evidence = format!(
                    "this is a copy from before {since}; since then it may have been sent, and nothing here can tell whether it was"
                );
                operation.end = Some(OperationEnd::Unproven { evidence });
            } else if !operation.is_creation() && can_read_back {
                operation.doubt = Some(Doubt::Restored { since });
            }
        }
        self.next_look = None;
        self.asked_at = self.asked_at.map(|_| at);
        self.end_what_is_moot();
    }

    fn open_again(&mut self, at: Timestamp) {
        self.asked_at = Some(at);
        (self.over, self.stopped) = (false, false);
        self.next_look = None;
        self.went_well();
        self.end_what_is_moot();
    }
}

impl Operation {
    /// Whether it ended without having happened.
    fn has_failed(&self) -> bool {
        let end = self.end.as_ref();
        end.is_some_and(|end| {
            matches!(end, OperationEnd::Refused { .. } | OperationEnd::NotDone { .. } | OperationEnd::Moot(_))
        })
    }

    fn is_write_off_in_force(&self) -> bool {
        self.what == What::Avskriv && !self.has_failed()
    }

    fn begin_again(&mut self, doubt: Option<Doubt>) {
        self.was_unproven |= self.end.as_ref().is_some_and(OperationEnd::is_unproven);
        (self.end, self.doubt, self.strange) = (None, doubt, 0);
    }
}
