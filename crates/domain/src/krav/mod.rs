//! Innkrevingsoppdrag: a claim (krav) that Skatteetaten collects for somebody, from its creation to its write-off.
//!
//! | module | what |
//! |---|---|
//! | [`oppdrag`] | what is asked: the krav and the changes to it |
//! | [`answers`] | what the service says about a krav |
//! | [`rules`] | everything that is wrong with a request, at once |
//! | [`edition`] | what each edition of the API can do |
//! | [`machine`] | its life, as a pure state machine |
//! | [`slugs`] | the service's names for its refusals |
//!
//! Source: `innkrevingsoppdrag.md`; contract page `innkreving.md`.

pub mod answers;
pub mod edition;
pub mod machine;
pub mod oppdrag;
pub mod rules;
pub mod slugs;

mod beloep;
mod id;
mod kravtyper;

pub use answers::{Avstemming, Detaljer, Kravlinje, Mottak, Mottaksstatus, Mottatt, Valideringsfeil};
pub use beloep::Kroner;
pub use edition::{Ability, Capabilities, Edition};
pub use id::{KravId, OppdragsgiversKravidentifikator};
pub use jiff::civil::Date;
pub use kravtyper::{Organ, organ_of};
pub use oppdrag::{
    Endring, Identifikatortype, Innkrevingsoppdrag, Periode, RenteBeloep, Skyldner, Tilleggsinformasjon,
};
pub use rules::Oppdragsgiver;
