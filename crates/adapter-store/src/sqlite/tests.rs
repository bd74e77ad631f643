//! What only shows when the disk is full, or the program ends in the middle.

use super::SqliteJournal;
use super::jobs::{Session, Work};
use crate::StoreSettings;
use crate::errors::Trouble;
use async_trait::async_trait;
use skattebro_domain::flow::AttemptNo;
use skattebro_domain::{Digest, Korrelasjonsid, Timestamp};
use skattebro_ports::Journal;
use skattebro_ports::journal::{JournalErrorKind, NewCase, Payload};
use std::sync::atomic::Ordering;

fn case(id: &str, bytes: usize) -> NewCase {
    NewCase {
        id: id.parse().unwrap(),
        kind: "krav".parse().unwrap(),
        environment: "https://test".parse().unwrap(),
        title: String::new(),
        keys: vec![],
        fingerprint: Digest([0; 32]),
        content: Payload::new("x".repeat(bytes)),
        asks: vec![],
        at: Timestamp::UNIX_EPOCH,
        owner: None,
    }
}

async fn journal() -> (tempfile::TempDir, SqliteJournal) {
    let folder = tempfile::tempdir().unwrap();
    let journal =
        SqliteJournal::open(folder.path().join("journal.db"), StoreSettings::default()).await.unwrap();
    (folder, journal)
}

#[tokio::test]
async fn nothing_is_answered_as_written_on_a_full_disk_and_it_goes_on_when_there_is_room() {
    let (_folder, journal) = journal().await;
    let pages = &journal.shared.writer.max_pages;
    pages.store(40, Ordering::Relaxed);
    let mut written = Vec::new();
    let mut full = Vec::new();
    for nr in 0..40 {
        let id = format!("{nr}");
        match journal.open(vec![case(&id, 9000)]).await {
            Ok(_) => written.push(id),
            Err(error) => {
                assert_eq!(error.kind(), JournalErrorKind::Full, "{error}");
                assert!(error.to_string().contains("make room"), "{error}");
                full.push(id);
            }
        }
    }
    assert!(!written.is_empty() && !full.is_empty(), "{} {}", written.len(), full.len());
    for id in &full {
        assert_eq!(journal.read(&id.parse().unwrap()).await.unwrap(), None);
    }
    pages.store(4000, Ordering::Relaxed);
    journal.open(full.iter().map(|id| case(id, 9000)).collect()).await.unwrap();
    for id in written.iter().chain(&full) {
        assert!(journal.read(&id.parse().unwrap()).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_fit_does_not_keep_the_rest_of_its_group_out() {
    let (_folder, journal) = journal().await;
    journal.shared.writer.max_pages.store(60, Ordering::Relaxed);
    let writes = (0..20).map(|nr| {
        let journal = journal.clone();
        let size = if nr % 4 == 0 { 500_000 } else { 10 };
        tokio::spawn(async move { journal.open(vec![case(&nr.to_string(), size)]).await.is_ok() })
    });
    for (nr, write) in writes.collect::<Vec<_>>().into_iter().enumerate() {
        let is_written = write.await.unwrap();
        assert_eq!(is_written, nr % 4 != 0, "{nr}");
        assert_eq!(journal.read(&nr.to_string().parse().unwrap()).await.unwrap().is_some(), is_written);
    }
}

/// Something that cannot be done.
struct Impossible;

#[async_trait]
impl Work for Impossible {
    type Answer = ();

    async fn run(&self, session: &mut Session<'_>) -> Result<(), Trouble> {
        sqlx::query("DELETE FROM cases").execute(&mut *session.connection).await?;
        sqlx::query("INSERT INTO cases (id) VALUES (NULL)").execute(&mut *session.connection).await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_halfway_leaves_nothing_and_spoils_nothing() {
    let (_folder, journal) = journal().await;
    journal.open(vec![case("before", 1)]).await.unwrap();
    let failing = (0..10).map(|_| {
        let writer = journal.shared.writer.clone();
        tokio::spawn(async move { writer.submit(Impossible).await.is_err() })
    });
    let writing = (0..10).map(|nr| {
        let journal = journal.clone();
        tokio::spawn(async move { journal.open(vec![case(&nr.to_string(), 1)]).await.is_ok() })
    });
    for task in failing.zip(writing).flat_map(|(one, other)| [one, other]).collect::<Vec<_>>() {
        assert!(task.await.unwrap());
    }
    assert_eq!(journal.counts(None).await.unwrap().cases[0].3, 11);
}

#[test]
fn a_journal_outlives_the_runtime_that_wrote_to_it() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let (_folder, journal) = first.block_on(journal());
    // The writer is stopped somewhere in the middle of this.
    for nr in 0..50 {
        let writing = journal.clone();
        first.spawn(async move { writing.open(vec![case(&nr.to_string(), 1)]).await });
    }
    first.block_on(async { tokio::time::sleep(std::time::Duration::from_millis(3)).await });
    drop(first);
    runtime().block_on(async {
        journal.open(vec![case("after", 1)]).await.unwrap();
        assert!(journal.read(&"after".parse().unwrap()).await.unwrap().is_some());
        journal.close().await;
    });
}

#[tokio::test]
async fn what_is_written_as_one_is_decided_one_after_the_other() {
    use skattebro_ports::journal::{
        Begun, CaseKey, CaseState, Fenced, Hold, Intent, Learned, Opened, Parked, Parking, Recorded, Source,
        Version, WorkerId,
    };
    let (_folder, journal) = journal().await;
    let (worker, at): (WorkerId, _) = ("w".parse().unwrap(), Timestamp::UNIX_EPOCH);
    let key = CaseKey::of(&["K-1"]);
    let new = |id: &str| NewCase {
        keys: vec![key.clone()],
        asks: vec![Payload::new("{}")],
        owner: Some(worker.clone()),
        ..case(id, 1)
    };
    let intent = |version| Intent {
        case: "a".parse().unwrap(),
        version: Version(version),
        at,
        until: at,
        korrelasjonsid: Korrelasjonsid::from_uuid(1),
        takes: None,
        payload: Payload::new("{}"),
    };
    let learned = Learned {
        case: "a".parse().unwrap(),
        from: Source::Answer(AttemptNo(2)),
        at,
        worker: worker.clone(),
        korrelasjonsid: None,
        payload: Payload::new("{}"),
    };
    let parking = |version, holds| Parking {
        case: "a".parse().unwrap(),
        version: Version(version),
        state: CaseState::Settled,
        status: "done".to_owned(),
        holds,
        keep: true,
    };
    // All of them wait before the writer begins.
    let (a, taken, begun, stale, known, again, parked, freed, b) = tokio::join!(
        journal.open(vec![new("a")]),
        journal.open(vec![new("b")]),
        journal.begin(&worker, vec![intent(1)]),
        journal.begin(&worker, vec![intent(1)]),
        journal.learn(vec![learned.clone()]),
        journal.learn(vec![learned]),
        journal.park(&worker, vec![parking(3, vec![Hold::of(key.clone())])]),
        journal.park(&worker, vec![parking(3, Vec::new())]),
        journal.open(vec![new("b")]),
    );
    assert_eq!(a.unwrap(), [Opened::New(Version(1))]);
    assert!(matches!(&taken.unwrap()[..], [Opened::Taken(by)] if by.id.as_str() == "a"));
    assert_eq!(begun.unwrap(), [Begun::Permitted(AttemptNo(2))]);
    assert_eq!(stale.unwrap(), [Begun::Fenced(Fenced::Stale(Version(2)))]);
    assert_eq!(known.unwrap(), [Recorded::New(Version(3))]);
    assert_eq!(again.unwrap(), [Recorded::Known(Version(3))]);
    assert_eq!((parked.unwrap(), freed.unwrap()), (vec![Parked::Yes], vec![Parked::Yes]));
    assert_eq!(b.unwrap(), [Opened::New(Version(1))]);
    let there = journal.read(&"a".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((there.records.len(), &*there.summary.status), (3, "done"));
    assert_eq!(journal.holder(&key).await.unwrap(), Some("b".parse().unwrap()));
}

/// More rows than one statement has room for.
#[tokio::test]
async fn hundreds_at_once_are_all_there() {
    let (_folder, journal) = journal().await;
    let cases: Vec<NewCase> = (0..300).map(|nr| case(&nr.to_string(), 1)).collect();
    journal.open(cases).await.unwrap();
    assert_eq!(journal.counts(None).await.unwrap().cases[0].3, 300);
    let page = journal.list(skattebro_ports::journal::Filter::all(1000)).await.unwrap();
    assert!(page.iter().map(|case| case.id.to_string()).eq((0..300).map(|nr| nr.to_string())));
}
