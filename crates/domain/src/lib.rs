//! The pure heart of skattebro: the types, rules, judgements and state machines of filing a Norwegian tax return.
//!
//! Nothing here does I/O, waits, reads a clock or knows a wire format; time is always an argument. That is what lets
//! every rule be tested alone and every state machine be replayed from what was written down about it.
//!
//! The nouns are the API's own and stay Norwegian ([`Inntektsaar`], [`Referanse`], [`JobbStatus`]); the mechanics are
//! English. `docs/glossary.md` explains each word.
//!
//! | module | what |
//! |---|---|
//! | [`identifikator`], [`inntektsaar`], [`handles`] | numbers and ids as parsed newtypes |
//! | [`jobb`] | the status of a validation job, open to values nobody has seen yet |
//! | [`envelope`] | the request envelope with all its fields |
//! | [`altinn`] | the instance through which a return is submitted |
//! | [`outcome`], [`gjeldende`] | what the service answers: a validation outcome, the current return |
//! | [`krav`] | a claim that Skatteetaten collects: its request, its rules, what is said about it, its state machine |
//! | [`facts`], [`findings`], [`judge`] | what a scan saw in a document, and what we think of it |
//! | [`flow`], [`filing`], [`innsending`] | pure state machines: facts in, next step out |
//! | [`masking`] | personal numbers made unreadable for logs and errors |

pub mod altinn;
pub mod envelope;
pub mod facts;
pub mod filing;
pub mod findings;
pub mod flow;
pub mod gjeldende;
pub mod handles;
pub mod identifikator;
pub mod innsending;
pub mod inntektsaar;
pub mod jobb;
pub mod judge;
pub mod krav;
pub mod masking;
pub mod outcome;
pub mod schema_year;

mod invalid;
mod time;

pub use envelope::{
    Dokumentreferanse, Dokumenttype, Envelope, EnvelopeError, Innhold, Innsendingsformaal,
    Innsendingsinformasjon, Innsendingstype, Konvoluttdokument, Tekst,
};
pub use facts::{Defect, DocumentFacts, DocumentKind, Located, Place, RootElement};
pub use findings::{Code, Finding, Severity};
pub use gjeldende::{Gjeldende, GjeldendeDokument, LaastFelt};
pub use handles::{
    Dokumentidentifikator, JobbId, Korrelasjonsid, Kravidentifikator, Referanse, Slug, Transaksjonsid,
};
pub use identifikator::{DNummer, Foedselsnummer, Identifikator, Organisasjonsnummer};
pub use inntektsaar::Inntektsaar;
pub use invalid::Invalid;
pub use jiff::Timestamp;
pub use jobb::{JobbStatus, JobbTilstand, Phase};
pub use outcome::{
    Avvik, Digest, DocumentHead, ResultDocument, ResultatAvValidering, StoredDocument, UnknownElement,
    ValidationOutcome, Veiledning,
};
pub use rust_decimal::Decimal;
