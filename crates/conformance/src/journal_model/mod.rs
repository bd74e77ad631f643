//! Random histories of a [`Journal`], against a model of its documentation.
//!
//! The model is a list that is searched from the front. Whatever three workers do to four cases, the journal's answers are the model's.

mod naive;
mod ops;
mod spelled_out;

use crate::JournalWorld;
use naive::Naive;
pub use ops::{ClaimOp, FactOp, FilterOp, FromOp, Guess, NewCaseOp, Op, ParkingOp, Seconds, StateOp, ops};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use skattebro_ports::Journal;
use skattebro_ports::journal::{
    CaseId, Environment, Filter, Intent, JournalError, Learned, NewAsk, NewCase, Parking, Version,
};
use spelled_out::{case_id, case_key, environment, worker_id};
use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;

/// Writes a test that so many random histories go as the model says, given how many and a new, empty
/// [`JournalWorld`] for each (it may `.await`).
#[macro_export]
macro_rules! journal_model {
    ($cases:expr, $world:expr) => {
        #[test]
        fn every_answer_is_that_of_the_model() {
            $crate::journal_model::run($cases, async || $world);
        }
    };
}

/// The longest history that [`run`] tries.
const LONGEST: usize = 60;

/// Tries so many random histories, each in a world of its own.
///
/// # Panics
/// If an answer is not the model's, with the shortest history found.
pub fn run<W: JournalWorld>(cases: u32, world: impl AsyncFn() -> W) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let tried = TestRunner::new(config).run(&ops(LONGEST), |ops| {
        let checked = runtime.block_on(async { check(&world().await, &ops).await });
        checked.map_err(|disagreement| TestCaseError::fail(disagreement.to_string()))
    });
    if let Err(error) = tried {
        panic!("{error}");
    }
}

/// That a journal and the model answer differently.
#[derive(Debug)]
pub struct Disagreement(String);

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Disagreement {}

/// Plays one history on the journal of a new world, through two handles by turns.
///
/// # Errors
/// If an answer is not the model's, or the journal fails.
pub async fn check(world: &dyn JournalWorld, ops: &[Op]) -> Result<(), Disagreement> {
    let mut play = Play { world, model: Naive::default(), written: 0 };
    let handles = [world.journal(), world.another().await];
    for (n, op) in ops.iter().enumerate() {
        let step = |said: Disagreement| Disagreement(format!("operation {}, {op:?}: {said}", n + 1));
        play.step(&handles[n % 2], op).await.map_err(step)?;
        play.compare_cases(&*handles[0]).await.map_err(step)?;
    }
    play.compare_all(&*handles[1]).await
}

struct Play<'w> {
    world: &'w dyn JournalWorld,
    model: Naive,
    /// Numbers what is written, so that each payload is another.
    written: u32,
}

/// Asks both, and compares.
macro_rules! same {
    ($journal:expr, $model:expr) => {{
        let journal = answered($journal.await)?;
        equal(&journal, &$model)
    }};
}

fn answered<T>(answer: Result<T, JournalError>) -> Result<T, Disagreement> {
    answer.map_err(|error| Disagreement(format!("the journal failed: {error:?}")))
}

fn equal<T: PartialEq + Debug>(journal: &T, model: &T) -> Result<(), Disagreement> {
    let difference = || Disagreement(format!("\njournal: {journal:#?}\nmodel: {model:#?}"));
    if journal == model { Ok(()) } else { Err(difference()) }
}

impl Play<'_> {
    async fn step(&mut self, journal: &Arc<dyn Journal>, op: &Op) -> Result<(), Disagreement> {
        let now = self.world.now();
        match op {
            Op::Open(cases) => {
                let cases: Vec<NewCase> = cases.iter().map(|case| self.new_case(case)).collect();
                same!(journal.open(cases.clone()), self.model.open(&cases, now))
            }
            Op::Ask(case, version, at) => {
                let case = case_id(*case);
                let version = version.map(|guess| self.version(&case, guess));
                let ask = NewAsk { case, version, at: self.at(*at), payload: self.payload() };
                same!(journal.ask(ask.clone()), self.model.ask(&ask))
            }
            Op::Claim(claim) => {
                let claim = self.claim(claim);
                same!(journal.claim(claim.clone()), self.model.claim(&claim, now))
            }
            Op::Load(worker, case) => {
                let (worker, case) = (self.worker(*worker, *case), case_id(*case));
                same!(journal.load(&worker, &case), self.model.load(&worker, &case))
            }
            Op::Begin(worker, intents) => {
                let worker = self.worker(*worker, intents[0].0);
                let intents: Vec<Intent> =
                    intents.iter().map(|(case, guess, key)| self.intent(*case, *guess, *key)).collect();
                same!(journal.begin(&worker, intents.clone()), self.model.begin(&worker, &intents, now))
            }
            Op::Learn(facts) => {
                let facts: Vec<Learned> = facts.iter().map(|fact| self.fact(fact)).collect();
                same!(journal.learn(facts.clone()), self.model.learn(&facts))
            }
            Op::Park(worker, parkings) => {
                let worker = self.worker(*worker, parkings[0].case);
                let parkings: Vec<Parking> = parkings.iter().map(|parking| self.parking(parking)).collect();
                same!(journal.park(&worker, parkings.clone()), self.model.park(&worker, &parkings, now))
            }
            Op::GiveBack(worker, cases) => {
                let worker = self.worker(*worker, cases.first().copied().unwrap_or_default());
                let cases: Vec<CaseId> = cases.iter().map(|case| case_id(*case)).collect();
                same!(journal.give_back(&worker, cases.clone()), self.model.give_back(&worker, &cases))
            }
            Op::Beat(worker, alive_for) => {
                let (worker, alive_for) = (worker_id(*worker), Duration::from_secs((*alive_for).into()));
                same!(journal.beat(&worker, alive_for), self.model.beat(&worker, alive_for, now))
            }
            Op::Leave(worker) => {
                let worker = worker_id(*worker);
                same!(journal.leave(&worker), self.model.leave(&worker))
            }
            Op::Release(case, key) => {
                let (case, key) = (case_id(*case), case_key(*key));
                same!(journal.release(&case, &key), self.model.release(&case, &key))
            }
            Op::List(filter) => {
                let filter = self.filter(filter);
                same!(journal.list(filter.clone()), self.model.list(&filter))
            }
            Op::Counts(of) => self.compare_counts(&**journal, of.map(environment)).await,
            Op::Remove(cases) => {
                let version = |(case, guess): &(u8, Guess)| {
                    let case = case_id(*case);
                    let version = self.version(&case, *guess);
                    (case, version)
                };
                let cases: Vec<(CaseId, Version)> = cases.iter().map(version).collect();
                same!(journal.remove(cases.clone()), self.model.remove(&cases, now))
            }
            Op::Pass(seconds) => {
                self.world.pass(Duration::from_secs((*seconds).into()));
                Ok(())
            }
        }
    }

    async fn compare_cases(&self, journal: &dyn Journal) -> Result<(), Disagreement> {
        same!(journal.list(Filter::all(100)), self.model.list(&Filter::all(100)))
    }

    async fn compare_counts(
        &self,
        journal: &dyn Journal,
        of: Option<Environment>,
    ) -> Result<(), Disagreement> {
        let mut counts = answered(journal.counts(of.as_ref()).await)?;
        counts.cases.sort();
        equal(&counts, &self.model.counts(of.as_ref(), self.world.now()))
    }

    /// All that can be read.
    async fn compare_all(&mut self, journal: &dyn Journal) -> Result<(), Disagreement> {
        let now = self.world.now();
        for case in (0..4).map(case_id) {
            same!(journal.read(&case), self.model.read(&case))?;
        }
        for key in (0..3).map(case_key) {
            same!(journal.holder(&key), self.model.holder(&key, now))?;
        }
        for of in [None, Some(environment(0)), Some(environment(1))] {
            self.compare_counts(journal, of).await?;
        }
        for worker in (0..3).map(worker_id) {
            let alive_for = Duration::from_secs(1);
            same!(journal.beat(&worker, alive_for), self.model.beat(&worker, alive_for, now))?;
        }
        Ok(())
    }
}
