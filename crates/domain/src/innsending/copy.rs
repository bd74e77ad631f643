//! What is known of a submission is a copy from a backup: since it was made, anything may have been sent.

use super::InnsendingEnd;
use super::machine::{Attempt, Hva, Innsending};
use crate::altinn::Instans;
use crate::flow::Flow;
use crate::flow::{AttemptNo, Effect};
use crate::{Timestamp, filing};
use std::time::Duration;

impl Innsending {
    /// Since then, whatever was sent is not known.
    pub(super) fn is_copy_since(&mut self, since: Timestamp, at: Timestamp) {
        let (hva, effect, permit) = (Hva::Alt, Effect::Unknown, Duration::ZERO);
        let attempt = Attempt { hva, begun: since, effect, permit, unresolved_since: at, lapsed: false };
        self.attempts.insert(AttemptNo::default(), attempt);
        self.looked = false;
        if let Some(filing) = &mut self.filing {
            // One that has ended knows all there is.
            let _ = filing.asked(filing::Ask::Restored { since }, at);
        }
    }

    /// Whether it is a copy.
    pub(super) fn is_copy(&self) -> bool {
        self.since_copy().is_some()
    }

    /// Whether something that was sent since the copy was made may still act, or has not been looked for.
    pub(super) fn is_copy_in_doubt(&self) -> bool {
        self.since_copy().is_some_and(Attempt::is_in_doubt)
    }

    fn since_copy(&self) -> Option<&Attempt> {
        self.attempts.values().find(|attempt| attempt.hva == Hva::Alt)
    }

    /// Somebody looks. How long requests from after the copy may act is counted from the first look: whoever told of the copy may have
    /// another clock. And it is counted anew when a clock was set back.
    pub(super) fn copy_is_looked_at(&mut self, at: Timestamp) {
        let looked = self.looked;
        let is_first = |attempt: &&mut Attempt| {
            let counts = looked && at >= attempt.unresolved_since;
            attempt.hva == Hva::Alt && attempt.is_in_doubt() && !counts
        };
        self.attempts.values_mut().filter(is_first).for_each(|attempt| attempt.unresolved_since = at);
    }

    /// All open instances were looked at while nobody knows whether an instance was made since the copy. Answers whether that is so.
    ///
    /// What was submitted is not among them. So it proves nothing that there is none of ours; nor is one that is there ours beyond doubt.
    pub(super) fn copy_has_found(&mut self, instanser: &[Instans], at: Timestamp) -> bool {
        let Some(since) =
            self.since_copy().filter(|attempt| attempt.is_in_doubt()).map(|attempt| attempt.begun)
        else {
            return false;
        };
        self.lapse(at);
        if !self.is_copy_in_doubt() {
            let kan_vaere = instanser.iter().find(|instans| self.is_new(instans, since));
            let kan_vaere = kan_vaere.map(|instans| instans.id.clone());
            self.end.get_or_insert(InnsendingEnd::Uvisst { kan_vaere });
        }
        true
    }
}
