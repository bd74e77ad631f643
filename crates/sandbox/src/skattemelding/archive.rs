//! What the service remembers: uploaded documents, jobs, and returns that were submitted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::document::Document;
use super::envelope_out::Submission;
use super::job::{Job, Plan, Seen};
use super::kinds::Dokumenttype;
use super::target::Target;
use crate::world::lock;

#[derive(Debug, Default)]
pub(crate) struct Archive {
    uploads: Mutex<HashMap<String, Upload>>,
    jobs: Mutex<HashMap<String, Job>>,
    submitted: Mutex<HashMap<Target, Submitted>>,
}

#[derive(Debug)]
struct Upload {
    target: Target,
    document: Arc<Document>,
    at: Duration,
}

/// A return that was submitted and is the current one now.
#[derive(Clone, Debug)]
pub(crate) struct Submitted {
    /// How many there have been for its party and year.
    pub(crate) count: u32,
    pub(crate) kind: Dokumenttype,
    pub(crate) document: Arc<Document>,
}

impl Archive {
    pub(crate) fn add_upload(&self, referanse: &str, target: Target, document: Document, now: Duration) {
        let upload = Upload { target, document: Arc::new(document), at: now };
        lock(&self.uploads).insert(referanse.to_owned(), upload);
    }

    /// The document that was uploaded for this identifier and year, if its reference is not older
    /// than `lifetime`.
    pub(crate) fn uploaded(
        &self,
        referanse: &str,
        target: &Target,
        now: Duration,
        lifetime: Option<Duration>,
    ) -> Option<Arc<Document>> {
        let uploads = lock(&self.uploads);
        let upload = uploads.get(referanse).filter(|upload| upload.target == *target)?;
        let alive = lifetime.is_none_or(|lifetime| now.saturating_sub(upload.at) < lifetime);
        alive.then(|| upload.document.clone())
    }

    /// Adds a job and aborts the identifier's live one, of whatever year. `commit` hears the aborted
    /// ids before anyone else can see the change.
    pub(crate) fn add_job(
        &self,
        jobb_id: &str,
        now: Duration,
        plan: Plan,
        submission: Submission,
        commit: impl FnOnce(&[String]),
    ) {
        let mut jobs = lock(&self.jobs);
        let mut aborted = Vec::new();
        for (id, job) in jobs.iter_mut() {
            if job.identifikator() == &submission.target.identifikator && job.abort(now) {
                aborted.push(id.clone());
            }
        }
        jobs.insert(jobb_id.to_owned(), Job::new(now, plan, submission));
        commit(&aborted);
    }

    /// Makes a submission's return the current one of its party and year.
    pub(crate) fn add_submitted(&self, submission: &Submission) {
        let main = submission.dokumenter.iter().find(|(kind, _)| *kind == submission.main);
        let Some((kind, document)) = main else { return };
        let mut submitted = lock(&self.submitted);
        let count = submitted.get(&submission.target).map_or(0, |before| before.count) + 1;
        let now = Submitted { count, kind: *kind, document: document.clone() };
        submitted.insert(submission.target.clone(), now);
    }

    pub(crate) fn submitted(&self, target: &Target) -> Option<Submitted> {
        lock(&self.submitted).get(target).cloned()
    }

    /// How a job stands, and what its result is made of.
    pub(crate) fn job(&self, jobb_id: &str, target: &Target, now: Duration) -> Option<(Seen, Submission)> {
        let jobs = lock(&self.jobs);
        let job = jobs.get(jobb_id).filter(|job| job.submission().target == *target)?;
        Some((job.seen(now), job.submission().clone()))
    }
}
