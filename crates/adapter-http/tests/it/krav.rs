//! The calls of innkrevingsoppdrag: the bytes of each, and what is made of every way it can end.

mod answers;
mod calls_at_a_time;
mod client;
mod edition_2023;
mod faults;
mod secrets;
mod wire;
