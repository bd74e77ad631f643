//! The Altinn app that returns are submitted through.

mod admin;
mod client;
mod create;
mod current;
mod data;
mod faults;
mod jobs;
mod large;
mod page;
mod process;
mod receipt;
mod revisor;
