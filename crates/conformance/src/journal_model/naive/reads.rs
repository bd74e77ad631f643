//! What the model answers without changing.

use super::Naive;
use skattebro_domain::Timestamp;
use skattebro_domain::flow::AttemptNo;
use skattebro_ports::journal::*;

impl Naive {
    pub(in crate::journal_model) fn owner(&self, id: &CaseId) -> Option<WorkerId> {
        self.read(id)?.summary.owner
    }

    pub(in crate::journal_model) fn version(&self, id: &CaseId) -> Version {
        let case = self.cases.iter().find(|kept| kept.case.summary.id == *id);
        case.map_or(Version(0), |kept| kept.case.summary.version)
    }

    pub(in crate::journal_model) fn intents(&self, id: &CaseId) -> Vec<AttemptNo> {
        let case = self.cases.iter().find(|kept| kept.case.summary.id == *id);
        let records = case.into_iter().flat_map(|kept| kept.case.records.iter().zip(1..));
        records
            .filter(|(record, _)| matches!(record.entry, Entry::Intent { .. }))
            .map(|(_, n)| AttemptNo(n))
            .collect()
    }

    pub(in crate::journal_model) fn read(&self, id: &CaseId) -> Option<Case> {
        Some(self.cases.iter().find(|kept| kept.case.summary.id == *id)?.case.clone())
    }

    pub(in crate::journal_model) fn holder(&mut self, key: &CaseKey, now: Timestamp) -> Option<CaseId> {
        self.forget_what_ran_out(now);
        Some(self.keys.iter().find(|held| held.key == *key)?.by.clone())
    }

    pub(in crate::journal_model) fn list(&self, filter: &Filter) -> Vec<CaseSummary> {
        let all: Vec<&CaseSummary> = self.cases.iter().map(|kept| &kept.case.summary).collect();
        let from = match &filter.after {
            None => 0,
            Some(after) => all.iter().position(|case| case.id == *after).map_or(all.len(), |n| n + 1),
        };
        let fits = |case: &&&CaseSummary| {
            (filter.environment.is_none() || filter.environment.as_ref() == Some(&case.environment))
                && (filter.kind.is_none() || filter.kind.as_ref() == Some(&case.kind))
                && (filter.state.is_none() || filter.state == Some(case.state.as_str()))
                && (filter.status.is_none() || filter.status.as_ref() == Some(&case.status))
                && filter.changed_before.is_none_or(|before| case.changed < before)
        };
        all[from..].iter().filter(fits).take(filter.max).map(|case| (*case).clone()).collect()
    }

    /// The counts are sorted.
    pub(in crate::journal_model) fn counts(
        &self,
        environment: Option<&Environment>,
        now: Timestamp,
    ) -> Counts {
        let all = self.cases.iter().map(|kept| &kept.case.summary);
        let all: Vec<&CaseSummary> =
            all.filter(|case| environment.is_none() || environment == Some(&case.environment)).collect();
        let mut cases: Vec<(CaseKind, &'static str, String, u64)> = Vec::new();
        for case in &all {
            let (state, status) = (case.state.as_str(), &case.status);
            let same = |(k, s, t, _): &&mut (CaseKind, &str, String, u64)| {
                *k == case.kind && *s == state && t == status
            };
            match cases.iter_mut().find(same) {
                Some((.., count)) => *count += 1,
                None => cases.push((case.kind.clone(), state, status.clone(), 1)),
            }
        }
        cases.sort();
        let overdue = all.iter().filter(|case| self.is_free(case, now)).filter_map(|case| match case.state {
            CaseState::Due(at) if at <= now => Some(at),
            _ => None,
        });
        let workers = self.hearts.iter().filter(|(_, until)| now < *until).count() as u64;
        Counts { cases, workers, oldest_due: overdue.min() }
    }
}
