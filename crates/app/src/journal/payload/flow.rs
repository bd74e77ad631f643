//! How a call failed.

use super::json::{Fields, Object, Read, Wrong, flag, owned, parsed, text};
use super::values::{duration, millis};
use skattebro_domain::flow::{Effect, ErrorKind, Failure, Retry};

pub(super) fn write_failure(failure: &Failure) -> Object {
    let Failure { kind, korrelasjonsid, effect, retry, about_referanse, message } = failure;
    let (effect, refused_as) = match effect {
        Effect::Open => ("open", None),
        Effect::NotSent => ("not-sent", None),
        Effect::Refused(slug) => ("refused", Some(slug.as_str())),
        Effect::Unknown => ("unknown", None),
        Effect::Done => ("done", None),
    };
    let (retry, after) = match retry {
        Retry::Later(after) => ("later", after.map(millis)),
        Retry::AFewTimes => ("a-few-times", None),
        Retry::AfterChange => ("after-change", None),
    };
    Object::new()
        .with("kind", kind_name(*kind))
        .maybe("korrelasjonsid", korrelasjonsid.as_ref().map(|id| id.as_str()))
        .with("effect", effect)
        .maybe("refusedAs", refused_as)
        .with("retry", retry)
        .maybe("retryAfterMs", after)
        .with("aboutReferanse", *about_referanse)
        .with("message", message.as_str())
}

pub(super) fn failure(fields: Fields<'_>) -> Read<Failure> {
    let effect = match fields.get("effect", text)? {
        "open" => Effect::Open,
        "not-sent" => Effect::NotSent,
        "refused" => Effect::Refused(fields.get("refusedAs", parsed)?),
        "unknown" => Effect::Unknown,
        "done" => Effect::Done,
        _ => return Err(Wrong::unknown("effect")),
    };
    let retry = match fields.get("retry", text)? {
        "later" => Retry::Later(fields.maybe("retryAfterMs", duration)?),
        "a-few-times" => Retry::AFewTimes,
        "after-change" => Retry::AfterChange,
        _ => return Err(Wrong::unknown("retry")),
    };
    let kind = fields.get("kind", text)?;
    let (_, kind) = *KINDS.iter().find(|(name, _)| *name == kind).ok_or_else(|| Wrong::unknown("kind"))?;
    Ok(Failure {
        kind,
        korrelasjonsid: fields.maybe("korrelasjonsid", parsed)?,
        effect,
        retry,
        about_referanse: fields.get("aboutReferanse", flag)?,
        message: fields.get("message", owned)?,
    })
}

/// A test compares it with the domain: a match cannot, since the kinds are open to other crates.
pub(super) const KINDS: [(&str, ErrorKind); 12] = [
    ("unreachable", ErrorKind::Unreachable),
    ("timeout", ErrorKind::Timeout),
    ("connection-lost", ErrorKind::ConnectionLost),
    ("unauthorized", ErrorKind::Unauthorized),
    ("forbidden", ErrorKind::Forbidden),
    ("not-found", ErrorKind::NotFound),
    ("too-large", ErrorKind::TooLarge),
    ("rate-limited", ErrorKind::RateLimited),
    ("refused", ErrorKind::Refused),
    ("service-failure", ErrorKind::ServiceFailure),
    ("unreadable", ErrorKind::Unreadable),
    ("local", ErrorKind::Local),
];

fn kind_name(kind: ErrorKind) -> &'static str {
    // What it did and whether it can be tried again are written beside it: a kind without a name decides little.
    KINDS.iter().find(|(_, known)| *known == kind).map_or("service-failure", |(name, _)| name)
}
