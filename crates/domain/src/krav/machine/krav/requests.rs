//! What a krav learns from the answers to its requests.

use super::{Conflict, Krav};
use crate::flow::{AttemptNo, Effect, ErrorKind, Failure, Retry};
use crate::krav::machine::operation::{Doubt, MootBecause, Operation, OperationEnd, Proof, What};
use crate::krav::slugs;
use crate::{Kravidentifikator, Slug, Timestamp};

impl Krav {
    pub(super) fn done(&mut self, n: AttemptNo, at: Timestamp) -> Option<&mut Operation> {
        let (index, place) = self.find(n)?;
        let operation = &mut self.operations[index];
        operation.attempts[place].effect = Effect::Done;
        operation.attempts[place].unresolved_since = at;
        Some(operation)
    }

    pub(super) fn find(&self, n: AttemptNo) -> Option<(usize, usize)> {
        self.operations.iter().enumerate().find_map(|(index, operation)| {
            operation.attempts.iter().position(|attempt| attempt.n == n).map(|place| (index, place))
        })
    }

    pub(super) fn created(&mut self, n: AttemptNo, id: Kravidentifikator, at: Timestamp) {
        let Some(operation) = self.done(n, at) else { return };
        operation.end = Some(OperationEnd::Done(Proof::Answered));
        operation.doubt = None;
        self.theirs.get_or_insert(id);
        self.were_moot_as_long_as_nobody_knew();
        self.look_later(at, at);
    }

    pub(super) fn were_moot_as_long_as_nobody_knew(&mut self) {
        for operation in &mut self.operations {
            if operation.end == Some(OperationEnd::Moot(MootBecause::CreationUnproven)) {
                operation.end = None;
            }
        }
    }

    pub(super) fn accepted(
        &mut self,
        n: AttemptNo,
        transaksjonsid: Option<crate::Transaksjonsid>,
        at: Timestamp,
    ) {
        let Some(operation) = self.done(n, at) else { return };
        operation.end = Some(OperationEnd::Done(Proof::Answered));
        operation.doubt = None;
        if operation.transaksjonsid.is_none() {
            operation.transaksjonsid = transaksjonsid;
        }
        self.written_off |= operation.what == What::Avskriv;
        self.change_accepted = true;
        self.conflict = None;
    }

    pub(super) fn act_failed(&mut self, n: AttemptNo, failure: Failure, at: Timestamp) {
        let Some((index, place)) = self.find(n) else { return };
        let attempt = &mut self.operations[index].attempts[place];
        if !attempt.effect.is_unresolved() && attempt.effect != Effect::NotSent {
            return; // it was settled before; a failure that arrives later tells nothing
        }
        // Something came back that cannot be read: whatever it was, the request may have acted.
        let effect = match failure.effect.clone() {
            Effect::Done | Effect::Open => Effect::Unknown,
            other => other,
        };
        if attempt.effect == effect {
            return; // told before
        }
        attempt.effect = effect;
        attempt.unresolved_since = at;
        attempt.korrelasjonsid.clone_from(&failure.korrelasjonsid);
        let operation = &mut self.operations[index];
        let unproven = operation.end.as_ref().is_some_and(OperationEnd::is_unproven);
        let in_doubt_until_now = operation.is_creation() && self.ours.is_none();
        if unproven && (in_doubt_until_now || !operation.is_unresolved() && self.over) {
            operation.end = None; // it was stopped while this request was under way, and now the answer tells
            self.were_moot_as_long_as_nobody_knew();
        }
        let operation = &mut self.operations[index];
        if operation.end.is_some() {
            return;
        }
        self.trouble.unsent = if failure.effect == Effect::NotSent { self.trouble.unsent + 1 } else { 0 };
        self.trouble.failures += 1;
        self.trouble.last = Some(failure.clone());
        match &failure.effect {
            Effect::NotSent => self.not_sent(index, failure, at),
            Effect::Refused(_) if matches!(failure.retry, Retry::Later(_)) => self.try_again(&failure, at),
            // The krav is not what is wrong.
            Effect::Refused(slug) if is_about_access(&failure, slug) => self.not_sent(index, failure, at),
            Effect::Refused(slug) => {
                let rule = slugs::short(slug).to_owned();
                self.refused(index, rule, failure, at);
            }
            Effect::Unknown | Effect::Open | Effect::Done => self.lost(index, failure, at),
        }
    }

    pub(super) fn try_again(&mut self, failure: &Failure, at: Timestamp) {
        let asked_for = if let Retry::Later(asked_for) = failure.retry { asked_for } else { None };
        self.back_off(at, asked_for);
    }

    pub(super) fn not_sent(&mut self, index: usize, failure: Failure, at: Timestamp) {
        let hopeless =
            !matches!(failure.retry, Retry::Later(_)) || self.trouble.unsent >= self.rules.max_unsent;
        let operation = &mut self.operations[index];
        if hopeless && !operation.is_unresolved() {
            operation.end = Some(OperationEnd::NotDone { message: failure.message });
            self.trouble.unsent = 0;
            return;
        }
        self.try_again(&failure, at);
    }

    /// A creation without an id of ours is under way: whoever finds it so, because its process is gone, can only ask a person.
    pub(super) fn is_in_doubt_until_answered(&mut self, index: usize) {
        let evidence = "the creation was about to be sent, and what came of it was not written down; a krav without \
                        oppdragsgiversKravidentifikator is never sent again, since that could double it; ask Skatteetaten whether they have it";
        self.operations[index].end = Some(OperationEnd::Unproven { evidence: evidence.to_owned() });
        self.end_what_is_moot();
    }

    pub(super) fn lost(&mut self, index: usize, failure: Failure, at: Timestamp) {
        let operation = &mut self.operations[index];
        if operation.is_creation() && self.ours.is_none() {
            let evidence = format!(
                "the creation got no answer that tells what it did, and a krav without oppdragsgiversKravidentifikator is never sent \
                 again, since that could double it; ask Skatteetaten whether they have it. {}",
                failure.message
            );
            operation.end = Some(OperationEnd::Unproven { evidence });
            return;
        }
        if !matches!(failure.retry, Retry::Later(_)) {
            operation.strange += 1;
            if operation.strange >= self.rules.max_strange {
                self.doubt_refusal(index, "unreadable-answer".to_owned(), failure);
                return;
            }
        }
        self.try_again(&failure, at);
    }

    pub(super) fn refused(&mut self, index: usize, rule: String, failure: Failure, at: Timestamp) {
        let is_change = matches!(self.operations[index].what, What::Endre(_));
        let is_creation = self.operations[index].is_creation();
        match rule.as_str() {
            slugs::EXISTS_ALREADY if is_creation && self.finds_by_own_id() => {
                self.went_well();
                self.operations[index].doubt = Some(Doubt::Exists);
                self.next_look = None;
            }
            slugs::EXISTS_ALREADY if is_creation && self.ours.is_some() => {
                let evidence = self.cannot_be_looked_up();
                self.operations[index].end = Some(OperationEnd::Unproven { evidence });
            }
            slugs::NOT_BOOKED if !is_creation => {
                self.went_well();
                let since = self.conflict.map_or(at, |conflict| conflict.since);
                self.conflict = Some(Conflict { since, looked: false });
                self.look_later(since, at);
            }
            slugs::WRITTEN_OFF_NO_CHANGE if is_change => {
                self.went_well();
                self.written_off = true;
            }
            slugs::WRITTEN_OFF_ALREADY if !is_creation && !is_change => {
                self.went_well();
                self.written_off = true;
                self.operations[index].end = Some(OperationEnd::Done(Proof::AlreadyWrittenOff));
            }
            _ if self.operations[index].is_unresolved() => self.doubt_refusal(index, rule, failure),
            _ => {
                self.operations[index].end = Some(OperationEnd::Refused { rule, message: failure.message });
            }
        }
    }

    /// The last answer says no, but an earlier request may have acted: look, if this edition can.
    pub(super) fn doubt_refusal(&mut self, index: usize, rule: String, failure: Failure) {
        let can_look = match self.operations[index].what {
            What::Opprett(_) => self.finds_by_own_id(),
            What::Endre(_) | What::Avskriv => self.can.avstemming,
        };
        self.trouble.not_before = None;
        self.next_look = None;
        self.operations[index].doubt =
            Some(Doubt::Refused { rule: rule.clone(), message: failure.message.clone() });
        if !can_look {
            let evidence = format!(
                "an earlier request got no answer and may have acted, and the last one was refused ({rule}); this edition cannot tell \
                 which holds. {}",
                failure.message
            );
            self.operations[index].end = Some(OperationEnd::Unproven { evidence });
        }
    }

    pub(super) fn cannot_be_looked_up(&self) -> String {
        let id = self.ours.as_ref().map(ToString::to_string).unwrap_or_default();
        format!(
            "Skatteetaten has a krav with the oppdragsgiversKravidentifikator {}, and this edition cannot look it up by that id: whether \
             it is this one, and which kravidentifikator it got, only Skatteetaten can tell. Do not send it under another id before that \
             is known",
            crate::masking::mask(&id)
        )
    }
}

/// Whether the service turned away whoever asked, and not what was asked. Its rules about krav answer 403 as well, under their own names.
fn is_about_access(failure: &Failure, slug: &Slug) -> bool {
    match failure.kind {
        ErrorKind::Unauthorized => true,
        ErrorKind::Forbidden => !slugs::is_rule_about_krav(slug),
        _ => false,
    }
}
