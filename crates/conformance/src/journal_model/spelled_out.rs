//! What an operation says in numbers and guesses, as the journal is told it.

use super::{ClaimOp, FactOp, FilterOp, FromOp, Guess, NewCaseOp, ParkingOp, Play, Seconds, StateOp};
use skattebro_domain::flow::AttemptNo;
use skattebro_domain::{Digest, Korrelasjonsid, Timestamp};
use skattebro_ports::journal::{
    CaseId, CaseKey, CaseState, Claim, Environment, Filter, Hold, Intent, Learned, Look, NewCase, Parking,
    Payload, Source, Version, WorkerId,
};
use std::time::Duration;

impl Play<'_> {
    pub(super) fn at(&self, seconds: Seconds) -> Timestamp {
        let now = self.world.now();
        let by = Duration::from_secs(seconds.unsigned_abs().into());
        if seconds < 0 { now.checked_sub(by).unwrap() } else { now.checked_add(by).unwrap() }
    }

    pub(super) fn version(&self, case: &CaseId, guess: Guess) -> Version {
        let Version(version) = self.model.version(case);
        Version(version.saturating_add_signed(guess.into()))
    }

    pub(super) fn worker(&self, worker: u8, of: u8) -> WorkerId {
        let owner = if worker < 3 { None } else { self.model.owner(&case_id(of)) };
        owner.unwrap_or_else(|| worker_id(worker % 3))
    }

    pub(super) fn payload(&mut self) -> Payload {
        self.written += 1;
        Payload::new(self.written.to_string())
    }

    pub(super) fn new_case(&mut self, case: &NewCaseOp) -> NewCase {
        NewCase {
            id: case_id(case.case),
            kind: if case.case == 3 { "filing" } else { "krav" }.parse().unwrap(),
            environment: environment(case.environment),
            title: format!("title {}", self.written),
            keys: case.keys.iter().map(|key| case_key(*key)).collect(),
            fingerprint: Digest([case.fingerprint; 32]),
            content: self.payload(),
            asks: (0..case.asks).map(|_| self.payload()).collect(),
            at: self.at(case.at),
            owner: case.owner.map(worker_id),
        }
    }

    pub(super) fn claim(&self, claim: &ClaimOp) -> Claim {
        let named = |cases: &Vec<u8>| cases.iter().map(|case| case_id(*case)).collect();
        Claim {
            worker: worker_id(claim.worker),
            max: claim.max.into(),
            environment: environment(claim.environment),
            only: claim.only.as_ref().map(named),
            except: named(&claim.except),
            now: self.at(claim.now),
        }
    }

    pub(super) fn intent(&mut self, case: u8, guess: Guess, key: Option<u8>) -> Intent {
        let case = case_id(case);
        let payload = self.payload();
        Intent {
            version: self.version(&case, guess),
            case,
            at: self.at(0),
            until: self.at(60),
            korrelasjonsid: Korrelasjonsid::from_uuid(self.written.into()),
            takes: key.map(case_key),
            payload,
        }
    }

    pub(super) fn fact(&mut self, fact: &FactOp) -> Learned {
        let case = case_id(fact.case);
        let payload = self.payload();
        let from = match fact.from {
            FromOp::Answer(n) => {
                let intents = self.model.intents(&case);
                Source::Answer(intents.iter().rev().nth(n.into()).copied().unwrap_or(AttemptNo(0)))
            }
            FromOp::AnswerTo(n) => Source::Answer(AttemptNo(n.into())),
            FromOp::Look(look) => {
                let id = Korrelasjonsid::from_uuid(u128::from(look) << 64);
                Source::Look(Look { n: AttemptNo(self.written), id })
            }
        };
        let is_odd = !self.written.is_multiple_of(2);
        let korrelasjonsid = is_odd.then(|| Korrelasjonsid::from_uuid(self.written.into()));
        Learned {
            case,
            from,
            at: self.at(fact.at),
            worker: self.worker(fact.worker, fact.case),
            korrelasjonsid,
            payload,
        }
    }

    pub(super) fn parking(&self, parking: &ParkingOp) -> Parking {
        let case = case_id(parking.case);
        let hold = |(key, until): (&u8, &Option<Seconds>)| Hold {
            key: case_key(*key),
            until: until.map(|seconds| self.at(seconds)),
        };
        Parking {
            version: self.version(&case, parking.version),
            case,
            state: self.state(parking.state),
            status: "parked".to_owned(),
            holds: parking.holds.iter().map(hold).collect(),
            keep: parking.keep,
        }
    }

    pub(super) fn state(&self, state: StateOp) -> CaseState {
        match state {
            StateOp::Due(seconds) => CaseState::Due(self.at(seconds)),
            StateOp::Waiting => CaseState::Waiting,
            StateOp::Settled => CaseState::Settled,
        }
    }

    pub(super) fn filter(&self, filter: &FilterOp) -> Filter {
        let status = |is_parked: bool| if is_parked { "parked".to_owned() } else { String::new() };
        Filter {
            environment: filter.environment.map(environment),
            kind: filter.is_parked.map(|_| "krav".parse().unwrap()),
            state: filter.state.map(|state| self.state(state).as_str()),
            status: filter.is_parked.map(status),
            changed_before: filter.changed_before.map(|seconds| self.at(seconds)),
            after: filter.after.map(case_id),
            max: filter.max.into(),
        }
    }
}

pub(super) fn case_id(n: u8) -> CaseId {
    format!("case-{n}").parse().unwrap()
}

pub(super) fn worker_id(n: u8) -> WorkerId {
    format!("worker-{n}").parse().unwrap()
}

pub(super) fn case_key(n: u8) -> CaseKey {
    CaseKey::of(&["key", &n.to_string()])
}

pub(super) fn environment(n: u8) -> Environment {
    format!("environment-{n}").parse().unwrap()
}
