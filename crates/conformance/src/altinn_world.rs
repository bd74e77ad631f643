use async_trait::async_trait;
use skattebro_domain::Dokumentreferanse;
use skattebro_domain::altinn::InstansId;
use skattebro_ports::{Altinn, AltinnJobs, Subject};
use std::sync::Arc;

/// An Altinn of its own for one case, the validation jobs for what lies in its instances, and the adapter in front of both.
///
/// There are no instances in it. It accepts income years from 2021 on, and what is put in is clean.
#[async_trait]
pub trait AltinnWorld: Send + Sync {
    /// The adapter's instances.
    fn altinn(&self) -> Arc<dyn Altinn>;

    /// The adapter's jobs.
    fn jobs(&self) -> Arc<dyn AltinnJobs>;

    /// The reference to the return in force that an envelope of the subject must carry.
    async fn gjeldende(&self, subject: &Subject) -> Dokumentreferanse;

    /// Lets so much of the service's time pass that all that was put in has been scanned.
    async fn pass_scan(&self);

    /// A person confirms the return in the portal, as the taxpayer.
    async fn person_confirms(&self, instans: &InstansId);

    /// Lets so much of the service's time pass that the receipt of every submitted return is there.
    async fn receipt_comes(&self);

    /// Lets so much of the service's time pass that every job that is live now has come to its end.
    async fn finish_jobs(&self);
}
