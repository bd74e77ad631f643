//! The synchronous rules of a creation, one after another, stopping at the first that is broken.

use jiff::civil::Date;

use super::calendar::older_than;
use super::edition::Edition;
use super::kravtyper::{FORSKUTTERTE_DAGPENGER, Kravtype};
use super::refusal::{Refusal, ensure};
use super::request::Opprett;
use super::rule::{self, Rule};
use super::tillegg::Tillegg;
use super::{numbers, owner_rules};

/// What the rules need to know beside the request.
pub(crate) struct Surroundings<'a> {
    pub(crate) edition: Edition,
    pub(crate) oppdragsgiver: &'a str,
    pub(crate) today: Date,
    /// Kravtyper that are in the code list and not in use.
    pub(crate) inactive: &'a [String],
    /// Whether the oppdragsgiver has a krav with this id.
    pub(crate) taken: &'a dyn Fn(&str) -> bool,
}

/// The rules in the contract's order: those for all, then the owner's.
pub(crate) fn check(asked: &Opprett<'_>, at: &Surroundings<'_>) -> Result<Kravtype, Refusal> {
    let kravtype = kravtype(asked, at)?;
    ensure(asked.hovedstol > 0, &rule::BELOEP_ER_IKKE_OVER_0, || {
        "Hovedstolens beløp må være større enn 0".into()
    })?;
    ids(asked, at)?;
    dates(asked, at, kravtype)?;
    ensure(skyldner_is_right(asked), &rule::UGYLDIG_SKYLDNERS_IDENTIFIKATOR, || {
        "Skyldners identifikator er ikke et gyldig nummer for identifikatortypen".into()
    })?;
    ensure(kravtype.belongs_to(at.oppdragsgiver), &rule::UGYLDIG_KRAVTYPE, || {
        "Kravtypen tilhører ikke oppdragsgiveren".into()
    })?;
    ensure(asked.renter.iter().all(|rente| rente.beloep > 0), &rule::RENTEBELOEP_ER_IKKE_OVER_0, || {
        "Hvert rentebeløp må være større enn 0".into()
    })?;
    let past = asked.renter.iter().all(|rente| rente.ilagt.is_none_or(|date| date <= at.today));
    ensure(past, &rule::UGYLDIG_RENTERILAGTDATO, || "renterIlagtDato kan ikke være i fremtiden".into())?;
    let tillegg = Tillegg::read(asked.tilleggsinformasjon, kravtype.owner, at.edition)
        .map_err(|why| Refusal::new(&rule::UGYLDIG_TILLEGGSINFORMASJON, why.into_text()))?;
    owner_rules::check(asked, at, kravtype, &tillegg)?;
    Ok(kravtype)
}

fn kravtype(asked: &Opprett<'_>, at: &Surroundings<'_>) -> Result<Kravtype, Refusal> {
    let kravtype = Kravtype::find(asked.kravtype, at.edition)
        .ok_or_else(|| Refusal::new(&rule::KRAVTYPE_EKSISTERER_IKKE, "Kravtypen er ikke i kodelisten"))?;
    let active = !at.inactive.iter().any(|inactive| inactive == kravtype.name);
    ensure(active, &rule::KRAVTYPE_ER_INAKTIV, || format!("kravtype={} er inaktiv", kravtype.name).into())?;
    Ok(kravtype)
}

fn ids(asked: &Opprett<'_>, at: &Surroundings<'_>) -> Result<(), Refusal> {
    referanse(asked.referanse, at.edition)?;
    let Some(own_id) = asked.own_id else { return Ok(()) };
    own_id_is_right(own_id)?;
    ensure(!(at.taken)(own_id), &rule::OPPDRAGSGIVERS_KRAVIDENTIFIKATOR_EKSISTERER_ALLEREDE, || {
        format!("oppdragsgiversKravidentifikator={own_id} eksisterer allerede").into()
    })
}

/// The two rules of a reference, which edition 2023 calls saksnummer.
pub(crate) fn referanse(text: &str, edition: Edition) -> Result<(), Refusal> {
    let (empty, wrong): (&'static Rule, &'static Rule) = match edition {
        Edition::V1 => (&rule::TOM_OPPDRAGSGIVERS_REFERANSE, &rule::UGYLDIG_OPPDRAGSGIVERS_REFERANSE),
        Edition::Aar2023 => (&rule::TOM_OPPDRAGSGIVERS_SAKSNUMMER, &rule::UGYLDIG_OPPDRAGSGIVERS_SAKSNUMMER),
    };
    ensure(!text.trim().is_empty(), empty, || format!("{} kan ikke være tom", name_of(edition)).into())?;
    ensure(numbers::is_own_id(text), wrong, || format!("{} {OWN_ID}", name_of(edition)).into())
}

fn name_of(edition: Edition) -> &'static str {
    match edition {
        Edition::V1 => "oppdragsgiversReferanse",
        Edition::Aar2023 => "oppdragsgiversSaksnummer",
    }
}

const OWN_ID: &str = "må være mellom 1 og 40 tegn, og kun inneholde bokstaver (a-å, A-Å), tall, - og /";

/// The rule of the oppdragsgiver's id of a krav, in bodies and in paths.
pub(crate) fn own_id_is_right(own_id: &str) -> Result<(), Refusal> {
    ensure(numbers::is_own_id(own_id), &rule::UGYLDIG_OPPDRAGSGIVERS_KRAVIDENTIFIKATOR, || {
        format!("oppdragsgiversKravidentifikator {OWN_ID}").into()
    })
}

fn dates(asked: &Opprett<'_>, at: &Surroundings<'_>, kravtype: Kravtype) -> Result<(), Refusal> {
    let fastsatt = asked.fastsettelsesdato;
    ensure(fastsatt <= at.today, &rule::UGYLDIG_FASTSETTELSESDATO, || {
        format!("Ugyldig fastsettelsesdato={fastsatt}. Fastsettelsesdatoen kan ikke være i fremtiden").into()
    })?;
    let before = asked.utgangspunkt.is_none_or(|date| date < fastsatt);
    ensure(before, &rule::UGYLDIG_FORELDELSESFRISTENS_UTGANGSPUNKT, || {
        "foreldelsesfristensUtgangspunkt må være tidligere enn fastsettelsesdato".into()
    })?;
    let Some(tilleggsfrist) = asked.tilleggsfrist else { return Ok(()) };
    ensure(asked.utgangspunkt.is_none(), &rule::UGYLDIG_TILLEGGSFRIST, || {
        "tilleggsfristEtterForeldelsesloven kan ikke angis sammen med foreldelsesfristensUtgangspunkt".into()
    })?;
    // Those have 11 months; were the 10 asked of them too, the other rule could never be broken.
    let within = kravtype.name == FORSKUTTERTE_DAGPENGER || !older_than(tilleggsfrist, 10, at.today);
    ensure(within, &rule::TILLEGGSFRIST_ELDRE_ENN_10_MAANEDER, || {
        "tilleggsfristEtterForeldelsesloven kan ikke være mer enn 10 måneder tilbake i tid".into()
    })
}

fn skyldner_is_right(asked: &Opprett<'_>) -> bool {
    let is_right = if asked.skyldner.person { numbers::is_person } else { numbers::is_organisation };
    is_right(asked.skyldner.number)
}
