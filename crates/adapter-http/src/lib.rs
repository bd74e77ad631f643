//! skattebro's ports over HTTP, against Skatteetaten's real endpoints.
//!
//! [`HttpSkatteetaten`] serves [`Uploads`], [`Jobs`], [`CurrentReturns`], [`Validations`] and [`Availability`] of the edition v1 of
//! asynchronous validation and the synchronous calls around it. Everything goes through one place, `send`, which knows what
//! a failure did at the other side, and which alone repeats anything: reads, and what was never sent.
//!
//! [`HttpAltinn`] serves [`Altinn`], the instances through which a return is submitted, and [`HttpSkatteetaten`] also [`AltinnJobs`], the
//! validation of what lies in them (edition v2).
//!
//! [`HttpInnkreving`] serves [`KravActs`] and [`KravLookup`], in both editions; [`LocalQuota`] bounds the calls that are made at a time.
//!
//! [`Maskinporten`], [`IdPorten`] and [`AltinnExchange`] are [`TokenSource`]s: a company's token, a person's, and Altinn's own.
//!
//! What it promises:
//! - every call has a deadline, and no request is larger than the service takes;
//! - logs and errors show the route template and the korrelasjonsid, never the URL, a token or a personal number;
//! - documents stream: none is held whole, but for the envelope of a request of edition v1, which the service's limit bounds.
//!
//! [`Uploads`]: skattebro_ports::Uploads
//! [`Jobs`]: skattebro_ports::Jobs
//! [`Altinn`]: skattebro_ports::Altinn
//! [`AltinnJobs`]: skattebro_ports::AltinnJobs
//! [`CurrentReturns`]: skattebro_ports::CurrentReturns
//! [`Validations`]: skattebro_ports::Validations
//! [`Availability`]: skattebro_ports::Availability
//! [`KravActs`]: skattebro_ports::KravActs
//! [`KravLookup`]: skattebro_ports::KravLookup
//! [`TokenSource`]: skattebro_ports::TokenSource

mod altinn;
mod altinn_jobs;
mod body;
mod download;
mod innkreving;
mod multipart;
mod problem;
mod quota;
mod send;
mod settings;
mod signin;
mod skattemelding;

pub use altinn::{AltinnAddresses, HttpAltinn};
pub use innkreving::HttpInnkreving;
pub use quota::LocalQuota;
pub use settings::{Deadlines, HttpSettings, SettingsError};
#[cfg(feature = "keyring")]
pub use signin::KeyringStore;
pub use signin::{
    Algorithm, AltinnExchange, CertificateChain, Customer, ExchangeKind, FileStore, IdPorten,
    IdPortenSettings, KeyError, KeyId, LoggedIn, Maskinporten, MaskinportenMode, MaskinportenSettings,
    RefreshStore, SigningKey, StoreError, claims,
};
pub use skattemelding::HttpSkatteetaten;
