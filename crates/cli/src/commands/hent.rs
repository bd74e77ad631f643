//! `skattebro hent`.

use crate::args::Hent;
use crate::commands::validate::write_json;
use crate::commands::{bad_input, failed_call};
use crate::connect::connect;
use crate::exit::Exit;
use crate::output::{complain, json, print, print_json, text};
use crate::settings::{ApiKind, Settings};
use skattebro::DirectorySink;
use skattebro::ports::Subject;
use std::sync::Arc;

/// What is written beside the documents.
const FILE: &str = "gjeldende.json";

pub(crate) async fn run(settings: &Settings, arguments: Hent) -> Exit {
    let bridge = match connect(settings, ApiKind::Skattemelding) {
        Ok(bridge) => bridge,
        Err(why) => return bad_input(&why, arguments.json),
    };
    if arguments.out.join(FILE).exists() && !arguments.erstatt {
        let dir = arguments.out.display();
        let why = format!(
            "{dir} has a return already, which may have been edited; give another --out, or --erstatt"
        );
        return bad_input(&why, arguments.json);
    }
    let subject =
        Subject { inntektsaar: arguments.party.inntektsaar, identifikator: arguments.party.identifikator };
    let sink = Arc::new(DirectorySink::new(&arguments.out));
    let call = bridge.new_call();
    let fetched =
        bridge.current_returns().gjeldende(&call, &subject, arguments.utvidet_veiledning, sink).await;
    let gjeldende = match fetched {
        Ok(gjeldende) => gjeldende,
        Err(error) => return failed_call(&error, arguments.json),
    };
    let value = json::gjeldende(&gjeldende);
    if arguments.json {
        print_json(&value);
    } else {
        print(&text::gjeldende(&gjeldende, &arguments.out));
    }
    if let Err(why) = write_json(&arguments.out, FILE, &value) {
        complain(&why);
        return Exit::Unavailable;
    }
    Exit::Ok
}
