//! What is checked at once, when a request is sent or arrives.

use super::sent::{Sent, Speaks, What};
use super::world::{World, case_id, ready};
use skattebro_domain::{filing, innsending};
use skattebro_ports::Journal;
use skattebro_ports::journal::{Entry, Record};

impl World {
    /// A case is carried out in its own edition, with its own documents.
    pub(super) fn check_speaker(&self, sent: &Sent) {
        let is_right = match sent.speaks {
            Speaks::Documents(are_right) => are_right,
            edition => edition == self.lock().edition,
        };
        if !is_right {
            self.violated(format!(
                "case {}: sent by a worker that cannot carry it out: {:?}",
                sent.case, sent.speaks
            ));
        }
    }

    /// A start of ours never aborts a job of ours that the journal knows.
    pub(super) fn check_job(&self, sent: &Sent) {
        let party = match &sent.what {
            What::Filing(party, filing::Act::Start { .. }) => party,
            What::Innsending(of, innsending::Act::Validering(filing::Act::Start { .. }, ..)) => &of.party,
            _ => return,
        };
        let aborts = {
            let inner = self.lock();
            let live = inner.filing.live(*party, self.now());
            live.map(|live| &inner.filing.jobs[live])
                .filter(|job| job.case.is_some())
                .map(|job| job.id.clone())
        };
        let Some(aborts) = aborts.filter(|_| !sent.again) else { return };
        let journal = self.journal();
        let knows = |record: &Record| {
            matches!(record.entry, Entry::Answer(_))
                && record.payload.as_str().contains(&format!("\"{aborts}\""))
        };
        let is_known = self.case_ids().iter().any(|case| {
            let case = ready(journal.read(case)).unwrap();
            case.is_some_and(|case| case.records.iter().any(knows))
        });
        if is_known {
            self.violated(format!(
                "case {}: a start of ours aborts {aborts}, which we know to be ours",
                sent.case
            ));
        }
    }

    /// Nothing is sent before its intent is on disk.
    pub(super) fn check_on_disk(&self, sent: &Sent) {
        let case = ready(self.journal().read(&case_id(sent.case))).unwrap();
        let is_it = |record: &Record| {
            matches!(record.entry, Entry::Intent { .. })
                && record.korrelasjonsid.as_ref() == Some(&sent.korrelasjonsid)
        };
        if !case.is_some_and(|case| case.records.iter().any(is_it)) {
            self.violated(format!("case {}: sent without an intent on disk: {:?}", sent.case, sent.what));
        }
    }
}
