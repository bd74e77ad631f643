//! What is fixed when the case of a submission is opened.

use super::utfoerer;
use crate::journal::payload::filing::{
    self, input, polling, read_fields, write_fields, write_input, write_polling,
};
use crate::journal::payload::json::{
    Fields, Object, Read, Wrong, flag, number, object, objects, owned, parsed, text,
};
use crate::journal::payload::values::{duration, millis};
use crate::journal::payload::{Unreadable, payload, read, record};
use skattebro_domain::ResultatAvValidering;
use skattebro_domain::filing::FilingRules;
use skattebro_domain::innsending::{InnsendingRules, Utfoerer};
use skattebro_ports::Vedleggstype;
use skattebro_ports::journal::Payload;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// What is filed. Its own rules are those of the validation.
    pub(crate) filing: filing::Content,
    pub(crate) vei: Vei,
    pub(crate) utfoerer: Utfoerer,
    pub(crate) skal_bekreftes_av_revisor: bool,
    pub(crate) vedlegg: Vec<VedleggInput>,
    pub(crate) rules: InnsendingRules,
}

/// How it is validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Vei {
    Jobb,
    Instans,
    Synkron,
    /// It was validated by another case, with this verdict.
    Utfoert(ResultatAvValidering),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VedleggInput {
    pub(crate) input: filing::Input,
    /// Its name in the instance.
    pub(crate) navn: String,
    pub(crate) kind: Vedleggstype,
}

pub(super) fn utfoerer_word(utfoerer: Utfoerer) -> &'static str {
    match utfoerer {
        Utfoerer::Person => "person",
        Utfoerer::Systembruker => "systembruker",
    }
}

const KINDS: [(&str, Vedleggstype); 4] = [
    ("pdf", Vedleggstype::Pdf),
    ("jpeg", Vedleggstype::Jpeg),
    ("png", Vedleggstype::Png),
    ("xlsx", Vedleggstype::Xlsx),
];

pub(crate) fn write_content(content: &Content) -> Payload {
    let Content { filing, vei, utfoerer, skal_bekreftes_av_revisor, vedlegg, rules } = content;
    let (vei, verdict) = match vei {
        Vei::Jobb => ("jobb", None),
        Vei::Instans => ("instans", None),
        Vei::Synkron => ("synkron", None),
        Vei::Utfoert(resultat) => ("utfoert", Some(resultat.as_str())),
    };
    payload(
        write_fields(filing, record("content", "innsending"))
            .with("vei", vei)
            .maybe("resultatAvValidering", verdict)
            .with("utfoerer", utfoerer_word(*utfoerer))
            .with("skalBekreftesAvRevisor", *skal_bekreftes_av_revisor)
            .with("vedlegg", vedlegg.iter().map(write_vedlegg).collect::<Vec<_>>())
            .with("innsendingRules", write_rules(rules)),
    )
}

pub(crate) fn read_content(content: &Payload) -> Result<Content, Unreadable> {
    read(content, "the content of a submission's case", |record| match record.get("content", text)? {
        "innsending" => read_all(record),
        _ => Err(Wrong::unknown("content")),
    })
}

fn read_all(fields: Fields<'_>) -> Read<Content> {
    let filing = read_fields(fields)?;
    let rules = rules(filing.rules);
    Ok(Content {
        vei: match fields.get("vei", text)? {
            "jobb" => Vei::Jobb,
            "instans" => Vei::Instans,
            "synkron" => Vei::Synkron,
            "utfoert" => Vei::Utfoert(fields.get("resultatAvValidering", parsed)?),
            _ => return Err(Wrong::unknown("vei")),
        },
        utfoerer: utfoerer(fields)?,
        skal_bekreftes_av_revisor: fields.get("skalBekreftesAvRevisor", flag)?,
        vedlegg: fields.get("vedlegg", objects(vedlegg))?,
        rules: fields.get("innsendingRules", object(rules))?,
        filing,
    })
}

fn write_vedlegg(vedlegg: &VedleggInput) -> Object {
    let VedleggInput { input, navn, kind } = vedlegg;
    let kind = KINDS.iter().find(|(_, known)| known == kind).map_or("", |(name, _)| name);
    Object::new().with("fil", write_input(input)).with("navn", navn.as_str()).with("type", kind)
}

fn vedlegg(fields: Fields<'_>) -> Read<VedleggInput> {
    let kind = fields.get("type", text)?;
    let (_, kind) = *KINDS.iter().find(|(name, _)| *name == kind).ok_or_else(|| Wrong::unknown("type"))?;
    Ok(VedleggInput { input: fields.get("fil", object(input))?, navn: fields.get("navn", owned)?, kind })
}

fn write_rules(rules: &InnsendingRules) -> Object {
    // Those of the validation are the filing's own.
    let InnsendingRules {
        filing: _,
        looks,
        deadline,
        person_deadline,
        receipt_deadline,
        late_action,
        gjeldende_counts_for,
        clocks_differ,
        max_failures,
        max_unreadable,
        max_refused_looks,
        max_backoff,
    } = *rules;
    Object::new()
        .with("looks", write_polling(looks))
        .with("deadlineMs", millis(deadline))
        .with("personDeadlineMs", millis(person_deadline))
        .with("receiptDeadlineMs", millis(receipt_deadline))
        .with("lateActionMs", millis(late_action))
        .with("gjeldendeCountsForMs", millis(gjeldende_counts_for))
        .with("clocksDifferMs", millis(clocks_differ))
        .with("maxFailures", max_failures)
        .with("maxUnreadable", max_unreadable)
        .with("maxRefusedLooks", max_refused_looks)
        .with("maxBackoffMs", millis(max_backoff))
}

fn rules(filing: FilingRules) -> impl Fn(Fields<'_>) -> Read<InnsendingRules> {
    move |fields| {
        Ok(InnsendingRules {
            filing,
            looks: fields.get("looks", object(polling))?,
            deadline: fields.get("deadlineMs", duration)?,
            person_deadline: fields.get("personDeadlineMs", duration)?,
            receipt_deadline: fields.get("receiptDeadlineMs", duration)?,
            late_action: fields.get("lateActionMs", duration)?,
            gjeldende_counts_for: fields.get("gjeldendeCountsForMs", duration)?,
            clocks_differ: fields.get("clocksDifferMs", duration)?,
            max_failures: fields.get("maxFailures", number)?,
            max_unreadable: fields.get("maxUnreadable", number)?,
            max_refused_looks: fields.get("maxRefusedLooks", number)?,
            max_backoff: fields.get("maxBackoffMs", duration)?,
        })
    }
}
