//! Signing in, with the real binary against a strict sandbox.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../support/mod.rs"]
mod support;

mod helpers;
mod lege;
mod login;
mod sandbox_command;
mod token;
mod whole_way;
