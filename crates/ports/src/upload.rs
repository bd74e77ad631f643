use crate::{Body, Call, Port, PortError, Subject};
use async_trait::async_trait;
use skattebro_domain::{Invalid, Referanse};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Uploads of a næringsspesifikasjon for asynchronous validation, edition v1.
#[async_trait]
pub trait Uploads: Port {
    /// Uploads a packed næringsspesifikasjon and returns the reference that stands for it.
    ///
    /// `body` is the base64 text of the document, or a compressed form of that text; `name` ends with `.gz` or `.br` exactly then. The whole
    /// request is measured before anything is sent: edition v1 takes 25 000 000 bytes.
    ///
    /// Repeating it is harmless: each upload has a reference of its own, and one that is not used changes nothing.
    ///
    /// Source: `asynk-api.md`, section 1.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) before anything is sent, and those of every call.
    async fn last_opp(
        &self,
        call: &Call,
        subject: &Subject,
        name: &UploadName,
        body: Arc<dyn Body>,
    ) -> Result<Referanse, PortError>;
}

/// What is uploaded: the base64 text of a document, or a compressed form of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadForm {
    /// The text as it is.
    Plain,
    /// Gzip.
    Gzip,
    /// Brotli, which a later revision of the contract's page has.
    Brotli,
}

/// The name of an uploaded file: field name and file name of the one part. Letters, digits and `._-`, at most 100, so that
/// nothing in it needs quoting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadName(String);

impl UploadName {
    /// `naeringsspesifikasjon.xml`, with `.gz` or `.br` behind it if the text is compressed.
    pub fn naeringsspesifikasjon(form: UploadForm) -> Self {
        let ending = match form {
            UploadForm::Plain => "",
            UploadForm::Gzip => ".gz",
            UploadForm::Brotli => ".br",
        };
        Self(format!("naeringsspesifikasjon.xml{ending}"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UploadName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if !text.is_empty() && text.len() <= 100 && text.bytes().all(good) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("a name for an upload", text, "use 1 to 100 letters, digits or ._-"))
        }
    }
}

impl fmt::Display for UploadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
