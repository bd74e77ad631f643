//! Opening a journal in a file: what is made, what is refused, and what the refusal says.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use secrecy::ExposeSecret;
use skattebro_adapter_store::{SqliteJournal, StoreKey, StoreSettings};
use skattebro_ports::Journal;
use skattebro_ports::journal::{JournalError, JournalErrorKind, Recorded, Version};
use sqlx::{Connection, SqliteConnection};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use support::things::{PERSON, act, ask, id, key, new_case, owned_case, worker};

async fn open(path: &Path) -> SqliteJournal {
    SqliteJournal::open(path, StoreSettings::default()).await.unwrap()
}

async fn refusal(path: &Path, settings: StoreSettings) -> JournalError {
    SqliteJournal::open(path, settings).await.expect_err("a journal that must be refused")
}

fn with_key(key: &StoreKey) -> StoreSettings {
    StoreSettings { key: Some(key.clone()), ..StoreSettings::default() }
}

async fn by_hand(path: &Path, sql: &'static str) {
    let url = format!("sqlite://{}", path.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn folder_and_files_are_made_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ny/mappe/journal.db");
    let journal = open(&path).await;
    journal.open(vec![new_case("a")]).await.unwrap();
    let rights = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        assert_eq!(rights(&path.with_file_name(name)), 0o600, "{name}");
    }
    assert_eq!((rights(path.parent().unwrap()), rights(&folder.path().join("ny"))), (0o700, 0o700));
    journal.close().await;
    assert!(!path.with_file_name("journal.db-wal").exists(), "closing tidies up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_open_a_new_journal_at_once() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = Arc::new(folder.path().join("journal.db"));
        let openers: Vec<_> = (0..6)
            .map(|nr| {
                let path = path.clone();
                tokio::spawn(async move {
                    let journal = open(&path).await;
                    journal.open(vec![new_case(&nr.to_string())]).await.unwrap();
                    journal
                })
            })
            .collect();
        for opener in openers {
            let journal = opener.await.unwrap();
            assert!(journal.read(&id("0")).await.is_ok());
        }
        assert_eq!(open(&path).await.counts(None).await.unwrap().cases[0].3, 6);
    }
}

#[tokio::test]
async fn a_journal_of_a_newer_program_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    open(&path).await.close().await;
    by_hand(&path, "INSERT INTO schema_history VALUES (2, 'x', 0); DROP TABLE stirs").await;
    let error = refusal(&path, StoreSettings::default()).await;
    assert_eq!(error.kind(), JournalErrorKind::NewerSchema);
    let text = error.to_string();
    assert!(
        text.contains("version 2") && text.contains("version 1") && text.contains("use the newer"),
        "{text}"
    );
}

#[tokio::test]
async fn a_journal_with_other_tables_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    open(&path).await.close().await;
    by_hand(&path, "UPDATE schema_history SET digest = 'x'").await;
    assert_eq!(refusal(&path, StoreSettings::default()).await.kind(), JournalErrorKind::Damaged);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    std::fs::write(&path, "").unwrap();
    by_hand(&path, "CREATE TABLE bilag (nr INTEGER)").await;
    let before = std::fs::read(&path).unwrap();
    let error = refusal(&path, StoreSettings::default()).await;
    assert!(error.to_string().contains("another program"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn what_is_no_journal_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    std::fs::write(&path, "Dette er et brev.".repeat(1000)).unwrap();
    assert_eq!(refusal(&path, StoreSettings::default()).await.kind(), JournalErrorKind::Damaged);
    assert_eq!(
        refusal(folder.path(), StoreSettings::default()).await.kind(),
        JournalErrorKind::NotAccessible
    );
    let beneath = path.join("journal.db");
    let error = refusal(&beneath, StoreSettings::default()).await;
    assert_eq!(error.kind(), JournalErrorKind::NotAccessible);
}

#[tokio::test]
async fn an_error_shows_no_personal_number_of_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(PERSON);
    std::fs::write(&path, "x".repeat(5000)).unwrap();
    for path in [path.clone(), path.join("journal.db")] {
        let error = refusal(&path, StoreSettings::default()).await;
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(PERSON), "{shown}");
    }
}

#[tokio::test]
async fn a_damaged_journal_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).await;
    journal.open((0..200).map(|nr| new_case(&nr.to_string())).collect()).await.unwrap();
    journal.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let from = bytes.len() / 3;
    bytes[from..].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    let outcome = match SqliteJournal::open(&path, StoreSettings::default()).await {
        Ok(journal) => journal.read(&id("7")).await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert_eq!(outcome.unwrap_err().kind(), JournalErrorKind::Damaged);
}

#[tokio::test]
async fn only_the_key_that_a_journal_was_made_with_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let [locked, plain] = ["locked.db", "plain.db"].map(|name| folder.path().join(name));
    let (right, wrong) = (StoreKey::random().unwrap(), StoreKey::random().unwrap());
    let journal = SqliteJournal::open(&locked, with_key(&right)).await.unwrap();
    journal.open(vec![new_case("a")]).await.unwrap();
    journal.close().await;
    open(&plain).await.close().await;
    for (path, settings, says) in [
        (&locked, with_key(&wrong), "another key"),
        (&locked, StoreSettings::default(), "give the key"),
        (&plain, with_key(&right), "without a key"),
    ] {
        let error = refusal(path, settings).await;
        assert_eq!(error.kind(), JournalErrorKind::WrongKey);
        assert!(error.to_string().contains(says), "{error}");
        assert!(!format!("{error:?}").contains(right.to_base64().expose_secret()));
    }
    let again = SqliteJournal::open(&locked, with_key(&right)).await.unwrap();
    let case = again.read(&id("a")).await.unwrap().unwrap();
    assert!(case.summary.title.contains(PERSON) && case.content.as_str().contains(PERSON));
    assert_eq!(again.holder(&key(&format!("{PERSON} a"))).await.unwrap(), Some(id("a")));
}

/// What all files of a folder hold, after each step.
async fn shows_a_person(settings: StoreSettings) -> Vec<bool> {
    let folder = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(folder.path().join("journal.db"), settings).await.unwrap();
    let by = worker("w");
    let shows = || {
        let files = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|file| std::fs::read(file.unwrap().path()).unwrap());
        files.into_iter().any(|bytes| bytes.windows(11).any(|window| window == PERSON.as_bytes()))
    };
    journal.open(vec![owned_case("a", &by)]).await.unwrap();
    act(&journal, &by, &id("a"), 1).await.unwrap();
    let in_log = shows();
    journal.close().await;
    vec![in_log, shows()]
}

#[tokio::test]
async fn with_a_key_no_file_shows_a_personal_number() {
    assert_eq!(shows_a_person(with_key(&StoreKey::random().unwrap())).await, [false, false]);
    assert_eq!(shows_a_person(StoreSettings::default()).await, [true, true], "or this test proves nothing");
}

#[tokio::test]
async fn a_journal_that_may_not_be_written_says_so() {
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        return eprintln!("LEFT OUT: root may write everything");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    open(&path).await.close().await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(refusal(&path, StoreSettings::default()).await.kind(), JournalErrorKind::NotAccessible);
}

#[tokio::test]
async fn who_holds_the_lock_for_too_long_makes_others_busy_and_no_longer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let settings = StoreSettings { busy: Duration::from_millis(100), ..StoreSettings::default() };
    let journal = SqliteJournal::open(&path, settings).await.unwrap();
    journal.open(vec![new_case("a")]).await.unwrap();
    let url = format!("sqlite://{}", path.display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let error = journal.ask(ask("a")).await.unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Busy);
    assert!(error.may_pass() && error.to_string().contains("Nothing of this was written"), "{error}");
    assert_eq!(journal.read(&id("a")).await.unwrap().unwrap().records.len(), 1, "reading goes on");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(journal.ask(ask("a")).await.unwrap(), Recorded::New(Version(2)));
}

#[tokio::test]
async fn after_closing_everything_is_refused_kindly() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder.path().join("journal.db")).await;
    let clone = journal.clone();
    let written = journal.open(vec![new_case("a")]);
    written.await.unwrap();
    journal.close().await;
    journal.close().await;
    for error in [clone.ask(ask("a")).await.unwrap_err(), clone.read(&id("a")).await.unwrap_err()] {
        assert!(error.to_string().contains("closed"), "{error}");
    }
}

#[tokio::test]
async fn another_process_hears_what_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let (one, other) = (open(&path).await, open(&path).await);
    let silent = tokio::time::timeout(Duration::from_millis(600), other.stirred()).await;
    assert!(silent.is_err(), "nothing was asked");
    one.open(vec![new_case("a")]).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), other.stirred()).await.unwrap();
    one.beat(&worker("w"), Duration::from_secs(9)).await.unwrap();
    let silent = tokio::time::timeout(Duration::from_millis(600), other.stirred()).await;
    assert!(silent.is_err(), "a heartbeat is nothing to do");
}
