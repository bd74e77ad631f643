//! Krav as an embedder meets them: one or many, replaced, reconciled, turned away.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "krav/crowd.rs"]
mod crowd;

use crowd::CrowdClock;
use futures_util::stream;
use skattebro::domain::krav::machine::{Krav, KravRules, OperationEnd, Proof, Standing, Verdict};
use skattebro::domain::krav::{
    Capabilities, Edition, Endring, Identifikatortype, Innkrevingsoppdrag, KravId, Kroner, Skyldner,
};
use skattebro::domain::{Code, Kravidentifikator, Transaksjonsid};
use skattebro::http::{HttpInnkreving, HttpSettings};
use skattebro::krav::{KravOrder, KravService, KravWatcher, Reconciled, Sent};
use skattebro::ports::fakes::StaticToken;
use skattebro::ports::{Call, KravActs, PortError, Token};
use skattebro_sandbox::{
    DEFAULT_ORGANISATION, Fault, FaultRule, KravEnding, KravScenario, MARKED_NUMBERS, Sandbox, VirtualClock,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A sandbox, a service in front of it, and a clock that moves when all of a crowd are asleep.
struct Play {
    sandbox: Arc<Sandbox>,
    service: KravService,
    clock: Arc<CrowdClock>,
    stepping: JoinHandle<()>,
}

impl Drop for Play {
    fn drop(&mut self) {
        self.stepping.abort();
    }
}

impl Play {
    async fn new() -> Self {
        Self::with(KravRules::default(), 1).await
    }

    async fn with(rules: KravRules, crowd: usize) -> Self {
        let clock = VirtualClock::stepped_from("2026-03-10T08:00:00Z".parse().unwrap());
        let sandbox = Arc::new(Sandbox::builder().clock(clock).start().await.unwrap());
        let clock = CrowdClock::new(&sandbox, crowd);
        let service = service(&sandbox.url(), clock.clone()).rules(rules);
        let stepping = clock.run(sandbox.clone());
        Self { sandbox, service, clock, stepping }
    }

    fn krav(&self) -> Vec<skattebro_sandbox::KravSeen> {
        self.sandbox.krav(DEFAULT_ORGANISATION)
    }
}

fn service(url: &str, clock: Arc<CrowdClock>) -> KravService {
    let settings = HttpSettings::new(url).unwrap().read_retries(0, Duration::ZERO);
    let token = StaticToken::new(Token::parse("hemmelig").unwrap());
    let http = Arc::new(HttpInnkreving::new(settings, Arc::new(token), Edition::V1).unwrap());
    KravService::new(http.clone(), http, clock, Edition::V1)
}

fn krav(id: &str) -> Innkrevingsoppdrag {
    Innkrevingsoppdrag {
        kravtype: "RETTSGEBYR_UTLEGGSBEGJAERING".to_owned(),
        skyldner: Skyldner {
            identifikatortype: Identifikatortype::Person,
            identifikator: "13895118960".to_owned(),
        },
        hovedstol: Kroner::new(9_000),
        rente_beloep: None,
        oppdragsgivers_referanse: "SAK-1".to_owned(),
        oppdragsgivers_kravidentifikator: (!id.is_empty()).then(|| id.to_owned()),
        fastsettelsesdato: "2026-03-02".parse().unwrap(),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: None,
    }
}

fn own(id: &str) -> KravId {
    KravId::Oppdragsgivers(id.parse().unwrap())
}

#[tokio::test]
async fn a_krav_is_created_followed_changed_and_written_off() {
    let play = Play::new().await;
    let report = play.service.opprett(krav("K-1")).await;
    assert_eq!((report.standing().as_str(), report.verdict()), ("in-force", Verdict::Well));
    let changed = play.service.endre(own("K-1"), Endring::Hovedstol(Kroner::new(5_000))).await;
    assert_eq!(changed.verdict(), Verdict::Well, "{:?}", changed.reasons());
    assert!(changed.krav.operations()[0].transaksjonsid().is_some());
    let written_off = play.service.avskriv(own("K-1")).await;
    assert_eq!(written_off.standing(), Standing::WrittenOff);
    let krav = &play.krav()[0];
    assert!(krav.avskrevet && krav.hovedstol == 5_000);
}

#[tokio::test]
async fn nothing_is_sent_while_an_error_stands_and_all_are_told() {
    let play = Play::new().await;
    let mut bad = krav("");
    bad.hovedstol = Kroner::new(0);
    bad.skyldner.identifikator = "13895118961".to_owned();
    let report = play.service.opprett(bad).await;
    let codes: Vec<_> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::BeloepErIkkeOver0, Code::UgyldigSkyldnersIdentifikator, Code::IdMissing]);
    assert_eq!((report.verdict(), report.standing()), (Verdict::Wrong, Standing::NotSent));
    assert!(play.sandbox.effects().is_empty());
}

#[tokio::test]
async fn a_krav_without_an_id_is_sent_only_if_told_and_never_twice() {
    let play = Play::new().await;
    play.sandbox.inject(FaultRule::next("krav-opprett", 1, Fault::DropAfter));
    let report = play.service.carry_out(KravOrder::opprett(krav("")).even_without_id()).await;
    assert_eq!((report.standing(), report.verdict()), (Standing::Unproven, Verdict::Open));
    assert_eq!(play.krav().len(), 1);
    assert!(report.reasons()[0].contains("ask Skatteetaten"), "{:?}", report.reasons());
}

#[tokio::test]
async fn the_same_krav_again_is_there_already_and_another_with_its_id_is_a_collision() {
    let play = Play::new().await;
    assert_eq!(play.service.opprett(krav("K-1")).await.verdict(), Verdict::Well);
    play.sandbox.clock().advance(Duration::from_secs(3_600));
    let again = play.service.opprett(krav("K-1")).await;
    assert_eq!(again.verdict(), Verdict::Well);
    let end = again.krav.operations()[0].end();
    assert!(matches!(end, Some(OperationEnd::Done(Proof::AlreadyThere { .. }))), "{end:?}");

    let mut other = krav("K-1");
    other.hovedstol = Kroner::new(1);
    let other = play.service.opprett(other).await;
    assert_eq!((other.standing(), other.verdict()), (Standing::Refused, Verdict::Wrong));
    let reasons = other.reasons().join("\n");
    assert!(reasons.contains("hovedstol: sent «1», theirs «9000»"), "{reasons}");
    assert_eq!(play.krav().len(), 1);
}

#[tokio::test]
async fn a_rejected_krav_says_why_and_what_was_to_follow_is_moot() {
    let play = Play::new().await;
    let marked = MARKED_NUMBERS.iter().find(|marked| marked.error == "PERSON_ER_SLETTET").unwrap();
    let mut dead = krav("K-1");
    dead.skyldner.identifikator = marked.number.to_owned();
    let order = KravOrder::opprett(dead).endre(Endring::Hovedstol(Kroner::new(1))).avskriv();
    let report = play.service.carry_out(order).await;
    assert!(matches!(report.standing(), Standing::Rejected(feil) if feil[0].error == "PERSON_ER_SLETTET"));
    let moot = |end: Option<&OperationEnd>| matches!(end, Some(OperationEnd::Moot(_)));
    assert!(report.krav.operations()[1..].iter().all(|operation| moot(operation.end())));
    assert_eq!(report.verdict(), Verdict::Wrong);
}

#[tokio::test]
async fn a_krav_that_will_not_be_booked_is_no_success() {
    let play = Play::new().await;
    play.sandbox.set_krav_scenario(KravScenario::ending(KravEnding::SkalIkkeReskontrofoeres));
    let report = play.service.opprett(krav("K-1")).await;
    assert_eq!((report.standing(), report.verdict()), (Standing::NotToBeBooked, Verdict::Wrong));
}

#[tokio::test]
async fn a_status_that_nobody_knows_is_followed_until_the_deadline_and_stays_open() {
    let play = Play::new().await;
    play.sandbox.set_krav_scenario(KravScenario::ending(KravEnding::Status("EN_NY_STATUS".to_owned())));
    let report = play.service.opprett(krav("K-1")).await;
    assert_eq!((report.standing(), report.verdict()), (Standing::Received, Verdict::Open));
    assert_eq!(report.krav.mottak().unwrap().mottaksstatus.as_str(), "EN_NY_STATUS");
}

#[tokio::test]
async fn the_replacement_is_created_only_when_the_old_krav_is_written_off() {
    let play = Play::new().await;
    assert_eq!(play.service.opprett(krav("K-1")).await.verdict(), Verdict::Well);

    let mut bad = krav("K-2");
    bad.hovedstol = Kroner::new(-1);
    let replaced = play.service.erstatt(own("K-1"), bad).await;
    assert_eq!(replaced.new.unwrap().verdict(), Verdict::Wrong);
    assert!(
        replaced.old.not_tried.is_some() && !play.krav()[0].avskrevet,
        "checked before the old one is touched"
    );

    let replaced = play.service.erstatt(own("K-9"), krav("K-2")).await;
    assert!(replaced.new.is_none() && replaced.old.verdict() == Verdict::Wrong, "there is no K-9");

    let replaced = play.service.erstatt(own("K-1"), krav("K-2")).await;
    assert_eq!(replaced.old.standing(), Standing::WrittenOff);
    assert_eq!(replaced.new.unwrap().verdict(), Verdict::Well);
    let live: Vec<_> = play.krav().into_iter().filter(|krav| !krav.avskrevet).collect();
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].oppdragsgivers_kravidentifikator.as_deref(), Some("K-2"));
}

#[tokio::test]
async fn reconciliation_shows_what_differs() {
    let play = Play::new().await;
    let order = KravOrder::opprett(krav("K-1")).endre(Endring::Hovedstol(Kroner::new(5_000)));
    assert_eq!(play.service.carry_out(order).await.verdict(), Verdict::Well);
    let sent = Sent {
        oppdrag: Some(krav("K-1")),
        endringer: Some(vec![Endring::Hovedstol(Kroner::new(5_000))]),
        avskrevet: Some(false),
    };
    let result = play.service.avstem(&own("K-1"), &sent).await.unwrap().result;
    assert_eq!(result, Reconciled::Equal);

    let mut other = krav("K-1");
    other.oppdragsgivers_referanse = "SAK-2".to_owned();
    let wrong = Sent { oppdrag: Some(other), endringer: Some(Vec::new()), avskrevet: Some(true) };
    let Reconciled::Different(found) = play.service.avstem(&own("K-1"), &wrong).await.unwrap().result else {
        panic!("they differ");
    };
    let fields: Vec<_> = found.iter().map(|difference| difference.field).collect();
    assert_eq!(fields, ["oppdragsgiversReferanse", "hovedstol", "avskriving"]);
    let missing = play.service.avstem(&own("K-9"), &sent).await.unwrap().result;
    assert_eq!(missing, Reconciled::NotThere);
}

#[tokio::test]
async fn one_bad_order_never_stops_the_rest() {
    let play = Play::with(KravRules::default(), 20).await;
    let orders = (0..20).map(|n| {
        let mut krav = krav(&format!("K-{n}"));
        krav.hovedstol = Kroner::new(if n % 5 == 0 { 0 } else { 100 });
        KravOrder::opprett(krav).tagged(n)
    });
    let mut run = play.service.carry_out_all(stream::iter(orders));
    let (mut well, mut wrong) = (0, 0);
    while let Some(report) = run.next().await {
        play.clock.one_left();
        match report.verdict() {
            Verdict::Well => well += 1,
            Verdict::Wrong => wrong += 1,
            Verdict::Open => panic!("{:?}", report.reasons()),
        }
    }
    assert_eq!((well, wrong), (16, 4));
    assert_eq!(play.krav().len(), 16);
}

#[tokio::test]
async fn no_more_than_five_calls_are_made_at_a_time() {
    let play = Play::with(KravRules { follow: false, ..KravRules::default() }, 100).await;
    let latency = Fault::Latency(Duration::from_millis(2));
    play.sandbox.inject(FaultRule::always("krav-opprett", latency));
    let orders = (0..100).map(|n| KravOrder::opprett(krav(&format!("K-{n}"))));
    let mut run = play.service.carry_out_all(stream::iter(orders));
    while run.next().await.is_some() {}
    assert_eq!(play.sandbox.peak_concurrent_calls(), 5);
    assert_eq!(play.krav().len(), 100);
}

#[tokio::test]
async fn when_nothing_gets_through_the_rest_is_turned_away_and_reported() {
    let play = Play::with(KravRules { max_unsent: 1, ..KravRules::default() }, 0).await;
    let nobody_listens = "http://127.0.0.1:1";
    let service = service(nobody_listens, play.clock.clone())
        .rules(KravRules { max_unsent: 1, ..KravRules::default() });
    let orders = (0..500).map(|n| KravOrder::opprett(krav(&format!("K-{n}"))).tagged(n));
    let mut run = service.max_open(5).carry_out_all(stream::iter(orders));
    let (mut tried, mut turned_away) = (0, 0);
    while let Some(report) = run.next().await {
        assert_eq!((report.verdict(), report.standing()), (Verdict::Open, Standing::NotSent));
        match &report.not_tried {
            Some(why) => {
                assert!(why.contains("not tried, since the last"), "{why}");
                turned_away += 1;
            }
            None => tried += 1,
        }
    }
    assert_eq!(tried + turned_away, 500);
    assert!((20..=30).contains(&tried), "{tried} were tried");
}

#[tokio::test]
async fn a_stopped_run_reports_every_order_it_took() {
    let play = Play::with(KravRules::default(), 0).await; // the clock stands still: nothing is ever booked
    let orders = (0..50).map(|n| KravOrder::opprett(krav(&format!("K-{n}"))));
    let mut run = play.service.carry_out_all(stream::iter(orders));
    while run.counts().get("received").copied().unwrap_or_default() < 50 {
        tokio::task::yield_now().await;
    }
    run.stopper().cancel();
    let mut reports = Vec::new();
    while let Some(report) = run.next().await {
        reports.push(report);
    }
    assert_eq!(reports.len(), 50);
    assert!(reports.iter().all(|r| r.verdict() == Verdict::Open && r.standing() == Standing::Received));
}

#[tokio::test]
async fn a_stopped_run_begins_nothing_new() {
    let play = Play::with(KravRules::default(), 0).await;
    play.sandbox.inject(FaultRule::always("krav-opprett", Fault::Latency(Duration::from_millis(20))));
    let orders = (0..500).map(|n| KravOrder::opprett(krav(&format!("K-{n}"))));
    let mut run = play.service.carry_out_all(stream::iter(orders));
    while play.krav().len() < 20 {
        tokio::task::yield_now().await;
    }
    run.stopper().cancel();
    let at_stop = play.krav().len();
    let mut reports = 0;
    while run.next().await.is_some() {
        reports += 1;
    }
    // Five under way and those that stood ready; the hundreds that waited for their turn have sent nothing.
    assert!(play.krav().len() <= at_stop + 13, "{} after the stop at {at_stop}", play.krav().len());
    assert!(reports >= play.krav().len(), "{reports} reports");
}

/// A service whose first creation breaks the program.
#[derive(Debug)]
struct Breaking(HttpInnkreving);

#[async_trait::async_trait]
impl KravActs for Breaking {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn opprett(
        &self,
        call: &Call,
        oppdrag: &Innkrevingsoppdrag,
    ) -> Result<Kravidentifikator, PortError> {
        let answer = self.0.opprett(call, oppdrag).await;
        assert_ne!(oppdrag.oppdragsgivers_kravidentifikator.as_deref(), Some("K-3"), "this one breaks");
        answer
    }

    async fn endre(
        &self,
        call: &Call,
        id: &KravId,
        endring: &Endring,
    ) -> Result<Option<Transaksjonsid>, PortError> {
        self.0.endre(call, id, endring).await
    }

    async fn avskriv(&self, call: &Call, id: &KravId) -> Result<Option<Transaksjonsid>, PortError> {
        self.0.avskriv(call, id).await
    }
}

#[tokio::test]
async fn an_order_whose_task_breaks_off_is_reported_as_unproven() {
    let play = Play::new().await;
    let settings = HttpSettings::new(&play.sandbox.url()).unwrap();
    let token = StaticToken::new(Token::parse("hemmelig").unwrap());
    let http = HttpInnkreving::new(settings, Arc::new(token), Edition::V1).unwrap();
    let service =
        KravService::new(Arc::new(Breaking(http.clone())), Arc::new(http), play.clock.clone(), Edition::V1);
    let service = service.rules(KravRules { follow: false, ..KravRules::default() });
    let orders = (0..6).map(|n| KravOrder::opprett(krav(&format!("K-{n}"))).tagged(n));
    let mut run = service.carry_out_all(stream::iter(orders));
    let mut verdicts = [None; 6];
    while let Some(report) = run.next().await {
        verdicts[report.tag.unwrap() as usize] =
            Some((report.verdict(), report.standing() == Standing::Unproven));
    }
    for (n, verdict) in verdicts.into_iter().enumerate() {
        let expected = if n == 3 { (Verdict::Open, true) } else { (Verdict::Well, false) };
        assert_eq!(verdict, Some(expected), "K-{n}");
    }
}

#[derive(Debug, Default)]
struct Diary(std::sync::Mutex<Vec<(Option<u64>, String)>>);

impl KravWatcher for Diary {
    fn learned(&self, tag: Option<u64>, krav: &Krav) {
        self.0.lock().unwrap().push((tag, krav.standing().as_str().to_owned()));
    }
}

#[tokio::test]
async fn a_watcher_is_told_when_a_krav_is_received_and_not_only_at_its_end() {
    let play = Play::new().await;
    let diary = Arc::new(Diary::default());
    let service = play.service.clone().watched_by(diary.clone());
    service.carry_out(KravOrder::opprett(krav("K-1")).tagged(7)).await;
    let told = diary.0.lock().unwrap();
    assert_eq!(told.first(), Some(&(Some(7), "received".to_owned())));
    assert_eq!(told.last(), Some(&(Some(7), "in-force".to_owned())));
}
