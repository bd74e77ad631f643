//! `skattebro jobb gi-opp`.

use super::{failed, find, open, short, user};
use crate::args::jobb::GiOpp;
use crate::commands::bad_input;
use crate::exit::Exit;
use crate::output::print;
use crate::settings::Settings;
use skattebro::Cases;

pub(super) async fn run(settings: &Settings, arguments: GiOpp) -> Exit {
    let store = match open(settings).await {
        Ok(store) => store,
        Err(why) => return bad_input(&why, false),
    };
    let id = match find(&store.cases, &arguments.id, false).await {
        Ok(id) => id,
        Err(exit) => return exit,
    };
    let said = arguments.said;
    if let Err(error) = store.cases.gi_opp(&id, user(said.av), said.grunn).await {
        return failed(&error, false);
    }
    if let Err(error) = store.cases.put_to_rest(&id).await {
        return failed(&error, false);
    }
    let view = match store.cases.view(&id).await {
        Ok(view) => view,
        Err(error) => return failed(&error, false),
    };
    print(&format!(
        "Case {} is given up: nothing more is sent for it. What was sent stays as it is at Skatteetaten, and what is in doubt stays in doubt.",
        short(&id)
    ));
    if view.summary.owner.as_ref().is_some_and(|owner| !Cases::has_ended(owner)) {
        print("A process has it under way, and stops after the request that it is at.");
    }
    print(&format!("To take it up again: skattebro jobb fortsett {}", short(&id)));
    Exit::Ok
}
