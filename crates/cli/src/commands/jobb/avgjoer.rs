//! `skattebro jobb avgjoer`.

use super::{fail, failed, find, open, short, show, user};
use crate::args::jobb::Avgjoer;
use crate::commands::bad_input;
use crate::exit::Exit;
use crate::output::print;
use crate::settings::Settings;
use skattebro::domain::krav::Ability;
use skattebro::domain::krav::machine::{Krav, Operation, OperationEnd, Settlement, What};
use skattebro::ports::journal::CaseId;
use skattebro::{CaseFlow, CaseView, Cases};

pub(super) async fn run(settings: &Settings, arguments: Avgjoer) -> Exit {
    let store = match open(settings).await {
        Ok(store) => store,
        Err(why) => return bad_input(&why, false),
    };
    settle(&store.cases, arguments).await.unwrap_or_else(|exit| exit)
}

async fn settle(cases: &Cases, arguments: Avgjoer) -> Result<Exit, Exit> {
    let id = find(cases, &arguments.id, false).await?;
    let settlement = match &view(cases, &id).await?.flow {
        CaseFlow::Krav(krav) => settlement(krav, &arguments),
        CaseFlow::Filing(_) => {
            Err("this is a filing: nothing of it is unproven, since a validation changes nothing that counts"
                .to_owned())
        }
        CaseFlow::Innsending(_) => {
            Err("this is a submission: where it stands is read from Altinn, and need not be told".to_owned())
        }
    };
    let settlement = settlement.map_err(|why| fail(&why, Exit::BadInput, false))?;
    let operation = settlement.operation;
    let said = arguments.said;
    let settled = cases.avgjoer(&id, settlement, user(said.av), said.grunn).await;
    settled.map_err(|error| failed(&error, false))?;
    cases.put_to_rest(&id).await.map_err(|error| failed(&error, false))?;
    let view = view(cases, &id).await?;
    let CaseFlow::Krav(krav) = &view.flow else { return Ok(Exit::Ok) };
    let settled = krav.operations().get(operation).map(show::operation).unwrap_or_default();
    print(&format!(
        "Written down: {settled} of case {}, which stands at {}.",
        short(&id),
        krav.standing().as_str()
    ));
    print(&what_next(&view, krav));
    Ok(Exit::Ok)
}

async fn view(cases: &Cases, id: &CaseId) -> Result<CaseView, Exit> {
    cases.view(id).await.map_err(|error| failed(&error, false))
}

/// What the person says, as the case understands it.
fn settlement(krav: &Krav, arguments: &Avgjoer) -> Result<Settlement, String> {
    let operation = which(krav, arguments.operasjon)?;
    let what = krav.operations().get(operation).map(Operation::what);
    let is_creation = matches!(what, Some(What::Opprett(_)));
    let of_creation = arguments.opprettet.is_some() || arguments.ikke_opprettet;
    if is_creation != of_creation {
        let name = krav.operations().get(operation).map(show::operation).unwrap_or_default();
        let flags =
            if is_creation { "--opprettet or --ikke-opprettet" } else { "--utfoert or --ikke-utfoert" };
        return Err(format!("operation {} is {name}: say {flags}", operation + 1));
    }
    let kravidentifikator = arguments.opprettet.clone().flatten();
    let has_own_address =
        krav.oppdragsgivers_kravidentifikator().is_some() && krav.capabilities().own_id == Ability::Yes;
    if arguments.opprettet.is_some() && kravidentifikator.is_none() && !has_own_address {
        return Err("it can only be gone on with by its kravidentifikator: give that of Skatteetaten, --opprettet KRAVIDENTIFIKATOR".to_owned());
    }
    Ok(Settlement {
        operation,
        happened: arguments.opprettet.is_some() || arguments.utfoert,
        kravidentifikator,
    })
}

/// Which operation is meant: the one that was named, or the only one that is unproven.
fn which(krav: &Krav, named: Option<usize>) -> Result<usize, String> {
    let is_unproven = |operation: &Operation| operation.end().is_some_and(OperationEnd::is_unproven);
    let unproven: Vec<_> =
        krav.operations().iter().enumerate().filter(|(_, operation)| is_unproven(operation)).collect();
    let listed = || {
        let one = |(index, operation): &(usize, &Operation)| {
            format!("\n  {}  {}", index + 1, show::operation(operation))
        };
        unproven.iter().map(one).collect::<String>()
    };
    match (named, &unproven[..]) {
        (_, []) => Err("nothing of this krav is unproven, so there is nothing to decide; «skattebro jobb vis» tells where it stands".to_owned()),
        (Some(named), _) => match unproven.iter().find(|(index, _)| index + 1 == named) {
            Some((index, _)) => Ok(*index),
            None => Err(format!("operation {named} is not unproven; these are:{}", listed())),
        },
        (None, [(index, _)]) => Ok(*index),
        (None, _) => Err(format!("several operations are unproven; say which with --operasjon:{}", listed())),
    }
}

fn what_next(view: &CaseView, krav: &Krav) -> String {
    let id = short(&view.summary.id);
    let unproven =
        krav.operations().iter().filter(|operation| operation.end().is_some_and(OperationEnd::is_unproven));
    let rest = unproven.count();
    let still = match rest {
        0 => String::new(),
        1 => " One more operation of it is unproven.".to_owned(),
        rest => format!(" {rest} more operations of it are unproven."),
    };
    let not_done = krav
        .operations()
        .iter()
        .any(|operation| matches!(operation.end(), Some(OperationEnd::NotDone { .. })));
    match show::has_ended(view) {
        false => format!(
            "It goes on from here: with a worker (skattebro kjoer), or with «skattebro jobb fortsett {id}».{still}"
        ),
        true if not_done => format!(
            "Nothing is sent by itself now. To do what was not done: «skattebro jobb fortsett {id}». To leave it: «skattebro jobb gi-opp {id}».{still}"
        ),
        true => format!("Nothing is left to do for it.{still}"),
    }
}
