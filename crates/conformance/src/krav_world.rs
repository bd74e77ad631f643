use async_trait::async_trait;
use skattebro_domain::krav::{Edition, OppdragsgiversKravidentifikator, Skyldner};
use skattebro_ports::{KravActs, KravLookup};
use std::sync::Arc;

/// A Skatteetaten that collects krav, for one case, and the adapter in front of it.
///
/// The case is one oppdragsgiver there, who may use every kravtype.
#[async_trait]
pub trait KravWorld: Send + Sync {
    /// The adapter's acts.
    fn acts(&self) -> Arc<dyn KravActs>;

    /// The adapter's looks.
    fn lookup(&self) -> Arc<dyn KravLookup>;

    /// The edition behind the adapter: what a krav must hold differs between them.
    fn edition(&self) -> Edition;

    /// Lets so much of the service's time pass that every krav which was received has been validated and, if nothing was wrong with it,
    /// booked.
    async fn let_booking_happen(&self);

    /// A person against whom a krav passes the asynchronous validation.
    fn passing_skyldner(&self) -> Skyldner;

    /// An organisation against which a krav passes.
    fn passing_organisation(&self) -> Skyldner;

    /// A person against whom every krav is rejected.
    fn rejected_skyldner(&self) -> Skyldner;

    /// An id that no krav has had, of at most 20 characters.
    fn fresh_own_id(&self) -> OppdragsgiversKravidentifikator;
}
