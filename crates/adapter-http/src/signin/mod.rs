//! Where tokens come from.
//!
//! | source | whose token |
//! |---|---|
//! | [`Maskinporten`] | a company's, by a key; for a systembruker one per customer |
//! | [`IdPorten`] | a person's, who logged in with a browser once |
//! | [`AltinnExchange`] | Altinn's own, in exchange for one of the above |
//!
//! All of them keep a token until shortly before it expires, fetch a new one once for everybody who waits for it, and after a failure
//! leave the server alone for a moment. Time is the port [`Clock`](skattebro_ports::Clock); only the deadlines of requests are the machine's own.

mod assertion;
mod cache;
mod claims;
mod discovery;
mod exchange;
mod failed;
mod http;
mod idporten;
mod key;
#[cfg(feature = "keyring")]
mod keyring_store;
mod maskinporten;
mod oauth;
mod refresh_store;
mod skew;

pub use claims::claims;
pub use exchange::{AltinnExchange, ExchangeKind};
pub use idporten::{IdPorten, IdPortenSettings, LoggedIn};
pub use key::{CertificateChain, KeyError, KeyId, SigningKey};
#[cfg(feature = "keyring")]
pub use keyring_store::KeyringStore;
pub use maskinporten::{Algorithm, Customer, Maskinporten, MaskinportenMode, MaskinportenSettings};
pub use refresh_store::{FileStore, RefreshStore, StoreError};
