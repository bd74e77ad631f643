//! The bridge between a company's own systems and Skatteetaten: the library that enterprises embed.
//!
#![cfg_attr(feature = "http", doc = "```no_run")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use skattebro::{Skattebro, ValidationRequest};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let bridge = Skattebro::builder().server("https://idporten-api-test.sits.no").token("…").build()?;
//! let request = ValidationRequest::new("2023".parse()?, "974761076".parse()?)
//!     .skattemelding("skattemelding.xml")
//!     .naeringsspesifikasjon("naeringsspesifikasjon.xml.gz")
//!     .out("resultat");
//! let validated = bridge.validate(request).await?;
//! println!("{}: {} avvik", validated.outcome.resultat, validated.outcome.avvik_ved_validering.len());
//! # Ok(())
//! # }
//! ```
//!
//! [`Skattebro::validate`] checks the documents, fetches the return in force, uploads, starts a job, follows it for as long as it
//! takes and fetches the result. What is wrong with the documents is found before anything is sent, all at once.
//!
//! [`Skattebro::send_inn`] submits a return through Altinn, from the documents to the receipt. A submission counts when its receipt says so:
//!
#![cfg_attr(feature = "http", doc = "```no_run")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use skattebro::domain::innsending::Utfoerer;
//! use skattebro::http::ExchangeKind;
//! use skattebro::{InnsendingRequest, Skattebro, Utgave, ValidationRequest};
//!
//! # async fn example(
//! #     tokens: std::sync::Arc<dyn skattebro::ports::TokenSource>,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let server = "https://idporten-api-test.sits.no";
//! let bridge = Skattebro::builder().server(server).tokens(tokens).exchange(ExchangeKind::IdPorten).build()?;
//! let validation = ValidationRequest::new("2023".parse()?, "974761076".parse()?)
//!     .skattemelding("skattemelding.xml")
//!     .naeringsspesifikasjon("naering.xml")
//!     .out("resultat");
//! let request = InnsendingRequest::new(validation, Utfoerer::Person).utgave(Utgave::V2).vedlegg("noter.pdf");
//! let innsendt = bridge.send_inn(request).await?;
//! println!("{}: the receipt says {}", innsendt.instans, innsendt.resultat);
//! assert!(innsendt.is_accepted(), "{:?}", innsendt.aarsaker);
//! # Ok(())
//! # }
//! ```
//!
//! [`Skattebro::krav`] creates, changes and writes off claims (innkrevingsoppdrag), one or thousands: see [`krav`].
//!
//! Every call to the outside goes through a port of [`ports`]; the builder takes any `Arc<dyn Port>`, so an adapter can be
//! swapped for a fake of [`ports::fakes`] or for one of your own. The types and rules are in [`domain`].

pub use skattebro_codec as codec;
pub use skattebro_domain as domain;
pub use skattebro_ports as ports;

#[cfg(feature = "http")]
pub use skattebro_adapter_http as http;

#[cfg(feature = "store")]
pub use skattebro_adapter_store as store;

mod bridge;
mod cases;
mod check;
mod clock;
mod document_body;
mod documents;
mod error;
mod events;
mod filing;
mod gjeldende;
mod innsending;
mod journal;
pub mod krav;
mod looks;
mod outside;
mod packing;
mod prepare;
mod request;
mod runner;
#[cfg(test)]
mod simulation;
mod sinks;
mod synchronous;

pub use bridge::{Builder, Skattebro};
pub use cases::{CaseError, CaseFlow, CaseView, Cases, Happened, What};
pub use check::{Checked, check_document, check_for_upload};
pub use clock::SystemClock;
pub use error::{BuildError, ValidationError};
pub use events::{Event, Events};
pub use filing::{Validated, Validating};
pub use innsending::{InnsendingError, InnsendingRequest, Innsendt, SendingInn, Utgave};
pub use journal::this_process;
pub use packing::PackedAs;
pub use request::{DocumentSource, ValidationRequest};
pub use runner::{Came, CameTo, Progress, Runner, RunnerStatus};
pub use sinks::{DirectorySink, DiscardSink};
pub use synchronous::ValidatedSynchronously;
