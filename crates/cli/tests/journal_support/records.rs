//! What a journal says, read by the test itself.

use super::place::Place;
use skattebro::ports::Journal;
use skattebro::ports::journal::{CaseSummary, Entry, Filter};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All that is written down.
#[derive(Debug, Default)]
pub struct Written {
    /// The cases, in the order of their opening.
    pub cases: Vec<CaseSummary>,
    /// Whether each intent has an answer, by its korrelasjonsid.
    pub intents: BTreeMap<String, bool>,
}

impl Written {
    /// Of the store at that place.
    pub async fn at(place: &Place) -> Self {
        Self::of(&place.open().await).await
    }

    /// Of a journal.
    pub async fn of(journal: &Arc<dyn Journal>) -> Self {
        let mut written = Self::default();
        loop {
            let after = written.cases.last().map(|case| case.id.clone());
            let page = journal.list(Filter { after, ..Filter::all(500) }).await.unwrap();
            for summary in &page {
                let case = journal.read(&summary.id).await.unwrap().unwrap();
                for (record, n) in case.records.iter().zip(1..) {
                    if matches!(record.entry, Entry::Intent { .. }) {
                        let answered = case
                            .records
                            .iter()
                            .any(|other| matches!(other.entry, Entry::Answer(of) if of.0 == n));
                        let id = record.korrelasjonsid.as_ref().unwrap().to_string();
                        assert!(
                            written.intents.insert(id, answered).is_none(),
                            "two intents with one korrelasjonsid"
                        );
                    }
                }
            }
            let is_last = page.is_empty();
            written.cases.extend(page);
            if is_last {
                return written;
            }
        }
    }

    /// The intents that nobody knows the answer of.
    pub fn in_doubt(&self) -> BTreeSet<String> {
        self.intents.iter().filter(|(_, answered)| !**answered).map(|(id, _)| id.clone()).collect()
    }
}
