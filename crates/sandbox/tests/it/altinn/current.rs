//! What a submission does to the current return.

use skattebro_sandbox::{AltinnScenario, Scenario};

use super::client::{App, PID, YEAR};
use crate::service::{ORG, OTHER_ORG, Service, base64, between, tax_return};

async fn submit(app: &App<'_>, party: &str) {
    let id = app.ready(party).await;
    app.step(&id).await;
    app.step(&id).await;
}

#[tokio::test]
async fn a_submission_becomes_the_current_return_of_its_party_and_year() {
    let service = Service::new().await;
    let ids = async || {
        let mut ids = Vec::new();
        for (party, year) in [(ORG, YEAR), (ORG, 2024), (OTHER_ORG, YEAR)] {
            ids.push(service.gjeldende_id(party, year).await);
        }
        ids
    };
    let before = ids().await;
    submit(&service.person(PID), ORG).await;
    let after = ids().await;
    assert_ne!(before[0], after[0]);
    assert_eq!(before[1..], after[1..]);
    let answer = service.get(&format!("/api/skattemelding/v2/{YEAR}/{ORG}")).await;
    assert_eq!(between(answer.text(), "<type>", "</type>"), "skattemeldingUpersonligFastsatt");
    assert_eq!(between(answer.text(), "<content>", "</content>"), base64(&tax_return(ORG, YEAR)));
    crate::schema::validate(
        "skattemeldingognaeringsspesifikasjonforespoerselresponse_v2_kompakt.xsd",
        &answer.body,
    );
    submit(&service.person(PID), ORG).await;
    assert_ne!(ids().await[0], after[0], "once more, referring to the one before");
}

#[tokio::test]
async fn of_two_submissions_of_one_return_the_second_is_refused() {
    let service = Service::new().await;
    let app = service.person(PID);
    let (first, second) = (app.ready(ORG).await, app.ready(ORG).await);
    for id in [&first, &second] {
        app.step(id).await;
        app.step(id).await;
    }
    let aarsaker: Vec<_> = service.sandbox.instances().into_iter().map(|seen| seen.aarsaker).collect();
    assert_eq!(aarsaker, [vec![], vec!["idAvvikerFraKrav".to_owned()]]);
}

#[tokio::test]
async fn refused_submissions_leave_it_and_the_scenario_can_too() {
    for altinn in
        [AltinnScenario::default().not_current(), AltinnScenario::default().with_aarsak("tekniskFeil")]
    {
        let service = Service::of(Scenario::ok().with_altinn(altinn)).await;
        let before = service.gjeldende_id(ORG, YEAR).await;
        submit(&service.person(PID), ORG).await;
        assert_eq!(service.gjeldende_id(ORG, YEAR).await, before);
    }
}
