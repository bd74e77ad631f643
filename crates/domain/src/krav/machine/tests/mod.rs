//! The life of a krav, told in two ways: small stories with a fixed course, each saying what must hold, and a model of the service with
//! everything that can go wrong between it and us.

mod asks;
mod changes;
mod creation;
mod deadline;
mod driver;
mod edition_2023;
mod facts;
mod model;
mod properties;
mod run;
