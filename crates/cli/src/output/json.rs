//! The JSON of `--json` and of `resultat.json`. Names of the API stay as the API spells them. Amounts are strings, so that no
//! reader rounds them.

use serde_json::{Map, Value, json};
use skattebro::domain::altinn::InstansId;
use skattebro::domain::filing::{FilingEnd, Stage};
use skattebro::domain::flow::{Effect, Failure};
use skattebro::domain::innsending::InnsendingEnd;
use skattebro::domain::{
    Avvik, Finding, Gjeldende, GjeldendeDokument, JobbId, JobbTilstand, LaastFelt, Referanse, StoredDocument,
    ValidationOutcome, Veiledning,
};
use skattebro::ports::PortError;
use skattebro::ports::journal::CaseId;
use skattebro::{InnsendingError, Innsendt, PackedAs, ValidationError};

/// An outcome.
pub(crate) fn outcome(
    outcome: &ValidationOutcome,
    jobb: Option<&JobbId>,
    referanse: Option<&Referanse>,
    warnings: &[Finding],
) -> Value {
    let dokumenter: Vec<Value> = outcome
        .dokumenter
        .iter()
        .map(|dokument| {
            let mut value = stored(&dokument.stored);
            value.insert("type".into(), dokument.dokumenttype.clone().into());
            value.insert("encoding".into(), dokument.encoding.clone().into());
            Value::Object(value)
        })
        .collect();
    let ukjente: Vec<Value> = outcome
        .ukjente_elementer
        .iter()
        .map(|element| json!({"sti": element.path, "tekst": element.text}))
        .collect();
    let skattesubjekt: Map<String, Value> =
        outcome.skattesubjekt.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    json!({
        "resultatAvValidering": outcome.resultat.as_str(),
        "jobbId": jobb.map(JobbId::as_str),
        "referanse": referanse.map(Referanse::as_str),
        "aarsakTilValidertMedFeil": outcome.aarsaker,
        "avvikVedValidering": outcome.avvik_ved_validering.iter().map(avvik).collect::<Vec<_>>(),
        "avvikEtterBeregning": outcome.avvik_etter_beregning.iter().map(avvik).collect::<Vec<_>>(),
        "veiledningEtterKontroll": outcome.veiledning_etter_kontroll.iter().map(veiledning).collect::<Vec<_>>(),
        "informasjonOmSkattesubjekt": skattesubjekt,
        "dokumenter": dokumenter,
        "ukjenteElementer": ukjente,
        "warnings": warnings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// What was uploaded; null if nothing was by itself.
pub(crate) fn upload(packed: Option<&PackedAs>) -> Value {
    let Some(packed) = packed else { return Value::Null };
    json!({
        "komprimering": packed.packing.as_str(),
        "how": packed.how,
        "xmlBytes": packed.xml_bytes,
        "base64Bytes": packed.base64_bytes,
        "bytes": packed.packed_bytes,
    })
}

/// The fields that are there.
fn present(fields: &[(&str, Option<String>)]) -> Value {
    let present = fields.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?.into())));
    Value::Object(present.collect())
}

fn avvik(avvik: &Avvik) -> Value {
    present(&[
        ("avvikstype", Some(avvik.avvikstype.clone())),
        ("forekomstidentifikator", avvik.forekomstidentifikator.clone()),
        ("mottattVerdi", avvik.mottatt_verdi.map(|amount| amount.to_string())),
        ("beregnetVerdi", avvik.beregnet_verdi.map(|amount| amount.to_string())),
        ("avvikIVerdi", avvik.avvik_i_verdi.map(|amount| amount.to_string())),
        ("mottattTekst", avvik.mottatt_tekst.clone()),
        ("beregnetTekst", avvik.beregnet_tekst.clone()),
        ("sti", avvik.sti.clone()),
        ("oevrigInformasjon", avvik.oevrig_informasjon.clone()),
    ])
}

fn veiledning(veiledning: &Veiledning) -> Value {
    present(&[
        ("veiledningstype", Some(veiledning.veiledningstype.clone())),
        ("forekomstidentifikator", veiledning.forekomstidentifikator.clone()),
        ("hjelpetekst", veiledning.hjelpetekst.clone()),
        ("betjeningsstrategi", veiledning.betjeningsstrategi.clone()),
        ("sti", veiledning.sti.clone()),
    ])
}

fn stored(stored: &StoredDocument) -> Map<String, Value> {
    Map::from_iter([
        ("fil".to_owned(), stored.name.clone().into()),
        ("bytes".to_owned(), stored.bytes.into()),
        ("sha256".to_owned(), stored.sha256.to_string().into()),
    ])
}

/// A return in force.
pub(crate) fn gjeldende(gjeldende: &Gjeldende) -> Value {
    let dokument = |dokument: &GjeldendeDokument| {
        let mut value = stored(&dokument.stored);
        value.insert("id".into(), dokument.id.as_str().into());
        value.insert("type".into(), dokument.dokumenttype.clone().into());
        value.insert("encoding".into(), dokument.encoding.clone().into());
        if let Some(navnerom) = &dokument.navnerom_ved_forhaandsfastsetting {
            value.insert("navneromVedForhaandsfastsetting".into(), navnerom.clone().into());
        }
        Value::Object(value)
    };
    let felt = |felt: &LaastFelt| {
        present(&[
            ("forekomstidentifikator", felt.forekomstidentifikator.clone()),
            ("verdi", felt.verdi.clone()),
            ("sti", felt.sti.clone()),
            ("oevrigInformasjon", felt.oevrig_informasjon.clone()),
        ])
    };
    json!({
        "dokumentidentifikator": gjeldende.skattemelding.id.as_str(),
        "dokumenttype": gjeldende.dokumentreferanse().map(|referanse| referanse.dokumenttype.as_str()),
        "skattemeldingdokument": dokument(&gjeldende.skattemelding),
        "naeringsspesifikasjondokument": gjeldende.naeringsspesifikasjon.as_ref().map(dokument),
        "utvidetVeiledningdokument": gjeldende.utvidet_veiledning.iter().map(dokument).collect::<Vec<_>>(),
        "laastFeltSkattemelding": gjeldende.laast_i_skattemelding.iter().map(felt).collect::<Vec<_>>(),
        "laastFeltNaeringsspesifikasjon": gjeldende.laast_i_naeringsspesifikasjon.iter().map(felt).collect::<Vec<_>>(),
    })
}

/// A look at a job.
pub(crate) fn tilstand(jobb: &JobbId, tilstand: &JobbTilstand) -> Value {
    json!({
        "jobbId": jobb.as_str(),
        "jobbStatus": tilstand.jobb_status.as_str(),
        "forrigeStatus": tilstand.forrige_status.as_ref().map(|status| status.as_str()),
        "sekunderSidenOpprettelse": tilstand.sekunder_siden_opprettelse,
        "sekunderSidenEndring": tilstand.sekunder_siden_endring,
    })
}

/// A finding.
pub(crate) fn finding(finding: &Finding) -> Value {
    json!({
        "code": finding.code.as_str(),
        "severity": finding.severity.to_string(),
        "source": finding.source,
        "line": finding.place.map(|place| place.line),
        "column": finding.place.map(|place| place.column),
        "byte": finding.place.map(|place| place.byte),
        "message": finding.message,
        "advice": finding.advice,
    })
}

/// A validation that has no outcome.
pub(crate) fn validation_error(error: &ValidationError) -> Value {
    match error {
        ValidationError::Call(error) => port_error(error),
        ValidationError::Findings(findings) => {
            json!({ "error": error.to_string(), "findings": findings.iter().map(finding).collect::<Vec<_>>() })
        }
        ValidationError::Lost(_) | ValidationError::Journal(_) => json!({ "error": error.to_string() }),
        ValidationError::Left { case } => json!({ "error": error.to_string(), "case": case.as_str() }),
        ValidationError::Documents { case, .. } => documents_missing(error, case.as_ref()),
        ValidationError::Ended { end, referanse, perhaps_started } => {
            let (name, stage, failure) = parts(end);
            let slug = failure.and_then(|failure| match &failure.effect {
                Effect::Refused(slug) => Some(slug.as_str()),
                _ => None,
            });
            json!({
                "error": error.to_string(),
                "end": name,
                "stage": stage.map(|stage| format!("{stage:?}")),
                "kind": failure.map(|failure| format!("{:?}", failure.kind)),
                "type": slug,
                "korrelasjonsid": failure.and_then(|failure| failure.korrelasjonsid.as_ref()).map(|id| id.as_str()),
                "jobbId": error.jobb().map(JobbId::as_str),
                "referanse": referanse.as_ref().map(Referanse::as_str),
                "perhapsStarted": perhaps_started,
            })
        }
    }
}

fn documents_missing(error: &impl ToString, case: Option<&CaseId>) -> Value {
    json!({ "error": error.to_string(), "case": case.map(CaseId::as_str) })
}

/// What was submitted, with its receipt.
pub(crate) fn innsendt(innsendt: &Innsendt) -> Value {
    let kvittering = innsendt.kvittering.as_ref();
    json!({
        "instansId": innsendt.instans.to_string(),
        "kvittering": innsendt.resultat.as_str(),
        "aarsakTilValidertMedFeil": innsendt.aarsaker,
        "resultatAvValidering": innsendt.validering.as_ref().map(|verdict| verdict.as_str()),
        "referanse": innsendt.referanse.as_ref().map(Referanse::as_str),
        "upload": upload(innsendt.packed.as_ref()),
        "case": innsendt.case.as_ref().map(|case| case.as_str()),
        "tilbakemelding": kvittering.map(|kvittering| outcome(kvittering, None, None, &[])),
        "warnings": innsendt.warnings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// A submission that has no receipt.
pub(crate) fn innsending_error(error: &InnsendingError) -> Value {
    match error {
        InnsendingError::Findings(findings) => {
            json!({ "error": error.to_string(), "findings": findings.iter().map(finding).collect::<Vec<_>>() })
        }
        InnsendingError::Left { case } | InnsendingError::Busy { case, .. } => {
            json!({ "error": error.to_string(), "case": case.as_str() })
        }
        InnsendingError::Documents { case, .. } => documents_missing(error, case.as_ref()),
        InnsendingError::Ended { end, referanse, perhaps_moved, case } => {
            let (name, instans) = innsending_end(end);
            json!({
                "error": error.to_string(),
                "end": name,
                "instansId": instans.map(ToString::to_string),
                "referanse": referanse.as_ref().map(Referanse::as_str),
                "perhapsMoved": perhaps_moved,
                "case": case.as_ref().map(|case| case.as_str()),
            })
        }
        other => json!({ "error": other.to_string() }),
    }
}

fn innsending_end(end: &InnsendingEnd) -> (&'static str, Option<&InstansId>) {
    match end {
        InnsendingEnd::Kvittert { instans, .. } => ("kvittert", Some(instans)),
        InnsendingEnd::ValidertMedFeil { instans, .. } => ("validertMedFeil", instans.as_ref()),
        InnsendingEnd::Validering(end) => (parts(end).0, None),
        InnsendingEnd::GjeldendeEndret { .. } => ("gjeldendeEndret", None),
        InnsendingEnd::Infisert { instans, .. } => ("infisert", Some(instans)),
        InnsendingEnd::Borte { instans } => ("borte", Some(instans)),
        InnsendingEnd::Fremmed { instans } => ("fremmed", Some(instans)),
        InnsendingEnd::Uvisst { kan_vaere } => ("uvisst", kan_vaere.as_ref()),
        InnsendingEnd::Refused { instans, .. } => ("refused", instans.as_ref()),
        InnsendingEnd::GaveUp { instans, .. } => ("gaveUp", instans.as_ref()),
        InnsendingEnd::Cancelled { instans, .. } => ("cancelled", instans.as_ref()),
    }
}

/// The word for how a filing ended.
pub(crate) fn end(end: &FilingEnd) -> &'static str {
    parts(end).0
}

fn parts(end: &FilingEnd) -> (&'static str, Option<Stage>, Option<&Failure>) {
    match end {
        FilingEnd::Validated { .. } => ("validated", None, None),
        FilingEnd::Superseded { .. } => ("superseded", None, None),
        FilingEnd::JobFailed { .. } => ("jobFailed", None, None),
        FilingEnd::Refused { stage, failure, .. } => ("refused", Some(*stage), Some(failure)),
        FilingEnd::GaveUp { stage, failure, .. } => ("gaveUp", Some(*stage), failure.as_ref()),
        FilingEnd::Unreadable { stage, failure, .. } => ("unreadable", Some(*stage), Some(failure)),
        FilingEnd::Cancelled { .. } => ("cancelled", None, None),
    }
}

/// A call that failed.
pub(crate) fn port_error(error: &PortError) -> Value {
    json!({
        "error": error.with_causes(),
        "kind": format!("{:?}", error.kind()),
        "type": error.problem().map(|problem| problem.slug.as_str()),
        "melding": error.problem().map(|problem| problem.melding.as_str()),
        "korrelasjonsid": error.korrelasjonsid().map(|id| id.as_str()),
    })
}
