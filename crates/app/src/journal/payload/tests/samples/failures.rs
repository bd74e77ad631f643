//! Failures of every kind, each with its name.

use skattebro_domain::flow::ErrorKind as Kind;
use skattebro_domain::flow::{Effect, Failure, Retry};
use std::time::Duration;

pub(in super::super) fn failures() -> Vec<(&'static str, Failure)> {
    let refused = || Effect::Refused("stoppdato-for-løpende-mulkt-mangler".parse().unwrap());
    let soon = Retry::Later(Some(Duration::from_millis(1500)));
    let bare = |kind, effect, retry| Failure {
        kind,
        korrelasjonsid: None,
        effect,
        retry,
        about_referanse: false,
        message: "it failed".into(),
    };
    let mut failures = vec![
        ("unreachable", bare(Kind::Unreachable, Effect::NotSent, Retry::Later(None))),
        ("timeout", bare(Kind::Timeout, Effect::Unknown, Retry::Later(None))),
        ("connection-lost", bare(Kind::ConnectionLost, Effect::Open, Retry::Later(None))),
        ("unauthorized", bare(Kind::Unauthorized, refused(), Retry::AfterChange)),
        ("forbidden", bare(Kind::Forbidden, Effect::Unknown, Retry::AfterChange)),
        ("not-found", bare(Kind::NotFound, refused(), Retry::AfterChange)),
        ("too-large", bare(Kind::TooLarge, Effect::NotSent, Retry::AfterChange)),
        ("rate-limited", bare(Kind::RateLimited, Effect::NotSent, soon)),
        ("service-failure", bare(Kind::ServiceFailure, Effect::Unknown, Retry::Later(None))),
        ("unreadable", bare(Kind::Unreadable, Effect::Done, Retry::AFewTimes)),
        ("local", bare(Kind::Local, Effect::NotSent, Retry::AfterChange)),
    ];
    let whole = Failure {
        korrelasjonsid: Some("01234567-89ab-cdef-0011-223344556677".parse().unwrap()),
        about_referanse: true,
        message: "avvist: «skyldner» finnes ikke".into(),
        ..bare(Kind::Refused, refused(), Retry::AfterChange)
    };
    failures.push(("refused, whole", whole));
    failures
}
