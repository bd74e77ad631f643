//! Two thousand krav through their whole life while a third of all calls go wrong: none lost, none twice, and the report is right.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "krav/crowd.rs"]
mod crowd;

use crowd::CrowdClock;
use futures_util::stream;
use skattebro::domain::krav::machine::{KravRules, OperationEnd, Standing, Verdict};
use skattebro::domain::krav::{
    Edition, Endring, Identifikatortype, Innkrevingsoppdrag, Kroner, Periode, RenteBeloep, Skyldner,
    Tilleggsinformasjon,
};
use skattebro::http::{HttpInnkreving, HttpSettings, LocalQuota};
use skattebro::krav::{KravOrder, KravReport, KravService};
use skattebro::ports::Token;
use skattebro::ports::fakes::StaticToken;
use skattebro_sandbox::{
    DEFAULT_ORGANISATION, Delivery, Edition2023, Fault, FaultRule, KravSeen, RouteMatch, Sandbox,
    VirtualClock, What, When,
};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// So many are written off at the end.
const KRAV: u64 = 2_000;

/// And of so many for each ten of those the last change is what stays in force: a write-off would hide a change that came too late.
const KEPT_OF_TEN: u64 = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edition_v1_proves_every_one() {
    let seen = play(Edition::V1, Edition2023::default(), KRAV, 1).await;
    seen.assert_nothing_twice();
    seen.assert_report_is_right(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edition_2023_with_mottaksstatus_proves_every_one() {
    let edition = Edition2023 { mottaksstatus: true, oppdragsgivers_id: true, ..Edition2023::default() };
    let seen = play(Edition::Utgave2023, edition, KRAV, 2).await;
    seen.assert_nothing_twice();
    seen.assert_report_is_right(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edition_2023_without_mottaksstatus_doubles_none_and_lists_what_it_cannot_prove() {
    let edition = Edition2023 { mottaksstatus: false, ..Edition2023::default() };
    let seen = play(Edition::Utgave2023, edition, KRAV, 3).await;
    seen.assert_nothing_twice();
    // A creation whose answer was lost, doubled or failed after the work: about a fifth.
    seen.assert_report_is_right(seen.reports.len() * 3 / 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edition_2023_without_names_for_its_problems_does_as_well() {
    let edition = Edition2023 { mottaksstatus: true, problem_slugs: false, oppdragsgivers_id: true };
    let seen = play(Edition::Utgave2023, edition, KRAV / 4, 4).await;
    seen.assert_nothing_twice();
    seen.assert_report_is_right(0);
}

/// What the client believes, and what is so.
struct Seen {
    reports: HashMap<String, KravReport>,
    krav: HashMap<String, KravSeen>,
    effects: Vec<skattebro_sandbox::Effect>,
}

/// A third of all calls, over six kinds of mishap.
fn mishaps() -> Vec<FaultRule> {
    let late = |seconds| Fault::ActLate(Duration::from_secs(seconds));
    let kinds = [
        vec![Fault::DropBefore],
        vec![Fault::DropAfter],
        vec![late(1), late(20), late(90)],
        vec![Fault::Twice],
        vec![Fault::ErrorAfter(503)],
        vec![Fault::ErrorBefore(500)],
    ];
    // Each rule gets its chance only if none before it struck: 1 − (1 − p)^6 = 1/3.
    let chance = 1.0 - (2.0_f64 / 3.0).powf(1.0 / 6.0);
    kinds
        .into_iter()
        .flat_map(|faults| {
            let share = chance / faults.len() as f64;
            faults.into_iter().map(move |fault| FaultRule {
                route: RouteMatch::group("krav"),
                when: When::Probability(share),
                fault,
            })
        })
        .collect()
}

async fn play(edition: Edition, edition_2023: Edition2023, written_off: u64, seed: u64) -> Seen {
    println!("seed {seed}");
    let count = written_off * (10 + KEPT_OF_TEN) / 10;
    let began = "2026-03-10T08:00:00Z".parse().unwrap();
    let builder = Sandbox::builder().clock(VirtualClock::stepped_from(began)).seed(seed);
    let sandbox = Arc::new(builder.edition_2023(edition_2023).start().await.unwrap());
    mishaps().into_iter().for_each(|rule| sandbox.inject(rule));

    let clock = CrowdClock::new(&sandbox, count as usize);
    let service = service(&sandbox, clock.clone(), edition);
    let mut run = service.carry_out_all(stream::iter((0..count).map(move |n| order(n, edition))));
    let stepping = clock.run(sandbox.clone());
    let mut reports = HashMap::new();
    while let Some(report) = run.next().await {
        clock.one_left();
        reports.insert(own_id(report.tag.unwrap()), report);
    }
    stepping.abort();
    assert_eq!(reports.len() as u64, count, "every order is reported");
    assert!(sandbox.peak_concurrent_calls() <= 5 + LATE_AND_DROPPED, "{}", sandbox.peak_concurrent_calls());
    // What is still on its way may act as late as it will.
    sandbox.clear_faults();
    sandbox.clock().advance(Duration::from_secs(600));
    while sandbox.late_requests_due() > 0 {
        tokio::task::yield_now().await;
    }
    let krav = sandbox.krav(DEFAULT_ORGANISATION).into_iter();
    let by_id = krav.map(|krav| (krav.oppdragsgivers_kravidentifikator.clone().unwrap(), krav));
    Seen { reports, krav: by_id.collect(), effects: sandbox.effects() }
}

/// A call whose connection was cut is over for the client before it is over for the sandbox.
const LATE_AND_DROPPED: usize = 5;

fn service(sandbox: &Sandbox, clock: Arc<CrowdClock>, edition: Edition) -> KravService {
    // The adapter repeats nothing by itself, so that every request is the workflow's own.
    let settings = HttpSettings::new(&sandbox.url()).unwrap();
    let settings = settings.read_retries(0, Duration::ZERO).quota(Arc::new(LocalQuota::default()));
    let token = StaticToken::new(Token::parse("hemmelig").unwrap());
    let http = Arc::new(HttpInnkreving::new(settings, Arc::new(token), edition).unwrap());
    KravService::new(http.clone(), http, clock, edition).rules(KravRules::default()).max_open(usize::MAX)
}

fn own_id(n: u64) -> String {
    format!("K-{n}/æ")
}

/// Where the two changes lead.
fn last_hovedstol(n: u64) -> i64 {
    1_000 + n as i64 % 7
}

fn is_written_off(n: u64) -> bool {
    n % (10 + KEPT_OF_TEN) >= KEPT_OF_TEN
}

fn order(n: u64, edition: Edition) -> KravOrder {
    let date = |text: &str| text.parse().unwrap();
    let is_v1 = edition == Edition::V1;
    let (kravtype, periode, stoenadstype) = match is_v1 {
        true => (
            "TILBAKEKREVING_SYKEPENGER",
            Some(Periode { fom: date("2025-09-01"), tom: date("2025-11-30") }),
            None,
        ),
        false => ("TILBAKEKREVING_FEILUTBETALT_YTELSE", None, Some("BARNETRYGD".to_owned())),
    };
    let rente = RenteBeloep {
        beloep: Kroner::new(100 + n as i64),
        renter_ilagt_dato: Some(date("2026-03-02")),
        rentetype: is_v1.then(|| "STRAFFERENTE".to_owned()),
    };
    let oppdrag = Innkrevingsoppdrag {
        kravtype: kravtype.to_owned(),
        skyldner: Skyldner {
            identifikatortype: Identifikatortype::Person,
            identifikator: "13895118960".to_owned(),
        },
        hovedstol: Kroner::new(50_000 + n as i64),
        rente_beloep: Some(vec![rente]),
        oppdragsgivers_referanse: format!("SAK-{n}"),
        oppdragsgivers_kravidentifikator: Some(own_id(n)),
        fastsettelsesdato: date("2026-03-02"),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: Some(Tilleggsinformasjon::Nav {
            tilbakekrevingsperiode: periode,
            stoenadstype,
            ytelser_for_avregning: None,
        }),
    };
    let order = KravOrder::opprett(oppdrag)
        .endre(Endring::Hovedstol(Kroner::new(20_000 + n as i64)))
        .endre(Endring::Hovedstol(Kroner::new(last_hovedstol(n))))
        .tagged(n);
    if is_written_off(n) { order.avskriv() } else { order }
}

impl Seen {
    fn assert_nothing_twice(&self) {
        let mut created: HashMap<&str, u32> = HashMap::new();
        let mut written_off: HashMap<&str, u32> = HashMap::new();
        let mut mishaps = 0;
        // A krav that nobody ordered would be one doubled under another id.
        for effect in &self.effects {
            if let What::KravOpprettet { oppdragsgivers_kravidentifikator: id, beloep, .. } = &effect.what {
                let ordered =
                    id.as_ref().and_then(|id| self.reports.get(id)).and_then(|report| report.oppdrag());
                assert_eq!(
                    ordered.map(|ordered| ordered.hovedstol.get()),
                    Some(*beloep),
                    "{id:?} was not ordered so"
                );
            }
            mishaps += u32::from(effect.delivery != Delivery::Normal);
            match &effect.what {
                What::KravOpprettet { oppdragsgivers_kravidentifikator: Some(id), .. } => {
                    *created.entry(id).or_default() += 1;
                }
                What::KravAvskrevet { kravidentifikator, .. } => {
                    *written_off.entry(kravidentifikator).or_default() += 1;
                }
                _ => {}
            }
        }
        assert!(mishaps > 10, "the faults struck: {mishaps} effects came late or again");
        assert!(created.values().all(|times| *times == 1), "a krav was created twice");
        assert!(written_off.values().all(|times| *times == 1), "a krav was written off twice");
    }

    /// Every krav is as the report says, but for at most `unproven`, which the report names as such.
    fn assert_report_is_right(&self, unproven: usize) {
        let wrong: Vec<String> =
            self.reports.iter().filter_map(|(id, report)| self.wrong(id, report)).collect();
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(10)].join("\n"));
        let open: Vec<_> = self.reports.values().filter(|report| report.verdict() == Verdict::Open).collect();
        println!("{} unproven or open of {}", open.len(), self.reports.len());
        let first = open.first().map(|report| report.reasons());
        assert!(open.len() <= unproven, "{} are unproven or open: {first:?}", open.len());
        for report in open {
            let in_doubt = |end: &OperationEnd| end.is_unproven();
            let has_doubt = report.krav.operations().iter().filter_map(|o| o.end()).any(in_doubt);
            assert!(has_doubt && !report.reasons().is_empty(), "{report:#?}");
        }
    }

    fn wrong(&self, id: &str, report: &KravReport) -> Option<String> {
        let krav = self.krav.get(id);
        let shown = || Some(format!("{id}: {:?} {:?} against {krav:?}", report.standing(), report.reasons()));
        match report.verdict() {
            Verdict::Well => {
                let n = report.tag.unwrap();
                let krav = krav.filter(|krav| {
                    krav.avskrevet == is_written_off(n)
                        && krav.hovedstol == last_hovedstol(n)
                        && (report.standing() == Standing::WrittenOff) == is_written_off(n)
                        && report.krav.kravidentifikator().map(|id| id.as_str())
                            == Some(&krav.kravidentifikator)
                });
                if krav.is_none() { shown() } else { None }
            }
            // Nothing in these orders can rightly be refused.
            Verdict::Wrong => shown(),
            // A krav in doubt: what was sent of it is there, or is not; but nothing follows that the report does not know of.
            Verdict::Open => match krav {
                Some(krav) if krav.avskrevet || krav.hovedstol != 50_000 + report.tag.unwrap() as i64 => {
                    shown()
                }
                _ => None,
            },
        }
    }
}
