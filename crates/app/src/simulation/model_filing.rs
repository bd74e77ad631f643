//! A model of the service for filings, written from the contract: uploads, and one live job a party.

use super::sent::{Effect, Sent, lost_why};
use skattebro_domain::filing::{Act, Fact, Read};
use skattebro_domain::flow::{Effect as Did, ErrorKind, Retry};
use skattebro_domain::{
    Dokumentreferanse, Dokumenttype, JobbId, JobbStatus, JobbTilstand, ResultatAvValidering,
};
use std::time::Duration;

/// How this service treats jobs.
#[derive(Debug, Clone, Copy)]
pub(super) struct FilingHabits {
    /// Seconds.
    pub(super) job_takes: u64,
    /// How many jobs fail before one does not.
    pub(super) fails: usize,
    /// The reference of the first upload is refused when it is used.
    pub(super) forgets_upload: bool,
    pub(super) finds_errors: bool,
}

#[derive(Debug)]
pub(super) struct FilingService {
    habits: FilingHabits,
    pub(super) uploads: usize,
    pub(super) jobs: Vec<Job>,
}

#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: JobbId,
    party: usize,
    /// None: somebody else's.
    pub(super) case: Option<usize>,
    /// The network doubled the request.
    pub(super) again: bool,
    started: Duration,
    fails: bool,
    /// When, and by which job.
    pub(super) aborted: Option<(Duration, usize)>,
}

impl FilingService {
    pub(super) fn new(habits: FilingHabits) -> Self {
        Self { habits, uploads: 0, jobs: Vec::new() }
    }

    /// A request about this party arrives. Answers also what it did.
    pub(super) fn act(
        &mut self,
        party: usize,
        act: &Act,
        sent: &Sent,
        now: Duration,
    ) -> (Fact, Option<Effect>) {
        match act {
            Act::Upload => {
                self.uploads += 1;
                let referanse = format!("r-{}", self.uploads).parse().unwrap();
                (Fact::Uploaded(referanse), Some(Effect::Uploaded))
            }
            Act::Start { referanse: Some(first), .. }
                if self.habits.forgets_upload && first.as_str() == "r-1" =>
            {
                let effect = Did::Refused("ukjent-referanse".parse().unwrap());
                let mut failure = lost_why(ErrorKind::Refused, effect, Retry::AfterChange);
                failure.about_referanse = true;
                (Fact::Failed(failure), None)
            }
            Act::Start { .. } => {
                let job = self.begin(party, Some(sent.case), sent.again, now);
                let started = Fact::Started(self.jobs[job].id.clone(), JobbStatus::Opprettet);
                (started, Some(Effect::Started(job)))
            }
        }
    }

    /// A job begins, and ends the live one of its party.
    pub(super) fn begin(&mut self, party: usize, case: Option<usize>, again: bool, now: Duration) -> usize {
        let new = self.jobs.len();
        let takes = Duration::from_secs(self.habits.job_takes);
        for job in &mut self.jobs {
            if job.party == party && job.aborted.is_none() && now < job.started + takes {
                job.aborted = Some((now, new));
            }
        }
        let ours = self.jobs.iter().filter(|job| job.case.is_some() && job.aborted.is_none()).count();
        let fails = case.is_some() && ours < self.habits.fails;
        let id = format!("jobb-{new}").parse().unwrap();
        self.jobs.push(Job { id, party, case, again, started: now, fails, aborted: None });
        new
    }

    /// The job that a job which begins now would abort.
    pub(super) fn live(&self, party: usize, now: Duration) -> Option<usize> {
        let takes = Duration::from_secs(self.habits.job_takes);
        let is_live = |job: &Job| job.party == party && job.aborted.is_none() && now < job.started + takes;
        self.jobs.iter().position(is_live)
    }

    pub(super) fn read(&self, read: &Read, now: Duration) -> Fact {
        match read {
            Read::Gjeldende => Fact::Gjeldende(Dokumentreferanse {
                dokumenttype: Dokumenttype::SkattemeldingUpersonlig,
                dokumentidentifikator: "SKI:755:15086617".parse().unwrap(),
            }),
            Read::Status(id) => match self.jobs.iter().find(|job| job.id == *id) {
                Some(job) => Fact::Status(id.clone(), JobbTilstand::of(self.status(job, now))),
                None => {
                    let effect = Did::Refused("ukjent-jobb".parse().unwrap());
                    Fact::LookFailed(lost_why(ErrorKind::NotFound, effect, Retry::AfterChange))
                }
            },
            Read::Resultat(id) => match self.job(id).map(|job| self.status(job, now)) {
                Some(JobbStatus::Ferdig) => Fact::Resultat(id.clone(), self.verdict()),
                _ => Fact::NoResult(id.clone()),
            },
        }
    }

    pub(super) fn verdict(&self) -> ResultatAvValidering {
        match self.habits.finds_errors {
            true => ResultatAvValidering::ValidertMedFeil,
            false => ResultatAvValidering::ValidertOk,
        }
    }

    pub(super) fn job(&self, id: &JobbId) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == *id)
    }

    pub(super) fn status(&self, job: &Job, now: Duration) -> JobbStatus {
        let age = now.saturating_sub(job.started);
        match job.aborted {
            Some(_) => JobbStatus::Avbrutt,
            None if age < Duration::from_secs(1) => JobbStatus::Ny,
            None if age < Duration::from_secs(self.habits.job_takes) => JobbStatus::Kjoerer,
            None if job.fails => JobbStatus::Feilet,
            None => JobbStatus::Ferdig,
        }
    }
}
