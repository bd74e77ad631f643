//! What is put into an instance.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use uuid::Uuid;

use super::headers::{file_name, media_type};
use super::refusal::Refusal;
use super::scenario::AltinnScenario;
use crate::problem::Problem;
use crate::skattemelding::envelope_in::Konvolutt;
use crate::skattemelding::read_konvolutt;
use crate::spool::Spooled;
use crate::world::{Limits, Shared};

/// `dataType` of what clients put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DataType {
    Konvolutt,
    Vedlegg,
    RevisorBekreftelse,
    RevisorVedlegg,
}

use DataType::*;

const FILES: [&str; 4] = [
    "application/pdf",
    "image/jpeg",
    "image/png",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
];

impl DataType {
    pub(super) fn parse(name: &str) -> Option<Self> {
        [Konvolutt, Vedlegg, RevisorBekreftelse, RevisorVedlegg].into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Konvolutt => "skattemeldingOgNaeringsspesifikasjon",
            Vedlegg => "skattemelding-vedlegg",
            RevisorBekreftelse => "revisor-bekreftelse",
            RevisorVedlegg => "revisor-vedlegg",
        }
    }

    /// Whether the auditor puts it in, and not the taxpayer.
    pub(super) fn is_auditors(self) -> bool {
        matches!(self, RevisorBekreftelse | RevisorVedlegg)
    }

    /// How many of it an instance takes.
    pub(super) fn most(self) -> usize {
        match self {
            Konvolutt => usize::MAX, // too many are found when the process is to go on
            Vedlegg | RevisorVedlegg => 70,
            RevisorBekreftelse => 1,
        }
    }

    fn media_types(self) -> &'static [&'static str] {
        match self {
            // The general documentation names application/xml too, which is refused all the same.
            Konvolutt => &["text/xml"],
            RevisorBekreftelse => &["text/xml", "application/xml", "application/pdf"],
            Vedlegg | RevisorVedlegg => &FILES,
        }
    }
}

/// A file as it was sent: accepted, and not in an instance yet.
#[derive(Clone)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) content: Spooled,
}

impl File {
    /// Whether this kind takes what was sent.
    ///
    /// # Errors
    /// With what is wrong about its headers or its size.
    pub(super) fn accept(
        kind: DataType,
        headers: &axum::http::HeaderMap,
        content: &Spooled,
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        use axum::http::StatusCode;
        let media_type = media_type(headers);
        if media_type.is_empty() {
            return Err(Refusal::of_issue("MissingContentType", "Content-Type mangler"));
        }
        if !kind.media_types().contains(&media_type.as_str()) {
            let why = format!("Content-Type {media_type:?} er ikke tillatt for {}", kind.name());
            return Err(Refusal::of_issue("ContentTypeNotAllowed", why));
        }
        let name = file_name(headers)?;
        if content.len() == 0 {
            return Err(Refusal::of_issue("DataElementEmpty", "Filen er tom"));
        }
        if kind != Konvolutt && content.len() > limits.attachment_bytes {
            let why = format!("Filen er større enn {} byte", limits.attachment_bytes);
            let issues = vec![super::refusal::Issue::new("DataElementTooLarge", why)];
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "Filen er for stor").with_issues(issues));
        }
        Ok(File { name, media_type, content: content.clone() })
    }
}

/// A file in an instance.
pub(crate) struct Element {
    pub(super) id: Uuid,
    pub(super) kind: DataType,
    pub(super) file: File,
    pub(super) created: Duration,
    pub(super) changed: Duration,
    /// When the scan is done.
    scanned: Duration,
    infected: bool,
    read: Arc<OnceCell<Result<Konvolutt, Problem>>>,
}

impl Element {
    pub(super) fn new(
        id: Uuid,
        kind: DataType,
        file: File,
        now: Duration,
        scenario: &AltinnScenario,
    ) -> Self {
        Element {
            id,
            kind,
            file,
            created: now,
            changed: now,
            scanned: now.saturating_add(scenario.scan),
            infected: scenario.infected,
            read: Arc::default(),
        }
    }

    /// Puts another file in the place of this one, to be scanned anew.
    pub(super) fn replace(&mut self, file: File, now: Duration, scenario: &AltinnScenario) {
        let created = self.created;
        *self = Element { created, ..Element::new(self.id, self.kind, file, now, scenario) };
    }

    pub(super) fn scan(&self, now: Duration) -> Scan {
        match (now < self.scanned, self.infected) {
            (true, _) => Scan::Pending,
            (false, true) => Scan::Infected,
            (false, false) => Scan::Clean,
        }
    }

    pub(super) fn envelope(&self) -> Envelope {
        Envelope { content: self.file.content.clone(), read: self.read.clone() }
    }
}

/// `fileScanResult`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scan {
    Pending,
    Clean,
    Infected,
}

impl Scan {
    pub(super) fn name(self) -> &'static str {
        match self {
            Scan::Pending => "Pending",
            Scan::Clean => "Clean",
            Scan::Infected => "Infected",
        }
    }
}

/// An envelope in an instance, which is read when something is asked of it, and once.
#[derive(Clone)]
pub(crate) struct Envelope {
    content: Spooled,
    read: Arc<OnceCell<Result<Konvolutt, Problem>>>,
}

impl Envelope {
    /// What it says; its documents go to temporary files.
    pub(crate) async fn konvolutt(&self, world: &Shared) -> Result<Konvolutt, Problem> {
        let reading = || async {
            let body = self.content.body().await.map_err(Problem::internal)?;
            read_konvolutt(body, u64::MAX, world).await
        };
        self.read.get_or_init(reading).await.clone()
    }

    /// The same, if it was read.
    pub(super) fn known(&self) -> Option<Result<Konvolutt, Problem>> {
        self.read.get().cloned()
    }
}
