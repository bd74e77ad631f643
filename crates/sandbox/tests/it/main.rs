//! Drives the sandbox over HTTP as a client would, with nothing of the workspace's own client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod admin;
mod altinn;
mod current_return;
mod faults;
mod faults_bodies;
mod general;
mod http;
mod jobs;
mod krav;
mod results;
mod schema;
mod service;
mod signin;
mod start;
mod synchronous;
mod upload;
