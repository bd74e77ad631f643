//! Each test that is named after a slug shows the request that breaks the rule and the nearest one that does not.

use super::super::{Identifikatortype, Periode, RenteBeloep, Skyldner, Tilleggsinformasjon};
use super::*;
use crate::Severity::{self, Error, Warning};
use jiff::{ToSpan, civil::date};

mod any;
mod changes;
mod creation;
mod editions;
mod examples;
mod owners;

const TODAY: Date = date(2026, 3, 2);
const TOMORROW: Date = date(2026, 3, 3);
const TEST_V1: Oppdragsgiver = Oppdragsgiver { organ: None, edition: Edition::V1, synthetic_persons: true };
const TEST_2023: Oppdragsgiver = Oppdragsgiver { edition: Edition::Utgave2023, ..TEST_V1 };

const DAGPENGER: &str = "TILBAKEKREVING_FORSKUTTERTE_DAGPENGER";
const OMSORGSPENGER: &str = "TILBAKEKREVING_OMSORGSPENGER";
const LOENNSKOMPENSASJON: &str = "TILBAKEKREVING_LOENNSKOMPENSASJON";

fn person() -> Skyldner {
    Skyldner { identifikatortype: Identifikatortype::Person, identifikator: "13895118960".into() }
}

fn organisation() -> Skyldner {
    Skyldner { identifikatortype: Identifikatortype::Organisasjon, identifikator: "974761076".into() }
}

/// Severity, code and field of each finding, in order.
fn seen(findings: &[Finding]) -> Vec<(Severity, Code, &str)> {
    findings.iter().map(|f| (f.severity, f.code, f.field.as_str())).collect()
}

fn with(request: &Innkrevingsoppdrag, change: impl FnOnce(&mut Innkrevingsoppdrag)) -> Innkrevingsoppdrag {
    let mut request = request.clone();
    change(&mut request);
    request
}

/// `base` changed by `wrong` has this one finding, and changed by `right` has none.
#[track_caller]
fn breaks(
    base: &Innkrevingsoppdrag,
    oppdragsgiver: &Oppdragsgiver,
    (severity, slug, field): (Severity, &str, &str),
    wrong: impl FnOnce(&mut Innkrevingsoppdrag),
    right: impl FnOnce(&mut Innkrevingsoppdrag),
) {
    let findings = check(&with(base, wrong), oppdragsgiver, TODAY);
    let named: Vec<_> = findings.iter().map(|f| (f.severity, f.code.as_str(), f.field.as_str())).collect();
    assert_eq!(named, [(severity, slug, field)], "{findings:?}");
    for finding in &findings {
        assert!(!finding.message.is_empty() && !finding.advice.is_empty(), "{finding}");
        assert!(finding.source.is_empty() && finding.row.is_none(), "{finding}");
    }
    assert_eq!(check(&with(base, right), oppdragsgiver, TODAY), []);
}

/// As [`breaks`], of a change.
#[track_caller]
fn breaks_change(
    oppdragsgiver: &Oppdragsgiver,
    (severity, slug, field): (Severity, &str, &str),
    wrong: &Endring,
    right: &Endring,
) {
    let in_force = Some(Kroner::new(48_210));
    let findings = check_endring(wrong, in_force, oppdragsgiver, TODAY);
    let named: Vec<_> = findings.iter().map(|f| (f.severity, f.code.as_str(), f.field.as_str())).collect();
    assert_eq!(named, [(severity, slug, field)], "{findings:?}");
    assert_eq!(check_endring(right, in_force, oppdragsgiver, TODAY), []);
}

fn straffe(beloep: i64, renter_ilagt_dato: Option<Date>) -> RenteBeloep {
    RenteBeloep { beloep: Kroner::new(beloep), renter_ilagt_dato, rentetype: Some("STRAFFERENTE".into()) }
}

fn nav_tillegg(fom: Date, tom: Date) -> Tilleggsinformasjon {
    Tilleggsinformasjon::Nav {
        tilbakekrevingsperiode: Some(Periode { fom, tom }),
        stoenadstype: None,
        ytelser_for_avregning: None,
    }
}

fn brreg_tillegg(fom: Date, tom: Date, stopp: Option<Date>) -> Tilleggsinformasjon {
    Tilleggsinformasjon::Broennoeysund {
        periode: Some(Periode { fom, tom }),
        stoppdato_for_loepende_mulkt: stopp,
    }
}
