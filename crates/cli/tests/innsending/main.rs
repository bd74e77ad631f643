//! `skattebro send-inn`: the real binary against a sandbox in this process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

#[path = "../support/mod.rs"]
mod support;

mod earlier;
#[allow(dead_code)]
mod helpers;
mod refused;
mod sizes;
