//! An instance: whose, of which year, what lies in it, how far its process is.

use std::time::Duration;

use uuid::Uuid;

use super::caller::Caller;
use super::element::{DataType, Element, Envelope, Scan};
use super::refusal::Refusal;
use super::store::InstansId;
use crate::identifikator::Identifikator;
use crate::skattemelding::envelope_out::Verdict;

pub(crate) struct Instance {
    /// Counts from 0, over all parties.
    pub(super) nr: u64,
    pub(super) id: InstansId,
    pub(crate) owner: Identifikator,
    pub(super) created: Duration,
    pub(super) changed: Duration,
    /// What the last change came from.
    pub(super) changed_by: &'static str,
    pub(super) metadata_id: Uuid,
    pub(super) metadata: Metadata,
    /// Whether an auditor must confirm: as the creation said, whatever the metadata came to say.
    pub(super) revisor: bool,
    pub(super) elements: Vec<Element>,
    pub(super) process: Process,
}

/// The content of the metadata element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    /// 0 until it is set.
    pub(super) inntektsaar: u16,
    pub(super) skal_bekreftes_av_revisor: bool,
}

pub(super) struct Process {
    pub(super) task: Task,
    /// When it came there.
    pub(super) entered: Duration,
    /// Whether a person took one of the taxpayer's two steps.
    pub(super) person: bool,
    /// Who confirmed for the taxpayer.
    pub(super) confirmed_by: Option<Identifikator>,
    pub(super) submitted: Option<Submitted>,
}

/// A submission and its receipt.
pub(super) struct Submitted {
    pub(super) receipt_id: Uuid,
    /// When the receipt lies in the instance.
    pub(super) receipt: Duration,
    /// When the process ends.
    pub(super) ended: Duration,
    pub(super) verdict: Verdict,
}

/// Where a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Data,
    Confirmation,
    Revisor,
    /// Submitted. The process then ends by itself.
    Feedback,
}

impl Task {
    pub(crate) fn element_id(self) -> &'static str {
        match self {
            Task::Data => "Task_1",
            Task::Confirmation => "Task_2",
            Task::Revisor => "Task_2Revisor",
            Task::Feedback => "Task_3",
        }
    }

    pub(super) fn altinn_task_type(self) -> &'static str {
        match self {
            Task::Data => "data",
            Task::Confirmation | Task::Revisor => "confirmation",
            Task::Feedback => "feedback",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Task::Data => "Utfylling",
            Task::Confirmation => "Bekreftelse",
            Task::Revisor => "Bekreftelse fra revisor",
            Task::Feedback => "Tilbakemelding",
        }
    }
}

impl Instance {
    /// Whether this caller may see it and work on it. While it waits for the auditor it is open to all
    /// that have a token, since who the auditor is is nobody's secret but not known here.
    pub(super) fn admit(&self, caller: &Caller) -> Result<(), Refusal> {
        if caller.may_act_for(&self.owner) || self.process.task == Task::Revisor {
            return Ok(());
        }
        Err(Refusal::forbidden())
    }

    /// Whether this caller may act as the auditor: not the taxpayer, nor who confirmed for them.
    pub(super) fn admit_auditor(&self, caller: &Caller) -> Result<(), Refusal> {
        let taxpayer = caller.number().is_some_and(|number| {
            *number == self.owner || self.process.confirmed_by.as_ref() == Some(number)
        });
        if taxpayer {
            let status = axum::http::StatusCode::FORBIDDEN;
            return Err(Refusal::new(status, "Skattyteren kan ikke bekrefte som revisor"));
        }
        Ok(())
    }

    /// Whether elements of this kind may be put in, changed and taken out now, by this caller.
    pub(super) fn open_for(&self, kind: DataType, caller: &Caller) -> Result<(), Refusal> {
        let task = if kind.is_auditors() { Task::Revisor } else { Task::Data };
        if self.process.task != task {
            return Err(Refusal::conflict(format!(
                "{} kan bare endres i {}, prosessen er i {}",
                kind.name(),
                task.element_id(),
                self.process.task.element_id()
            )));
        }
        if kind.is_auditors() { self.admit_auditor(caller) } else { Ok(()) }
    }

    pub(super) fn of_kind(&self, kind: DataType) -> impl Iterator<Item = &Element> {
        self.elements.iter().filter(move |element| element.kind == kind)
    }

    /// The one envelope, once it is scanned.
    ///
    /// # Errors
    /// With why there is none to be had.
    pub(crate) fn scanned_envelope(&self, now: Duration) -> Result<Envelope, &'static str> {
        let mut envelopes = self.of_kind(DataType::Konvolutt);
        let (Some(element), None) = (envelopes.next(), envelopes.next()) else {
            return Err("Instansen skal ha nøyaktig én konvolutt");
        };
        match element.scan(now) {
            Scan::Clean => Ok(element.envelope()),
            Scan::Pending => Err("Virusskanningen av konvolutten er ikke ferdig"),
            Scan::Infected => Err("Konvolutten er infisert"),
        }
    }

    pub(super) fn place_of(&self, id: Uuid) -> Result<usize, Refusal> {
        let place = self.elements.iter().position(|element| element.id == id);
        place.ok_or_else(Refusal::no_such_element)
    }

    /// The submission, once its receipt is there.
    pub(super) fn receipt(&self, now: Duration) -> Option<&Submitted> {
        self.process.submitted.as_ref().filter(|submitted| submitted.receipt <= now)
    }

    /// When the process ended, if it has.
    pub(super) fn ended(&self, now: Duration) -> Option<Duration> {
        self.process.submitted.as_ref().map(|submitted| submitted.ended).filter(|ended| *ended <= now)
    }

    /// The income year, once it is set.
    pub(crate) fn inntektsaar(&self) -> Option<u16> {
        Some(self.metadata.inntektsaar).filter(|year| *year != 0)
    }

    pub(super) fn touch(&mut self, caller: &Caller, now: Duration) {
        self.changed = now;
        self.changed_by = caller.kind();
    }
}
