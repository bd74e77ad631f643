//! Where tokens come from, against an issuer of a few lines that keeps what it was asked and says anything.

mod exchange;
mod idporten;
mod issuer;
mod keys;
mod maskinporten;
mod refresh;
mod refusals;
mod resend;
mod secrets;
