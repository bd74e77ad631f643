//! Writes the response envelope: the result of a validation, or the receipt of a submission.

use std::sync::Arc;

use axum::response::Response;
use quick_xml::escape::escape;

use super::document::Document;
use super::findings;
use super::kinds::Dokumenttype;
use super::pieces::Pieces;
use super::scenario::{Malformed, Outcome, Scenario};
use super::target::Target;

/// What was accepted for validation.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    pub(crate) target: Target,
    pub(crate) scenario: Scenario,
    /// The kind of the return among the documents.
    pub(crate) main: Dokumenttype,
    pub(crate) dokumenter: Vec<(Dokumenttype, Arc<Document>)>,
}

impl Submission {
    /// The size of the documents together.
    pub(crate) fn bytes(&self) -> u64 {
        self.dokumenter.iter().map(|(_, document)| document.len).sum()
    }
}

/// A verdict, and the documents it is about where they could be read.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) scenario: Scenario,
    pub(crate) submission: Option<Submission>,
    /// Why it is not OK, beside what the scenario says.
    pub(crate) causes: Vec<Cause>,
}

/// A reason for `validertMedFeil`.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    pub(crate) aarsak: String,
    pub(crate) why: String,
}

impl Verdict {
    /// What validating a submission gives.
    pub(crate) fn of(submission: Submission) -> Self {
        Verdict { scenario: submission.scenario.clone(), submission: Some(submission), causes: Vec::new() }
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.scenario.outcome == Outcome::Ok && self.causes.is_empty()
    }

    /// Why it is not OK.
    pub(crate) fn aarsaker(&self) -> Vec<String> {
        let of_scenario: &[&str] =
            if self.scenario.outcome == Outcome::MedFeil { &findings::AARSAKER } else { &[] };
        let own = self.causes.iter().map(|cause| cause.aarsak.clone());
        of_scenario.iter().map(|aarsak| (*aarsak).to_owned()).chain(own).collect()
    }

    /// The size of its envelope as it is sent.
    pub(crate) fn len(&self) -> u64 {
        self.written().len()
    }

    /// Its envelope.
    pub(crate) fn respond(&self) -> Response {
        self.written().respond()
    }

    fn written(&self) -> Pieces {
        let mut writing = Writing { pieces: Pieces::new(self.scenario.base64) };
        if self.scenario.malformed == Some(Malformed::NotXml) {
            writing.text("Resultatet er for øyeblikket ikke tilgjengelig. Prøv igjen senere.\n");
        } else {
            writing.envelope(self);
        }
        if self.scenario.malformed == Some(Malformed::TruncatedXml) {
            writing.pieces.cut_in_half();
        }
        writing.pieces
    }
}

const NAMESPACE: &str =
    "no:skatteetaten:fastsetting:formueinntekt:skattemeldingognaeringsspesifikasjon:response:v2";

struct Writing {
    pieces: Pieces,
}

impl Writing {
    fn envelope(&mut self, verdict: &Verdict) {
        self.text("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.text(&format!("<skattemeldingOgNaeringsspesifikasjonResponse xmlns=\"{NAMESPACE}\">"));
        if let Some(submission) = &verdict.submission {
            self.documents(submission);
        }
        self.findings(verdict);
        if let Some(submission) = &verdict.submission {
            self.text(findings::skattesubjekt(submission.main));
        }
        self.text("</skattemeldingOgNaeringsspesifikasjonResponse>\n");
    }

    fn documents(&mut self, submission: &Submission) {
        let Submission { target, scenario, main, dokumenter } = submission;
        self.text("<dokumenter>");
        let mut broken = scenario.malformed == Some(Malformed::BrokenBase64);
        for (kind, document) in dokumenter {
            self.open_document(kind.after_calculation());
            if std::mem::take(&mut broken) {
                self.text("*dette er ikke base64*");
            }
            self.pieces.document(document);
            self.close_document();
        }
        if let Some((name, document)) = findings::beregnet_skatt(*main, target.inntektsaar) {
            self.small_document(name, document.as_bytes());
        }
        if scenario.unknown_document {
            self.small_document("beregnetFremtidsskatt", b"<fremtidsskatt/>");
        }
        self.text("</dokumenter>");
    }

    fn findings(&mut self, verdict: &Verdict) {
        let Verdict { scenario, causes, .. } = verdict;
        let with_errors = scenario.outcome == Outcome::MedFeil;
        if with_errors {
            self.element("avvikEtterBeregning", findings::AVVIK);
        }
        if scenario.veiledning {
            self.element("veiledningEtterKontroll", findings::VEILEDNING);
        }
        let mut avvik = if with_errors { findings::AVVIK_VED_VALIDERING.to_owned() } else { String::new() };
        for Cause { aarsak, why } in causes {
            avvik += &format!(
                "<avvik><avvikstype>{}</avvikstype><oevrigInformasjon>{}</oevrigInformasjon></avvik>",
                escape(aarsak),
                escape(why)
            );
        }
        if !avvik.is_empty() {
            self.element("avvikVedValidering", &avvik);
        }
        self.element("resultatAvValidering", if verdict.is_ok() { "validertOK" } else { "validertMedFeil" });
        for aarsak in verdict.aarsaker() {
            self.element("aarsakTilValidertMedFeil", &escape(&*aarsak));
        }
    }

    fn small_document(&mut self, name: &str, document: &[u8]) {
        self.open_document(name);
        self.pieces.base64(document);
        self.close_document();
    }

    fn open_document(&mut self, name: &str) {
        self.text(&format!("<dokument><type>{}</type><encoding>utf-8</encoding><content>", escape(name)));
    }

    fn close_document(&mut self) {
        self.text("</content></dokument>");
    }

    fn element(&mut self, name: &str, content: &str) {
        self.text(&format!("<{name}>{content}</{name}>"));
    }

    fn text(&mut self, text: &str) {
        self.pieces.text(text);
    }
}
