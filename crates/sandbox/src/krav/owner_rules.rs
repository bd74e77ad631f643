//! The rules that NAV's and Brønnøysundregistrene's kravtyper have beside those for all.

use super::calendar::older_than;
use super::edition::Edition;
use super::kravtyper::{
    FORSKUTTERTE_DAGPENGER, Kravtype, LOENNSKOMPENSASJON, OMSORGSPENGER, Owner, RETTIGHETSHAVERREGISTERLOVEN,
};
use super::refusal::{Refusal, ensure};
use super::request::Opprett;
use super::rule;
use super::rules::Surroundings;
use super::tillegg::Tillegg;

pub(crate) fn check(
    asked: &Opprett<'_>,
    at: &Surroundings<'_>,
    kravtype: Kravtype,
    tillegg: &Tillegg,
) -> Result<(), Refusal> {
    match (at.edition, kravtype.owner) {
        (Edition::V1, Owner::Nav) => nav(asked, at, kravtype, tillegg),
        (Edition::V1, Owner::Broennoeysund) => broennoeysund(asked, at, kravtype, tillegg),
        (Edition::V1, Owner::Others) => Ok(()),
        // Its kravtyper are wider, so that those of the rules that name kravtyper have no meaning.
        (Edition::Aar2023, _) => ytelser(tillegg),
    }
}

fn nav(
    asked: &Opprett<'_>,
    at: &Surroundings<'_>,
    kravtype: Kravtype,
    tillegg: &Tillegg,
) -> Result<(), Refusal> {
    let both = [OMSORGSPENGER, LOENNSKOMPENSASJON].contains(&kravtype.name);
    ensure(asked.skyldner.person || both, &rule::KRAVTYPE_GJELDER_KUN_FOR_PERSON, || {
        format!("kravtype={} gjelder kun for person", kravtype.name).into()
    })?;
    if kravtype.name == LOENNSKOMPENSASJON {
        only_organisations(asked, kravtype)?;
    }
    if let Some(frist) = asked.tilleggsfrist.filter(|_| kravtype.name == FORSKUTTERTE_DAGPENGER) {
        ensure(!older_than(frist, 11, at.today), &rule::TILLEGGSFRIST_ELDRE_ENN_11_MAANEDER, || {
            "tilleggsfristEtterForeldelsesloven kan ikke være mer enn 11 måneder tilbake i tid".into()
        })?;
    }
    ytelser(tillegg)?;
    let past = tillegg.periode.is_none_or(|periode| periode.is_past(at.today));
    ensure(past, &rule::UGYLDIG_TILBAKEKREVINGSPERIODE, || {
        "Tilbakekrevingsperioden kan ikke slutte i fremtiden eller før den begynner".into()
    })
}

fn broennoeysund(
    asked: &Opprett<'_>,
    at: &Surroundings<'_>,
    kravtype: Kravtype,
    tillegg: &Tillegg,
) -> Result<(), Refusal> {
    only_organisations(asked, kravtype)?;
    let past = tillegg.periode.is_none_or(|periode| periode.is_past(at.today));
    ensure(past, &rule::UGYLDIG_PERIODE, || {
        "Perioden kan ikke slutte i fremtiden eller før den begynner".into()
    })?;
    let stopped = tillegg.stoppdato.is_none_or(|date| date <= at.today);
    ensure(stopped, &rule::UGYLDIG_STOPPDATO, || {
        "stoppdatoForLøpendeMulkt kan ikke være i fremtiden".into()
    })?;
    let recent = asked.utgangspunkt.is_none_or(|date| !older_than(date, 34, at.today));
    ensure(recent, &rule::UTGANGSPUNKT_ELDRE_ENN_2_AAR_OG_10_MAANEDER, || {
        "foreldelsesfristensUtgangspunkt kan ikke være mer enn 2 år og 10 måneder tilbake i tid".into()
    })?;
    let allowed = asked.renter.is_empty() || kravtype.name != RETTIGHETSHAVERREGISTERLOVEN;
    ensure(allowed, &rule::RENTEBELOEP_ER_IKKE_TILLATT, || {
        format!("Rentebeloep er ikke tillatt for kravtype={}", kravtype.name).into()
    })
}

fn only_organisations(asked: &Opprett<'_>, kravtype: Kravtype) -> Result<(), Refusal> {
    ensure(!asked.skyldner.person, &rule::KRAVTYPE_GJELDER_KUN_FOR_ORGANISASJON, || {
        format!("kravtype={} gjelder kun for organisasjon", kravtype.name).into()
    })
}

fn ytelser(tillegg: &Tillegg) -> Result<(), Refusal> {
    let over = tillegg.ytelser_for_avregning.is_none_or(|beloep| beloep > 0);
    ensure(over, &rule::YTELSER_FOR_AVREGNING_ER_IKKE_OVER_0, || {
        "ytelserForAvregning må være større enn 0".into()
    })
}
