//! A journal in a PostgreSQL database when everybody wants the same.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use skattebro_adapter_store::{PostgresJournal, StoreSettings};
use skattebro_ports::Journal;
use skattebro_ports::journal::{
    Begun, CaseKey, CaseState, Claim, Hold, JournalError, JournalErrorKind, Parking, Recorded, Version,
};
use sqlx::{Connection, PgConnection};
use std::collections::HashSet;
use std::time::Duration;
use support::things::{answer, ask, at, environment, id, intent, key, new_case, owned_case, worker};

async fn connect(url: &str) -> PostgresJournal {
    PostgresJournal::connect(url, StoreSettings::default()).await.unwrap()
}

/// The same numbers every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn key(&mut self) -> CaseKey {
        key(&self.roll(12).to_string())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_may_do_everything_with_the_same_cases_and_nobody_is_stuck() {
    let Some(url) = support::new_database() else { return };
    let settings = StoreSettings { connections: 4, ..StoreSettings::default() };
    let tasks = (0..8).map(|nr| {
        let (url, settings) = (url.clone(), settings.clone());
        tokio::spawn(async move {
            let journal = PostgresJournal::connect(&url, settings).await.unwrap();
            let mut dice = Dice(nr + 1);
            let mut begun = Vec::new();
            for round in 0..150 {
                match anything(&journal, &mut dice, &mut begun).await {
                    Ok(()) => {}
                    Err(error) => {
                        assert_eq!(
                            error.kind(),
                            JournalErrorKind::Busy,
                            "task {nr}, round {round}: {error:?}"
                        )
                    }
                }
            }
            begun
        })
    });
    let mut permitted = HashSet::new();
    for task in tasks.collect::<Vec<_>>() {
        for once in task.await.unwrap() {
            assert!(permitted.insert(once.clone()), "{once:?} was permitted twice");
        }
    }
    assert!(permitted.len() > 20, "{}", permitted.len());
    let journal = connect(&url).await;
    let deadlocks: i64 = {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    };
    eprintln!("{} intents were permitted, {deadlocks} deadlocks were resolved", permitted.len());
    for nr in 0..20 {
        journal.read(&id(&nr.to_string())).await.unwrap();
    }
}

/// Ten cases of the twenty, in any order, perhaps with repetitions.
fn some(dice: &mut Dice) -> Vec<String> {
    (0..10).map(|_| dice.roll(20).to_string()).collect()
}

type Permitted = Vec<(String, u32)>;

async fn anything(
    journal: &PostgresJournal,
    dice: &mut Dice,
    begun: &mut Permitted,
) -> Result<(), JournalError> {
    let by = worker(&format!("w{}", dice.roll(4)));
    let cases = some(dice);
    match dice.roll(13) {
        12 => {
            // Others, since what is removed and opened anew counts from the start.
            let settled = [dice.roll(3), dice.roll(3)].map(|nr| format!("settled {nr}").replace(' ', "-"));
            let mut news = settled.clone().map(|case| owned_case(&case, &by));
            news.iter_mut().for_each(|new| new.keys = vec![dice.key()]);
            journal.open(news.into()).await?;
            let parkings = settled.iter().map(|case| Parking {
                case: id(case),
                version: Version(1),
                state: CaseState::Settled,
                status: "x".into(),
                holds: vec![Hold::of(dice.key()), Hold::of(dice.key())],
                keep: false,
            });
            journal.park(&by, parkings.collect()).await?;
            journal.remove(settled.iter().map(|case| (id(case), Version(1))).collect()).await.map(drop)
        }
        0 => {
            let news = cases.iter().map(|case| {
                let mut new = new_case(case);
                new.keys = vec![dice.key(), dice.key()];
                new
            });
            journal.open(news.collect()).await.map(drop)
        }
        1 => journal.ask(ask(&cases[0])).await.map(drop),
        2 | 3 => {
            journal.beat(&by, Duration::from_millis(dice.roll(200))).await?;
            let only = (dice.roll(3) == 0).then(|| cases.iter().map(|case| id(case)).collect());
            let claim = Claim {
                worker: by,
                max: 5,
                environment: environment(),
                only,
                except: vec![],
                now: at(1_000_000),
            };
            journal.claim(claim).await.map(drop)
        }
        4..=6 => {
            let mut wanted = Vec::new();
            for case in &cases {
                if let Some(found) = journal.read(&id(case)).await? {
                    let mut wish = intent(&id(case), found.summary.version.0);
                    wish.takes = (dice.roll(2) == 0).then(|| dice.key());
                    wanted.push(wish);
                }
            }
            let answers = journal.begin(&by, wanted.clone()).await?;
            for (wish, begin) in wanted.iter().zip(&answers) {
                if let Begun::Permitted(n) = begin {
                    begun.push((wish.case.to_string(), n.0));
                    let learned = journal.learn(vec![answer(&wish.case, *n, &by)]).await?;
                    assert!(matches!(learned[..], [Recorded::New(_)]), "{learned:?}");
                }
            }
            Ok(())
        }
        7 | 8 => {
            let mut parkings = Vec::new();
            for case in &cases {
                if let Some(found) = journal.read(&id(case)).await? {
                    let state = if dice.roll(2) == 0 { CaseState::Waiting } else { CaseState::Due(at(5)) };
                    parkings.push(Parking {
                        case: id(case),
                        version: found.summary.version,
                        state,
                        status: "x".into(),
                        holds: vec![Hold::of(dice.key()), Hold { key: dice.key(), until: Some(at(0)) }],
                        keep: dice.roll(2) == 0,
                    });
                }
            }
            journal.park(&by, parkings).await.map(drop)
        }
        9 => journal.release(&id(&cases[0]), &dice.key()).await,
        10 if dice.roll(4) == 0 => journal.leave(&by).await,
        10 => journal.give_back(&by, cases.iter().map(|case| id(case)).collect()).await,
        _ => journal.load(&by, &id(&cases[0])).await.map(drop),
    }
}
