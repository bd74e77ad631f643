//! The records of a filing.

mod content;

pub(crate) use content::{Content, Input, read_content, write_content};
pub(super) use content::{input, polling, read_fields, write_fields, write_input, write_polling};

use super::flow::{failure, write_failure};
use super::json::{Fields, Object, Read, Wrong, flag, number, object, owned, parsed, text};
use super::{Said, Unreadable, payload, read, record, write_said};
use skattebro_domain::filing::{Act, Ask, Fact, Plan};
use skattebro_domain::{Dokumentreferanse, JobbTilstand};
use skattebro_ports::journal::Payload;

pub(crate) fn write_ask(ask: &Ask, said: Option<&Said>) -> Payload {
    let ask = match ask {
        Ask::Validate(plan) => record("ask", "validate").with("plan", write_plan(plan)),
        Ask::Cancel => record("ask", "cancel"),
        Ask::Fortsett => record("ask", "fortsett"),
        Ask::Restored { since } => record("ask", "restored").with("since", since.to_string()),
    };
    payload(ask.maybe("said", said.map(write_said)))
}

pub(crate) fn read_ask(ask: &Payload) -> Result<Ask, Unreadable> {
    read(ask, "an ask of a filing", |record| {
        Ok(match record.get("ask", text)? {
            "validate" => Ask::Validate(record.get("plan", object(plan))?),
            "cancel" => Ask::Cancel,
            "fortsett" => Ask::Fortsett,
            "restored" => Ask::Restored { since: record.get("since", parsed)? },
            _ => return Err(Wrong::unknown("ask")),
        })
    })
}

pub(crate) fn write_act(act: &Act) -> Payload {
    payload(act_record(act))
}

pub(super) fn act_record(act: &Act) -> Object {
    match act {
        Act::Upload => record("act", "upload"),
        Act::Start { referanse, gjeldende } => record("act", "start")
            .maybe("referanse", referanse.as_ref().map(|referanse| referanse.as_str()))
            .with("gjeldende", write_gjeldende(gjeldende)),
    }
}

pub(crate) fn read_act(act: &Payload) -> Result<Act, Unreadable> {
    read(act, "an act of a filing", read_act_record)
}

pub(super) fn read_act_record(record: Fields<'_>) -> Read<Act> {
    Ok(match record.get("act", text)? {
        "upload" => Act::Upload,
        "start" => Act::Start {
            referanse: record.maybe("referanse", parsed)?,
            gjeldende: record.get("gjeldende", object(gjeldende))?,
        },
        _ => return Err(Wrong::unknown("act")),
    })
}

pub(crate) fn write_fact(fact: &Fact) -> Payload {
    payload(fact_record(fact))
}

pub(super) fn fact_record(fact: &Fact) -> Object {
    match fact {
        Fact::Gjeldende(gjeldende) => {
            record("fact", "gjeldende").with("gjeldende", write_gjeldende(gjeldende))
        }
        Fact::GjeldendeUnusable(why) => record("fact", "gjeldende-unusable").with("why", why.as_str()),
        Fact::Uploaded(referanse) => record("fact", "uploaded").with("referanse", referanse.as_str()),
        Fact::Started(jobb, status) => record("fact", "started")
            .with("jobbId", jobb.as_str())
            // As the service wrote it, here and below: one that nobody has seen yet is understood when the program has learned it.
            .with("jobbStatus", status.as_str()),
        Fact::Status(jobb, tilstand) => {
            record("fact", "status").with("jobbId", jobb.as_str()).with("tilstand", write_tilstand(tilstand))
        }
        Fact::NoResult(jobb) => record("fact", "no-result").with("jobbId", jobb.as_str()),
        Fact::Resultat(jobb, resultat) => record("fact", "resultat")
            .with("jobbId", jobb.as_str())
            .with("resultatAvValidering", resultat.as_str()),
        Fact::Failed(failure) => record("fact", "failed").with("failure", write_failure(failure)),
        Fact::LookFailed(failure) => record("fact", "look-failed").with("failure", write_failure(failure)),
    }
}

pub(crate) fn read_fact(fact: &Payload) -> Result<Fact, Unreadable> {
    read(fact, "a fact about a filing", read_fact_record)
}

pub(super) fn read_fact_record(record: Fields<'_>) -> Read<Fact> {
    let jobb = || record.get("jobbId", parsed);
    Ok(match record.get("fact", text)? {
        "gjeldende" => Fact::Gjeldende(record.get("gjeldende", object(gjeldende))?),
        "gjeldende-unusable" => Fact::GjeldendeUnusable(record.get("why", owned)?),
        "uploaded" => Fact::Uploaded(record.get("referanse", parsed)?),
        "started" => Fact::Started(jobb()?, record.get("jobbStatus", parsed)?),
        "status" => Fact::Status(jobb()?, record.get("tilstand", object(tilstand))?),
        "no-result" => Fact::NoResult(jobb()?),
        "resultat" => Fact::Resultat(jobb()?, record.get("resultatAvValidering", parsed)?),
        "failed" => Fact::Failed(record.get("failure", object(failure))?),
        "look-failed" => Fact::LookFailed(record.get("failure", object(failure))?),
        _ => return Err(Wrong::unknown("fact")),
    })
}

fn write_plan(plan: &Plan) -> Object {
    let Plan { referanse, can_upload, gjeldende } = plan;
    Object::new()
        .maybe("referanse", referanse.as_ref().map(|referanse| referanse.as_str()))
        .with("canUpload", *can_upload)
        .maybe("gjeldende", gjeldende.as_ref().map(write_gjeldende))
}

fn plan(fields: Fields<'_>) -> Read<Plan> {
    Ok(Plan {
        referanse: fields.maybe("referanse", parsed)?,
        can_upload: fields.get("canUpload", flag)?,
        gjeldende: fields.maybe("gjeldende", object(gjeldende))?,
    })
}

pub(super) fn write_gjeldende(gjeldende: &Dokumentreferanse) -> Object {
    let Dokumentreferanse { dokumenttype, dokumentidentifikator } = gjeldende;
    Object::new()
        .with("dokumenttype", dokumenttype.as_str())
        .with("dokumentidentifikator", dokumentidentifikator.as_str())
}

pub(super) fn gjeldende(fields: Fields<'_>) -> Read<Dokumentreferanse> {
    Ok(Dokumentreferanse {
        dokumenttype: fields.get("dokumenttype", parsed)?,
        dokumentidentifikator: fields.get("dokumentidentifikator", parsed)?,
    })
}

fn write_tilstand(tilstand: &JobbTilstand) -> Object {
    let JobbTilstand { jobb_status, forrige_status, sekunder_siden_opprettelse, sekunder_siden_endring } =
        tilstand;
    Object::new()
        .with("jobbStatus", jobb_status.as_str())
        .maybe("forrigeStatus", forrige_status.as_ref().map(|status| status.as_str()))
        .maybe("sekunderSidenOpprettelse", *sekunder_siden_opprettelse)
        .maybe("sekunderSidenEndring", *sekunder_siden_endring)
}

fn tilstand(fields: Fields<'_>) -> Read<JobbTilstand> {
    Ok(JobbTilstand {
        jobb_status: fields.get("jobbStatus", parsed)?,
        forrige_status: fields.maybe("forrigeStatus", parsed)?,
        sekunder_siden_opprettelse: fields.maybe("sekunderSidenOpprettelse", number)?,
        sekunder_siden_endring: fields.maybe("sekunderSidenEndring", number)?,
    })
}
