//! What becomes of each call under every fault that the sandbox knows: its end, how often the service saw a request, and how many
//! changes it made.

use super::client::{EDITIONS, Kall, adapter, adapter_with, line, oppdrag};
use crate::client::{Tokens, call, hasty, settings};
use crate::service::rule_left;
use skattebro_adapter_http::{HttpInnkreving, HttpSettings};
use skattebro_domain::krav::{Edition, Innkrevingsoppdrag, KravId};
use skattebro_ports::{KravActs, KravLookup};
use skattebro_sandbox::{DEFAULT_ORGANISATION, Fault, FaultRule, Sandbox, VirtualClock};
use std::sync::Arc;
use std::time::Duration;

/// A sandbox with one booked krav, and the adapter in front of it.
struct Service {
    sandbox: Sandbox,
    adapter: HttpInnkreving,
    tokens: Arc<Tokens>,
    edition: Edition,
    booked: KravId,
}

impl Service {
    async fn new(edition: Edition, settings_of: impl FnOnce(&str) -> HttpSettings) -> Self {
        let sandbox = Sandbox::builder().clock(VirtualClock::stepped()).start().await.unwrap();
        let booked = adapter(&sandbox.url(), edition).opprett(&call(), &krav("BOKFØRT", edition)).await;
        sandbox.clock().advance(Duration::from_secs(60));
        let (adapter, tokens) = adapter_with(settings_of(&sandbox.url()), edition);
        Self { sandbox, adapter, tokens, edition, booked: KravId::Skatteetatens(booked.unwrap()) }
    }

    async fn make(&self, kall: Kall) -> String {
        line(kall.make(&self.adapter, &krav("NY", self.edition), &self.booked).await)
    }

    fn changes(&self) -> usize {
        self.sandbox.effects().len() - 1
    }
}

fn krav(own_id: &str, edition: Edition) -> Innkrevingsoppdrag {
    Innkrevingsoppdrag { oppdragsgivers_kravidentifikator: Some(own_id.into()), ..oppdrag(edition) }
}

fn route(kall: Kall, edition: Edition) -> &'static str {
    match (kall, edition) {
        (Kall::Opprett, _) => "krav-opprett",
        (Kall::Hovedstol, Edition::V1) => "krav-hovedstol",
        (Kall::Hovedstol, Edition::Utgave2023) => "krav-endring",
        (Kall::Renter, _) => "krav-renter",
        (Kall::Referanse, _) => "krav-referanse",
        (Kall::Avskriv, _) => "krav-avskriv",
        (Kall::Mottaksstatus, _) => "krav-mottaksstatus",
        (Kall::Valideringsfeil, _) => "krav-valideringsfeil",
        (Kall::Avstemming, _) => "krav-avstemming",
        (Kall::Detaljer, _) => "krav-detaljer",
    }
}

async fn check(kall: Kall, edition: Edition, fault: Fault, expected: (&str, u32, usize)) {
    const MANY: u32 = 1000;
    let never_answers = fault == Fault::NeverAnswer;
    let service = Service::new(edition, if never_answers { hasty } else { settings }).await;
    service.sandbox.inject(FaultRule::next(route(kall, edition), MANY, fault.clone()));
    let end = service.make(kall).await;
    let seen = MANY - rule_left(&service.sandbox).await;
    let what = format!("{kall:?} of edition {edition} under {fault:?}");
    assert_eq!((end.as_str(), seen, service.changes()), expected, "{what}");
    assert_eq!(service.tokens.asked(), seen as usize, "{what}: each try, and nothing else, asks for a token");
}

/// The faults, with the end of an act, and whether the service acted all the same.
fn faults() -> Vec<(Fault, &'static str, usize)> {
    let wait = Some(Duration::from_secs(3));
    vec![
        (Fault::Latency(Duration::from_millis(2)), "ok", 1),
        (Fault::TooManyRequests { retry_after: None }, "RateLimited refused:SANDBOX-KVOTE later", 0),
        (Fault::TooManyRequests { retry_after: wait }, "RateLimited refused:SANDBOX-KVOTE later:3s", 0),
        (Fault::ErrorBefore(400), "Refused refused:DAS-003 after-change", 0),
        (Fault::ErrorBefore(409), "Refused unknown after-change", 0),
        (Fault::ErrorBefore(500), "ServiceFailure unknown later", 0),
        (Fault::ErrorAfter(500), "ServiceFailure unknown later", 1),
        (Fault::ErrorAfter(409), "Refused unknown after-change", 1),
        (Fault::ErrorAfter(408), "Timeout unknown later", 1),
        (Fault::DropBefore, "ConnectionLost unknown later", 0),
        (Fault::DropAfter, "ConnectionLost unknown later", 1),
        (Fault::ActLate(Duration::from_secs(90)), "ConnectionLost unknown later", 0),
        (Fault::TruncatedBody, "ConnectionLost unknown later", 1),
        (Fault::SlowDrip(Duration::from_millis(1)), "ok", 1),
        (Fault::HtmlInsteadOfJson, "Unreadable unknown a-few-times", 0),
        (Fault::HtmlError(409), "Refused unknown after-change", 0),
        (Fault::HtmlError(502), "ServiceFailure unknown later", 0),
        (Fault::EmptyOk, "Unreadable unknown a-few-times", 1),
        (Fault::NeverAnswer, "Timeout unknown later", 0),
    ]
}

/// Whether the answer has no body to be told from nothing, from a page, or cut off.
fn answers_with_nothing(kall: Kall, edition: Edition) -> bool {
    edition == Edition::Utgave2023 && matches!(kall, Kall::Hovedstol | Kall::Avskriv)
}

#[tokio::test]
async fn an_act_is_never_repeated_and_what_it_did_is_not_guessed() {
    for edition in EDITIONS {
        for kall in Kall::of(edition).filter(|kall| !kall.only_looks()) {
            for (fault, end, done) in faults() {
                let end = match fault {
                    Fault::EmptyOk if answers_with_nothing(kall, edition) => "ok",
                    // Half of nothing is sent as it is; a page there has a test of its own.
                    Fault::TruncatedBody | Fault::HtmlInsteadOfJson
                        if answers_with_nothing(kall, edition) =>
                    {
                        continue;
                    }
                    _ => end,
                };
                check(kall, edition, fault, (end, 1, done)).await;
            }
        }
    }
}

/// The service has it not done, and says nothing of its own: that must not look like a yes.
#[tokio::test]
async fn a_page_in_place_of_an_answer_without_body_is_no_yes() {
    for kall in [Kall::Hovedstol, Kall::Avskriv] {
        let end = ("Unreadable unknown a-few-times", 1, 0);
        check(kall, Edition::Utgave2023, Fault::HtmlInsteadOfJson, end).await;
    }
}

#[tokio::test]
async fn an_act_that_arrives_twice_is_done_once() {
    use skattebro_domain::krav::slugs::{EXISTS_ALREADY, WRITTEN_OFF_ALREADY};
    let refused = |slug: &str| format!("Refused refused:{slug} after-change");
    for edition in EDITIONS {
        for kall in Kall::of(edition).filter(|kall| !kall.only_looks()) {
            let end = match kall {
                Kall::Opprett => refused(EXISTS_ALREADY),
                Kall::Avskriv => refused(WRITTEN_OFF_ALREADY),
                _ => "ok".to_owned(),
            };
            check(kall, edition, Fault::Twice, (&end, 1, 1)).await;
        }
    }
}

#[tokio::test]
async fn a_look_is_repeated_where_that_may_help_and_changes_nothing() {
    for edition in EDITIONS {
        for kall in Kall::of(edition).filter(|kall| kall.only_looks()) {
            for (fault, end, _) in faults() {
                let passes = end.starts_with("ServiceFailure") || end.starts_with("ConnectionLost");
                check(kall, edition, fault, (end, if passes { 3 } else { 1 }, 0)).await;
            }
            check(kall, edition, Fault::Twice, ("ok", 1, 0)).await;
        }
    }
}

#[tokio::test]
async fn a_look_that_fails_twice_is_answered_the_third_time() {
    for edition in EDITIONS {
        for kall in Kall::of(edition).filter(|kall| kall.only_looks()) {
            for fault in [Fault::DropAfter, Fault::TruncatedBody, Fault::ErrorBefore(503)] {
                let service = Service::new(edition, settings).await;
                service.sandbox.inject(FaultRule::next(route(kall, edition), 2, fault));
                assert_eq!(service.make(kall).await, "ok", "{kall:?}");
                assert_eq!(service.tokens.asked(), 3, "{kall:?}");
            }
        }
    }
}

/// The resend of a creation whose answer was lost.
#[tokio::test]
async fn a_creation_whose_answer_was_lost_can_be_found_by_its_own_id() {
    let service = Service::new(Edition::V1, settings).await;
    service.sandbox.inject(FaultRule::next("krav-opprett", 1, Fault::DropAfter));
    assert_eq!(service.make(Kall::Opprett).await, "ConnectionLost unknown later");
    let exists = "Refused refused:oppdragsgivers-kravidentifikator-eksisterer-allerede after-change";
    assert_eq!(service.make(Kall::Opprett).await, exists);
    let found = service.adapter.mottaksstatus(&call(), &"NY".parse().unwrap()).await.unwrap().unwrap();
    let krav = service.sandbox.krav(DEFAULT_ORGANISATION);
    assert_eq!(krav.len(), 2);
    assert_eq!(found.kravidentifikator.as_str(), krav[1].kravidentifikator);
}
