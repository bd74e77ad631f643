//! The records of a krav.

mod answers;
mod oppdrag;
mod rules;

use super::flow::{failure, write_failure};
use super::json::{
    Fields, Object, Read as Reading, Wrong, flag, number, object, objects, owned, parsed, text,
};
use super::values::count;
use super::{Said, Unreadable, payload, read, record, write_said};
use skattebro_domain::krav::machine::{Act, Ask, Fact, Krav, KravRules, Read, Settlement, What};
use skattebro_domain::krav::{Edition, KravId};
use skattebro_ports::journal::Payload;
use std::sync::Arc;

/// What is fixed when the case of a krav is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) edition: Edition,
    /// Of a krav that was created before.
    pub(crate) existing: Option<KravId>,
    pub(crate) rules: KravRules,
    pub(crate) oppdragsgiver: Option<String>,
}

pub(crate) fn write_content(content: &Content) -> Payload {
    let Content { edition, existing, rules, oppdragsgiver } = content;
    payload(
        record("content", "krav")
            .with("edition", edition.as_str())
            .maybe("existing", existing.as_ref().map(write_id))
            .with("rules", rules::write(rules))
            .maybe("oppdragsgiver", oppdragsgiver.as_deref()),
    )
}

pub(crate) fn read_content(content: &Payload) -> Result<Content, Unreadable> {
    read(content, "the content of a krav's case", |record| match record.get("content", text)? {
        "krav" => Ok(Content {
            edition: record.get("edition", parsed)?,
            existing: record.maybe("existing", object(id))?,
            rules: record.get("rules", object(rules::read))?,
            oppdragsgiver: record.maybe("oppdragsgiver", owned)?,
        }),
        _ => Err(Wrong::unknown("content")),
    })
}

/// The edition is written beside a krav for whoever reads the record by itself; reading does not need it.
pub(crate) fn write_ask(ask: &Ask, edition: Edition, said: Option<&Said>) -> Payload {
    let ask = match ask {
        Ask::Opprett(krav) => {
            record("ask", "opprett").with("edition", edition.as_str()).with("krav", oppdrag::write(krav))
        }
        Ask::Endre(endring) => record("ask", "endre").with("endring", oppdrag::write_endring(endring)),
        Ask::Avskriv => record("ask", "avskriv"),
        Ask::Stop => record("ask", "stop"),
        Ask::Fortsett { follow } => record("ask", "fortsett").with("follow", *follow),
        Ask::Avgjoer(Settlement { operation, happened, kravidentifikator }) => record("ask", "avgjoer")
            .with("operation", count(*operation))
            .with("happened", *happened)
            .maybe("kravidentifikator", kravidentifikator.as_ref().map(|id| id.as_str())),
        Ask::Restored { since } => record("ask", "restored").with("since", since.to_string()),
    };
    payload(ask.maybe("said", said.map(write_said)))
}

pub(crate) fn read_ask(ask: &Payload) -> Result<Ask, Unreadable> {
    read(ask, "an ask of a krav", |record| {
        Ok(match record.get("ask", text)? {
            "opprett" => Ask::Opprett(Arc::new(record.get("krav", object(oppdrag::read))?)),
            "endre" => Ask::Endre(record.get("endring", object(oppdrag::endring))?),
            "avskriv" => Ask::Avskriv,
            "stop" => Ask::Stop,
            "fortsett" => Ask::Fortsett { follow: record.get("follow", flag)? },
            "avgjoer" => Ask::Avgjoer(Settlement {
                operation: record.get("operation", number)?,
                happened: record.get("happened", flag)?,
                kravidentifikator: record.maybe("kravidentifikator", parsed)?,
            }),
            "restored" => Ask::Restored { since: record.get("since", parsed)? },
            _ => return Err(Wrong::unknown("ask")),
        })
    })
}

/// A creation is written without its krav, which its ask holds: thousands of krav are not written twice.
pub(crate) fn write_act(act: &Act) -> Payload {
    payload(match act {
        Act::Opprett(_) => record("act", "opprett"),
        Act::Endre(id, endring) => {
            record("act", "endre").with("id", write_id(id)).with("endring", oppdrag::write_endring(endring))
        }
        Act::Avskriv(id) => record("act", "avskriv").with("id", write_id(id)),
    })
}

/// `flow` is what came of all earlier records: its first operation is what a creation creates.
pub(crate) fn read_act(act: &Payload, flow: &Krav) -> Result<Act, Unreadable> {
    read(act, "an act of a krav", |record| {
        Ok(match record.get("act", text)? {
            "opprett" => match flow.operations().first().map(|operation| operation.what()) {
                Some(What::Opprett(krav)) => Act::Opprett(Arc::clone(krav)),
                Some(What::Endre(_) | What::Avskriv) | None => {
                    return Err(Wrong::new("is a creation that nobody has asked for"));
                }
            },
            "endre" => {
                Act::Endre(record.get("id", object(id))?, record.get("endring", object(oppdrag::endring))?)
            }
            "avskriv" => Act::Avskriv(record.get("id", object(id))?),
            _ => return Err(Wrong::unknown("act")),
        })
    })
}

/// The edition is written beside a krav for whoever reads the record by itself; reading does not need it.
pub(crate) fn write_fact(fact: &Fact, edition: Edition) -> Payload {
    payload(match fact {
        Fact::Opprettet(id) => record("fact", "opprettet").with("kravidentifikator", id.as_str()),
        Fact::Accepted(id) => {
            record("fact", "accepted").maybe("transaksjonsid", id.as_ref().map(|id| id.as_str()))
        }
        Fact::Mottak(mottak) => record("fact", "mottak").with("mottak", answers::write_mottak(mottak)),
        Fact::NotThere => record("fact", "not-there"),
        Fact::Valideringsfeil(feil) => record("fact", "valideringsfeil")
            .with("valideringsfeil", feil.iter().map(answers::write_feil).collect::<Vec<_>>()),
        Fact::Avstemming(avstemming) => record("fact", "avstemming")
            .with("edition", edition.as_str())
            .maybe("avstemming", avstemming.as_deref().map(answers::write_avstemming)),
        Fact::Failed(failure) => record("fact", "failed").with("failure", write_failure(failure)),
        Fact::LookFailed(look, failure) => record("fact", "look-failed")
            .with("look", write_look(look))
            .with("failure", write_failure(failure)),
    })
}

pub(crate) fn read_fact(fact: &Payload) -> Result<Fact, Unreadable> {
    read(fact, "a fact about a krav", |record| {
        Ok(match record.get("fact", text)? {
            "opprettet" => Fact::Opprettet(record.get("kravidentifikator", parsed)?),
            "accepted" => Fact::Accepted(record.maybe("transaksjonsid", parsed)?),
            "mottak" => Fact::Mottak(record.get("mottak", object(answers::mottak))?),
            "not-there" => Fact::NotThere,
            "valideringsfeil" => {
                Fact::Valideringsfeil(record.get("valideringsfeil", objects(answers::feil))?)
            }
            "avstemming" => {
                Fact::Avstemming(record.maybe("avstemming", object(answers::avstemming))?.map(Box::new))
            }
            "failed" => Fact::Failed(record.get("failure", object(failure))?),
            "look-failed" => {
                Fact::LookFailed(record.get("look", object(look))?, record.get("failure", object(failure))?)
            }
            _ => return Err(Wrong::unknown("fact")),
        })
    })
}

fn write_look(look: &Read) -> Object {
    let (name, id) = match look {
        Read::Mottaksstatus(id) => ("mottaksstatus", id),
        Read::Valideringsfeil(id) => ("valideringsfeil", id),
        Read::Avstemming(id) => ("avstemming", id),
    };
    Object::new().with("at", name).with("id", write_id(id))
}

fn look(fields: Fields<'_>) -> Reading<Read> {
    let id = fields.get("id", object(id))?;
    Ok(match fields.get("at", text)? {
        "mottaksstatus" => Read::Mottaksstatus(id),
        "valideringsfeil" => Read::Valideringsfeil(id),
        "avstemming" => Read::Avstemming(id),
        _ => return Err(Wrong::unknown("at")),
    })
}

/// With its type: a UUID may be either.
fn write_id(id: &KravId) -> Object {
    let (kind, id) = match id {
        KravId::Skatteetatens(id) => (SKATTEETATENS, id.as_str()),
        KravId::Oppdragsgivers(id) => (OPPDRAGSGIVERS, id.as_str()),
    };
    Object::new().with("kravidentifikatortype", kind).with("kravidentifikator", id)
}

fn id(fields: Fields<'_>) -> Reading<KravId> {
    match fields.get("kravidentifikatortype", text)? {
        SKATTEETATENS => fields.get("kravidentifikator", parsed).map(KravId::Skatteetatens),
        OPPDRAGSGIVERS => fields.get("kravidentifikator", parsed).map(KravId::Oppdragsgivers),
        _ => Err(Wrong::unknown("kravidentifikatortype")),
    }
}

const SKATTEETATENS: &str = "SKATTEETATENS_KRAVIDENTIFIKATOR";
const OPPDRAGSGIVERS: &str = "OPPDRAGSGIVERS_KRAVIDENTIFIKATOR";
