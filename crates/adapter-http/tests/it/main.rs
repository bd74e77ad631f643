//! What the HTTP adapter alone must prove: the bytes that it sends, and what it makes of every way a call can fail.
//!
//! The far side is a sandbox with faults, or a TCP server of a few lines that shows bytes and says anything.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod altinn;
mod altinn_ends;
mod answers;
mod bodies;
mod cancelling;
mod client;
mod far;
mod faults;
mod krav;
mod proxy;
mod refusals;
mod secrets;
mod service;
mod signin;
mod wire;
