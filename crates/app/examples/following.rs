//! Following many jobs, on time that is not waited for: the real machine, plan and quota, with a service whose answers take 20 ms, beside
//! what the official demo does – a look at every job each 5 seconds.
//!
//! ```text
//! cargo run --release -p skattebro --example following -- [--json] [--pauses MIN:MAX] [JOBS …]
//! ```
//!
//! Jobs take 1 to 90 minutes, evenly spread and the same in both. Meanwhile, an upload that takes a second wants a slot each second, and
//! starts want one twice a second. Tells how late it is noticed that a job is done, how many looks that took, and how long uploads and starts
//! waited for a slot.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use skattebro::domain::filing::{FilingRules, Polling};
use skattebro::domain::{
    Gjeldende, JobbId, JobbStatus, JobbTilstand, Referanse, ResultatAvValidering, Timestamp,
    ValidationOutcome,
};
use skattebro::http::LocalQuota;
use skattebro::ports::{
    Api, Availability, Body, Call, CallKind, CallQuota, CallSlot, Clock, CurrentReturns, DocumentSink, Jobs,
    PortError, RequestEnvelope, SlotWish, Started, Subject, UploadName, Uploads, Validations,
};
use skattebro::{DocumentSource, Skattebro, ValidationRequest};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

const ANSWER: Duration = Duration::from_millis(20);
const UPLOAD: Duration = Duration::from_secs(1);
const DEMO: Duration = Duration::from_secs(5);

fn main() {
    let (mut json, mut pauses, mut counts) = (false, Polling::default(), Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => json = true,
            "--pauses" => {
                let text = arguments.next().expect("--pauses MIN:MAX, in seconds");
                let (min, max) = text.split_once(':').expect("--pauses MIN:MAX, in seconds");
                let seconds =
                    |text: &str| Duration::from_secs_f64(text.parse().expect("a number of seconds"));
                pauses = Polling { min: seconds(min), max: seconds(max) };
            }
            count => counts.push(count.parse().expect("a number of jobs")),
        }
    }
    if counts.is_empty() {
        counts = vec![100, 1_000, 10_000];
    }
    let mut rows = Vec::new();
    for count in counts {
        rows.push(in_virtual_time(follow_by_plan(count, pauses)));
        rows.push(in_virtual_time(follow_as_the_demo(count)));
    }
    match json {
        true => println!("[{}]", rows.iter().map(Row::json).collect::<Vec<_>>().join(",\n ")),
        false => print_table(&rows),
    }
}

fn in_virtual_time(work: impl Future<Output = Row>) -> Row {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(work)
}

/// The real thing: a bridge that validates.
async fn follow_by_plan(count: usize, polling: Polling) -> Row {
    let quota: Arc<dyn CallQuota> = Arc::new(LocalQuota::default());
    let service = Arc::new(Service::new(count, quota.clone()));
    let clock = Arc::new(VirtualClock { began: Instant::now() });
    let bridge = Skattebro::builder().skatteetaten(service.clone()).clock(clock).build().unwrap();
    let others = Others::begin(quota);
    let document = skattebro_testdata::skattemelding_upersonlig(2023, "3009876543");
    let began = Instant::now();
    let validations: Vec<_> = (0..count)
        .map(|n| {
            let request = ValidationRequest::new("2023".parse().unwrap(), party(n).parse().unwrap())
                .skattemelding(DocumentSource::Bytes("skattemelding.xml".into(), document.clone().into()))
                .referanse("9d5d8c0e-0000-4000-8000-000000000000".parse().unwrap())
                .gjeldende("SKI:755:1".parse().unwrap())
                .rules(FilingRules { polling, ..FilingRules::default() });
            bridge.validate(request)
        })
        .collect();
    for validation in validations {
        validation.await.unwrap();
    }
    Row::of("skattebro", count, &service, others, began)
}

/// A look at each job every 5 seconds, whoever comes first is served first.
async fn follow_as_the_demo(count: usize) -> Row {
    let quota: Arc<dyn CallQuota> = Arc::new(FirstCome::default());
    let service = Arc::new(Service::new(count, quota.clone()));
    let others = Others::begin(quota);
    let began = Instant::now();
    let jobs: Vec<_> = (0..count)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move {
                let job = service.start_job().await;
                loop {
                    tokio::time::sleep(DEMO).await;
                    if service.look(&job).await == JobbStatus::Ferdig {
                        return;
                    }
                }
            })
        })
        .collect();
    for job in jobs {
        job.await.unwrap();
    }
    Row::of("every 5 s", count, &service, others, began)
}

/// Organisations' numbers, which end with a control digit.
fn party(n: usize) -> String {
    let candidates = (80_000_000 + n * 2..).map(|stem| {
        let digits: Vec<usize> =
            format!("{stem:08}").bytes().map(|digit| usize::from(digit - b'0')).collect();
        let sum: usize =
            digits.iter().zip([3, 2, 7, 6, 5, 4, 3, 2]).map(|(digit, weight)| digit * weight).sum();
        (stem, (11 - sum % 11) % 11)
    });
    // Of two stems in a row, not both want 10, which is no digit.
    let (stem, control) = candidates.into_iter().find(|(_, control)| *control < 10).unwrap();
    format!("{stem}{control}")
}

/// A service that knows of nothing but jobs.
#[derive(Debug)]
struct Service {
    quota: Arc<dyn CallQuota>,
    takes: Vec<Duration>,
    started: AtomicUsize,
    ends: Mutex<HashMap<JobbId, Instant>>,
    looks: AtomicUsize,
    delays: Mutex<Vec<Duration>>,
}

impl Service {
    fn new(count: usize, quota: Arc<dyn CallQuota>) -> Self {
        // A linear congruential generator of Knuth's: the same jobs each time.
        let mut seed = 20_241_128u64;
        let mut evenly = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1u64 << 53) as f64
        };
        let takes = (0..count).map(|_| Duration::from_secs_f64(60.0 + evenly() * 89.0 * 60.0)).collect();
        let (started, looks) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { quota, takes, started, ends: Mutex::default(), looks, delays: Mutex::default() }
    }

    async fn slot(&self, kind: CallKind) -> CallSlot {
        self.quota.slot(&wish(kind)).await.unwrap()
    }

    async fn start_job(&self) -> JobbId {
        let _slot = self.slot(CallKind::Short).await;
        tokio::time::sleep(ANSWER).await;
        let n = self.started.fetch_add(1, Ordering::Relaxed);
        let id: JobbId = format!("job-{n}").parse().unwrap();
        self.ends.lock().unwrap().insert(id.clone(), Instant::now() + self.takes[n]);
        id
    }

    async fn look(&self, job: &JobbId) -> JobbStatus {
        let _slot = self.slot(CallKind::Look).await;
        tokio::time::sleep(ANSWER).await;
        self.looks.fetch_add(1, Ordering::Relaxed);
        let late = Instant::now().checked_duration_since(self.ends.lock().unwrap()[job]);
        late.map_or(JobbStatus::Kjoerer, |late| {
            self.delays.lock().unwrap().push(late);
            JobbStatus::Ferdig
        })
    }
}

fn wish(kind: CallKind) -> SlotWish {
    SlotWish { api: Api::Skattemelding, kind, deadline: Duration::from_secs(60) }
}

#[async_trait]
impl Jobs for Service {
    async fn start(&self, _: &Call, _: &Subject, _: &RequestEnvelope) -> Result<Started, PortError> {
        Ok(Started { jobb_id: self.start_job().await, jobb_status: JobbStatus::Opprettet })
    }

    async fn status(&self, _: &Call, _: &Subject, job: &JobbId) -> Result<JobbTilstand, PortError> {
        Ok(JobbTilstand::of(self.look(job).await))
    }

    async fn resultat(
        &self,
        _: &Call,
        _: &Subject,
        _: &JobbId,
        _: Arc<dyn DocumentSink>,
    ) -> Result<Option<ValidationOutcome>, PortError> {
        let _slot = self.slot(CallKind::Look).await;
        tokio::time::sleep(ANSWER).await;
        Ok(Some(ValidationOutcome {
            resultat: ResultatAvValidering::ValidertOk,
            dokumenter: Vec::new(),
            avvik_etter_beregning: Vec::new(),
            veiledning_etter_kontroll: Vec::new(),
            avvik_ved_validering: Vec::new(),
            aarsaker: Vec::new(),
            skattesubjekt: Vec::new(),
            ukjente_elementer: Vec::new(),
        }))
    }
}

// Not called: the jobs' references are given.
#[async_trait]
impl Uploads for Service {
    async fn last_opp(
        &self,
        _: &Call,
        _: &Subject,
        _: &UploadName,
        _: Arc<dyn Body>,
    ) -> Result<Referanse, PortError> {
        unreachable!("there is nothing to upload")
    }
}

#[async_trait]
impl CurrentReturns for Service {
    async fn gjeldende(
        &self,
        _: &Call,
        _: &Subject,
        _: bool,
        _: Arc<dyn DocumentSink>,
    ) -> Result<Gjeldende, PortError> {
        unreachable!("it is given")
    }
}

#[async_trait]
impl Validations for Service {
    async fn valider(
        &self,
        _: &Call,
        _: &Subject,
        _: &RequestEnvelope,
        _: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError> {
        unreachable!("it is validated by jobs")
    }

    async fn validertest(
        &self,
        _: &Call,
        _: &Subject,
        _: &RequestEnvelope,
        _: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError> {
        unreachable!("it is validated by jobs")
    }
}

#[async_trait]
impl Availability for Service {
    async fn ping(&self, _: &Call) -> Result<(), PortError> {
        Ok(())
    }
}

/// Whoever comes first is served first; three of five may be uploads.
#[derive(Debug)]
struct FirstCome {
    all: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
}

impl Default for FirstCome {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(5)), uploads: Arc::new(Semaphore::new(3)) }
    }
}

#[async_trait]
impl CallQuota for FirstCome {
    async fn slot(&self, wish: &SlotWish) -> Result<CallSlot, PortError> {
        let upload = match wish.kind {
            CallKind::Upload => Some(self.uploads.clone().acquire_owned().await.unwrap()),
            CallKind::Short | CallKind::Look => None,
        };
        Ok(CallSlot::new((self.all.clone().acquire_owned().await.unwrap(), upload)))
    }
}

/// Uploads and starts of others meanwhile.
struct Others {
    ended: Arc<AtomicBool>,
    uploads: Arc<Mutex<Vec<Duration>>>,
    starts: Arc<Mutex<Vec<Duration>>>,
}

impl Others {
    fn begin(quota: Arc<dyn CallQuota>) -> Self {
        let others = Self { ended: Arc::default(), uploads: Arc::default(), starts: Arc::default() };
        for (kind, every, takes, waits) in [
            (CallKind::Upload, Duration::from_millis(1_003), UPLOAD, &others.uploads),
            (CallKind::Short, Duration::from_millis(503), ANSWER, &others.starts),
        ] {
            let (quota, ended, waits) = (quota.clone(), others.ended.clone(), waits.clone());
            tokio::spawn(async move {
                while !ended.load(Ordering::Relaxed) {
                    tokio::time::sleep(every).await;
                    let (quota, waits) = (quota.clone(), waits.clone());
                    tokio::spawn(async move {
                        let wants = Instant::now();
                        let _slot = quota.slot(&wish(kind)).await.unwrap();
                        waits.lock().unwrap().push(wants.elapsed());
                        tokio::time::sleep(takes).await;
                    });
                }
            });
        }
        others
    }
}

#[derive(Debug)]
struct VirtualClock {
    began: Instant,
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.began.elapsed()
    }

    fn steady(&self) -> Duration {
        self.began.elapsed()
    }

    async fn sleep_until(&self, until: Timestamp) {
        if let Ok(left) = Duration::try_from(until.duration_since(self.now())) {
            tokio::time::sleep(left).await;
        }
    }
}

/// How something is spread, in seconds.
struct Spread {
    p50: f64,
    p90: f64,
    p99: f64,
    max: f64,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |part: f64| {
            let place = ((times.len() as f64 * part).ceil() as usize).clamp(1, times.len().max(1)) - 1;
            times.get(place).map_or(0.0, Duration::as_secs_f64)
        };
        Self { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1.0) }
    }

    fn json(&self) -> String {
        let Self { p50, p90, p99, max } = self;
        format!(r#"{{"p50":{p50:.3},"p90":{p90:.3},"p99":{p99:.3},"max":{max:.3}}}"#)
    }
}

struct Row {
    way: &'static str,
    jobs: usize,
    delay: Spread,
    looks: usize,
    seconds: f64,
    uploads: Spread,
    starts: Spread,
}

impl Row {
    fn of(way: &'static str, jobs: usize, service: &Service, others: Others, began: Instant) -> Self {
        others.ended.store(true, Ordering::Relaxed);
        let take = |times: &Mutex<Vec<Duration>>| Spread::of(std::mem::take(&mut *times.lock().unwrap()));
        Self {
            way,
            jobs,
            delay: take(&service.delays),
            looks: service.looks.load(Ordering::Relaxed),
            seconds: began.elapsed().as_secs_f64(),
            uploads: take(&others.uploads),
            starts: take(&others.starts),
        }
    }

    fn json(&self) -> String {
        let Self { way, jobs, delay, looks, seconds, uploads, starts } = self;
        format!(
            r#"{{"way":"{way}","jobs":{jobs},"delay_s":{},"looks":{looks},"looks_per_job":{:.1},"seconds":{seconds:.0},"upload_wait_s":{},"start_wait_s":{}}}"#,
            delay.json(),
            *looks as f64 / *jobs as f64,
            uploads.json(),
            starts.json(),
        )
    }
}

fn print_table(rows: &[Row]) {
    println!(
        "{:>6} {:<10} | noticed late, s: {:>6} {:>6} {:>6} {:>6} | looks: {:>8} {:>7} {:>6} | waits for a slot, ms: upload p99 {:>6} max {:>6}, start p99 {:>6} max {:>6}",
        "jobs", "way", "p50", "p90", "p99", "max", "total", "per job", "a s", "", "", "", ""
    );
    for Row { way, jobs, delay, looks, seconds, uploads, starts } in rows {
        let ms = |seconds: f64| format!("{:.0}", seconds * 1e3);
        println!(
            "{jobs:>6} {way:<10} |                  {:>6.1} {:>6.1} {:>6.1} {:>6.1} |        {looks:>8} {:>7.1} {:>6.1} |                              {:>6}     {:>6}            {:>6}     {:>6}",
            delay.p50,
            delay.p90,
            delay.p99,
            delay.max,
            *looks as f64 / *jobs as f64,
            *looks as f64 / seconds,
            ms(uploads.p99),
            ms(uploads.max),
            ms(starts.p99),
            ms(starts.max),
        );
    }
}
