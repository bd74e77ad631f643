//! Submissions against the sandbox, on its clock: the whole way in every edition, faults at every call, and what is not submitted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod support;

use async_trait::async_trait;
use skattebro::domain::innsending::{InnsendingEnd, Stage, Utfoerer};
use skattebro::domain::{Code, ResultatAvValidering, Timestamp};
use skattebro::http::{AltinnAddresses, HttpAltinn, HttpSettings, HttpSkatteetaten};
use skattebro::ports::fakes::{MemoryJournal, MemorySink, StaticToken};
use skattebro::ports::{Clock, Token};
use skattebro::{
    Event, InnsendingError, InnsendingRequest, Innsendt, SendingInn, Skattebro, Utgave, ValidationRequest,
};
use skattebro_sandbox::{
    AltinnScenario, Fault, FaultRule, InstansSeen, Sandbox, Scenario, VirtualClock, What,
};
use std::sync::Arc;
use std::time::Duration;
use support::documents::{self, ORG};
use support::{all, bytes, party, request, seconds, sink, soon, year};
use tokio_util::sync::CancellationToken;

/// The sandbox's clock as the bridge's: whoever sleeps moves it.
#[derive(Debug)]
struct SandboxClock(Arc<Sandbox>);

impl SandboxClock {
    fn clock(&self) -> &VirtualClock {
        self.0.clock()
    }
}

#[async_trait]
impl Clock for SandboxClock {
    fn now(&self) -> Timestamp {
        self.clock().timestamp()
    }

    fn steady(&self) -> Duration {
        self.clock().now()
    }

    async fn sleep_until(&self, until: Timestamp) {
        // In small steps, so that what falls due on the way happens in its order.
        while let Ok(left) = Duration::try_from(until.duration_since(self.now())) {
            if left.is_zero() {
                break;
            }
            self.clock().advance(left.min(seconds(20)));
            soon("late requests act", || self.0.late_requests_due() == 0).await;
        }
        // Whoever sleeps for moments while others have calls under way lets those be answered before much time has passed.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A JWT that nobody signed: a sandbox that is not strict believes it.
fn token_of(claims: &str) -> Arc<StaticToken> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
    Arc::new(StaticToken::new(Token::parse(&token).unwrap()))
}

struct Play {
    sandbox: Arc<Sandbox>,
    journal: Arc<MemoryJournal>,
    utfoerer: Utfoerer,
}

impl Play {
    async fn of(scenario: Scenario, utfoerer: Utfoerer) -> Self {
        skattebro_conformance::keep_log();
        let sandbox =
            Sandbox::builder().clock(VirtualClock::stepped()).scenario(scenario).start().await.unwrap();
        let sandbox = Arc::new(sandbox);
        let journal = Arc::new(MemoryJournal::surviving(Arc::new(SandboxClock(sandbox.clone()))));
        Self { sandbox, journal, utfoerer }
    }

    async fn person() -> Self {
        Self::of(Scenario::ok(), Utfoerer::Person).await
    }

    async fn systembruker() -> Self {
        Self::of(Scenario::ok(), Utfoerer::Systembruker).await
    }

    /// Another process.
    fn process(&self) -> Skattebro {
        let tokens = match self.utfoerer {
            Utfoerer::Person => token_of(r#"{"pid":"17912099997"}"#),
            Utfoerer::Systembruker => token_of(&format!(
                r#"{{"authorization_details":[{{"systemuser_org":{{"ID":"0192:{ORG}"}}}}]}}"#
            )),
        };
        let settings = HttpSettings::new(&self.sandbox.url()).unwrap().read_retries(0, Duration::ZERO);
        let app = AltinnAddresses::on(&self.sandbox.url()).app;
        let altinn = HttpAltinn::new(settings.clone().server(&app).unwrap(), tokens.clone()).unwrap();
        let skatteetaten = Arc::new(HttpSkatteetaten::new(settings, tokens).unwrap());
        Skattebro::builder()
            .skatteetaten(skatteetaten.clone())
            .altinn(Arc::new(altinn), skatteetaten)
            .visning(format!("{}/web/skattemelding-visning/altinn", self.sandbox.url()))
            .clock(Arc::new(SandboxClock(self.sandbox.clone())))
            .journal(self.journal.clone())
            .environment("sandbox".parse().unwrap())
            .build()
            .unwrap()
    }

    fn begin(&self, request: InnsendingRequest) -> SendingInn {
        self.process().send_inn(request)
    }

    async fn send_inn(&self, request: InnsendingRequest) -> Result<Innsendt, InnsendingError> {
        let outcome = self.begin(request).await;
        if let Err(InnsendingError::Ended { case: Some(case), .. }) = &outcome {
            // Shown if the test fails.
            for happened in self.process().cases().view(case).await.unwrap().history {
                println!("{} {:?} {}", happened.at, happened.what, happened.text);
            }
        }
        outcome
    }

    fn request(&self, utgave: Utgave) -> InnsendingRequest {
        InnsendingRequest::new(request(&sink()), self.utfoerer).utgave(utgave)
    }

    fn instances(&self) -> Vec<InstansSeen> {
        self.sandbox.instances()
    }

    fn count(&self, counts: impl Fn(&What) -> bool) -> usize {
        self.sandbox.effects().iter().filter(|effect| counts(&effect.what)).count()
    }

    fn made(&self) -> usize {
        self.count(|what| matches!(what, What::InstansOpprettet { .. }))
    }

    fn submitted(&self) -> usize {
        self.count(|what| matches!(what, What::Innsendt { .. }))
    }

    fn steps(&self) -> usize {
        self.count(|what| matches!(what, What::ProsessFlyttet { .. }))
    }
}

fn end_of(outcome: Result<Innsendt, InnsendingError>) -> InnsendingEnd {
    match outcome {
        Err(InnsendingError::Ended { end, .. }) => *end,
        other => panic!("it should have ended without a receipt: {other:?}"),
    }
}

fn codes(outcome: Result<Innsendt, InnsendingError>) -> Vec<Code> {
    match outcome {
        Err(InnsendingError::Findings(findings)) => {
            findings.into_iter().map(|finding| finding.code).collect()
        }
        other => panic!("it should not have begun: {other:?}"),
    }
}

const EDITIONS: [Utgave; 3] = [Utgave::Synkron, Utgave::V1, Utgave::V2];

#[tokio::test]
async fn a_person_goes_to_the_receipt_in_every_edition() {
    for utgave in EDITIONS {
        let play = Play::person().await;
        let innsendt = play.send_inn(play.request(utgave)).await.unwrap();
        assert!(innsendt.is_accepted(), "{utgave}: {innsendt:?}");
        assert_eq!(innsendt.validering, Some(ResultatAvValidering::ValidertOk));
        assert!(innsendt.kvittering.is_some());
        assert_eq!((play.made(), play.submitted(), play.steps()), (1, 1, 2), "{utgave}");
        let instances = play.instances();
        assert_eq!(instances[0].id, innsendt.instans.to_string());
        assert_eq!((instances[0].inntektsaar, instances[0].submissions), (2023, 1));
    }
}

#[tokio::test]
async fn with_a_systembruker_a_person_confirms_and_it_goes_on_by_itself() {
    for utgave in EDITIONS {
        let play = Play::systembruker().await;
        let mut sending = play.begin(play.request(utgave));
        let mut events = sending.events();
        let (sandbox, url) = (play.sandbox.clone(), play.sandbox.url());
        let person = tokio::spawn(async move {
            while let Some(event) = events.next().await {
                if let Event::PersonMustConfirm { instans, link } = event {
                    let link = link.unwrap();
                    assert!(
                        link.starts_with(&url) && link.ends_with(&format!("instansId={instans}")),
                        "{link}"
                    );
                    sandbox.clock().advance(seconds(3600));
                    let confirm = format!("{url}/sandbox/altinn/instances/{instans}/bekreft");
                    let client = reqwest::Client::builder().no_proxy().build().unwrap();
                    return client.post(confirm).send().await.unwrap().status().is_success();
                }
            }
            false
        });
        let innsendt = sending.await.unwrap();
        assert!(person.await.unwrap() && innsendt.is_accepted(), "{utgave}: {innsendt:?}");
        assert_eq!((play.made(), play.submitted()), (1, 1));
    }
}

#[tokio::test]
async fn the_receipts_verdict_is_the_outcome() {
    let altinn = AltinnScenario::default().with_aarsak("tomInnsending");
    let play = Play::of(Scenario::ok().with_altinn(altinn), Utfoerer::Person).await;
    let innsendt = play.send_inn(play.request(Utgave::Synkron)).await.unwrap();
    assert!(!innsendt.is_accepted());
    assert_eq!(innsendt.aarsaker, ["tomInnsending"]);
    assert_eq!(innsendt.validering, Some(ResultatAvValidering::ValidertOk));
}

#[tokio::test]
async fn with_errors_nothing_is_submitted_unless_it_is_wanted() {
    for utgave in EDITIONS {
        let play = Play::of(Scenario::med_feil(), Utfoerer::Person).await;
        let end = end_of(play.send_inn(play.request(utgave)).await);
        assert!(matches!(end, InnsendingEnd::ValidertMedFeil { .. }), "{utgave}: {end:?}");
        assert_eq!((play.submitted(), play.steps()), (0, 0));
        let innsendt = play.send_inn(play.request(utgave).med_feil(true)).await.unwrap();
        assert_eq!(innsendt.validering, Some(ResultatAvValidering::ValidertMedFeil));
        assert_eq!(play.submitted(), 1);
    }
}

#[tokio::test]
async fn what_is_submitted_is_not_submitted_again() {
    let play = Play::person().await;
    let first = play.send_inn(play.request(Utgave::Synkron)).await.unwrap();
    play.sandbox.clock().advance(seconds(60));
    let again = play.send_inn(play.request(Utgave::Auto)).await.unwrap();
    assert_eq!((again.instans, again.case), (first.instans, first.case));
    assert_eq!((play.made(), play.submitted()), (1, 1));
}

#[tokio::test]
async fn a_return_that_changed_since_it_was_validated_is_not_submitted() {
    let play = Play::of(Scenario::ok(), Utfoerer::Person).await;
    let mut sending = play.begin(play.request(Utgave::V2));
    let mut events = sending.events();
    while !matches!(events.next().await, Some(Event::Started(_))) {}
    play.sandbox.set_scenario(Scenario::ok().gjeldende_version(1));
    let end = end_of(sending.await);
    assert!(matches!(end, InnsendingEnd::GjeldendeEndret { .. }), "{end:?}");
    assert_eq!((play.submitted(), play.steps()), (0, 0));
}

#[tokio::test]
async fn an_infected_file_is_not_submitted() {
    let scenario = Scenario::ok().with_altinn(AltinnScenario::default().infected());
    let play = Play::of(scenario, Utfoerer::Person).await;
    let end = end_of(play.send_inn(play.request(Utgave::V2)).await);
    assert!(matches!(end, InnsendingEnd::Infisert { .. }), "{end:?}");
    assert_eq!(play.submitted(), 0);
}

#[tokio::test]
async fn a_receipt_that_does_not_come_is_waited_for_and_can_be_waited_for_again() {
    let scenario = Scenario::ok().with_altinn(AltinnScenario::default().receipt_after(seconds(30 * 3600)));
    let play = Play::of(scenario, Utfoerer::Person).await;
    let end = end_of(play.send_inn(play.request(Utgave::Synkron)).await);
    assert!(matches!(end, InnsendingEnd::GaveUp { stage: Stage::Kvittering, .. }), "{end:?}");
    let innsendt = play.send_inn(play.request(Utgave::Synkron)).await.unwrap();
    assert!(innsendt.is_accepted());
    assert_eq!((play.made(), play.submitted(), play.steps()), (1, 1, 2));
}

#[tokio::test]
async fn a_receipt_that_comes_while_nobody_looks_is_fetched_by_a_worker() {
    let scenario = Scenario::ok().with_altinn(AltinnScenario::default().receipt_after(seconds(30 * 3600)));
    let play = Play::of(scenario, Utfoerer::Person).await;
    let dir = tempfile::tempdir().unwrap();
    let files = [("m.xml", documents::skattemelding()), ("n.xml", documents::naeringsspesifikasjon())];
    for (name, content) in files {
        std::fs::write(dir.path().join(name), content).unwrap();
    }
    let validation = ValidationRequest::new(year(2023), party(ORG))
        .skattemelding(dir.path().join("m.xml"))
        .naeringsspesifikasjon(dir.path().join("n.xml"));
    let end = end_of(play.send_inn(InnsendingRequest::new(validation, Utfoerer::Person)).await);
    assert!(matches!(end, InnsendingEnd::GaveUp { .. }), "{end:?}");
    play.sandbox.clock().advance(seconds(10 * 3600));
    let bridge = play.process();
    let cases = bridge.cases();
    let case = cases.list(skattebro::ports::journal::Filter::all(10)).await.unwrap().remove(0);
    assert_eq!(case.status, "gave-up");
    cases.fortsett(&case.id).await.unwrap();
    bridge.runner().run_what_is_due(CancellationToken::new()).await.unwrap();
    let view = cases.view(&case.id).await.unwrap();
    assert_eq!(view.summary.status, "kvittert-validertOK", "{:#?}", view.history);
    assert_eq!((play.made(), play.submitted()), (1, 1));
}

#[tokio::test]
async fn an_instance_that_is_deleted_meanwhile_ends_it() {
    let play = Play::systembruker().await;
    let mut sending = play.begin(play.request(Utgave::Synkron));
    let mut events = sending.events();
    let instans = loop {
        if let Event::PersonMustConfirm { instans, .. } = events.next().await.unwrap() {
            break instans;
        }
    };
    let delete = format!("{}/sandbox/altinn/instances/{instans}", play.sandbox.url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(client.delete(delete).send().await.unwrap().status().is_success());
    let end = end_of(sending.await);
    assert!(matches!(end, InnsendingEnd::Borte { .. }), "{end:?}");
}

#[tokio::test]
async fn attachments_are_put_in_first_and_named_in_the_return() {
    for utgave in EDITIONS {
        let play = Play::person().await;
        let request = play
            .request(utgave)
            .vedlegg(bytes("årsregnskap.pdf", b"%PDF-1.7\n".to_vec()))
            .vedlegg(bytes("kart.png", b"\x89PNG\r\n\x1a\nx".to_vec()));
        let innsendt = play.send_inn(request).await.unwrap();
        assert!(innsendt.is_accepted(), "{utgave}: {innsendt:?}");
        let attached = |what: &What| matches!(what, What::VedleggLastetOpp { .. });
        assert_eq!((play.count(attached), play.made(), play.submitted()), (2, 1, 1), "{utgave}");
    }
}

#[tokio::test]
async fn auditor_flags_must_agree() {
    let play = Play::person().await;
    let wanted = play.request(Utgave::V2).skal_bekreftes_av_revisor(true);
    assert_eq!(codes(play.send_inn(wanted).await), [Code::Revisor]);
    assert_eq!(play.made(), 0);
}

#[tokio::test]
async fn another_submission_for_the_same_party_and_year_is_in_the_way() {
    let play = Play::systembruker().await;
    let mut first = play.begin(play.request(Utgave::Synkron));
    let mut events = first.events();
    while !matches!(events.next().await, Some(Event::PersonMustConfirm { .. })) {}
    let other = ValidationRequest::new(year(2023), party(ORG))
        .skattemelding(bytes("m.xml", documents::skattemelding()))
        .naeringsspesifikasjon(bytes("n.xml", documents::bare_naering(2023, "")));
    let outcome = play.send_inn(InnsendingRequest::new(other, Utfoerer::Systembruker)).await;
    assert!(matches!(outcome, Err(InnsendingError::Busy { .. })), "{outcome:?}");
    first.cancel();
    assert!(matches!(first.await, Err(InnsendingError::Left { .. })));
    assert_eq!((play.made(), play.submitted()), (1, 0));
}

/// Every call of a submission, as the sandbox names it.
const ROUTES: [&str; 10] = [
    "gjeldende",
    "valider",
    "altinn-opprett",
    "altinn-instans",
    "altinn-data-erstatt",
    "altinn-data-opp",
    "altinn-neste",
    "altinn-data-hent",
    "start-v2",
    "status-v2",
];

async fn survives(fault: &Fault, route: &str, times: u32, utgave: Utgave) {
    let play = Play::person().await;
    play.sandbox.inject(FaultRule::next(route, times, fault.clone()));
    let outcome = play.send_inn(play.request(utgave)).await;
    let innsendt = outcome.unwrap_or_else(|error| panic!("{route}, {fault:?}, {utgave}: {error}"));
    assert!(innsendt.is_accepted(), "{route}, {fault:?}, {utgave}: {innsendt:?}");
    assert_eq!((play.made(), play.submitted(), play.steps()), (1, 1, 2), "{route}, {fault:?}, {utgave}");
}

#[tokio::test]
async fn a_fault_at_any_call_makes_no_second_instance_and_no_second_step() {
    let faults = [
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::ErrorBefore(503),
        Fault::ErrorAfter(500),
        Fault::HtmlInsteadOfJson,
        Fault::ActLate(seconds(90)),
    ];
    for route in ROUTES {
        for fault in &faults {
            let utgave = if route.ends_with("-v2") { Utgave::V2 } else { Utgave::Synkron };
            survives(fault, route, 1, utgave).await;
        }
    }
}

#[tokio::test]
async fn two_faults_in_a_row_at_any_call_that_changes_something_do_no_harm() {
    for route in ["altinn-opprett", "altinn-data-erstatt", "altinn-data-opp", "altinn-neste"] {
        for fault in [Fault::DropAfter, Fault::DropBefore, Fault::ActLate(seconds(100))] {
            survives(&fault, route, 2, Utgave::V2).await;
        }
    }
}

#[tokio::test]
async fn the_events_tell_the_way() {
    let play = Play::person().await;
    let mut sending = play.begin(play.request(Utgave::V2));
    let events = sending.events();
    let listening = tokio::spawn(all(events));
    sending.await.unwrap();
    let events = listening.await.unwrap();
    for wanted in ["Checked", "Case", "Gjeldende", "Instans", "Started", "Prosess"] {
        assert!(events.iter().any(|event| format!("{event:?}").starts_with(wanted)), "{wanted}: {events:#?}");
    }
    let _: Arc<MemorySink> = sink();
}
