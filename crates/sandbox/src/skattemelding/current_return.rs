//! `gjeldende`: the return as the service has it now, a draft or the one that was submitted last. A filing begins with it, since its id is what an
//! envelope must refer to.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::kinds::Dokumenttype;
use super::pieces::Pieces;
use super::scenario::{Base64Form, Scenario};
use super::target::Target;
use crate::problem::Problem;
use crate::world::{Shared, World};

const NAMESPACE: &str =
    "no:skatteetaten:fastsetting:formueinntekt:skattemeldingognaeringsspesifikasjon:forespoersel:response:v2";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wanted {
    #[serde(default)]
    inkluder_utvidet_veiledning: bool,
}

pub(crate) async fn gjeldende(
    State(world): State<Shared>,
    Path((inntektsaar, identifikator)): Path<(String, String)>,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let target = Target::parse(&inntektsaar, &identifikator)?;
    let Query(wanted) = wanted
        .map_err(|_| Problem::bad("SANDBOX-BANE", "inkluderUtvidetVeiledning skal være true eller false"))?;
    let scenario = world.scenarios.of(target.identifikator.as_str());
    let envelope = envelope(&world, &target, &scenario, wanted.inkluder_utvidet_veiledning)
        .ok_or_else(Target::no_such_return)?;
    Ok(envelope.respond())
}

/// The current return's id. It depends on nothing but the seed, whose return it is, the version that the
/// scenario gives, and how many were submitted, so that a client may have remembered it.
pub(crate) fn id(world: &World, target: &Target, scenario: &Scenario) -> String {
    let version = scenario.gjeldende_version;
    let version = match world.archive.submitted(target) {
        None => version.to_string(),
        Some(submitted) => format!("{version}+{}", submitted.count),
    };
    format!("SKI:755:{:08}", number(world, target, "gjeldende", &version, 100_000_000))
}

fn number(world: &World, target: &Target, what: &str, version: &str, limit: u64) -> u64 {
    let year = target.inntektsaar.to_string();
    world.ids.fixed_number(&[what, &year, target.identifikator.as_str(), version], limit)
}

/// None before the first year of the return's kind.
fn envelope(world: &World, target: &Target, scenario: &Scenario, guidance: bool) -> Option<Pieces> {
    let kind = match (target.identifikator.is_person(), scenario.selskapsmelding) {
        (true, _) => Dokumenttype::SkattemeldingPersonlig,
        (false, false) => Dokumenttype::SkattemeldingUpersonlig,
        (false, true) => Dokumenttype::SelskapsmeldingSdf,
    };
    let id = id(world, target, scenario);
    let submitted = world.archive.submitted(target);
    let mut pieces = Pieces::new(Base64Form::Unbroken);
    pieces.text(&format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <skattemeldingOgNaeringsspesifikasjonforespoerselResponse xmlns=\"{NAMESPACE}\">\
         <dokumenter><skattemeldingdokument><id>{id}</id><encoding>utf-8</encoding>\
         <content>"
    ));
    let kind = match submitted {
        None => {
            pieces.base64(draft(world, target, kind)?.as_bytes());
            format!("{}Utkast", kind.name())
        }
        Some(submitted) => {
            pieces.document(&submitted.document);
            format!("{}Fastsatt", submitted.kind.name())
        }
    };
    let guidance = if guidance { utvidet_veiledning(&id, target) } else { String::new() };
    pieces.text(&format!(
        "</content><type>{kind}</type></skattemeldingdokument>{guidance}</dokumenter>\
         <laasteFelt><laastFeltSkattemelding><forekomstidentifikator>global</forekomstidentifikator>\
         <verdi>{}</verdi><sti>inntektsaar</sti></laastFeltSkattemelding>\
         <laastFeltNaeringsspesifikasjon><sti>partsreferanse</sti>\
         <oevrigInformasjon>Partsreferansen kan ikke endres</oevrigInformasjon></laastFeltNaeringsspesifikasjon>\
         </laasteFelt></skattemeldingOgNaeringsspesifikasjonforespoerselResponse>\n",
        target.inntektsaar
    ));
    Some(pieces)
}

fn draft(world: &World, target: &Target, kind: Dokumenttype) -> Option<String> {
    let party = if kind == Dokumenttype::SkattemeldingPersonlig { "partsreferanse" } else { "partsnummer" };
    let number = 3_000_000_000 + number(world, target, "part", "0", 100_000_000);
    let (root, namespace) = (kind.root(), kind.namespace(target.inntektsaar)?);
    Some(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{namespace}\">\
         <{party}>{number}</{party}><inntektsaar>{}</inntektsaar></{root}>\n",
        target.inntektsaar
    ))
}

fn utvidet_veiledning(id: &str, target: &Target) -> String {
    let content = STANDARD.encode(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <utvidetVeiledning><inntektsaar>{}</inntektsaar>\
         <veiledning>Husk å spesifisere årets avskrivninger.</veiledning></utvidetVeiledning>\n",
        target.inntektsaar
    ));
    format!(
        "<utvidetVeiledningdokument><id>{id}:veiledning</id><encoding>utf-8</encoding>\
         <content>{content}</content></utvidetVeiledningdokument>"
    )
}
