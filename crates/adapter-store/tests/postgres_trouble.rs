//! A journal in a PostgreSQL database when things go wrong.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use skattebro_adapter_store::{PostgresJournal, StoreKey, StoreSettings};
use skattebro_ports::Journal;
use skattebro_ports::journal::{Begun, Claim, JournalError, JournalErrorKind, Opened, Recorded, Version};
use sqlx::{Connection, PgConnection, Row};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use support::things::{
    PERSON, act, answer, answered, ask, at, environment, id, intent, intents, new_case, owned_case, worker,
};

async fn connect(url: &str) -> PostgresJournal {
    PostgresJournal::connect(url, StoreSettings::default()).await.unwrap()
}

async fn refusal(url: &str, settings: StoreSettings) -> JournalError {
    PostgresJournal::connect(url, settings).await.expect_err("a journal that must be refused")
}

async fn by_hand(url: &str, sql: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

/// Ends every connection of a database but the one that does it.
async fn cut(url: &str) {
    let others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() \
                  AND pid <> pg_backend_pid()";
    by_hand(url, others).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_open_a_new_journal_at_once() {
    let Some(url) = support::new_database() else { return };
    let openers = (0..6).map(|nr| {
        let url = url.clone();
        tokio::spawn(async move { connect(&url).await.open(vec![new_case(&nr.to_string())]).await.unwrap() })
    });
    for opener in openers.collect::<Vec<_>>() {
        assert_eq!(opener.await.unwrap(), [Opened::New(Version(1))]);
    }
}

#[tokio::test]
async fn a_journal_of_a_newer_program_is_refused_and_so_is_one_with_other_tables() {
    let Some(url) = support::new_database() else { return };
    connect(&url).await.close().await;
    by_hand(&url, "INSERT INTO schema_history VALUES (3, 'x', 0)").await;
    let error = refusal(&url, StoreSettings::default()).await;
    assert_eq!(error.kind(), JournalErrorKind::NewerSchema);
    assert!(error.to_string().contains("version 3") && error.to_string().contains("version 2"), "{error}");
    by_hand(&url, "DELETE FROM schema_history WHERE version = 3; UPDATE schema_history SET digest = 'x'")
        .await;
    assert_eq!(refusal(&url, StoreSettings::default()).await.kind(), JournalErrorKind::Damaged);
}

#[tokio::test]
async fn only_the_key_that_a_journal_was_made_with_opens_it_and_no_row_shows_a_person() {
    let Some(url) = support::new_database() else { return };
    let with_key = |key: StoreKey| StoreSettings { key: Some(key), ..StoreSettings::default() };
    let right = StoreKey::random().unwrap();
    let journal = PostgresJournal::connect(&url, with_key(right.clone())).await.unwrap();
    let by = worker("w");
    journal.open(vec![owned_case("a", &by)]).await.unwrap();
    act(&journal, &by, &id("a"), 1).await.unwrap();
    for settings in [with_key(StoreKey::random().unwrap()), StoreSettings::default()] {
        assert_eq!(refusal(&url, settings).await.kind(), JournalErrorKind::WrongKey);
    }
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let rows = "SELECT encode(title, 'escape') FROM cases UNION ALL SELECT encode(content, 'escape') FROM contents \
                UNION ALL SELECT encode(payload, 'escape') FROM records UNION ALL SELECT encode(key, 'escape') FROM keys";
    let rows = sqlx::query(rows).fetch_all(&mut connection).await.unwrap();
    assert_eq!(rows.len(), 6);
    for row in rows {
        let shown: String = row.get(0);
        assert!(!shown.contains(PERSON), "{shown}");
    }
    assert!(journal.read(&id("a")).await.unwrap().unwrap().content.as_str().contains(PERSON));
}

#[tokio::test]
async fn an_address_that_leads_nowhere_says_what_to_do_and_never_the_password() {
    let nowhere = [
        "not an address hemmelig",
        "postgres://u:hemmelig@localhost:1/x",
        "postgres://u:hemmelig@[/x",
        "http://u:hemmelig@x",
    ];
    let settings = || StoreSettings { answer_within: Duration::from_millis(500), ..StoreSettings::default() };
    for url in nowhere {
        let error = refusal(url, settings()).await;
        let shown =
            format!("{error} {error:?} {:?}", std::error::Error::source(&error).map(ToString::to_string));
        assert!(!shown.contains("hemmelig"), "{shown}");
        assert!(
            matches!(error.kind(), JournalErrorKind::Unreachable | JournalErrorKind::NotAccessible),
            "{shown}"
        );
    }
    let Some(url) = support::new_database() else { return };
    let other = url.replace("/test_", "/finnes_ikke_");
    let error = refusal(&other, settings()).await;
    assert_eq!(error.kind(), JournalErrorKind::NotAccessible);
    assert!(error.to_string().contains("no database of that name"), "{error}");
    let stranger = url.replace("postgres@", "ukjent:hemmelig@");
    let error = refusal(&stranger, settings()).await;
    assert_eq!(error.kind(), JournalErrorKind::NotAccessible);
    assert!(!format!("{error:?}").contains("hemmelig"));
}

#[tokio::test]
async fn a_database_that_may_only_be_read_says_so() {
    let Some(url) = support::new_database() else { return };
    let journal = connect(&url).await;
    journal.open(vec![new_case("a")]).await.unwrap();
    by_hand(&url, "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET default_transaction_read_only = on'; END $$").await;
    let other = connect_read_only(&url).await;
    assert_eq!(other.kind(), JournalErrorKind::NotAccessible, "{other}");
}

async fn connect_read_only(url: &str) -> JournalError {
    match PostgresJournal::connect(url, StoreSettings::default()).await {
        Ok(journal) => journal.ask(ask("a")).await.unwrap_err(),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_cut_loses_nothing_that_was_answered_and_later_calls_work() {
    let Some(url) = support::new_database() else { return };
    let journal = Arc::new(connect(&url).await);
    let by = worker("w");
    journal.open((0..8).map(|nr| owned_case(&nr.to_string(), &by)).collect()).await.unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    let tasks = (0..8).map(|nr| {
        let (journal, by, case, ended) = (journal.clone(), by.clone(), id(&nr.to_string()), ended.clone());
        tokio::spawn(async move {
            let (mut begun_by, mut learned, mut failures) = (HashSet::new(), HashSet::new(), 0);
            while !ended.load(Ordering::Relaxed) {
                let Ok(Some(found)) = journal.read(&case).await else {
                    failures += 1;
                    continue;
                };
                match journal.begin(&by, vec![intent(&case, found.summary.version.0)]).await {
                    Ok(begun) => {
                        let [Begun::Permitted(n)] = begun[..] else { panic!("{begun:?}") };
                        begun_by.insert(n.0);
                        match journal.learn(vec![answer(&case, n, &by)]).await {
                            Ok(_) => _ = learned.insert(n.0),
                            Err(error) => failures += lost(&error),
                        }
                    }
                    Err(error) => failures += lost(&error),
                }
            }
            (case, begun_by, learned, failures)
        })
    });
    let tasks: Vec<_> = tasks.collect();
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        cut(&url).await;
    }
    ended.store(true, Ordering::Relaxed);
    let mut all_failures = 0;
    for task in tasks {
        let (case, begun, learned, failures) = task.await.unwrap();
        let found = journal.read(&case).await.unwrap().unwrap();
        assert!(begun.is_subset(&intents(&found).into_iter().collect()), "{case}");
        assert!(learned.is_subset(&answered(&found).into_iter().collect()), "{case}");
        act(&*journal, &by, &case, found.summary.version.0).await.unwrap();
        all_failures += failures;
    }
    assert!(all_failures > 0, "nothing was cut, so this proves nothing");
}

fn lost(error: &JournalError) -> u32 {
    assert_eq!(error.kind(), JournalErrorKind::Unreachable, "{error}");
    assert!(error.may_pass());
    1
}

#[tokio::test]
async fn another_process_hears_what_is_asked_also_after_its_connection_was_cut() {
    let Some(url) = support::new_database() else { return };
    let (one, other) = (connect(&url).await, connect(&url).await);
    let heard = async |within: u64| {
        tokio::time::timeout(Duration::from_millis(within), other.stirred()).await.is_ok()
    };
    // Until it listens it may return without a reason.
    while heard(700).await {}
    one.open(vec![new_case("a")]).await.unwrap();
    assert!(heard(5000).await);
    assert!(!heard(300).await, "nothing more was asked");
    one.beat(&worker("w"), Duration::from_secs(9)).await.unwrap();
    assert!(!heard(300).await, "a heartbeat is nothing to do");
    cut(&url).await;
    // It returns for having been deaf, and then hears again.
    assert!(heard(5000).await);
    while heard(1500).await {}
    one.ask(ask("a")).await.unwrap();
    assert!(heard(5000).await);
}

#[tokio::test]
async fn who_holds_a_case_for_too_long_makes_others_busy_and_no_longer() {
    let Some(url) = support::new_database() else { return };
    let settings = StoreSettings { busy: Duration::from_millis(200), ..StoreSettings::default() };
    let journal = PostgresJournal::connect(&url, settings).await.unwrap();
    journal.open(vec![new_case("a"), new_case("b")]).await.unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    let mut transaction = other.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM cases WHERE id = 'a' FOR UPDATE").execute(&mut *transaction).await.unwrap();
    let error = journal.ask(ask("a")).await.unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Busy, "{error}");
    assert!(error.to_string().contains("Nothing of this was written"), "{error}");
    journal.ask(ask("b")).await.unwrap();
    let by = worker("w");
    journal.beat(&by, Duration::from_secs(60)).await.unwrap();
    let claim =
        Claim { worker: by, max: 9, environment: environment(), only: None, except: vec![], now: at(9) };
    let claimed = journal.claim(claim).await.unwrap();
    assert_eq!(claimed.cases.iter().map(|case| case.summary.id.to_string()).collect::<Vec<_>>(), ["b"]);
    transaction.rollback().await.unwrap();
    assert_eq!(journal.ask(ask("a")).await.unwrap(), Recorded::New(Version(2)));
}

#[tokio::test]
async fn a_connection_that_was_cut_while_nobody_used_it_is_not_noticed() {
    let Some(url) = support::new_database() else { return };
    let journal = connect(&url).await;
    let by = worker("w");
    journal.open(vec![owned_case("a", &by)]).await.unwrap();
    let mut version = 1;
    for _ in 0..5 {
        version = act(&journal, &by, &id("a"), version).await.unwrap();
        cut(&url).await;
        journal.read(&id("a")).await.unwrap().unwrap();
        cut(&url).await;
    }
}

#[tokio::test]
async fn a_database_that_stops_answering_is_unreachable_in_time() {
    let Some(url) = support::new_database() else { return };
    let settings = StoreSettings {
        answer_within: Duration::from_millis(400),
        busy: Duration::from_secs(60),
        ..StoreSettings::default()
    };
    let journal = PostgresJournal::connect(&url, settings).await.unwrap();
    journal.open(vec![new_case("a")]).await.unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    let mut transaction = other.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM cases WHERE id = 'a' FOR UPDATE").execute(&mut *transaction).await.unwrap();
    let error = journal.ask(ask("a")).await.unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Unreachable, "{error}");
    transaction.rollback().await.unwrap();
    journal.ask(ask("a")).await.unwrap();
}
