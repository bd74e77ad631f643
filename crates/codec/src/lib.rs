//! Streaming codecs for tax documents: what is on disk and on the wire, as facts and bytes, in bounded memory.
//!
//! Everything here is synchronous and pulls from a [`Read`](std::io::Read): no document is ever held whole. What the
//! facts mean is for [`skattebro_domain::judge`] to say.
//!
//! | function | from | to |
//! |---|---|---|
//! | [`scan`] | a document | its [facts](skattebro_domain::DocumentFacts) |
//! | [`Input::open`] | a file, or a `.gz` of it | the bytes of the document |
//! | [`Packer`] | a document | base64, compressed when that pays: the body of an upload |
//! | [`write_envelope`] | an [`Envelope`](skattebro_domain::Envelope) | the XML of a request |
//! | [`EnvelopeReader`] | the same | the same, as it is read: for a request of 500 MB |
//! | [`with_vedlegg`] | a skattemelding | the same, and what it says of its attachments |
//! | [`vedleggstype`] | the beginning of an attachment | its [type](skattebro_domain::altinn::Vedleggstype) |
//! | [`read_response`] | the XML of a result | a [`ValidationOutcome`](skattebro_domain::ValidationOutcome), its documents decoded as they pass |
//! | [`read_gjeldende`] | the XML of the current return | a [`Gjeldende`](skattebro_domain::Gjeldende), likewise |
//! | [`store_in_dir`] | one document of those | a file, complete or not there at all |
//! | [`krav`] | krav as JSON and CSV | and back |

mod base64_content;
mod base64_engine;
mod dir;
mod envelope;
mod envelope_reader;
mod error;
mod feil;
mod fill;
mod gjeldende;
mod input;
pub mod krav;
mod pack;
mod response;
mod scan;
mod segments;
mod source;
mod tee;
mod vedlegg;
mod walk;
mod wellformed;
mod with_vedlegg;

pub use dir::store_in_dir;
pub use envelope::{envelope_len, write_envelope};
pub use envelope_reader::EnvelopeReader;
pub use error::CodecError;
pub use feil::{Feil, read_feil};
pub use gjeldende::read_gjeldende;
pub use input::{Input, InputError};
pub use pack::{Compression, Effort, Packed, Packer, Packing};
pub use response::read_response;
pub use scan::{ScanLimits, scan};
pub use segments::Segments;
pub use tee::Tee;
pub use vedlegg::{HEAD as VEDLEGG_HEAD, VedleggstypeError, vedleggstype};
pub use with_vedlegg::{VedleggError, with_vedlegg};
