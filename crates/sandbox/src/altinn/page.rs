//! The page on which a person confirms, and the auditor after them. Plain HTML that works without scripts;
//! nobody signs in to it.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use bytes::Bytes;
use quick_xml::escape::escape;
use serde::Deserialize;

use super::caller::Caller;
use super::data::put_in;
use super::element::{DataType, Element, File};
use super::instance::{Instance, Task};
use super::process;
use super::refusal::Refusal;
use super::scenario::AltinnScenario;
use super::store::InstansId;
use super::{APP_ID, PAGE};
use crate::effects::{Delivery, Visit};
use crate::spool::Spooled;
use crate::world::Shared;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address {
    #[serde(default)]
    app_id: String,
    #[serde(default)]
    instans_id: String,
}

pub(super) async fn show(State(world): State<Shared>, Query(address): Query<Address>) -> Response {
    let now = world.clock.now();
    let page = address.instance().and_then(|id| {
        world.altinn.with(&id, |instance| Ok(written(instance, instance.ended(now).is_some())))
    });
    match page {
        Ok(page) => Html(page).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

pub(super) async fn confirm(State(world): State<Shared>, Query(address): Query<Address>) -> Response {
    let confirmed = match address.instance() {
        Ok(id) => process::confirm(&world, &visit(&world), &id).await,
        Err(refusal) => Err(refusal),
    };
    address.after(confirmed)
}

pub(super) async fn confirm_as_auditor(
    State(world): State<Shared>,
    Query(address): Query<Address>,
) -> Response {
    let confirmed = match address.instance() {
        Ok(id) => as_auditor(&world, &visit(&world), &id).await,
        Err(refusal) => Err(refusal),
    };
    address.after(confirmed)
}

/// The auditor's system puts a confirmation in and moves the process on.
async fn as_auditor(world: &Shared, visit: &Visit, id: &InstansId) -> Result<(), Refusal> {
    let now = world.clock.now();
    world.altinn.with(id, |instance| {
        instance.open_for(DataType::RevisorBekreftelse, &Caller::Unknown)?;
        if instance.of_kind(DataType::RevisorBekreftelse).next().is_some() {
            return Ok(());
        }
        let file = File {
            name: "revisor-bekreftelse.xml".to_owned(),
            media_type: "text/xml".to_owned(),
            content: Spooled::Memory(Bytes::from_static(b"<revisorbekreftelse/>")),
        };
        let scanned = AltinnScenario::default().scanned_after(std::time::Duration::ZERO);
        let kind = DataType::RevisorBekreftelse;
        let element = Element::new(world.ids.next_uuid("data"), kind, file, now, &scanned);
        let what = put_in(kind, instance.id.to_string(), &element);
        world.effects.add(now, visit, &instance.owner, instance.inntektsaar(), what);
        instance.elements.push(element);
        Ok(())
    })?;
    process::advance(world, visit, id, &Caller::Unknown, Some(Task::Revisor)).await.map(drop)
}

impl Address {
    fn instance(&self) -> Result<InstansId, Refusal> {
        if self.app_id != APP_ID {
            return Err(Refusal::bad(format!("appId skal være {APP_ID}")));
        }
        InstansId::parse_text(&self.instans_id).ok_or_else(Refusal::no_such_instance)
    }

    /// Back to the page, which shows where the process is now.
    fn after(&self, confirmed: Result<(), Refusal>) -> Response {
        match confirmed {
            // Only ids of the right form get here.
            Ok(()) => Redirect::to(&link("", &self.instans_id)).into_response(),
            Err(refusal) => refused(&refusal),
        }
    }
}

/// What is noted of what a person does on the page.
pub(crate) fn visit(world: &Shared) -> Visit {
    let arrived = world.clock.now();
    Visit { route: "altinn-side", korrelasjonsid: None, delivery: Delivery::Normal, arrived }
}

fn link(action: &str, instans_id: &str) -> String {
    format!("{PAGE}{action}?appId={APP_ID}&instansId={instans_id}")
}

fn written(instance: &Instance, ended: bool) -> String {
    let id = instance.id.to_string();
    let button = |action: &str, id_of_button: &str, text: &str| {
        let action = link(action, &id);
        format!(
            "<form method=\"post\" action=\"{}\"><button type=\"submit\" id=\"{id_of_button}\">{text}</button></form>",
            escape(&action)
        )
    };
    let (state, form) = match instance.process.task {
        _ if ended => ("Avsluttet. Kvitteringen ligger i Altinn.", String::new()),
        Task::Data => ("Skattemeldingen er ikke klar til å bekreftes ennå.", String::new()),
        Task::Confirmation => {
            ("Skattemeldingen er klar til å bekreftes.", button("/bekreft", "bekreft", "Bekreft og send inn"))
        }
        Task::Revisor => (
            "Skattemeldingen er bekreftet av skattyteren og venter på revisor.",
            button("/bekreft-revisor", "bekreft-revisor", "Bekreft som revisor"),
        ),
        Task::Feedback => ("Sendt inn. Kvitteringen er ikke klar ennå.", String::new()),
    };
    let year = instance.inntektsaar().map_or("ikke satt".to_owned(), |year| year.to_string());
    document(
        "Skattemelding",
        &format!(
            "<dl><dt>Skattyter</dt><dd id=\"part\">{}</dd><dt>Inntektsår</dt><dd id=\"inntektsaar\">{year}</dd>\
             <dt>Status</dt><dd id=\"status\" role=\"status\">{state}</dd></dl>{form}",
            instance.owner
        ),
    )
}

fn refused(refusal: &Refusal) -> Response {
    let status = refusal.status;
    let text = format!("<p role=\"alert\">{}</p>", escape(refusal.told()));
    let status = if status.is_success() { StatusCode::INTERNAL_SERVER_ERROR } else { status };
    (status, Html(document("Det gikk ikke", &text))).into_response()
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"nb\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} – sandkasse</title></head>\n<body><main><h1>{title}</h1>{body}\
         <p>Dette er en sandkasse. Ingenting sendes til Skatteetaten.</p></main></body></html>\n"
    )
}
