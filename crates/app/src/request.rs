use bytes::Bytes;
use skattebro_codec::Compression;
use skattebro_domain::filing::FilingRules;
use skattebro_domain::{
    Dokumentidentifikator, Identifikator, Innsendingsformaal, Innsendingstype, Inntektsaar, Referanse, Tekst,
};
use skattebro_ports::{DocumentSink, Subject};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a document comes from. Anything that is a path becomes one.
#[derive(Debug, Clone)]
pub enum DocumentSource {
    /// A file, or a gzip of one.
    File(PathBuf),
    /// Bytes in memory, with a name for the findings.
    Bytes(String, Bytes),
}

impl DocumentSource {
    /// What findings call it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Bytes(name, _) => name.clone(),
        }
    }
}

impl<P: AsRef<Path>> From<P> for DocumentSource {
    fn from(path: P) -> Self {
        Self::File(path.as_ref().to_owned())
    }
}

/// What is to be validated. Made by [`new`](Self::new) and the methods that give the rest.
#[derive(Debug, Clone)]
pub struct ValidationRequest {
    pub(crate) subject: Subject,
    pub(crate) skattemelding: Option<DocumentSource>,
    pub(crate) selskapsmelding: Option<DocumentSource>,
    pub(crate) naeringsspesifikasjon: Option<DocumentSource>,
    pub(crate) referanse: Option<Referanse>,
    pub(crate) gjeldende: Option<Dokumentidentifikator>,
    pub(crate) innsendingstype: Innsendingstype,
    pub(crate) innsendingsformaal: Option<Innsendingsformaal>,
    pub(crate) opprettet_av: Option<Tekst>,
    pub(crate) tin: Option<Tekst>,
    pub(crate) forhaandsfastsetting: bool,
    pub(crate) compression: Compression,
    pub(crate) rules: FilingRules,
    pub(crate) sink: Option<Arc<dyn DocumentSink>>,
    /// The folder of the sink, if it is one: another process can go on with it.
    pub(crate) out: Option<PathBuf>,
    pub(crate) until_told: bool,
}

impl ValidationRequest {
    /// A validation for this year and party; give it documents.
    pub fn new(inntektsaar: Inntektsaar, identifikator: Identifikator) -> Self {
        Self {
            subject: Subject { inntektsaar, identifikator },
            skattemelding: None,
            selskapsmelding: None,
            naeringsspesifikasjon: None,
            referanse: None,
            gjeldende: None,
            innsendingstype: Innsendingstype::Komplett,
            innsendingsformaal: None,
            opprettet_av: None,
            tin: None,
            forhaandsfastsetting: false,
            compression: Compression::Auto,
            rules: FilingRules::default(),
            sink: None,
            out: None,
            until_told: false,
        }
    }

    /// The return: a skattemelding of a company or a person. Which, is read off its namespace.
    pub fn skattemelding(mut self, document: impl Into<DocumentSource>) -> Self {
        self.skattemelding = Some(document.into());
        self
    }

    /// The return of a partnership (SDF).
    pub fn selskapsmelding(mut self, document: impl Into<DocumentSource>) -> Self {
        self.selskapsmelding = Some(document.into());
        self
    }

    /// The næringsspesifikasjon, to be uploaded.
    pub fn naeringsspesifikasjon(mut self, document: impl Into<DocumentSource>) -> Self {
        self.naeringsspesifikasjon = Some(document.into());
        self
    }

    /// The reference of a næringsspesifikasjon that was uploaded before.
    pub fn referanse(mut self, referanse: Referanse) -> Self {
        self.referanse = Some(referanse);
        self
    }

    /// The id of the return in force, if it is known; it is fetched otherwise.
    pub fn gjeldende(mut self, id: Dokumentidentifikator) -> Self {
        self.gjeldende = Some(id);
        self
    }

    /// Complete (the default) or not.
    pub fn innsendingstype(mut self, innsendingstype: Innsendingstype) -> Self {
        self.innsendingstype = innsendingstype;
        self
    }

    /// What the filing is for; demanded from income year 2024.
    pub fn innsendingsformaal(mut self, formaal: Innsendingsformaal) -> Self {
        self.innsendingsformaal = Some(formaal);
        self
    }

    /// The system that the envelope says it was made by. Default `skattebro/<version>`.
    pub fn opprettet_av(mut self, name: Tekst) -> Self {
        self.opprettet_av = Some(name);
        self
    }

    /// A foreign tax identification number.
    pub fn tin(mut self, tin: Tekst) -> Self {
        self.tin = Some(tin);
        self
    }

    /// An advance assessment: the envelope names each document's namespace, and versions are not checked.
    pub fn forhaandsfastsetting(mut self, yes: bool) -> Self {
        self.forhaandsfastsetting = yes;
        self
    }

    /// Whether the upload is compressed. Default: when that pays.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Limits and delays.
    pub fn rules(mut self, rules: FilingRules) -> Self {
        self.rules = rules;
        self
    }

    /// The folder for the result's documents. Without one, only their types, sizes and digests are kept.
    pub fn out(self, dir: impl Into<PathBuf>) -> Self {
        let dir = dir.into();
        let sink = Arc::new(crate::DirectorySink::new(&dir));
        Self { out: Some(dir), ..self.sink(sink) }
    }

    /// Asked for again, this validation is the same until [`Cases::told`](crate::Cases::told) is called with its case; otherwise until its outcome has been
    /// awaited. For programs that may be killed before they have passed the outcome on.
    pub fn until_told(mut self) -> Self {
        self.until_told = true;
        self
    }

    /// Where the result's documents go.
    pub fn sink(mut self, sink: Arc<dyn DocumentSink>) -> Self {
        (self.sink, self.out) = (Some(sink), None);
        self
    }
}
