//! The limits and delays of a krav.

use crate::journal::payload::json::{Fields, Object, Read, flag, number};
use crate::journal::payload::values::{duration, millis};
use skattebro_domain::krav::machine::KravRules;

pub(super) fn write(rules: &KravRules) -> Object {
    let KravRules {
        follow,
        late_action,
        settle,
        deadline,
        min_pause,
        max_pause,
        max_backoff,
        max_unsent,
        max_strange,
        max_refused_looks,
        clock_skew,
        clock_skew_first,
    } = *rules;
    Object::new()
        .with("follow", follow)
        .with("lateActionMs", millis(late_action))
        .with("settleMs", millis(settle))
        .with("deadlineMs", millis(deadline))
        .with("minPauseMs", millis(min_pause))
        .with("maxPauseMs", millis(max_pause))
        .with("maxBackoffMs", millis(max_backoff))
        .with("maxUnsent", max_unsent)
        .with("maxStrange", max_strange)
        .with("maxRefusedLooks", max_refused_looks)
        .with("clockSkewMs", millis(clock_skew))
        .with("clockSkewFirstMs", millis(clock_skew_first))
}

pub(super) fn read(fields: Fields<'_>) -> Read<KravRules> {
    Ok(KravRules {
        follow: fields.get("follow", flag)?,
        late_action: fields.get("lateActionMs", duration)?,
        settle: fields.get("settleMs", duration)?,
        deadline: fields.get("deadlineMs", duration)?,
        min_pause: fields.get("minPauseMs", duration)?,
        max_pause: fields.get("maxPauseMs", duration)?,
        max_backoff: fields.get("maxBackoffMs", duration)?,
        max_unsent: fields.get("maxUnsent", number)?,
        max_strange: fields.get("maxStrange", number)?,
        max_refused_looks: fields.get("maxRefusedLooks", number)?,
        clock_skew: fields.get("clockSkewMs", duration)?,
        clock_skew_first: fields.get("clockSkewFirstMs", duration)?,
    })
}
