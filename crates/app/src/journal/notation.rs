use super::payload::Unreadable;
use skattebro_domain::Timestamp;
use skattebro_domain::flow::Flow;
use skattebro_ports::journal::{CaseKey, CaseState, Hold, Payload};

/// How a workflow is written down, and read again.
///
/// One is made from the content of a case, and knows what its records leave out, such as the edition of an API.
pub(crate) trait Notation<F: Flow>: Send + Sync {
    /// The workflow before anything was asked of it.
    fn blank(&self) -> F;

    fn read_ask(&self, payload: &Payload) -> Result<F::Ask, Unreadable>;
    fn write_act(&self, act: &F::Act) -> Payload;
    /// `flow` is what came of all earlier records.
    fn read_act(&self, payload: &Payload, flow: &F) -> Result<F::Act, Unreadable>;
    fn write_fact(&self, fact: &F::Fact) -> Payload;
    fn read_fact(&self, payload: &Payload) -> Result<F::Fact, Unreadable>;

    /// The key that its case must hold before this is sent.
    fn takes(&self, act: &F::Act) -> Option<CaseKey>;

    /// The keys that its case holds from now on.
    fn holds(&self, flow: &F, now: Timestamp) -> Vec<Hold>;

    /// Where it stands now that there is nothing to do for it: settled, or waiting for a person.
    fn rests(&self, flow: &F, now: Timestamp) -> CaseState;

    /// Where it stands, in a word for a person's list.
    fn status(&self, flow: &F, now: Timestamp) -> String;
}
