//! Moving a process on.
//!
//! The last step submits: it needs to know what the envelope says, which is read before the instance is
//! locked. Everything else is decided again with the lock held.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::call::Call;
use super::caller::Caller;
use super::element::{DataType, Envelope, Scan};
use super::instance::{Instance, Task};
use super::refusal::{Issue, Refusal};
use super::store::InstansId;
use super::submit;
use super::told::Teller;
use crate::effects::{Visit, What};
use crate::world::Shared;

pub(super) async fn next(State(world): State<Shared>, call: Call) -> Result<Json<Value>, Refusal> {
    advance(&world, &call.visit, &call.instance_id()?, &call.caller, None).await.map(Json)
}

/// The person confirms, on whatever page.
///
/// # Errors
/// If there is nothing to be confirmed.
pub(crate) async fn confirm(world: &Shared, visit: &Visit, id: &InstansId) -> Result<(), Refusal> {
    advance(world, visit, id, &Caller::Unknown, Some(Task::Confirmation)).await.map(drop)
}

/// Moves a process one step on, from the task `only_from` if one is given; tells where it is then.
pub(super) async fn advance(
    world: &Shared,
    visit: &Visit,
    id: &InstansId,
    caller: &Caller,
    only_from: Option<Task>,
) -> Result<Value, Refusal> {
    loop {
        let now = world.clock.now();
        let moved = world.altinn.with(id, |instance| {
            instance.admit(caller)?;
            let step = step(instance, caller, only_from, now)?;
            if let Step::Submit(envelope) = &step
                && envelope.known().is_none()
            {
                return Ok(Err(envelope.clone()));
            }
            take(world, visit, instance, caller, &step, now);
            Ok(Ok(Teller { clock: &world.clock, now }.process(instance)))
        })?;
        match moved {
            Ok(process) => return Ok(process),
            // Whatever is wrong with it is told in the receipt.
            Err(unread) => drop(unread.konvolutt(world).await),
        }
    }
}

/// Where a process goes.
enum Step {
    To(Task),
    /// To the feedback, with this envelope.
    Submit(Envelope),
}

/// The step that comes next.
///
/// # Errors
/// If it cannot be taken, now or by this caller.
fn step(
    instance: &Instance,
    caller: &Caller,
    only_from: Option<Task>,
    now: Duration,
) -> Result<Step, Refusal> {
    let task = instance.process.task;
    if only_from.is_some_and(|only_from| only_from != task) {
        return Err(Refusal::conflict(format!("Prosessen er i {}", task.element_id())));
    }
    let issues = match task {
        Task::Data => incomplete(instance, now),
        Task::Confirmation => Vec::new(),
        Task::Revisor => {
            instance.admit_auditor(caller)?;
            unconfirmed(instance, now)
        }
        Task::Feedback => {
            return Err(Refusal::conflict("Prosessen går videre av seg selv eller er avsluttet"));
        }
    };
    if !issues.is_empty() {
        let title = format!("Valideringen av oppgaven {} feilet", task.element_id());
        return Err(Refusal::conflict(title).with_issues(issues));
    }
    match task {
        Task::Data => Ok(Step::To(Task::Confirmation)),
        Task::Confirmation if instance.revisor => Ok(Step::To(Task::Revisor)),
        _ => {
            let envelope = instance.of_kind(DataType::Konvolutt).next();
            envelope
                .map(|envelope| Step::Submit(envelope.envelope()))
                .ok_or_else(|| Refusal::conflict("Instansen har ingen konvolutt"))
        }
    }
}

/// What keeps an instance from being confirmed.
fn incomplete(instance: &Instance, now: Duration) -> Vec<Issue> {
    let mut issues = Vec::new();
    if instance.inntektsaar().is_none() {
        issues.push(Issue::new("SANDBOX-INNTEKTSAAR", "Metadata sier ikke hvilket inntektsår det gjelder"));
    }
    issues.extend(match instance.of_kind(DataType::Konvolutt).count() {
        0 => Some(Issue::new("TooFewDataElementsOfType", "Instansen har ingen konvolutt")),
        1 => None,
        _ => Some(Issue::new("TooManyDataElementsOfType", "Instansen har mer enn én konvolutt")),
    });
    issues.extend(unscanned(instance, now));
    issues
}

/// What keeps the auditor's confirmation from counting.
fn unconfirmed(instance: &Instance, now: Duration) -> Vec<Issue> {
    let missing = instance.of_kind(DataType::RevisorBekreftelse).next().is_none();
    let missing =
        missing.then(|| Issue::new("TooFewDataElementsOfType", "Instansen har ingen revisor-bekreftelse"));
    missing.into_iter().chain(unscanned(instance, now)).collect()
}

fn unscanned(instance: &Instance, now: Duration) -> impl Iterator<Item = Issue> {
    instance.elements.iter().filter_map(move |element| {
        let (code, why) = match element.scan(now) {
            Scan::Clean => return None,
            Scan::Pending => ("DataElementFileScanPending", "Virusskanningen er ikke ferdig"),
            Scan::Infected => ("DataElementFileInfected", "Filen er infisert"),
        };
        Some(Issue::new(code, why).about(element.id))
    })
}

fn take(world: &Shared, visit: &Visit, instance: &mut Instance, caller: &Caller, step: &Step, now: Duration) {
    let from = instance.process.task;
    let to = match step {
        Step::To(task) => *task,
        Step::Submit(_) => Task::Feedback,
    };
    if from == Task::Revisor {
        instance.changed_by = "revisor";
    } else {
        instance.changed_by = caller.kind();
        instance.process.person |= !caller.is_machine();
    }
    if from == Task::Confirmation {
        instance.process.confirmed_by = caller.number().cloned();
    }
    instance.changed = now;
    instance.process.task = to;
    instance.process.entered = now;
    let (instans_id, year) = (instance.id.to_string(), instance.inntektsaar());
    let effect = |what| world.effects.add(now, visit, &instance.owner, year, what);
    effect(What::ProsessFlyttet {
        instans_id: instans_id.clone(),
        from: from.element_id().to_owned(),
        to: to.element_id().to_owned(),
        by: instance.changed_by.to_owned(),
    });
    if let Step::Submit(envelope) = step {
        effect(What::Innsendt { instans_id });
        let submitted = submit::submit(world, instance, envelope, now);
        instance.process.submitted = Some(submitted);
    }
}
