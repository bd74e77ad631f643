//! `skattebro krav`: the real binary against a sandbox in this process.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../support/mod.rs"]
mod support;

mod changing;
mod checking;
mod creating;
mod helpers;
mod recording;
mod refused;
mod replacing;
mod trouble;
