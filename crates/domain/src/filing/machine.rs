use super::{Act, Ask, DueLook, Fact, FilingEnd, FilingRules, Plan, Read, Stage};
use crate::flow::{AttemptNo, Declined, Effect, ErrorKind, Failure, Flow, Retry, Step, WaitingFor};
use crate::time::{after, backoff, between};
use crate::{Dokumentreferanse, JobbId, JobbStatus, JobbTilstand, Phase, Referanse, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// One filing. See the [module](super) for what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    rules: FilingRules,
    asked: Option<(Plan, Timestamp)>,
    gjeldende: Option<Dokumentreferanse>,
    referanse: Option<Referanse>,
    refused_referanse: Option<Referanse>,
    attempts: BTreeMap<AttemptNo, Attempt>,
    jobs: Vec<Job>,
    /// How many AVBRUTT were put down to an unresolved start of our own.
    blamed_on_ourselves: usize,
    last_look: Option<Timestamp>,
    /// After a job that failed, the next is not started at once: whatever failed may need time.
    restart_not_before: Option<Timestamp>,
    trouble: Trouble,
    end: Option<FilingEnd>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Attempt {
    is_start: bool,
    effect: Effect,
    /// How long it was allowed to be sent.
    permit: Duration,
    /// While it is open, until when it may be sent; then when it was learned that nobody knows what it did.
    unresolved_since: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Job {
    id: JobbId,
    started_by: AttemptNo,
    since: Timestamp,
    seen_by: AttemptNo,
    seen_at: Timestamp,
    tilstand: JobbTilstand,
}

/// Failures since the last thing that went well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Trouble {
    failures: u32,
    unreadable: u32,
    refused_looks: u32,
    not_before: Option<Timestamp>,
    last: Option<Failure>,
}

impl Filing {
    /// A filing of which nothing is asked yet.
    pub fn new(rules: FilingRules) -> Self {
        Self {
            rules,
            asked: None,
            gjeldende: None,
            referanse: None,
            refused_referanse: None,
            attempts: BTreeMap::new(),
            jobs: Vec::new(),
            blamed_on_ourselves: 0,
            last_look: None,
            restart_not_before: None,
            trouble: Trouble::default(),
            end: None,
        }
    }

    /// How it ended, if it has by `now`: a deadline ends it without anything being learned.
    pub fn end(&self, now: Timestamp) -> Option<FilingEnd> {
        self.end.clone().or_else(|| self.timed_out(now))
    }

    /// The reference of the uploaded næringsspesifikasjon, once there is one; good for more jobs and for the submission.
    pub fn referanse(&self) -> Option<&Referanse> {
        self.referanse.as_ref()
    }

    /// The return in force that it is validated for, once that is known.
    pub fn gjeldende(&self) -> Option<&Dokumentreferanse> {
        self.gjeldende.as_ref()
    }

    /// Whether a start of ours may have begun a job that is not known.
    pub fn perhaps_started(&self) -> bool {
        self.unresolved_starts().next().is_some()
    }

    /// The last failure since something went well.
    pub fn last_failure(&self) -> Option<&Failure> {
        self.trouble.last.as_ref()
    }

    /// Which part of the way it is on.
    pub fn stage(&self) -> Stage {
        match self.live_job() {
            Some(job) if job.tilstand.jobb_status.phase() == Phase::Finished => Stage::Resultat,
            Some(_) => Stage::Job,
            None if self.gjeldende.is_none() => Stage::Gjeldende,
            None if self.needs_upload() => Stage::Upload,
            None => Stage::Start,
        }
    }

    fn needs_upload(&self) -> bool {
        self.referanse.is_none() && self.asked.as_ref().is_some_and(|(plan, _)| plan.can_upload)
    }

    fn live_job(&self) -> Option<&Job> {
        let live = |job: &&Job| matches!(job.tilstand.jobb_status.phase(), Phase::Underway | Phase::Finished);
        self.jobs.iter().filter(live).max_by_key(|job| job.started_by)
    }

    fn unresolved_starts(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.values().filter(|attempt| attempt.is_start && attempt.effect.is_unresolved())
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.asked.as_ref().map(|(_, at)| after(*at, self.rules.deadline))
    }

    fn timed_out(&self, now: Timestamp) -> Option<FilingEnd> {
        let deadline = self.deadline().filter(|deadline| now >= *deadline)?;
        let looked_since = self.last_look.is_some_and(|look| look >= deadline);
        let give_up = match self.stage() {
            Stage::Job => looked_since,
            // A result that is ready is worth a few more tries.
            Stage::Resultat => looked_since && self.trouble.failures >= self.rules.max_unreadable,
            Stage::Gjeldende | Stage::Upload | Stage::Start => true,
        };
        give_up.then(|| FilingEnd::GaveUp {
            stage: self.stage(),
            jobb: self.live_job().map(|job| job.id.clone()),
            failure: self.trouble.last.clone(),
        })
    }

    /// It without the pace of its looks.
    fn essence(&self) -> Self {
        let mut essence = Self { last_look: None, ..self.clone() };
        for job in &mut essence.jobs {
            (job.seen_by, job.seen_at) = (AttemptNo::default(), job.since);
            job.tilstand = JobbTilstand::of(job.tilstand.jobb_status.clone());
        }
        let trouble = Trouble { failures: 0, not_before: None, last: None, ..essence.trouble };
        Self { trouble, ..essence }
    }

    fn go_on(&mut self, at: Timestamp) -> Result<(), Declined> {
        let Some((_, asked_at)) = &mut self.asked else {
            return Err(Declined("nothing was asked of this filing yet"));
        };
        match &self.end {
            Some(FilingEnd::Validated { .. }) => return Err(Declined("the result was fetched")),
            Some(FilingEnd::Superseded { .. } | FilingEnd::JobFailed { .. }) => {
                return Err(Declined("its jobs are over; validate anew"));
            }
            _ => {}
        }
        *asked_at = at;
        self.end = None;
        self.went_well();
        Ok(())
    }

    /// Whether a job of ours was started, or may have been.
    pub fn has_started(&self) -> bool {
        let may_have = |attempt: &Attempt| {
            attempt.is_start && (attempt.effect.is_unresolved() || attempt.effect == Effect::Done)
        };
        self.attempts.values().any(may_have)
    }

    /// Until when a start of ours whose answer was lost may still begin a job; `None` if none can.
    pub fn may_start_until(&self, now: Timestamp) -> Option<Timestamp> {
        let late =
            self.unresolved_starts().map(|start| after(start.unresolved_since, self.rules.late_action));
        late.max().filter(|until| *until > now)
    }

    /// The look at the job that runs, as urgent as it is by now; `None` if none runs.
    pub fn due_look(&self, now: Timestamp) -> Option<DueLook> {
        let job = self.live_job().filter(|job| job.tilstand.jobb_status.phase() == Phase::Underway)?;
        let pause = self.rules.polling.pause(between(job.since, now));
        Some(DueLook { waited: between(job.seen_at, now), pause })
    }

    fn went_well(&mut self) {
        self.trouble = Trouble::default();
    }

    fn act_failed(&mut self, n: AttemptNo, failure: Failure, at: Timestamp) {
        if let Some(attempt) = self.attempts.get_mut(&n) {
            if !attempt.effect.is_unresolved() && attempt.effect != Effect::NotSent {
                return; // it was settled before; a failure that arrives later tells nothing
            }
            attempt.effect = failure.effect.clone();
            attempt.unresolved_since = at;
        }
        if self.attempts.keys().any(|later| *later > n) {
            return; // it comes late, and what is under way by now has its own answer
        }
        self.failed(true, failure, at);
    }

    fn failed(&mut self, is_act: bool, failure: Failure, at: Timestamp) {
        let stage = self.stage();
        self.trouble.failures += 1;
        self.trouble.last = Some(failure.clone());
        let has_job = matches!(stage, Stage::Job | Stage::Resultat);
        let jobb = self.live_job().map(|job| job.id.clone());
        let by_the_service = matches!(failure.effect, Effect::Refused(_));
        let asked_for = match failure.retry {
            Retry::Later(_) if !has_job && self.trouble.failures >= self.rules.max_failures_before_job => {
                self.end.get_or_insert(FilingEnd::GaveUp { stage, jobb, failure: Some(failure) });
                return;
            }
            // Something answers for the service. While a job is followed, that passes; a result is not waited for so long.
            Retry::Later(_)
                if stage == Stage::Resultat
                    && failure.kind == ErrorKind::Unreadable
                    && self.trouble.failures >= self.rules.max_foreign_results =>
            {
                self.end.get_or_insert(FilingEnd::Unreadable { stage, jobb, failure });
                return;
            }
            Retry::Later(asked_for) => asked_for,
            Retry::AFewTimes if stage == Stage::Job => None,
            Retry::AFewTimes => {
                self.trouble.unreadable += 1;
                if self.trouble.unreadable >= self.rules.max_unreadable {
                    self.end.get_or_insert(FilingEnd::Unreadable { stage, jobb, failure });
                    return;
                }
                None
            }
            Retry::AfterChange if is_act && self.upload_afresh(&failure) => {
                self.went_well();
                return;
            }
            // A gateway's 4xx is not the service's word, and must not cost a job that runs.
            Retry::AfterChange if has_job && !is_act && failure.effect == Effect::Unknown => None,
            Retry::AfterChange => {
                self.trouble.refused_looks += 1;
                let look_again = has_job && !is_act && by_the_service;
                if !look_again || self.trouble.refused_looks >= self.rules.max_refused_looks {
                    if is_act && failure.about_referanse {
                        self.referanse = None; // nobody shall be told to use it again
                    }
                    self.end.get_or_insert(FilingEnd::Refused { stage, jobb, failure });
                    return;
                }
                None
            }
        };
        if !by_the_service {
            self.trouble.refused_looks = 0; // only refusals in a row are believed
        }
        self.trouble.not_before =
            Some(after(at, backoff(self.trouble.failures, self.rules.max_backoff, asked_for)));
    }

    /// A start that is refused for the reference is followed by one fresh upload, if there is something to upload.
    fn upload_afresh(&mut self, failure: &Failure) -> bool {
        let can_upload = self.asked.as_ref().is_some_and(|(plan, _)| plan.can_upload);
        let possible = failure.about_referanse && can_upload && self.refused_referanse.is_none();
        if possible && self.referanse.is_some() {
            self.refused_referanse = self.referanse.take();
            return true;
        }
        false
    }

    fn started(&mut self, n: AttemptNo, id: JobbId, status: JobbStatus, at: Timestamp) {
        if let Some(attempt) = self.attempts.get_mut(&n) {
            attempt.effect = Effect::Done;
        }
        if !self.jobs.iter().any(|job| job.id == id) {
            let tilstand = JobbTilstand::of(JobbStatus::Opprettet);
            self.jobs.push(Job {
                id: id.clone(),
                started_by: n,
                since: at,
                seen_by: n,
                seen_at: at,
                tilstand,
            });
        }
        self.seen(n, &id, JobbTilstand::of(status), at);
    }

    fn seen(&mut self, n: AttemptNo, id: &JobbId, tilstand: JobbTilstand, at: Timestamp) {
        let latest_start = self.jobs.iter().map(|job| job.started_by).max();
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == *id) else { return };
        if n < job.seen_by {
            return; // an older look than the one we have
        }
        let newly_ended = !job.tilstand.jobb_status.is_terminal() && tilstand.jobb_status.is_terminal();
        let phase = tilstand.jobb_status.phase();
        let is_latest = Some(job.started_by) == latest_start;
        (job.seen_by, job.seen_at, job.tilstand) = (n, at, tilstand);
        let jobs = self.starts_done();
        match phase {
            Phase::Aborted if newly_ended && is_latest => {
                let unexplained = self.unresolved_starts().count() <= self.blamed_on_ourselves;
                if unexplained || jobs >= self.rules.max_jobs {
                    self.end.get_or_insert(FilingEnd::Superseded { jobb: id.clone() });
                } else {
                    self.blamed_on_ourselves += 1;
                }
            }
            Phase::Failed if newly_ended && jobs >= self.rules.max_jobs && self.live_job().is_none() => {
                self.end.get_or_insert(FilingEnd::JobFailed { jobb: id.clone(), jobs });
            }
            Phase::Failed if newly_ended => {
                let doubled = self.rules.pause_between_jobs * (1 << jobs.saturating_sub(1).min(10));
                self.restart_not_before = Some(after(at, doubled));
            }
            _ => {}
        }
    }

    /// How many jobs were started, counted by starts: the service might hand out an id twice.
    fn starts_done(&self) -> u32 {
        let done =
            self.attempts.values().filter(|attempt| attempt.is_start && attempt.effect == Effect::Done);
        u32::try_from(done.count().max(self.jobs.len())).unwrap_or(u32::MAX)
    }

    fn next_look(&self, job: &Job) -> Timestamp {
        after(job.seen_at, self.rules.polling.pause(between(job.since, job.seen_at)))
    }
}

impl Flow for Filing {
    type Ask = Ask;
    type Act = Act;
    type Read = Read;
    type Fact = Fact;

    fn asked(&mut self, ask: Ask, at: Timestamp) -> Result<(), Declined> {
        match ask {
            Ask::Fortsett => self.go_on(at),
            _ if self.end.is_some() => Err(Declined("the filing has ended")),
            // Whatever was sent since the copy was made: a start may have been.
            Ask::Restored { .. } => {
                let (effect, permit) = (Effect::Unknown, Duration::ZERO);
                let start = Attempt { is_start: true, effect, permit, unresolved_since: at };
                self.attempts.insert(AttemptNo::default(), start);
                Ok(())
            }
            Ask::Validate(_) if self.asked.is_some() => Err(Declined("its validation was asked for before")),
            Ask::Validate(plan) => {
                self.gjeldende.clone_from(&plan.gjeldende);
                self.referanse.clone_from(&plan.referanse);
                self.asked = Some((plan, at));
                Ok(())
            }
            Ask::Cancel => {
                self.end = Some(FilingEnd::Cancelled { jobb: self.live_job().map(|job| job.id.clone()) });
                Ok(())
            }
        }
    }

    fn begun(&mut self, n: AttemptNo, act: &Act, at: Timestamp, until: Timestamp) {
        let is_start = matches!(act, Act::Start { .. });
        let permit = between(at, until);
        let attempt = Attempt { is_start, effect: Effect::Open, permit, unresolved_since: until };
        self.attempts.entry(n).or_insert(attempt);
    }

    fn resumed(&mut self, at: Timestamp) {
        for attempt in self.attempts.values_mut().filter(|attempt| attempt.effect.is_unresolved()) {
            let permit = if attempt.effect == Effect::Open { attempt.permit } else { Duration::ZERO };
            attempt.unresolved_since = after(at, permit);
        }
        for job in &mut self.jobs {
            job.seen_at = job.seen_at.min(at);
        }
        if let Some(not_before) = &mut self.trouble.not_before {
            *not_before = (*not_before).min(after(at, self.rules.max_backoff));
        }
    }

    fn is_news(&self, n: AttemptNo, fact: &Fact, at: Timestamp) -> bool {
        let mut then = self.clone();
        then.learned(n, fact.clone(), at);
        self.end(at) != then.end(at) || self.essence() != then.essence()
    }

    fn learned(&mut self, n: AttemptNo, fact: Fact, at: Timestamp) {
        match fact {
            Fact::Failed(failure) => return self.act_failed(n, failure, at),
            Fact::LookFailed(failure) => {
                self.last_look = Some(at);
                return self.failed(false, failure, at);
            }
            Fact::Gjeldende(referanse) => {
                self.gjeldende.get_or_insert(referanse);
            }
            Fact::GjeldendeUnusable(why) => {
                let failure = Failure {
                    kind: ErrorKind::Refused,
                    korrelasjonsid: None,
                    effect: Effect::NotSent,
                    retry: Retry::AfterChange,
                    about_referanse: false,
                    message: why,
                };
                self.end.get_or_insert(FilingEnd::Refused { stage: Stage::Gjeldende, jobb: None, failure });
            }
            Fact::Uploaded(referanse) => {
                if let Some(attempt) = self.attempts.get_mut(&n) {
                    attempt.effect = Effect::Done;
                }
                if self.refused_referanse.as_ref() != Some(&referanse) {
                    self.referanse.get_or_insert(referanse);
                }
            }
            Fact::Started(id, status) => self.started(n, id, status, at),
            Fact::Status(id, tilstand) => {
                self.last_look = Some(at);
                self.seen(n, &id, tilstand, at);
            }
            Fact::NoResult(id) => {
                // The status call said FERDIG and the result call says otherwise: look at the status again, later.
                self.last_look = Some(at);
                self.seen(n, &id, JobbTilstand::of(JobbStatus::Kjoerer), at);
            }
            Fact::Resultat(jobb, resultat) => {
                self.last_look = Some(at);
                self.end.get_or_insert(FilingEnd::Validated { jobb, resultat });
            }
        }
        self.went_well();
    }

    fn next(&self, now: Timestamp) -> Step<Act, Read> {
        if self.end(now).is_some() {
            return Step::End;
        }
        let (Some((_, _)), Some(deadline)) = (&self.asked, self.deadline()) else {
            return Step::Person("nothing is asked of this filing yet");
        };
        // Past the deadline there is one more look, and no more waiting.
        let wait = |until: Timestamp, waiting_for| {
            (now < until && now < deadline).then(|| Step::Wait(until.min(deadline), waiting_for))
        };
        if let Some(step) = self.trouble.not_before.and_then(|until| wait(until, WaitingFor::Service)) {
            return step;
        }
        let Some(gjeldende) = &self.gjeldende else { return Step::Read(Read::Gjeldende) };
        if self.live_job().is_none() && self.needs_upload() {
            return Step::Act(Act::Upload);
        }
        let Some(job) = self.live_job() else {
            if let Some(step) = self.restart_not_before.and_then(|until| wait(until, WaitingFor::Service)) {
                return step;
            }
            let resolved_at = self
                .unresolved_starts()
                .map(|attempt| after(attempt.unresolved_since, self.rules.late_action))
                .max();
            return resolved_at.and_then(|until| wait(until, WaitingFor::LateAction)).unwrap_or_else(|| {
                Step::Act(Act::Start { referanse: self.referanse.clone(), gjeldende: gjeldende.clone() })
            });
        };
        if job.tilstand.jobb_status.phase() == Phase::Finished {
            return Step::Read(Read::Resultat(job.id.clone()));
        }
        wait(self.next_look(job), WaitingFor::Job).unwrap_or_else(|| Step::Read(Read::Status(job.id.clone())))
    }
}
