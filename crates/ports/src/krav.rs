use crate::{Call, Port, PortError};
use async_trait::async_trait;
use skattebro_domain::krav::{
    Avstemming, Capabilities, Detaljer, Endring, Innkrevingsoppdrag, KravId, Mottak, Valideringsfeil,
};
use skattebro_domain::{Kravidentifikator, Transaksjonsid};

/// What changes a krav at Skatteetaten.
///
/// A refusal carries the service's name for the rule in its effect ([`Effect::Refused`]); [`slugs::short`] gives its last part. A
/// conflict (409) counts as a refusal only if the contract knows its name; any other leaves the effect unknown.
///
/// [`Effect::Refused`]: skattebro_domain::flow::Effect::Refused
/// [`slugs::short`]: skattebro_domain::krav::slugs::short
#[async_trait]
pub trait KravActs: Port {
    /// What the edition behind this can do.
    fn capabilities(&self) -> Capabilities;

    /// Creates a krav. Done means received: whether it passes the asynchronous validation shows later.
    ///
    /// With an oppdragsgiversKravidentifikator it may be repeated any number of times: the service takes each id once, and refuses the
    /// next with `oppdragsgivers-kravidentifikator-eksisterer-allerede`. **Without one every repetition makes another krav.**
    ///
    /// Source: `innkrevingsoppdrag.md`, "Opprett et innkrevingsoppdrag".
    ///
    /// # Errors
    /// Refused by a rule: see [`rules`](skattebro_domain::krav::rules). The service stops at the first.
    async fn opprett(
        &self,
        call: &Call,
        oppdrag: &Innkrevingsoppdrag,
    ) -> Result<Kravidentifikator, PortError>;

    /// Changes a krav that is booked. The same change may be repeated; the service answers the same. Edition v1 gives the
    /// transaksjonsid under which reconciliation shows it.
    ///
    /// Source: `innkrevingsoppdrag.md`, "Endre et innkrevingsoppdrag".
    ///
    /// # Errors
    /// Refused with `innkrevingsoppdrag-er-ikke-reskontrofoert` until the krav is booked, with
    /// `avskrevet-innkrevingsoppdrag-kan-ikke-endres` once it is written off. [`ErrorKind::Local`] and nothing sent, if the edition
    /// has no such change.
    ///
    /// [`ErrorKind::Local`]: crate::ErrorKind::Local
    async fn endre(
        &self,
        call: &Call,
        id: &KravId,
        endring: &Endring,
    ) -> Result<Option<Transaksjonsid>, PortError>;

    /// Writes a krav off: it is no longer collected. Happens once; a repetition is refused with
    /// `avskrevet-innkrevingsoppdrag-kan-ikke-avskrives`, which proves that it is written off.
    ///
    /// Source: `innkrevingsoppdrag.md`, "Avskriv et innkrevingsoppdrag".
    ///
    /// # Errors
    /// As for [`endre`](Self::endre).
    async fn avskriv(&self, call: &Call, id: &KravId) -> Result<Option<Transaksjonsid>, PortError>;
}

/// What only looks at a krav. Everything here may be repeated at any time.
#[async_trait]
pub trait KravLookup: Port {
    /// How far a krav has come; `None` if the service knows no such krav.
    ///
    /// Source: contract page `innkreving.md`, edition v1.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the environment has no such call, as some of edition 2023.
    async fn mottaksstatus(&self, call: &Call, id: &KravId) -> Result<Option<Mottak>, PortError>;

    /// What the asynchronous validation found wrong. **Empty also while it has not run yet.**
    ///
    /// Source: `innkrevingsoppdrag.md`, "Hent valideringsfeil".
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for a krav that the service does not know.
    async fn valideringsfeil(&self, call: &Call, id: &KravId) -> Result<Vec<Valideringsfeil>, PortError>;

    /// What the service has received about a krav; `None` while it is not booked, and for ever if it was rejected.
    ///
    /// Source: contract page `innkreving.md`, edition v1.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for a krav that the service does not know; [`ErrorKind::Local`] and nothing
    /// sent, if the edition has no reconciliation.
    ///
    /// [`ErrorKind::Local`]: crate::ErrorKind::Local
    async fn avstemming(&self, call: &Call, id: &KravId) -> Result<Option<Avstemming>, PortError>;

    /// The lines of a krav and what is left of them. Edition v1.
    ///
    /// Source: contract page `innkreving.md`, edition v1; the shape still changes upstream.
    ///
    /// # Errors
    /// As for [`avstemming`](Self::avstemming).
    async fn detaljer(&self, call: &Call, id: &KravId) -> Result<Detaljer, PortError>;
}
