mod asks;
mod looks;
mod requests;
mod steps;

use super::operation::{Attempt, Doubt, MootBecause, Operation, OperationEnd, What};
use super::{Act, Ask, Confirmation, Fact, KravRules, Read, Standing, Verdict};
use crate::flow::{AttemptNo, Declined, Effect, Failure, Flow, Step, WaitingFor};
use crate::krav::{
    Ability, Capabilities, KravId, Mottak, Mottaksstatus, OppdragsgiversKravidentifikator, Valideringsfeil,
};
use crate::time::{after, backoff, between};
use crate::{Kravidentifikator, Timestamp};
use std::time::Duration;

/// One krav. See the [module](super) for what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Krav {
    rules: KravRules,
    can: Capabilities,
    ours: Option<OppdragsgiversKravidentifikator>,
    theirs: Option<Kravidentifikator>,
    operations: Vec<Operation>,
    asked_at: Option<Timestamp>,
    mottak: Option<Mottak>,
    feil: Option<Vec<Valideringsfeil>>,
    looked_by: AttemptNo,
    written_off: bool,
    change_accepted: bool,
    /// The list of valideringsfeil was empty late enough.
    settled_by_time: bool,
    /// The service said 409 "not booked": since when, and whether it was looked at after that.
    conflict: Option<Conflict>,
    next_look: Option<Timestamp>,
    last_look: Option<Timestamp>,
    trouble: Trouble,
    /// No more steps: the deadline has passed, or somebody stopped it.
    over: bool,
    /// Somebody stopped it.
    stopped: bool,
}

const ONLY_BY_THEIR_ID: &str =
    "this edition addresses a krav only by Skatteetaten's kravidentifikator; give that one";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Conflict {
    since: Timestamp,
    looked: bool,
}

/// Failures since the last thing that went well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Trouble {
    failures: u32,
    refused_looks: u32,
    unsent: u32,
    missing_looks: u32,
    not_before: Option<Timestamp>,
    last: Option<Failure>,
}

impl Krav {
    /// A krav that is to be created.
    pub fn new(rules: KravRules, can: Capabilities) -> Self {
        Self {
            rules,
            can,
            ours: None,
            theirs: None,
            operations: Vec::new(),
            asked_at: None,
            mottak: None,
            feil: None,
            looked_by: AttemptNo::default(),
            written_off: false,
            change_accepted: false,
            settled_by_time: false,
            conflict: None,
            next_look: None,
            last_look: None,
            trouble: Trouble::default(),
            over: false,
            stopped: false,
        }
    }

    /// A krav that was created before, to be changed or written off.
    pub fn existing(id: KravId, rules: KravRules, can: Capabilities) -> Self {
        let (ours, theirs) = match id {
            KravId::Skatteetatens(theirs) => (None, Some(theirs)),
            KravId::Oppdragsgivers(ours) => (Some(ours), None),
        };
        Self { ours, theirs, ..Self::new(rules, can) }
    }

    /// Skatteetaten's id of it, once that is known.
    pub fn kravidentifikator(&self) -> Option<&Kravidentifikator> {
        self.theirs.as_ref()
    }

    /// The oppdragsgiver's id of it, if it has one.
    pub fn oppdragsgivers_kravidentifikator(&self) -> Option<&OppdragsgiversKravidentifikator> {
        self.ours.as_ref()
    }

    /// What was asked of it, in order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// What the service said last about how far it has come.
    pub fn mottak(&self) -> Option<&Mottak> {
        self.mottak.as_ref()
    }

    /// The last failure since something went well.
    pub fn last_failure(&self) -> Option<&Failure> {
        self.trouble.last.as_ref()
    }

    /// What is known of the edition in this environment by now: a krav may find out what was "perhaps".
    pub fn capabilities(&self) -> &Capabilities {
        &self.can
    }

    /// Whether somebody stopped it for good; an ask goes on.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Where it stands.
    pub fn standing(&self) -> Standing {
        let creation = self.creation();
        match creation.and_then(|creation| creation.end.as_ref()) {
            Some(OperationEnd::Refused { .. }) => return Standing::Refused,
            Some(OperationEnd::NotDone { .. } | OperationEnd::Moot(_)) => return Standing::NotSent,
            Some(OperationEnd::Unproven { .. }) => return Standing::Unproven,
            Some(OperationEnd::Done(_)) => {}
            None => match creation {
                Some(creation)
                    if creation.attempts.iter().all(|attempt| attempt.effect == Effect::NotSent) =>
                {
                    return Standing::NotSent;
                }
                Some(_) => return Standing::Sent,
                None => {
                    if let Some(standing) = self.standing_of_existing() {
                        return standing;
                    }
                }
            },
        }
        if self.written_off {
            return Standing::WrittenOff;
        }
        if let Some(feil) = self.feil.as_ref().filter(|_| self.is_rejected()) {
            return Standing::Rejected(feil.clone());
        }
        match self.mottak.as_ref().map(|mottak| &mottak.mottaksstatus) {
            Some(Mottaksstatus::Reskontrofoert) => Standing::InForce(Confirmation::Booked),
            Some(Mottaksstatus::Migrert) => Standing::InForce(Confirmation::Migrated),
            Some(Mottaksstatus::SkalIkkeReskontrofoeres) => Standing::NotToBeBooked,
            _ if self.change_accepted => Standing::InForce(Confirmation::ChangeAccepted),
            _ if self.settled_by_time => Standing::InForce(Confirmation::SettleTime),
            _ => Standing::Received,
        }
    }

    /// Of a krav that was created before, nothing is known but what its operations tell.
    fn standing_of_existing(&self) -> Option<Standing> {
        let is_known = self.mottak.is_some() || self.written_off || self.change_accepted;
        if is_known || self.operations.is_empty() {
            return None;
        }
        let mut attempts = self.operations.iter().flat_map(|operation| &operation.attempts);
        Some(match self.operations.first()?.end {
            Some(OperationEnd::Refused { .. }) => Standing::Refused,
            Some(OperationEnd::Unproven { .. }) => Standing::Unproven,
            _ if attempts.all(|attempt| attempt.effect == Effect::NotSent) => Standing::NotSent,
            _ => Standing::Sent,
        })
    }

    /// How all that was asked of it has gone.
    pub fn verdict(&self) -> Verdict {
        let of_operation = |operation: &Operation| match &operation.end {
            Some(OperationEnd::Done(_)) => Verdict::Well,
            Some(OperationEnd::Refused { .. }) => Verdict::Wrong,
            Some(OperationEnd::Moot(MootBecause::CreationUnproven) | OperationEnd::Unproven { .. }) => {
                Verdict::Open
            }
            Some(OperationEnd::Moot(_)) => Verdict::Wrong,
            Some(OperationEnd::NotDone { .. }) | None => Verdict::Open,
        };
        let of_krav = match self.standing() {
            Standing::InForce(_) | Standing::WrittenOff => Verdict::Well,
            Standing::Refused | Standing::Rejected(_) | Standing::NotToBeBooked => Verdict::Wrong,
            // What was created before is as good as what was asked of it.
            _ if self.creation().is_none() => Verdict::Well,
            Standing::Received if !self.rules.follow => Verdict::Well,
            Standing::NotSent | Standing::Sent | Standing::Received | Standing::Unproven => Verdict::Open,
        };
        self.operations.iter().map(of_operation).max().unwrap_or(Verdict::Open).max(of_krav)
    }

    fn creation(&self) -> Option<&Operation> {
        self.operations.first().filter(|operation| operation.is_creation())
    }

    fn pending(&self) -> Option<usize> {
        self.operations.iter().position(|operation| operation.end.is_none())
    }

    fn address(&self) -> Option<KravId> {
        let ours = || self.own_address().filter(|_| self.can.own_id == Ability::Yes);
        self.theirs.clone().map(KravId::Skatteetatens).or_else(ours)
    }

    fn own_address(&self) -> Option<KravId> {
        self.ours.clone().map(KravId::Oppdragsgivers)
    }

    /// Whether a krav can be looked up by our id.
    fn finds_by_own_id(&self) -> bool {
        self.ours.is_some() && self.can.mottaksstatus != Ability::No && self.can.own_id != Ability::No
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.asked_at.map(|at| after(at, self.rules.deadline))
    }

    fn has_status(&self, status: &Mottaksstatus) -> bool {
        self.mottak.as_ref().is_some_and(|mottak| mottak.mottaksstatus == *status)
    }

    fn is_rejected(&self) -> bool {
        let said = self.has_status(&Mottaksstatus::Valideringsfeil);
        said || self.feil.as_ref().is_some_and(|feil| !feil.is_empty())
    }

    /// Whether the service is known to have booked it.
    fn is_booked(&self) -> bool {
        let status = self.mottak.as_ref().map(|mottak| &mottak.mottaksstatus);
        self.change_accepted || matches!(status, Some(Mottaksstatus::Reskontrofoert | Mottaksstatus::Migrert))
    }

    fn is_settled(&self) -> bool {
        let Some(creation) = self.creation() else { return true };
        if !creation.end.as_ref().is_some_and(OperationEnd::is_done) {
            return true;
        }
        self.standing().is_settled()
    }

    /// Until when an unanswered request of another change may still act.
    fn others_act_until(&self, index: usize) -> Option<Timestamp> {
        let others = self
            .operations
            .iter()
            .enumerate()
            .filter(|(other, operation)| *other != index && !operation.is_creation());
        let since = others.filter_map(|(_, operation)| operation.unresolved_since()).max();
        since.map(|since| after(since, self.rules.late_action))
    }

    /// When the krav cannot have been younger at the service: the answer to its creation, or the last moment an unanswered one may act.
    fn born_by(&self) -> Option<Timestamp> {
        let creation = self.creation()?;
        let times = creation.attempts.iter().map(|attempt| match attempt.effect.is_unresolved() {
            true => after(attempt.unresolved_since, self.rules.late_action),
            false => attempt.unresolved_since,
        });
        times.max()
    }

    fn look_later(&mut self, anchor: Timestamp, at: Timestamp) {
        self.next_look = Some(after(at, self.rules.pause(between(anchor, at))));
    }

    fn anchor(&self, at: Timestamp) -> Timestamp {
        let begun = self.creation().and_then(Operation::first_begun);
        self.conflict.map(|conflict| conflict.since).or(begun).unwrap_or(at)
    }

    /// It without the pace of its looks.
    fn essence(&self) -> Self {
        let trouble = Trouble { failures: 0, not_before: None, last: None, ..self.trouble.clone() };
        let (looked_by, next_look, last_look) = (AttemptNo::default(), None, None);
        Self { trouble, looked_by, next_look, last_look, ..self.clone() }
    }

    fn went_well(&mut self) {
        self.trouble = Trouble::default();
    }

    fn back_off(&mut self, at: Timestamp, asked_for: Option<Duration>) {
        let pause = backoff(self.trouble.failures, self.rules.max_backoff, asked_for);
        self.trouble.not_before = Some(after(at, pause));
    }

    fn looked(&mut self, n: AttemptNo, at: Timestamp) {
        self.looked_by = n;
        self.last_look = Some(at);
        if let Some(conflict) = &mut self.conflict {
            conflict.looked = true;
        }
        self.look_later(self.anchor(at), at);
    }

    /// Ends what has become pointless.
    fn end_what_is_moot(&mut self) {
        let creation = self.creation().and_then(|creation| creation.end.as_ref());
        let because = match creation {
            Some(OperationEnd::Refused { .. } | OperationEnd::NotDone { .. } | OperationEnd::Moot(_)) => {
                MootBecause::NotCreated
            }
            Some(OperationEnd::Unproven { .. }) => MootBecause::CreationUnproven,
            _ if self.is_rejected() => MootBecause::Rejected,
            _ if self.standing() == Standing::NotToBeBooked => MootBecause::NotToBeBooked,
            _ if self.written_off => MootBecause::WrittenOff,
            _ => return,
        };
        for operation in &mut self.operations {
            let asks_for_that = because == MootBecause::WrittenOff && operation.what == What::Avskriv;
            if operation.end.is_none() && !operation.is_creation() && !asks_for_that {
                operation.end = Some(OperationEnd::Moot(because));
            }
        }
    }

    /// No more steps. What may have acted without our knowing is unproven; the rest stays open.
    fn close(&mut self) {
        self.over = true;
        let last = self.trouble.last.as_ref().map(|failure| failure.message.clone()).unwrap_or_default();
        for operation in &mut self.operations {
            let exists = operation.doubt == Some(Doubt::Exists);
            if operation.end.is_none() && (operation.is_unresolved() || exists) {
                let evidence = if exists && self.theirs.is_none() {
                    "Skatteetaten said that a krav with this oppdragsgiversKravidentifikator exists, and did not show it when asked"
                } else if exists {
                    "Skatteetaten has a krav with this oppdragsgiversKravidentifikator; whether it is this one could not be read back in \
                     time"
                } else {
                    "a request got no answer that tells what it did, and none came in time"
                };
                let evidence = format!("{evidence}. {last}").trim_end().to_owned();
                operation.end = Some(OperationEnd::Unproven { evidence });
            }
        }
    }
}

impl Flow for Krav {
    type Ask = Ask;
    type Act = Act;
    type Read = Read;
    type Fact = Fact;

    fn asked(&mut self, ask: Ask, at: Timestamp) -> Result<(), Declined> {
        self.ask(ask, at)
    }

    fn begun(&mut self, n: AttemptNo, act: &Act, at: Timestamp, until: Timestamp) {
        let is_it = |operation: &Operation| match (&operation.what, act) {
            (What::Opprett(_), Act::Opprett(_)) | (What::Avskriv, Act::Avskriv(_)) => true,
            (What::Endre(asked), Act::Endre(_, begun)) => asked == begun,
            _ => false,
        };
        let begun = Attempt {
            n,
            begun: at,
            effect: Effect::Open,
            korrelasjonsid: None,
            permit: between(at, until),
            unresolved_since: until,
        };
        if self.find(n).is_some() {
            return;
        }
        let open = self.operations.iter().position(|operation| operation.end.is_none() && is_it(operation));
        // It may have ended meanwhile; what comes of the request is learned all the same.
        if let Some(index) = open.or_else(|| self.operations.iter().rposition(is_it)) {
            self.operations[index].attempts.push(begun);
            if open.is_some() && self.operations[index].is_creation() && self.ours.is_none() {
                self.is_in_doubt_until_answered(index);
            }
        }
    }

    fn learned(&mut self, n: AttemptNo, fact: Fact, at: Timestamp) {
        match fact {
            Fact::Failed(failure) => self.act_failed(n, failure, at),
            Fact::LookFailed(look, failure) => self.look_failed(&look, failure, at),
            other => {
                // While a list of errors lags behind the status, that is counted; see `read_errors`.
                let lagging = self.trouble.refused_looks;
                self.went_well();
                match other {
                    Fact::Opprettet(id) => self.created(n, id, at),
                    Fact::Accepted(transaksjonsid) => self.accepted(n, transaksjonsid, at),
                    Fact::Mottak(mottak) => self.seen(n, mottak, at),
                    Fact::NotThere => self.not_there(n, at),
                    Fact::Valideringsfeil(feil) => {
                        self.trouble.refused_looks = lagging;
                        self.read_errors(n, feil, at);
                    }
                    Fact::Avstemming(Some(avstemming)) => self.reconciled(n, &avstemming, at),
                    Fact::Avstemming(None) => self.looked(n, at),
                    Fact::Failed(_) | Fact::LookFailed(..) => {}
                }
            }
        }
        self.end_what_is_moot();
        if self.deadline().is_some_and(|deadline| at >= deadline) {
            self.close();
        }
    }

    fn resumed(&mut self, at: Timestamp) {
        let attempts = self.operations.iter_mut().flat_map(|operation| &mut operation.attempts);
        for attempt in attempts.filter(|attempt| attempt.effect.is_unresolved()) {
            let permit = if attempt.effect == Effect::Open { attempt.permit } else { Duration::ZERO };
            attempt.unresolved_since = after(at, permit);
        }
        let sooner =
            |time: &mut Option<Timestamp>, pause| *time = time.map(|time| time.min(after(at, pause)));
        sooner(&mut self.next_look, self.rules.max_pause);
        sooner(&mut self.trouble.not_before, self.rules.max_backoff);
    }

    fn is_news(&self, n: AttemptNo, fact: &Fact, at: Timestamp) -> bool {
        let mut then = self.clone();
        then.learned(n, fact.clone(), at);
        self.essence() != then.essence()
    }

    fn next(&self, now: Timestamp) -> Step<Act, Read> {
        let Some(deadline) = self.deadline() else {
            return Step::Person("nothing is asked of this krav yet");
        };
        if self.over {
            return Step::End;
        }
        let pending = self.pending();
        if pending.is_none() && (self.is_settled() || !self.rules.follow) {
            return Step::End;
        }
        let wait = steps::Waiting { now, deadline };
        if let Some(step) = self.trouble.not_before.and_then(|until| wait.until(until, WaitingFor::Service)) {
            return step;
        }
        match pending {
            Some(index) if self.operations[index].is_creation() => {
                self.next_for_creation(&self.operations[index], &wait)
            }
            Some(index) => self.next_for_change(index, &wait),
            None => self.next_for_following(&wait),
        }
    }
}
