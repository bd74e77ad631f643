//! The rules that NAV's and Brønnøysundregistrene's kravtyper have beside those for all.

use super::super::kravtyper::{
    KNOWN_TO_2023, LOENNSKOMPENSASJON, OMSORGSPENGER, RETTIGHETSHAVERREGISTERLOVEN,
};
use super::super::{
    Edition, Identifikatortype, Innkrevingsoppdrag, Kroner, Organ, Periode, Tilleggsinformasjon, organ_of,
};
use super::tillegg::ROOT;
use super::{Found, UTGANGSPUNKT, calendar};
use crate::Code;
use jiff::civil::Date;

pub(super) fn check(request: &Innkrevingsoppdrag, edition: Edition, today: Date, found: &mut Found) {
    match organ_of(&request.kravtype) {
        Some(Organ::Nav) => nav(request, edition, today, found),
        Some(Organ::Broennoeysund) => broennoeysund(request, edition, today, found),
        Some(Organ::Annen) | None => {}
    }
}

fn nav(request: &Innkrevingsoppdrag, edition: Edition, today: Date, found: &mut Found) {
    match (request.kravtype.as_str(), request.skyldner.identifikatortype) {
        (LOENNSKOMPENSASJON, Identifikatortype::Person) => only_for_organisations(request, found),
        (LOENNSKOMPENSASJON | OMSORGSPENGER, _) | (_, Identifikatortype::Person) => {}
        (_, Identifikatortype::Organisasjon) => only_for_persons(request, found),
    }
    let Some(Tilleggsinformasjon::Nav { tilbakekrevingsperiode, ytelser_for_avregning, .. }) =
        &request.tilleggsinformasjon
    else {
        return;
    };
    if let Some(ytelser) = ytelser_for_avregning.filter(|beloep: &Kroner| !beloep.is_over_0()) {
        found.error(
            Code::YtelserForAvregningErIkkeOver0,
            format!("{ROOT}.ytelserForAvregning.beloep"),
            format!("the payments to be set off against are {ytelser} kroner, and must be more than 0"),
            "write the amount in whole kroner, 1 or more, or leave ytelserForAvregning out",
        );
    }
    if let Some(periode) = tilbakekrevingsperiode
        && edition == Edition::V1
    {
        check_periode(Code::UgyldigTilbakekrevingsperiode, "tilbakekrevingsperiode", periode, today, found);
    }
}

fn broennoeysund(request: &Innkrevingsoppdrag, edition: Edition, today: Date, found: &mut Found) {
    if request.skyldner.identifikatortype == Identifikatortype::Person {
        only_for_organisations(request, found);
    }
    if let Some(Tilleggsinformasjon::Broennoeysund { periode, stoppdato_for_loepende_mulkt }) =
        &request.tilleggsinformasjon
        && edition == Edition::V1
    {
        if let Some(periode) = periode {
            check_periode(Code::UgyldigPeriode, "periode", periode, today, found);
        }
        if let Some(stopp) = stoppdato_for_loepende_mulkt.filter(|date| *date > today) {
            found.error(
                Code::UgyldigStoppdatoForLoependeMulkt,
                format!("{ROOT}.stoppdatoForLøpendeMulkt"),
                format!("the daily fine stops on {stopp}, which is in the future (today is {today})"),
                "write the day on which the fine stopped, or leave it out while the fine runs",
            );
        }
    }
    if let Some(utgangspunkt) = request.foreldelsesfristens_utgangspunkt
        && let Some(limit) = calendar::limit_if_older(utgangspunkt, 2 * 12 + 10, today)
    {
        found.error(
            Code::ForeldelsesfristensUtgangspunktEldreEnn2AarOg10Maaneder,
            UTGANGSPUNKT,
            format!("the time limit begins on {utgangspunkt}, more than 2 years and 10 months before today ({today})"),
            format!("check the day, which may not be before {limit}, or ask Skatteetaten whether the krav can still be collected"),
        );
    }
    let renter = request.rente_beloep.as_ref().map_or(0, Vec::len);
    if renter > 0 && request.kravtype == RETTIGHETSHAVERREGISTERLOVEN {
        found.error(
            Code::RentebeloepErIkkeTillattForKravtype,
            "renteBeloep",
            format!("there are {renter} amounts of interest, and {RETTIGHETSHAVERREGISTERLOVEN} takes none"),
            "leave renteBeloep out",
        );
    }
}

fn only_for_persons(request: &Innkrevingsoppdrag, found: &mut Found) {
    let kravtype = request.kravtype.as_str();
    let message = format!("kravtype «{kravtype}» is for persons only, and the skyldner is an organisation");
    if KNOWN_TO_2023.contains(&kravtype) {
        // The rule excepts kravtyper of v1 by name, and those of 2023 are wider: they hold the excepted ones as well.
        found.warning(
            Code::KravtypeGjelderKunForPerson,
            SKYLDNERS_TYPE,
            format!("{message}; whether that holds for all that edition 2023 calls so is not documented"),
            "make sure that this benefit can be reclaimed from an organisation",
        );
    } else {
        found.error(
            Code::KravtypeGjelderKunForPerson,
            SKYLDNERS_TYPE,
            message,
            "name the person who owes the krav, or use the kravtype for organisations",
        );
    }
}

fn only_for_organisations(request: &Innkrevingsoppdrag, found: &mut Found) {
    found.error(
        Code::KravtypeGjelderKunForOrganisasjon,
        SKYLDNERS_TYPE,
        format!("kravtype «{}» is for organisations only, and the skyldner is a person", request.kravtype),
        "name the organisation that owes the krav, or use a kravtype for persons",
    );
}

const SKYLDNERS_TYPE: &str = "skyldner.identifikatortype";

fn check_periode(code: Code, name: &str, periode: &Periode, today: Date, found: &mut Found) {
    let Periode { fom, tom } = periode;
    if fom > tom {
        found.error(
            code,
            format!("{ROOT}.{name}.fom"),
            format!("the period begins on {fom}, after it ends on {tom}"),
            "write the first day as fom and the last as tom",
        );
    }
    if *tom > today {
        found.error(
            code,
            format!("{ROOT}.{name}.tom"),
            format!("the period ends on {tom}, which is in the future (today is {today})"),
            "write a last day that is not later than today",
        );
    }
}
