//! An instance as the sandbox knows it to be: what a test compares with what the client believes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::instance::Instance;

/// An instance, and what lies in it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InstansSeen {
    /// `partyId/guid`.
    pub id: String,
    /// Whose; personal numbers are masked.
    pub eier: String,
    /// The income year of its metadata; 0 until it is set.
    pub inntektsaar: u16,
    /// Whether an auditor must confirm.
    pub skal_bekreftes_av_revisor: bool,
    /// Where its process is: `Task_1`, `Task_2`, `Task_2Revisor`, `Task_3`; None once that has ended.
    pub task: Option<String>,
    /// What was put in, oldest first.
    pub elements: Vec<ElementSeen>,
    /// How many times it was submitted.
    pub submissions: u32,
    /// Why its receipt says `validertMedFeil`, known from the submission on; empty for `validertOK` too.
    pub aarsaker: Vec<String>,
}

/// Something that was put into an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ElementSeen {
    /// Its id.
    pub id: String,
    /// Its `dataType`.
    pub data_type: String,
    /// Its file's name.
    pub filename: String,
    /// In bytes.
    pub size: u64,
    /// What the virus scan says of it.
    pub scan: String,
}

impl InstansSeen {
    pub(super) fn of(instance: &Instance, now: Duration) -> Self {
        let elements = instance.elements.iter().map(|element| ElementSeen {
            id: element.id.to_string(),
            data_type: element.kind.name().to_owned(),
            filename: element.file.name.clone(),
            size: element.file.content.len(),
            scan: element.scan(now).name().to_owned(),
        });
        let submitted = instance.process.submitted.as_ref();
        InstansSeen {
            id: instance.id.to_string(),
            eier: instance.owner.to_string(),
            inntektsaar: instance.metadata.inntektsaar,
            skal_bekreftes_av_revisor: instance.revisor,
            task: match instance.ended(now) {
                None => Some(instance.process.task.element_id().to_owned()),
                Some(_) => None,
            },
            elements: elements.collect(),
            submissions: u32::from(submitted.is_some()),
            aarsaker: submitted.map(|submitted| submitted.verdict.aarsaker()).unwrap_or_default(),
        }
    }
}
