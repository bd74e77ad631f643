//! The records of a submission. Those of its validation are kept as a filing keeps them, within them.

mod content;

pub(crate) use content::{Content, VedleggInput, Vei, read_content, write_content};

use super::filing::{act_record, fact_record, gjeldende, read_act_record, read_fact_record, write_gjeldende};
use super::flow::{failure, write_failure};
use super::json::{Fields, Object, Read, Wrong, flag, number, object, objects, owned, parsed, text};
use super::values::count;
use super::{Said, Unreadable, payload, read, record, write_said};
use skattebro_domain::altinn::{Dataelement, Instans, Metadata};
use skattebro_domain::innsending::{
    Act, Ask, Fact, Konvolutt, Lest, Plan, PlanlagtVedlegg, Utfoerer, Validering,
};
use skattebro_ports::journal::Payload;

pub(crate) fn write_ask(ask: &Ask, said: Option<&Said>) -> Payload {
    let ask = match ask {
        Ask::SendInn(plan) => record("ask", "send-inn").with("plan", write_plan(plan)),
        Ask::MedFeil => record("ask", "med-feil"),
        Ask::Cancel => record("ask", "cancel"),
        Ask::Fortsett => record("ask", "fortsett"),
        Ask::Restored { since } => record("ask", "restored").with("since", since.to_string()),
    };
    payload(ask.maybe("said", said.map(write_said)))
}

pub(crate) fn read_ask(ask: &Payload) -> Result<Ask, Unreadable> {
    read(ask, "an ask of a submission", |record| {
        Ok(match record.get("ask", text)? {
            "send-inn" => Ask::SendInn(record.get("plan", object(plan))?),
            "med-feil" => Ask::MedFeil,
            "cancel" => Ask::Cancel,
            "fortsett" => Ask::Fortsett,
            "restored" => Ask::Restored { since: record.get("since", parsed)? },
            _ => return Err(Wrong::unknown("ask")),
        })
    })
}

pub(crate) fn write_act(act: &Act) -> Payload {
    payload(match act {
        Act::Opprett => record("act", "opprett"),
        Act::SettMetadata(instans, element) => record("act", "sett-metadata")
            .with("instans", instans.to_string())
            .with("element", element.as_str()),
        Act::LastOppVedlegg(instans, place) => record("act", "last-opp-vedlegg")
            .with("instans", instans.to_string())
            .with("plass", count(*place)),
        Act::LastOppKonvolutt(instans, konvolutt) => record("act", "last-opp-konvolutt")
            .with("instans", instans.to_string())
            .with("konvolutt", write_konvolutt(konvolutt)),
        Act::Slett(instans, element) => {
            record("act", "slett").with("instans", instans.to_string()).with("element", element.as_str())
        }
        Act::Neste(instans, prosess) => {
            record("act", "neste").with("instans", instans.to_string()).with("fra", prosess.as_str())
        }
        Act::Validering(act, konvolutt, instans) => record("act", "validering")
            .with("av", act_record(act))
            .with("konvolutt", write_konvolutt(konvolutt))
            .maybe("instans", instans.as_ref().map(ToString::to_string)),
    })
}

pub(crate) fn read_act(act: &Payload) -> Result<Act, Unreadable> {
    read(act, "an act of a submission", |record| {
        let instans = || record.get("instans", parsed);
        Ok(match record.get("act", text)? {
            "opprett" => Act::Opprett,
            "sett-metadata" => Act::SettMetadata(instans()?, record.get("element", parsed)?),
            "last-opp-vedlegg" => Act::LastOppVedlegg(instans()?, record.get("plass", number)?),
            "last-opp-konvolutt" => {
                Act::LastOppKonvolutt(instans()?, record.get("konvolutt", object(konvolutt))?)
            }
            "slett" => Act::Slett(instans()?, record.get("element", parsed)?),
            "neste" => Act::Neste(instans()?, record.get("fra", parsed)?),
            "validering" => Act::Validering(
                record.get("av", object(read_act_record))?,
                record.get("konvolutt", object(konvolutt))?,
                record.maybe("instans", parsed)?,
            ),
            _ => return Err(Wrong::unknown("act")),
        })
    })
}

pub(crate) fn write_fact(fact: &Fact) -> Payload {
    payload(match fact {
        Fact::Gjeldende(gjeldende) => {
            record("fact", "gjeldende").with("gjeldende", write_gjeldende(gjeldende))
        }
        Fact::GjeldendeUnusable(why) => record("fact", "gjeldende-unusable").with("why", why.as_str()),
        Fact::Validert(resultat) => {
            record("fact", "validert").with("resultatAvValidering", resultat.as_str())
        }
        Fact::Opprettet(instans) => record("fact", "opprettet").with("instans", write_instans(instans)),
        Fact::MetadataSatt => record("fact", "metadata-satt"),
        Fact::VedleggLastetOpp(place, id) => {
            record("fact", "vedlegg-lastet-opp").with("plass", count(*place)).with("element", id.as_str())
        }
        Fact::KonvoluttLastetOpp(element) => {
            record("fact", "konvolutt-lastet-opp").with("element", write_element(element))
        }
        Fact::Slettet => record("fact", "slettet"),
        Fact::Flyttet(prosess) => record("fact", "flyttet").with("til", prosess.as_str()),
        Fact::Aapne(instanser) => {
            record("fact", "aapne").with("instanser", instanser.iter().map(write_instans).collect::<Vec<_>>())
        }
        Fact::Instans(instans) => record("fact", "instans").with("instans", write_instans(instans)),
        Fact::Kvittering(resultat, aarsaker) => record("fact", "kvittering")
            .with("resultatAvValidering", resultat.as_str())
            .with("aarsaker", aarsaker.iter().map(|aarsak| word("aarsak", aarsak)).collect::<Vec<_>>()),
        Fact::Validering(fact) => record("fact", "validering").with("av", fact_record(fact)),
        Fact::Failed(failure) => record("fact", "failed").with("failure", write_failure(failure)),
        Fact::LookFailed(lest, failure) => record("fact", "look-failed")
            .with("lest", if *lest == Lest::Instans { "instans" } else { "annet" })
            .with("failure", write_failure(failure)),
    })
}

pub(crate) fn read_fact(fact: &Payload) -> Result<Fact, Unreadable> {
    read(fact, "a fact about a submission", |record| {
        Ok(match record.get("fact", text)? {
            "gjeldende" => Fact::Gjeldende(record.get("gjeldende", object(gjeldende))?),
            "gjeldende-unusable" => Fact::GjeldendeUnusable(record.get("why", owned)?),
            "validert" => Fact::Validert(record.get("resultatAvValidering", parsed)?),
            "opprettet" => Fact::Opprettet(record.get("instans", object(instans))?),
            "metadata-satt" => Fact::MetadataSatt,
            "vedlegg-lastet-opp" => {
                Fact::VedleggLastetOpp(record.get("plass", number)?, record.get("element", parsed)?)
            }
            "konvolutt-lastet-opp" => Fact::KonvoluttLastetOpp(record.get("element", object(element))?),
            "slettet" => Fact::Slettet,
            "flyttet" => Fact::Flyttet(record.get("til", parsed)?),
            "aapne" => Fact::Aapne(record.get("instanser", objects(instans))?),
            "instans" => Fact::Instans(record.get("instans", object(instans))?),
            "kvittering" => Fact::Kvittering(
                record.get("resultatAvValidering", parsed)?,
                record.get("aarsaker", objects(|fields| fields.get("aarsak", owned)))?,
            ),
            "validering" => Fact::Validering(record.get("av", object(read_fact_record))?),
            "failed" => Fact::Failed(record.get("failure", object(failure))?),
            "look-failed" => {
                let lest = match record.get("lest", text)? {
                    "instans" => Lest::Instans,
                    "annet" => Lest::Annet,
                    _ => return Err(Wrong::unknown("lest")),
                };
                Fact::LookFailed(lest, record.get("failure", object(failure))?)
            }
            _ => return Err(Wrong::unknown("fact")),
        })
    })
}

fn word(name: &'static str, text: &str) -> Object {
    Object::new().with(name, text)
}

fn write_plan(plan: &Plan) -> Object {
    let Plan { eier, metadata, utfoerer, validering, gjeldende, vedlegg, med_feil } = plan;
    let vedlegg = vedlegg.iter().map(|PlanlagtVedlegg { navn, stoerrelse }| {
        Object::new().with("navn", navn.as_str()).with("bytes", *stoerrelse)
    });
    Object::new()
        .with("eier", eier.as_str())
        .with("inntektsaar", metadata.inntektsaar.to_string())
        .with("skalBekreftesAvRevisor", metadata.skal_bekreftes_av_revisor)
        .with("utfoerer", content::utfoerer_word(*utfoerer))
        .with("validering", write_validering(validering))
        .maybe("gjeldende", gjeldende.as_ref().map(write_gjeldende))
        .with("vedlegg", vedlegg.collect::<Vec<_>>())
        .with("medFeil", *med_feil)
}

fn plan(fields: Fields<'_>) -> Read<Plan> {
    let vedlegg = |fields: Fields<'_>| {
        Ok(PlanlagtVedlegg { navn: fields.get("navn", owned)?, stoerrelse: fields.get("bytes", number)? })
    };
    Ok(Plan {
        eier: fields.get("eier", parsed)?,
        metadata: Metadata {
            inntektsaar: fields.get("inntektsaar", parsed)?,
            skal_bekreftes_av_revisor: fields.get("skalBekreftesAvRevisor", flag)?,
        },
        utfoerer: utfoerer(fields)?,
        validering: fields.get("validering", object(validering))?,
        gjeldende: fields.maybe("gjeldende", object(gjeldende))?,
        vedlegg: fields.get("vedlegg", objects(vedlegg))?,
        med_feil: fields.get("medFeil", flag)?,
    })
}

fn utfoerer(fields: Fields<'_>) -> Read<Utfoerer> {
    Ok(match fields.get("utfoerer", text)? {
        "person" => Utfoerer::Person,
        "systembruker" => Utfoerer::Systembruker,
        _ => return Err(Wrong::unknown("utfoerer")),
    })
}

fn write_validering(validering: &Validering) -> Object {
    let of = |way: &str| Object::new().with("slag", way);
    match validering {
        Validering::Jobb { referanse, can_upload } => of("jobb")
            .maybe("referanse", referanse.as_ref().map(|referanse| referanse.as_str()))
            .with("canUpload", *can_upload),
        Validering::Instans => of("instans"),
        Validering::Synkron => of("synkron"),
        Validering::Utfoert { resultat, referanse } => of("utfoert")
            .with("resultatAvValidering", resultat.as_str())
            .maybe("referanse", referanse.as_ref().map(|referanse| referanse.as_str())),
    }
}

fn validering(fields: Fields<'_>) -> Read<Validering> {
    Ok(match fields.get("slag", text)? {
        "jobb" => Validering::Jobb {
            referanse: fields.maybe("referanse", parsed)?,
            can_upload: fields.get("canUpload", flag)?,
        },
        "instans" => Validering::Instans,
        "synkron" => Validering::Synkron,
        "utfoert" => Validering::Utfoert {
            resultat: fields.get("resultatAvValidering", parsed)?,
            referanse: fields.maybe("referanse", parsed)?,
        },
        _ => return Err(Wrong::unknown("slag")),
    })
}

fn write_konvolutt(konvolutt: &Konvolutt) -> Object {
    let Konvolutt { referanse, gjeldende, vedlegg } = konvolutt;
    Object::new()
        .maybe("referanse", referanse.as_ref().map(|referanse| referanse.as_str()))
        .with("gjeldende", write_gjeldende(gjeldende))
        .with("vedlegg", vedlegg.iter().map(|id| word("element", id.as_str())).collect::<Vec<_>>())
}

fn konvolutt(fields: Fields<'_>) -> Read<Konvolutt> {
    Ok(Konvolutt {
        referanse: fields.maybe("referanse", parsed)?,
        gjeldende: fields.get("gjeldende", object(gjeldende))?,
        vedlegg: fields.get("vedlegg", objects(|fields| fields.get("element", parsed)))?,
    })
}

fn write_instans(instans: &Instans) -> Object {
    let Instans { id, opprettet, inntektsaar, eier, prosess, metadata, data } = instans;
    Object::new()
        .with("id", id.to_string())
        .maybe("opprettet", opprettet.map(|time| time.to_string()))
        .maybe("inntektsaar", inntektsaar.map(|year| year.to_string()))
        .maybe("eier", eier.as_ref().map(|eier| eier.as_str()))
        .with("prosess", prosess.as_str())
        .maybe("metadata", metadata.as_ref().map(|id| id.as_str()))
        .with("data", data.iter().map(write_element).collect::<Vec<_>>())
}

fn instans(fields: Fields<'_>) -> Read<Instans> {
    Ok(Instans {
        id: fields.get("id", parsed)?,
        opprettet: fields.maybe("opprettet", parsed)?,
        inntektsaar: fields.maybe("inntektsaar", parsed)?,
        eier: fields.maybe("eier", parsed)?,
        prosess: fields.get("prosess", parsed)?,
        metadata: fields.maybe("metadata", parsed)?,
        data: fields.get("data", objects(element))?,
    })
}

fn write_element(element: &Dataelement) -> Object {
    let Dataelement { id, datatype, filnavn, stoerrelse, skanning } = element;
    Object::new()
        .with("id", id.as_str())
        .with("dataType", datatype.as_str())
        .maybe("filename", filnavn.as_deref())
        .maybe("size", *stoerrelse)
        .maybe("fileScanResult", skanning.as_ref().map(|scan| scan.as_str()))
}

fn element(fields: Fields<'_>) -> Read<Dataelement> {
    Ok(Dataelement {
        id: fields.get("id", parsed)?,
        datatype: fields.get("dataType", parsed)?,
        filnavn: fields.maybe("filename", owned)?,
        stoerrelse: fields.maybe("size", number)?,
        skanning: fields.maybe("fileScanResult", parsed)?,
    })
}
