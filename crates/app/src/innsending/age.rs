//! How old a picture may be: a process that was frozen while it looked brings one of the past.

use skattebro_domain::Timestamp;
use skattebro_domain::flow::{Effect, ErrorKind, Failure, Retry};
use skattebro_domain::innsending::{Fact, Lest, Read};
use std::time::Duration;

/// How long a look may take: shorter than a request may act late, and longer than the deadline of a call.
const PICTURE_COUNTS_FOR: Duration = Duration::from_secs(90);

/// The wall clock, and the steady one.
type Clocks = (Timestamp, Duration);

/// A look that has begun.
pub(crate) struct Looking {
    pub(crate) lest: Lest,
    counts_for: Option<Duration>,
    began: Clocks,
}

impl Looking {
    pub(crate) fn begin(read: &Read, began: Clocks) -> Self {
        let lest = if matches!(read, Read::Instans(_)) { Lest::Instans } else { Lest::Annet };
        let counts_for = match read {
            Read::Instans(_) | Read::Aapne => Some(PICTURE_COUNTS_FOR),
            // It brings documents with it.
            Read::Gjeldende => Some(10 * PICTURE_COUNTS_FOR),
            _ => None,
        };
        Self { lest, counts_for, began }
    }

    /// What it showed; what was seen so long ago is not told, so that nothing is concluded from it.
    pub(crate) fn shows(&self, fact: Fact, now: Clocks) -> Fact {
        // On whichever clock more has passed.
        let wall = now.0.duration_since(self.began.0).unsigned_abs();
        let age = wall.max(now.1.saturating_sub(self.began.1));
        if self.counts_for.is_none_or(|limit| age <= limit) {
            return fact;
        }
        let message = "this process stood still while it looked, so it looks again".to_owned();
        let (kind, effect, retry) = (ErrorKind::Local, Effect::NotSent, Retry::Later(None));
        let (korrelasjonsid, about_referanse) = (None, false);
        Fact::LookFailed(self.lest, Failure { kind, korrelasjonsid, effect, retry, about_referanse, message })
    }
}
