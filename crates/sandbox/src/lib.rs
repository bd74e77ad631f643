//! A server that plays Skatteetaten on one machine, with a virtual clock and faults on demand.
//!
//! Three APIs are played: the tax return's (skattemelding, editions v1 and v2), the Altinn app through
//! which returns are submitted, and that of krav (innkrevingsoppdrag, editions v1 and 2023). Beside them
//! stand the issuers of the tokens that the calls carry: Maskinporten, ID-porten and Altinn's exchange.
//!
//! It is stateful: an upload gives a reference, a job started with that reference runs through its
//! statuses on a [`VirtualClock`], and its result holds the documents that were sent in. It refuses
//! what the contract refuses and says why. What it changed is listed in an effects log, so that a
//! test can tell what was *done* from what was *answered*.
//!
//! The sandbox depends on no other crate of the workspace. It is an independent reading of the
//! contract: a mistake in the client cannot be cancelled out by the same mistake here.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use skattebro_sandbox::{Fault, FaultRule, Sandbox, VirtualClock};
//! use std::time::Duration;
//!
//! let sandbox = Sandbox::builder().clock(VirtualClock::stepped()).start().await?;
//! sandbox.inject(FaultRule::next("start", 1, Fault::DropAfter));
//! // … point a client at sandbox.url() …
//! sandbox.clock().advance(Duration::from_secs(3600));
//! println!("{:#?}", sandbox.effects());
//! sandbox.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! A program is steered over HTTP with the same vocabulary, under `/sandbox`; the README of this crate
//! lists the calls.

mod admin;
mod altinn;
mod auth;
mod clock;
mod concurrency;
mod effects;
mod faults;
mod identifikator;
mod ids;
mod krav;
mod organisation;
mod problem;
mod routing;
mod seconds;
mod server;
mod signin;
mod skattemelding;
mod spool;
mod wire;
mod world;

pub use altinn::{AltinnScenario, ElementSeen, InstansSeen};
pub use clock::VirtualClock;
pub use effects::{Delivery, Effect, What};
pub use faults::{Fault, FaultRule, ROUTES, RouteMatch, When};
pub use krav::{
    Edition2023, KravEnding, KravFeil, KravRente, KravScenario, KravSeen, KravSelector, MARKED_NUMBERS,
    MarkedNumber,
};
pub use organisation::DEFAULT_ORGANISATION;
pub use server::{Sandbox, SandboxBuilder};
pub use signin::DemoClient;
pub use signin::clients::{IdportenClient, MaskinportenClient, Systembruker, UnusableClient};
pub use signin::settings::SigninSettings;
pub use signin::tokens::TokenKind;
pub use skattemelding::scenario::{Base64Form, Malformed, Outcome, Scenario};
