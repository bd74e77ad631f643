//! Mockall mocks of every port, for an embedder's own tests (feature `mocks`).
//!
//! ```
//! use skattebro_ports::{Jobs, mocks::MockJobs};
//! let mut jobs = MockJobs::new();
//! jobs.expect_status().returning(|_, _, _| Ok(skattebro_domain::JobbTilstand::of(skattebro_domain::JobbStatus::Ferdig)));
//! let jobs: std::sync::Arc<dyn Jobs> = std::sync::Arc::new(jobs);
//! ```
#![allow(missing_docs)] // mockall writes the items

use crate::journal::*;
use crate::*;
use async_trait::async_trait;
use skattebro_domain::altinn::{DataId, Dataelement, Instans, InstansId, Metadata, Prosess};
use skattebro_domain::krav::{
    Avstemming, Capabilities, Detaljer, Endring, Innkrevingsoppdrag, KravId, Mottak, Valideringsfeil,
};
use skattebro_domain::{
    Digest, DocumentHead, Gjeldende, Identifikator, JobbId, JobbTilstand, Kravidentifikator, Referanse,
    StoredDocument, Timestamp, Transaksjonsid, ValidationOutcome,
};
use std::io;
use std::sync::Arc;
use std::time::Duration;

mockall::mock! {
    #[derive(Debug)]
    pub Uploads {}
    #[async_trait]
    impl Uploads for Uploads {
        async fn last_opp(&self, call: &Call, subject: &Subject, name: &UploadName, body: Arc<dyn Body>) -> Result<Referanse, PortError>;
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub Jobs {}
    #[async_trait]
    impl Jobs for Jobs {
        async fn start(&self, call: &Call, subject: &Subject, envelope: &RequestEnvelope) -> Result<Started, PortError>;
        async fn status(&self, call: &Call, subject: &Subject, jobb: &JobbId) -> Result<JobbTilstand, PortError>;
        async fn resultat(&self, call: &Call, subject: &Subject, jobb: &JobbId, sink: Arc<dyn DocumentSink>) -> Result<Option<ValidationOutcome>, PortError>;
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub Altinn {}
    #[async_trait]
    impl Altinn for Altinn {
        async fn opprett(&self, call: &Call, eier: &Identifikator, metadata: &Metadata) -> Result<Instans, PortError>;
        async fn aapne(&self, call: &Call, eier: &Identifikator) -> Result<Vec<InstansId>, PortError>;
        async fn se(&self, call: &Call, eier: &Identifikator, instans: &InstansId) -> Result<Instans, PortError>;
        async fn sett_metadata(&self, call: &Call, eier: &Identifikator, instans: &InstansId, element: &DataId, metadata: &Metadata) -> Result<(), PortError>;
        async fn last_opp_konvolutt<'s, 'c, 'e, 'i, 'r, 'k>(&'s self, call: &'c Call, eier: &'e Identifikator, instans: &'i InstansId, erstatter: Option<&'r DataId>, konvolutt: &'k RequestEnvelope) -> Result<Dataelement, PortError>;
        async fn last_opp_vedlegg(&self, call: &Call, eier: &Identifikator, instans: &InstansId, vedlegg: &Vedlegg) -> Result<Dataelement, PortError>;
        async fn slett(&self, call: &Call, eier: &Identifikator, instans: &InstansId, element: &DataId) -> Result<(), PortError>;
        async fn neste(&self, call: &Call, eier: &Identifikator, instans: &InstansId) -> Result<Prosess, PortError>;
        async fn kvittering(&self, call: &Call, eier: &Identifikator, instans: &InstansId, element: &DataId, sink: Arc<dyn DocumentSink>) -> Result<ValidationOutcome, PortError>;
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub AltinnJobs {}
    #[async_trait]
    impl AltinnJobs for AltinnJobs {
        async fn start(&self, call: &Call, subject: &Subject, instans: &InstansId) -> Result<Started, PortError>;
        async fn status(&self, call: &Call, subject: &Subject, jobb: &JobbId) -> Result<JobbTilstand, PortError>;
        async fn resultat(&self, call: &Call, subject: &Subject, jobb: &JobbId, sink: Arc<dyn DocumentSink>) -> Result<Option<ValidationOutcome>, PortError>;
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub CurrentReturns {}
    #[async_trait]
    impl CurrentReturns for CurrentReturns {
        async fn gjeldende(&self, call: &Call, subject: &Subject, utvidet_veiledning: bool, sink: Arc<dyn DocumentSink>) -> Result<Gjeldende, PortError>;
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub Validations {}
    #[async_trait]
    impl Validations for Validations {
        async fn valider(&self, call: &Call, subject: &Subject, envelope: &RequestEnvelope, sink: Arc<dyn DocumentSink>) -> Result<ValidationOutcome, PortError>;
        async fn validertest(&self, call: &Call, subject: &Subject, envelope: &RequestEnvelope, sink: Arc<dyn DocumentSink>) -> Result<ValidationOutcome, PortError>;
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub Availability {}
    #[async_trait]
    impl Availability for Availability {
        async fn ping(&self, call: &Call) -> Result<(), PortError>;
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub KravActs {}
    #[async_trait]
    impl KravActs for KravActs {
        fn capabilities(&self) -> Capabilities;
        async fn opprett(&self, call: &Call, oppdrag: &Innkrevingsoppdrag) -> Result<Kravidentifikator, PortError>;
        async fn endre(&self, call: &Call, id: &KravId, endring: &Endring) -> Result<Option<Transaksjonsid>, PortError>;
        async fn avskriv(&self, call: &Call, id: &KravId) -> Result<Option<Transaksjonsid>, PortError>;
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub KravLookup {}
    #[async_trait]
    impl KravLookup for KravLookup {
        async fn mottaksstatus(&self, call: &Call, id: &KravId) -> Result<Option<Mottak>, PortError>;
        async fn valideringsfeil(&self, call: &Call, id: &KravId) -> Result<Vec<Valideringsfeil>, PortError>;
        async fn avstemming(&self, call: &Call, id: &KravId) -> Result<Option<Avstemming>, PortError>;
        async fn detaljer(&self, call: &Call, id: &KravId) -> Result<Detaljer, PortError>;
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub CallQuota {}
    #[async_trait]
    impl CallQuota for CallQuota {
        async fn slot(&self, wish: &SlotWish) -> Result<CallSlot, PortError>;
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub Journal {}
    #[async_trait]
    impl Journal for Journal {
        fn survives(&self) -> bool;
        async fn open(&self, cases: Vec<NewCase>) -> Result<Vec<Opened>, JournalError>;
        async fn ask(&self, ask: NewAsk) -> Result<Recorded, JournalError>;
        async fn claim(&self, claim: Claim) -> Result<Claimed, JournalError>;
        async fn load(&self, worker: &WorkerId, case: &CaseId) -> Result<Option<Case>, JournalError>;
        async fn begin(&self, worker: &WorkerId, intents: Vec<Intent>) -> Result<Vec<Begun>, JournalError>;
        async fn learn(&self, facts: Vec<Learned>) -> Result<Vec<Recorded>, JournalError>;
        async fn park(&self, worker: &WorkerId, parkings: Vec<Parking>) -> Result<Vec<Parked>, JournalError>;
        async fn give_back(&self, worker: &WorkerId, cases: Vec<CaseId>) -> Result<(), JournalError>;
        async fn beat(&self, worker: &WorkerId, alive_for: Duration) -> Result<Beat, JournalError>;
        async fn leave(&self, worker: &WorkerId) -> Result<(), JournalError>;
        async fn release(&self, case: &CaseId, key: &CaseKey) -> Result<(), JournalError>;
        async fn read(&self, case: &CaseId) -> Result<Option<Case>, JournalError>;
        async fn holder(&self, key: &CaseKey) -> Result<Option<CaseId>, JournalError>;
        async fn list(&self, filter: Filter) -> Result<Vec<CaseSummary>, JournalError>;
        async fn counts<'s, 'e>(&'s self, environment: Option<&'e Environment>) -> Result<Counts, JournalError>;
        async fn remove(&self, cases: Vec<(CaseId, Version)>) -> Result<Vec<CaseId>, JournalError>;
        async fn stirred(&self);
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub TokenSource {}
    #[async_trait]
    impl TokenSource for TokenSource {
        async fn token(&self) -> Result<Token, PortError>;
        async fn rejected(&self, token: &Token);
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub Clock {}
    #[async_trait]
    impl Clock for Clock {
        fn now(&self) -> Timestamp;
        fn steady(&self) -> Duration;
        async fn sleep_until(&self, until: Timestamp);
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub Body {}
    impl Body for Body {
        fn len(&self) -> u64;
        fn sha256(&self) -> Digest;
        fn open(&self) -> io::Result<Box<dyn io::Read + Send>>;
    }
}

mockall::mock! {
    #[derive(Debug)]
    pub DocumentSink {}
    impl DocumentSink for DocumentSink {
        fn store<'h, 'c>(&self, head: &'h DocumentHead, content: &'c mut dyn io::Read) -> io::Result<StoredDocument>;
        fn begin(&self);
    }
}
