//! Carries a batch out while the program is killed again and again.

use super::chance::Chance;
use super::check::{self, none};
use super::child::Running;
use super::krav::{PHASES, Phase, Plan, command};
use super::place::Place;
use super::records::Written;
use skattebro_sandbox::{KravSeen, Sandbox};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the last run of a phase, which nobody kills, may take.
const PATIENCE: Duration = Duration::from_secs(180);
const SHORTEST_LIFE: Duration = Duration::from_millis(60);
const LONGEST_LIFE: Duration = Duration::from_millis(2_500);

/// A batch against a sandbox, with a journal.
#[derive(Debug)]
pub struct Batch<'a> {
    pub sandbox: &'a Sandbox,
    pub place: &'a Place,
    pub folder: &'a Path,
    pub plan: Plan,
}

/// What killing came to.
#[derive(Debug, Default)]
pub struct Tally {
    pub kills: u32,
    /// Of them, those while there was something left to do.
    pub in_time: u32,
    /// How many krav a kill left in doubt at most.
    pub most_in_doubt: usize,
    /// What each phase reported at last.
    pub reports: Vec<String>,
}

impl Batch<'_> {
    /// Every phase, with so many kills in all, spread over the phases by their work; then what must be true is checked.
    pub async fn carry_out(&self, rounds: u32, chance: &mut Chance) -> (Tally, Vec<KravSeen>) {
        self.plan.write(self.folder);
        let began = Instant::now();
        let mut tally = Tally::default();
        let all: u32 = PHASES.iter().map(|phase| self.plan.acts_in(*phase)).sum();
        let (mut acts, mut due) = (0, 0);
        for phase in PHASES {
            acts += self.plan.acts_in(phase);
            // What an earlier phase left over is made up for.
            let kills = (rounds * acts).div_ceil(all).saturating_sub(due);
            due += self.kill(phase, kills, chance, &mut tally).await;
            let report = self.to_its_end(phase).await;
            none("the report says otherwise", check::report_is_true(self.sandbox, phase, self.plan, &report));
            tally.reports.push(report);
            eprintln!("{phase:?} is done, {} kills, {:.1} s", tally.kills, began.elapsed().as_secs_f64());
        }
        let effects = self.sandbox.effects();
        none("not done as planned", check::differences(&effects, self.plan));
        let written = Written::at(self.place).await;
        none("sent without an intent in the journal", check::without_intent(&effects, &written));
        assert_eq!(written.cases.len(), self.plan.rows as usize, "one case a krav");
        let settled = |state: &str| state == "settled";
        let open: Vec<_> = written.cases.iter().filter(|case| !settled(case.state.as_str())).collect();
        assert!(open.is_empty(), "{open:?}");
        let acted = effects.iter().filter_map(|effect| effect.korrelasjonsid.as_ref());
        let acted = acted.filter(|id| written.intents.get(*id) == Some(&false)).count();
        eprintln!(
            "{} kills ({} while there was work, up to {} krav in doubt after one) and {} krav in {:.1} s; {} intents, {} never answered, of which {acted} acted",
            tally.kills,
            tally.in_time,
            tally.most_in_doubt,
            self.plan.rows,
            began.elapsed().as_secs_f64(),
            written.intents.len(),
            written.in_doubt().len(),
        );
        (tally, check::state(self.sandbox))
    }

    /// Starts a phase again and again, and kills it at random moments. Answers how often.
    async fn kill(&self, phase: Phase, kills: u32, chance: &mut Chance, tally: &mut Tally) -> u32 {
        let mut doubts = Written::at(self.place).await.in_doubt();
        let a_life = 2 * u64::from(self.plan.acts_in(phase)) / u64::from(kills.max(1));
        let mut done = 0;
        while done < kills {
            let mut running = self.start(phase);
            let limit = chance.between(SHORTEST_LIFE, LONGEST_LIFE);
            let goal = self.sandbox.effects().len() as u64 + 1 + chance.below(a_life);
            let began = Instant::now();
            while began.elapsed() < limit && (self.sandbox.effects().len() as u64) < goal {
                if let Some(status) = running.ended() {
                    assert!(status.success(), "{phase:?} ended with {status}:\n{}", running.stderr());
                    return done;
                }
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            tokio::time::sleep(chance.between(Duration::ZERO, Duration::from_millis(40))).await;
            tally.in_time += u32::from(running.ended().is_none());
            running.kill();
            done += 1;
            tally.kills += 1;
            let now = Written::at(self.place).await.in_doubt();
            let left = now.difference(&doubts).count();
            assert!(left <= self.plan.window, "a kill left {left} krav in doubt");
            tally.most_in_doubt = tally.most_in_doubt.max(left);
            doubts = now;
        }
        done
    }

    /// Lets a phase end by itself, and answers its report.
    pub async fn to_its_end(&self, phase: Phase) -> String {
        let mut running = self.start(phase);
        let status = running.end_within(PATIENCE).await;
        assert!(
            status.success(),
            "{phase:?} ended with {status}:\n{}\n{}",
            running.stdout(),
            running.stderr()
        );
        running.stdout()
    }

    /// Starts a phase.
    pub fn start(&self, phase: Phase) -> Running {
        let mut command = command(phase, &self.sandbox.url(), self.place, self.folder);
        command.env("SKATTEBRO_KRAV_VINDU", self.plan.window.to_string());
        Running::start(command, self.folder, &format!("{phase:?}"))
    }
}
