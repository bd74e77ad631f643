//! The krav API, both editions.

mod admin;
mod async_rules;
pub(crate) mod client;
mod concurrency;
mod create_slugs;
mod edition_2023;
mod examples;
mod faults;
mod form;
mod isolation;
mod life;
mod other_slugs;
mod owner_slugs;
