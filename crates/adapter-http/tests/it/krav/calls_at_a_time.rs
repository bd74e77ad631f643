//! At most five calls of the API are under way at a time, however many are made.

use super::client::{EDITIONS, adapter_with, oppdrag};
use crate::client::{ORGANISATION, call, settings};
use futures_util::future::join_all;
use skattebro_adapter_http::{HttpSettings, HttpSkatteetaten, LocalQuota};
use skattebro_domain::krav::{Edition, Innkrevingsoppdrag, KravId};
use skattebro_ports::{Jobs, KravActs, KravLookup};
use skattebro_sandbox::{Fault, FaultRule, RouteMatch, Sandbox, VirtualClock, When};
use std::sync::Arc;
use std::time::Duration;

/// A sandbox whose every call takes a while.
async fn slow_sandbox() -> Sandbox {
    let sandbox = Sandbox::builder().clock(VirtualClock::stepped()).start().await.unwrap();
    let fault = Fault::Latency(Duration::from_millis(20));
    sandbox.inject(FaultRule { route: RouteMatch::Any, when: When::Always, fault });
    sandbox
}

/// Forty calls, half of each edition, half of them looks; all of one organisation.
async fn forty(settings: &HttpSettings) -> usize {
    let adapters = EDITIONS.map(|edition| adapter_with(settings.clone(), edition).0);
    let calls = (0..20).flat_map(|nr| {
        adapters.iter().map(move |adapter| async move {
            let edition = if adapter.capabilities().avstemming { Edition::V1 } else { Edition::Utgave2023 };
            let own_id = Some(format!("K-{edition}-{nr}"));
            let krav = Innkrevingsoppdrag { oppdragsgivers_kravidentifikator: own_id, ..oppdrag(edition) };
            if nr % 2 == 0 {
                return adapter.opprett(&call(), &krav).await.is_ok();
            }
            let unknown: KravId = "3f1c9f3e-6f0e-4a59-9a40-0e6a3b1f8c11".parse().unwrap();
            adapter.mottaksstatus(&call(), &unknown).await.is_ok()
        })
    });
    join_all(calls).await.into_iter().filter(|made| *made).count()
}

#[tokio::test]
async fn forty_calls_are_made_five_at_a_time() {
    let sandbox = slow_sandbox().await;
    assert_eq!(forty(&settings(&sandbox.url())).await, 40);
    assert_eq!(sandbox.peak_concurrent_calls(), 5, "as many as are allowed, and no more");
}

#[tokio::test]
async fn how_many_is_a_setting_and_is_never_none() {
    for (allowed, expected) in [(0, 1), (1, 1), (2, 2), (12, 12)] {
        let sandbox = slow_sandbox().await;
        let settings = settings(&sandbox.url()).quota(Arc::new(LocalQuota::new(allowed)));
        assert_eq!(forty(&settings).await, 40);
        assert_eq!(sandbox.peak_concurrent_calls(), expected);
    }
}

#[tokio::test]
async fn calls_that_fail_or_are_given_up_give_their_slot_back() {
    let sandbox = slow_sandbox().await;
    let settings = settings(&sandbox.url()).read_retries(0, Duration::ZERO);
    sandbox.inject(FaultRule {
        route: RouteMatch::group("krav"),
        when: When::Next(20),
        fault: Fault::DropAfter,
    });
    assert_eq!(forty(&settings).await, 20);
    for _ in 0..20 {
        let given_up = tokio::time::timeout(Duration::from_millis(2), forty(&settings)).await;
        assert!(given_up.is_err());
    }
    sandbox.reset_peak();
    let found = forty(&settings).await;
    assert_eq!(found, 20, "the looks; the krav are there already");
    assert!(sandbox.peak_concurrent_calls() >= 5, "no slot was lost");
}

/// The limit is per API.
#[tokio::test]
async fn the_other_api_has_slots_of_its_own() {
    let sandbox = slow_sandbox().await;
    let settings = settings(&sandbox.url());
    let tax = HttpSkatteetaten::new(settings.clone(), Arc::new(crate::client::Tokens::default())).unwrap();
    let looks = (0..40).map(|_| async {
        let subject = crate::client::subject_of(ORGANISATION);
        tax.status(&call(), &subject, &crate::client::jobb()).await.is_err()
    });
    tokio::join!(forty(&settings), join_all(looks));
    assert_eq!(sandbox.peak_concurrent_calls(), 5 + 4, "of looks four");
}
