//! Cases of the journal, for a person: what there is, what happened, and what a person decides.

mod history;

use crate::filing::{FILING, FilingNotation, story as filing_story};
use crate::innsending::{
    INNSENDING, InnsendingNotation, InnsendingRequest, request_of_case, story as innsending_story,
};
use crate::journal::payload::{
    Said, Unreadable, filing as filing_payload, innsending as innsending_payload, krav as krav_payload,
};
use crate::journal::{Folded, Notation, fold, has_ended, this_process};
use crate::krav::{KRAV, KravNotation, story as krav_story};
use crate::{Skattebro, SystemClock};
use history::{Story, history, last_job};
use skattebro_domain::filing::{self, Filing};
use skattebro_domain::flow::{AttemptNo, Declined, Flow, Step};
use skattebro_domain::innsending::{self, Innsending, InnsendingEnd};
use skattebro_domain::krav::machine::{self, Krav, Settlement};
use skattebro_domain::{JobbId, Korrelasjonsid, Timestamp};
use skattebro_ports::journal::{
    Case, CaseId, CaseSummary, Claim, Entry, Environment, Filter, JournalError, NewAsk, Parking, Payload,
    Recorded, Version, WorkerId,
};
use skattebro_ports::{Clock, Journal};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a worker lives that puts one case away.
const MOMENT: Duration = Duration::from_secs(15);

/// Why something cannot be done with a case.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// There is no such case.
    #[error("there is no case {0} in this journal")]
    NoCase(CaseId),
    /// It cannot be wanted of this case as it stands.
    #[error("case {0}: not possible now: {1}")]
    Declined(CaseId, &'static str),
    /// There is nothing in it that could be submitted, or not here.
    #[error("case {0} cannot be submitted: {1}")]
    CannotBeSubmitted(CaseId, String),
    /// What is written down cannot be read.
    #[error("case {0} cannot be read by this version: {1}. Use the version that wrote it, or a newer one")]
    Unreadable(CaseId, String),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A case with its history and its state.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// All but the records.
    pub summary: CaseSummary,
    /// Its state.
    pub flow: CaseFlow,
    /// What happened, in order.
    pub history: Vec<Happened>,
    /// Of a filing: the job that was started last.
    pub jobb: Option<JobbId>,
    /// Of a krav: whom it is sent for, where that was said.
    pub oppdragsgiver: Option<String>,
    /// Whether its owner, if it has one, is a process of this machine that has ended.
    pub owner_has_ended: bool,
}

/// The state of a case.
#[derive(Debug, Clone)]
pub enum CaseFlow {
    /// A krav.
    Krav(Box<Krav>),
    /// A filing.
    Filing(Box<Filing>),
    /// A submission.
    Innsending(Box<Innsending>),
}

/// Something that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// The number of its record; what was attempted is answered by this number.
    pub n: AttemptNo,
    /// When, on the clock of whoever wrote it down.
    pub at: Timestamp,
    /// Who wrote it down, if it was a worker.
    pub worker: Option<WorkerId>,
    /// What kind of thing.
    pub what: What,
    /// In words. May hold personal numbers, and what the service said.
    pub text: String,
    /// The id of the call, which Skatteetaten's support asks for.
    pub korrelasjonsid: Option<Korrelasjonsid>,
    /// Why, in the words of the person who wanted it.
    pub grunn: Option<String>,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Somebody wanted something.
    Asked,
    /// Something was about to be sent, not later than this.
    Begun {
        /// The end of its permit.
        until: Timestamp,
    },
    /// An attempt was answered: which.
    Answered(AttemptNo),
    /// Something was seen.
    Seen,
}

/// The cases of a journal.
#[derive(Debug, Clone)]
pub struct Cases {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    environment: Option<Environment>,
}

/// A case that was read.
#[expect(clippy::large_enum_variant, reason = "it lives for a moment, one at a time")]
enum Read {
    Krav(Case, KravNotation, Folded<Krav>),
    Filing(Case, FilingNotation, Folded<Filing>),
    Innsending(Case, InnsendingNotation, Folded<Innsending>),
}

/// What is asked of a case of each kind; `None`: it cannot be asked of that kind.
struct Asks {
    krav: machine::Ask,
    filing: Option<filing::Ask>,
    innsending: Option<innsending::Ask>,
}

impl Skattebro {
    /// The cases of the journal.
    pub fn cases(&self) -> Cases {
        let (journal, clock) = (self.journal().clone(), self.desk().clock.clone());
        Cases { journal, clock, environment: Some(self.environment().clone()) }
    }
}

impl Cases {
    /// The cases of a journal without a bridge, for programs that send nothing; of all environments.
    pub fn of(journal: Arc<dyn Journal>) -> Self {
        Self { journal, clock: Arc::new(SystemClock), environment: None }
    }

    fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Cases without their history.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub async fn list(&self, filter: Filter) -> Result<Vec<CaseSummary>, JournalError> {
        self.journal().list(filter).await
    }

    /// The one case whose id begins so.
    ///
    /// # Errors
    /// If the journal cannot be read. The inner error says that there is none, or more than one.
    pub async fn find(&self, beginning: &str) -> Result<Result<CaseId, String>, JournalError> {
        if let Ok(id) = beginning.parse::<CaseId>()
            && self.journal().read(&id).await?.is_some()
        {
            return Ok(Ok(id));
        }
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = self.list(Filter { after, ..Filter::all(1_000) }).await?;
            found.extend(
                page.iter().map(|case| case.id.clone()).filter(|id| id.as_str().starts_with(beginning)),
            );
            after = page.last().map(|case| case.id.clone());
            if page.len() < 1_000 || found.len() > 1 {
                break;
            }
        }
        Ok(match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(format!("there is no case {beginning} in this journal")),
            _ => Err(format!("several cases begin with {beginning}; write more of the id")),
        })
    }

    /// A case with all that happened to it.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub async fn view(&self, id: &CaseId) -> Result<CaseView, CaseError> {
        let read = self.read(id).await?;
        let unreadable = |why: Unreadable| CaseError::Unreadable(id.clone(), why.to_string());
        let (mut jobb, mut oppdragsgiver, now) = (None, None, self.now());
        let (summary, flow, history) = match read {
            Read::Krav(mut case, notation, folded) => {
                oppdragsgiver.clone_from(&notation.content().oppdragsgiver);
                tell_status(&mut case, &notation, &folded.flow, now);
                let story = Story { ask: krav_story::ask, act: krav_story::act, fact: krav_story::fact };
                let history = history(&notation, &case, &story).map_err(unreadable)?;
                (case.summary, CaseFlow::Krav(Box::new(folded.flow)), history)
            }
            Read::Filing(mut case, notation, folded) => {
                tell_status(&mut case, &notation, &folded.flow, now);
                let story =
                    Story { ask: filing_story::ask, act: filing_story::act, fact: filing_story::fact };
                let history = history(&notation, &case, &story).map_err(unreadable)?;
                jobb = last_job(&notation, &case).map_err(unreadable)?;
                (case.summary, CaseFlow::Filing(Box::new(folded.flow)), history)
            }
            Read::Innsending(mut case, notation, folded) => {
                tell_status(&mut case, &notation, &folded.flow, now);
                let story = Story {
                    ask: innsending_story::ask,
                    act: innsending_story::act,
                    fact: innsending_story::fact,
                };
                let history = history(&notation, &case, &story).map_err(unreadable)?;
                (case.summary, CaseFlow::Innsending(Box::new(folded.flow)), history)
            }
        };
        let owner_has_ended = summary.owner.as_ref().is_some_and(has_ended);
        Ok(CaseView { summary, flow, history, jobb, oppdragsgiver, owner_has_ended })
    }

    /// Whether that worker was a process of this machine that has ended; `false` where nobody can tell.
    pub fn has_ended(owner: &WorkerId) -> bool {
        has_ended(owner)
    }

    /// Makes what processes of this machine own that have ended anybody's at once, instead of some seconds after their last sign of life.
    /// Answers how many of them there were.
    ///
    /// # Errors
    /// If the journal cannot be used.
    pub async fn disown_the_dead(&self) -> Result<u64, JournalError> {
        let mut owners: HashMap<WorkerId, bool> = HashMap::new();
        for state in ["due", "waiting"] {
            let mut after = None;
            loop {
                let filter = Filter { after, state: Some(state), ..Filter::all(1_000) };
                let page = self.list(filter).await?;
                for owner in page.iter().filter_map(|case| case.owner.as_ref()) {
                    if !owners.contains_key(owner) {
                        owners.insert(owner.clone(), has_ended(owner));
                    }
                }
                after = page.last().map(|case| case.id.clone());
                if page.len() < 1_000 {
                    break;
                }
            }
        }
        let mut dead = 0;
        for (owner, _) in owners.into_iter().filter(|(_, has_ended)| *has_ended) {
            self.journal().leave(&owner).await?;
            dead += 1;
        }
        Ok(dead)
    }

    /// The submission of what a case validated, without validating it again; or the one that a case is about. Its documents must lie where they
    /// lay, unchanged.
    ///
    /// # Errors
    /// If there is no such case, or nothing of it can be submitted.
    pub async fn innsending_av(
        &self,
        id: &CaseId,
        utfoerer: innsending::Utfoerer,
    ) -> Result<InnsendingRequest, CaseError> {
        let case = self.journal().read(id).await?.ok_or_else(|| CaseError::NoCase(id.clone()))?;
        let made = tokio::task::spawn_blocking(move || request_of_case(&case, utfoerer)).await;
        let made = made.map_err(|error| error.to_string()).and_then(|made| made);
        made.map_err(|why| CaseError::CannotBeSubmitted(id.clone(), why))
    }

    /// Wants a case that was given up, ran out of time or is unproven to go on. A worker does, or [`Skattebro::runner`].
    ///
    /// # Errors
    /// If it cannot, or there is none.
    pub async fn fortsett(&self, id: &CaseId) -> Result<(), CaseError> {
        let asks = Asks {
            krav: machine::Ask::Fortsett { follow: false },
            filing: Some(filing::Ask::Fortsett),
            innsending: Some(innsending::Ask::Fortsett),
        };
        self.ask(id, None, &asks).await
    }

    /// Gives a case up: nothing more is sent. What is in doubt stays in doubt, and a job that was started goes on at Skatteetaten.
    ///
    /// # Errors
    /// If it cannot be given up, or there is none.
    pub async fn gi_opp(&self, id: &CaseId, by: Option<String>, grunn: String) -> Result<(), CaseError> {
        let said = Said { by, grunn };
        let asks = Asks {
            krav: machine::Ask::Stop,
            filing: Some(filing::Ask::Cancel),
            innsending: Some(innsending::Ask::Cancel),
        };
        self.ask(id, Some(&said), &asks).await
    }

    /// Writes down what a person has found out about an unproven operation of a krav. The case goes on from there.
    ///
    /// # Errors
    /// If that operation is not unproven, or there is no such krav.
    pub async fn avgjoer(
        &self,
        id: &CaseId,
        settlement: Settlement,
        by: Option<String>,
        grunn: String,
    ) -> Result<(), CaseError> {
        let said = Said { by, grunn };
        let asks = Asks { krav: machine::Ask::Avgjoer(settlement), filing: None, innsending: None };
        self.ask(id, Some(&said), &asks).await
    }

    /// The outcome of a filing has been passed on, or what was found before a submission: asked for again, the same is a new one. Does nothing to
    /// krav, nor to what was submitted.
    ///
    /// # Errors
    /// If the journal cannot be used; calling it again is safe.
    pub async fn told(&self, id: &CaseId) -> Result<(), CaseError> {
        match self.read(id).await? {
            Read::Filing(_, notation, _) => self.journal().release(id, &notation.request_key()).await?,
            // What was submitted stays known, so that it is not submitted twice.
            Read::Innsending(_, notation, folded)
                if !matches!(folded.flow.end(self.now()), Some(InnsendingEnd::Kvittert { .. })) =>
            {
                self.journal().release(id, &notation.request_key()).await?;
            }
            Read::Krav(..) | Read::Innsending(..) => {}
        }
        Ok(())
    }

    /// Tells every case that is not settled that the journal is a copy from before `since`: what was to be done may have been done since.
    /// To be called once after a backup was restored, before anything else runs. Answers how many cases were told.
    ///
    /// # Errors
    /// If the journal cannot be used; calling it again is safe.
    pub async fn restored(&self, since: Timestamp, by: Option<String>) -> Result<u64, CaseError> {
        let said = Said { by, grunn: "the journal was restored from a backup".to_owned() };
        let (mut after, mut told) = (None, 0);
        loop {
            let filter = Filter { after, environment: self.environment.clone(), ..Filter::all(500) };
            let page = self.list(filter).await?;
            for case in page.iter().filter(|case| case.state.as_str() != "settled") {
                let asks = Asks {
                    krav: machine::Ask::Restored { since },
                    filing: Some(filing::Ask::Restored { since }),
                    innsending: Some(innsending::Ask::Restored { since }),
                };
                match self.ask(&case.id, Some(&said), &asks).await {
                    Ok(()) => told += 1,
                    // It has ended, and nothing more will be sent.
                    Err(CaseError::Declined(..)) => {}
                    Err(error) => return Err(error),
                }
            }
            after = page.last().map(|case| case.id.clone());
            if page.len() < 500 {
                return Ok(told);
            }
        }
    }

    /// Puts a case away as it stands, for which nothing is left to do by itself after somebody has asked something of it. A case that
    /// goes on, or that somebody has under way, stays as it is.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub async fn put_to_rest(&self, id: &CaseId) -> Result<(), CaseError> {
        let environment = match self.read(id).await? {
            Read::Krav(case, ..) | Read::Filing(case, ..) | Read::Innsending(case, ..) => {
                case.summary.environment
            }
        };
        let worker = this_process();
        self.journal().beat(&worker, MOMENT).await?;
        let (only, now) = (Some(vec![id.clone()]), self.now());
        let claim = Claim { worker: worker.clone(), max: 1, environment, only, except: Vec::new(), now };
        let claimed = self.journal().claim(claim).await?.cases.into_iter().next();
        let parking = match claimed.map(read).transpose() {
            Ok(Some(Read::Krav(_, notation, folded))) => at_rest(id, &notation, &folded, now),
            Ok(Some(Read::Filing(_, notation, folded))) => at_rest(id, &notation, &folded, now),
            Ok(Some(Read::Innsending(_, notation, folded))) => at_rest(id, &notation, &folded, now),
            Ok(None) | Err(_) => None,
        };
        if let Some(parking) = parking {
            // If something happened in between, somebody goes on with it.
            self.journal().park(&worker, vec![parking]).await?;
        }
        Ok(self.journal().leave(&worker).await?)
    }

    async fn read(&self, id: &CaseId) -> Result<Read, CaseError> {
        read(self.journal().read(id).await?.ok_or_else(|| CaseError::NoCase(id.clone()))?)
    }

    /// Asks something of a case, if it can be asked.
    async fn ask(&self, id: &CaseId, said: Option<&Said>, asks: &Asks) -> Result<(), CaseError> {
        let declined = |declined: Declined| CaseError::Declined(id.clone(), declined.0);
        let no_krav = || CaseError::Declined(id.clone(), "this is no krav, and nothing of it is unproven");
        loop {
            let at = self.now();
            let (version, payload) = match self.read(id).await? {
                Read::Krav(_, notation, mut folded) => {
                    folded.flow.asked(asks.krav.clone(), at).map_err(declined)?;
                    (folded.version, krav_payload::write_ask(&asks.krav, notation.content().edition, said))
                }
                Read::Filing(_, _, mut folded) => {
                    let ask = asks.filing.as_ref().ok_or_else(no_krav)?;
                    folded.flow.asked(ask.clone(), at).map_err(declined)?;
                    (folded.version, filing_payload::write_ask(ask, said))
                }
                Read::Innsending(_, _, mut folded) => {
                    let ask = asks.innsending.as_ref().ok_or_else(no_krav)?;
                    folded.flow.asked(ask.clone(), at).map_err(declined)?;
                    (folded.version, innsending_payload::write_ask(ask, said))
                }
            };
            match self.record(id, version, at, payload).await? {
                Recorded::New(_) | Recorded::Known(_) => return Ok(()),
                // Something happened meanwhile: is it still possible?
                Recorded::Stale(_) => {}
                Recorded::NoCase => return Err(CaseError::NoCase(id.clone())),
            }
        }
    }

    async fn record(
        &self,
        id: &CaseId,
        version: Version,
        at: Timestamp,
        payload: Payload,
    ) -> Result<Recorded, JournalError> {
        self.journal().ask(NewAsk { case: id.clone(), version: Some(version), at, payload }).await
    }
}

fn read(case: Case) -> Result<Read, CaseError> {
    let id = case.summary.id.clone();
    let unreadable = |why: Unreadable| CaseError::Unreadable(id.clone(), why.to_string());
    match case.summary.kind.as_str() {
        KRAV => {
            let notation = KravNotation::of(&case).map_err(unreadable)?;
            let folded = fold(&notation, &case, None).map_err(unreadable)?;
            Ok(Read::Krav(case, notation, folded))
        }
        FILING => {
            let notation = FilingNotation::of(&case).map_err(unreadable)?;
            let folded = fold(&notation, &case, None).map_err(unreadable)?;
            Ok(Read::Filing(case, notation, folded))
        }
        INNSENDING => {
            let notation = InnsendingNotation::of(&case).map_err(unreadable)?;
            let folded = fold(&notation, &case, None).map_err(unreadable)?;
            Ok(Read::Innsending(case, notation, folded))
        }
        other => Err(CaseError::Unreadable(id.clone(), format!("cases of kind {other} are not known"))),
    }
}

/// The summary tells where a case stood when it was last at rest; of one that is under way, or was when its process died, that is not where it
/// stands.
fn tell_status<F: Flow>(case: &mut Case, notation: &impl Notation<F>, flow: &F, now: Timestamp) {
    if case.records.iter().any(|record| !matches!(record.entry, Entry::Ask)) {
        case.summary.status = notation.status(flow, now);
    }
}

/// How a case is parked for which nothing is left to do.
fn at_rest<F: Flow>(
    id: &CaseId,
    notation: &impl Notation<F>,
    folded: &Folded<F>,
    now: Timestamp,
) -> Option<Parking> {
    let Folded { flow, version, .. } = folded;
    matches!(flow.next(now), Step::End | Step::Person(_)).then(|| Parking {
        case: id.clone(),
        version: *version,
        state: notation.rests(flow, now),
        status: notation.status(flow, now),
        holds: notation.holds(flow, now),
        keep: false,
    })
}
