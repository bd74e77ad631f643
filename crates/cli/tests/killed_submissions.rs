//! `skattebro send-inn`, killed (SIGKILL) and started again: one instance, one envelope, each step once, one receipt.
//!
//! `SKATTEBRO_KILL_SEED` and `SKATTEBRO_KILL_ROUNDS` say when and how often at random moments; `cargo xtask soak` does it a hundred times.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

#[path = "innsending/helpers.rs"]
#[allow(dead_code)]
mod helpers;
mod journal_support;
mod support;

use helpers::*;
use journal_support::chance::Chance;
use journal_support::check::{self, none};
use journal_support::child::Running;
use journal_support::krav::program;
use journal_support::place::{Place, server};
use journal_support::records::Written;
use journal_support::rounds;
use serde_json::Value;
use skattebro_sandbox::{Effect, Fault, FaultRule, Sandbox, Scenario, What};
use skattebro_testpg::Durability;
use std::collections::BTreeSet;
use std::process::ExitStatus;
use std::time::{Duration, Instant};
use support::{assert_exit, documents, run, stdout};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(120);
/// The calls of a submission that change something.
const ACTS: [&str; 7] = [
    "last-opp",
    "start",
    "start-v2",
    "altinn-opprett",
    "altinn-data-opp",
    "altinn-data-erstatt",
    "altinn-neste",
];

/// A call takes some time before it acts, and so long until its answer is whole.
async fn slow_sandbox(drip: Duration) -> Sandbox {
    let sandbox = quick(Scenario::ok()).start().await.unwrap();
    for act in ACTS {
        sandbox.inject(FaultRule::always(act, Fault::Latency(Duration::from_millis(50))));
        sandbox.inject(FaultRule::always(act, Fault::SlowDrip(drip)));
    }
    sandbox
}

/// One return on its way.
struct Submission<'a> {
    sandbox: &'a Sandbox,
    place: &'a Place,
    utfoerer: &'static str,
    utgave: &'static str,
    dir: TempDir,
    /// How many effects there were before.
    before: usize,
}

impl<'a> Submission<'a> {
    fn new(
        sandbox: &'a Sandbox,
        place: &'a Place,
        utfoerer: &'static str,
        utgave: &'static str,
        bytes: u64,
    ) -> Self {
        let (dir, before) = (documents(bytes), sandbox.effects().len());
        Self { sandbox, place, utfoerer, utgave, dir, before }
    }

    fn start(&self) -> Running {
        let command = program(&self.sandbox.url(), self.place, self.dir.path());
        let mut command = send_inn(command, self.dir.path(), self.utfoerer, self.utgave);
        attach(&mut command, self.dir.path());
        command.arg("--json");
        Running::start(command, self.dir.path(), "send-inn")
    }

    fn effects(&self) -> Vec<Effect> {
        self.sandbox.effects().split_off(self.before)
    }

    fn words(&self) -> BTreeSet<String> {
        self.effects().iter().map(word).collect()
    }

    #[track_caller]
    fn assert_well(&self, status: ExitStatus, running: &Running) {
        let (told, complained) = (running.stdout(), running.stderr());
        assert!(status.success(), "send-inn {} ended with {status}:\n{told}\n{complained}", self.utgave);
    }

    /// Kills it right after the first effect of each kind, while the answer is on its way or was just received, until it ends or an effect of
    /// the last kind was seen. Answers the kinds.
    async fn killed_after_each_effect(&self, last: &str, chance: &mut Chance) -> BTreeSet<String> {
        let mut killed_after = BTreeSet::new();
        while !killed_after.contains(last) {
            let (mut running, began) = (self.start(), Instant::now());
            while self.words().is_subset(&killed_after) {
                if let Some(status) = running.ended() {
                    self.assert_well(status, &running);
                    return killed_after;
                }
                assert!(began.elapsed() < PATIENCE, "after {killed_after:?}:\n{}", running.stderr());
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            tokio::time::sleep(chance.between(Duration::ZERO, Duration::from_millis(10))).await;
            running.kill();
            killed_after.extend(self.words());
        }
        killed_after
    }

    /// Kills it at random moments, at most so many times. Answers how many times, unless it ended before.
    async fn killed_at_random(&self, kills: u32, chance: &mut Chance) -> u32 {
        for done in 0..kills {
            let mut running = self.start();
            let limit = chance.between(Duration::from_millis(50), Duration::from_secs(3));
            let began = Instant::now();
            while began.elapsed() < limit {
                if let Some(status) = running.ended() {
                    self.assert_well(status, &running);
                    return done;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            running.kill();
        }
        kills
    }

    /// Lets it end by itself, and holds what it did and what it tells against the sandbox and the journal.
    async fn ends_well(&self) {
        let report = self.to_its_end().await;
        assert_eq!(report["kvittering"], "validertOK", "{report}");
        assert_eq!(report["resultatAvValidering"], "validertOK", "{report}");
        let instances = self.sandbox.instances();
        let instance = instances.iter().find(|instance| report["instansId"] == instance.id).unwrap();
        let (effects, written) = (self.effects(), Written::at(self.place).await);
        none("done wrongly", done_wrongly(&effects, instance, &VEDLEGG));
        none("jobs", jobs(&effects, &written));
        let ours: Vec<_> = effects.iter().filter(|effect| !is_of_the_person(effect)).cloned().collect();
        none("sent without an intent in the journal", check::without_intent(&ours, &written));

        // Asked for once more, it is told and not done again.
        let again = self.to_its_end().await;
        assert_eq!((&again["instansId"], &again["case"]), (&report["instansId"], &report["case"]));
        assert_eq!(self.effects(), effects);
        self.is_told_by_jobb_vis(report["case"].as_str().unwrap()).await;
    }

    async fn to_its_end(&self) -> Value {
        let mut running = self.start();
        let status = running.end_within(PATIENCE).await;
        self.assert_well(status, &running);
        serde_json::from_str(&running.stdout()).unwrap()
    }

    async fn jobb_vis(&self, case: &str) -> String {
        let mut command = program(&self.sandbox.url(), self.place, self.dir.path());
        command.args(["jobb", "vis", case]);
        let output = run(command).await;
        assert_exit(&output, 0);
        stdout(&output)
    }

    async fn is_told_by_jobb_vis(&self, case: &str) {
        let told = self.jobb_vis(case).await;
        for wanted in [
            "Stands at: kvittert-validertOK; settled",
            "wanted: submit for 2023",
            "about to make an instance",
            "about to upload attachment 2",
            "about to upload the envelope",
            "about to take the process on from",
            "receipt: validertOK",
        ] {
            assert!(told.contains(wanted), "{wanted}:\n{told}");
        }
    }
}

/// What was done on the page, beside the program.
fn is_of_the_person(effect: &Effect) -> bool {
    effect.route == "altinn-side"
}

/// What is wrong with the jobs of a submission: of all but one, nobody knew, since the answer to their start was lost.
fn jobs(effects: &[Effect], written: &Written) -> Vec<String> {
    let aborted = |id: &str| {
        effects.iter().any(|effect| matches!(&effect.what, What::JobAborted { jobb_id, .. } if jobb_id == id))
    };
    let mut known = Vec::new();
    let mut wrong = Vec::new();
    for effect in effects {
        let What::JobStarted { jobb_id, .. } = &effect.what else { continue };
        let intent = effect.korrelasjonsid.as_ref().and_then(|id| written.intents.get(id));
        if intent == Some(&true) {
            known.push(jobb_id);
            if aborted(jobb_id) {
                wrong.push(format!("job {jobb_id} was known, and aborted by a newer one of ours"));
            }
        }
    }
    if known.len() > 1 {
        wrong.push(format!("jobs were known, and more were started: {known:?}"));
    }
    wrong
}

/// One submission of each edition, killed after each kind of effect.
async fn after_each_effect(test: &str, place: &Place, returns: &[(&'static str, u64, &[&str])]) {
    let mut chance = Chance::of_this_run(test);
    let sandbox = slow_sandbox(Duration::from_millis(10)).await;
    for (utgave, bytes, of_the_edition) in returns {
        let began = Instant::now();
        let submission = Submission::new(&sandbox, place, "person", utgave, *bytes);
        let killed_after = submission.killed_after_each_effect("submitted", &mut chance).await;
        let mut wanted: BTreeSet<String> = of_the_edition.iter().map(|word| (*word).to_owned()).collect();
        wanted.extend(
            ["instance", "metadata", "envelope", "step from Task_1", "step from Task_2", "submitted"]
                .map(str::to_owned),
        );
        wanted.extend(VEDLEGG.map(|(_, content)| format!("attachment of {} bytes", content.len())));
        let missing: Vec<_> = wanted.difference(&killed_after).cloned().collect();
        none("never killed after", missing);
        submission.ends_well().await;
        eprintln!(
            "{utgave}: killed after {} kinds of effects, {:.1} s",
            killed_after.len(),
            began.elapsed().as_secs_f64()
        );
    }
}

/// Submissions one after the other, killed at random moments, until there were enough kills.
async fn at_random(test: &str, place: &Place, returns: &[(&'static str, u64)], usual: u32) {
    let mut chance = Chance::of_this_run(test);
    let sandbox = slow_sandbox(Duration::from_millis(5)).await;
    let (rounds, mut kills, began) = (rounds(usual), 0, Instant::now());
    let mut submitted = 0;
    while kills < rounds {
        let (utgave, bytes) = returns[submitted % returns.len()];
        // None is like another, or it would be the same submission.
        let submission = Submission::new(&sandbox, place, "person", utgave, bytes + chance.below(100_000));
        // After some kills one is left alone: what has no answer is waited for, anew each time.
        kills += submission.killed_at_random((rounds - kills).min(4), &mut chance).await;
        submission.ends_well().await;
        submitted += 1;
    }
    eprintln!("{kills} kills, {submitted} submissions in {:.1} s", began.elapsed().as_secs_f64());
}

/// The documents are validated at once; by a job for what was uploaded; by a job for what lies in the instance. None is like another, or it
/// would be the same submission.
const SYNKRON: (&str, u64, &[&str]) = ("synkron", 300_000, &[]);
const V1: (&str, u64, &[&str]) = ("v1", 16_000_000, &["upload", "job"]);
const V2: (&str, u64, &[&str]) = ("v2", 16_000_100, &["job"]);

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_each_effect_over_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    after_each_effect("effects_over_sqlite", &Place::sqlite(folder.path()), &[SYNKRON, V1, V2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_each_effect_over_postgresql() {
    let Some(server) = server(Durability::None) else { return };
    after_each_effect("effects_over_postgresql", &Place::postgres(&server), &[V2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_over_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let returns = [("v2", 16_000_000), ("synkron", 300_000), ("v1", 16_000_000)];
    at_random("random_over_sqlite", &Place::sqlite(folder.path()), &returns, 8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_over_postgresql() {
    let Some(server) = server(Durability::None) else { return };
    let returns = [("synkron", 300_000), ("v2", 16_000_000), ("v1", 16_000_000)];
    at_random("random_over_postgresql", &Place::postgres(&server), &returns, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_confirms_while_nobody_looks_is_seen_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let (place, mut chance) = (Place::sqlite(folder.path()), Chance::of_this_run("systembruker"));
    let sandbox = slow_sandbox(Duration::from_millis(10)).await;
    for (utgave, bytes) in [("synkron", 300_000), ("v2", 1_000_000)] {
        let submission = Submission::new(&sandbox, &place, "systembruker", utgave, bytes);
        submission.killed_after_each_effect("step from Task_1", &mut chance).await;
        let mut waiting = submission.start();
        let began = Instant::now();
        let case = Written::at(&place).await.cases.last().unwrap().id.to_string();
        while !submission.jobb_vis(&case).await.contains("Stands at: waits-for-person") {
            assert!(began.elapsed() < PATIENCE && waiting.ended().is_none(), "{}", waiting.stderr());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        waiting.kill();
        confirm(&sandbox).await;
        submission.ends_well().await;
        let by_the_person = submission.effects().into_iter().filter(is_of_the_person).count();
        assert_eq!(by_the_person, 2, "the step and the submission");
    }
}

/// A large upload is allowed hours, since lines can be slow. A process that was killed sends nothing any more, and nobody waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn killed_within_a_large_upload_it_is_not_waited_for_as_long_as_the_upload_may_take() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::sqlite(folder.path());
    let sandbox = quick(Scenario::ok()).start().await.unwrap();
    // The attachments go in; the envelope does not.
    sandbox.inject(FaultRule::next("altinn-data-opp", 2, Fault::SlowDrip(Duration::from_millis(1))));
    sandbox.inject(FaultRule::next("altinn-data-opp", 1, Fault::NeverAnswer));
    let submission = Submission::new(&sandbox, &place, "person", "v2", 16_000_000);
    let (mut uploading, began) = (submission.start(), Instant::now());
    loop {
        assert!(began.elapsed() < PATIENCE && uploading.ended().is_none(), "{}", uploading.stderr());
        tokio::time::sleep(Duration::from_millis(20)).await;
        let cases = Written::at(&place).await.cases;
        let Some(case) = cases.last().map(|case| case.id.to_string()) else { continue };
        if submission.jobb_vis(&case).await.contains("about to upload the envelope") {
            break;
        }
    }
    uploading.kill();
    assert!(!submission.words().contains("envelope"));
    submission.ends_well().await;
}
