//! Signing in: the issuers of tokens, and a service that looks at them.

mod admin;
mod browser;
mod certificates;
mod exchange;
mod idporten;
mod library;
mod machine;
mod maskinporten;
mod page;
mod strict;
mod systembruker;
