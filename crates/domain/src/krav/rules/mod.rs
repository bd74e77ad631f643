//! Every rule that the service applies at once when a krav is created or changed, so that all mistakes are told together.
//!
//! The service stops at the first rule that is broken; here none is left out. Rules that only the service can know are warnings, see
//! [`Code::is_for_the_service`].
//!
//! Source: contract page `innkreving.md`, "Synchronous rules at creation". What it leaves open about Brønnøysundregistrene is read as
//! Skatteetaten's own page of rules has it: neither the period nor a daily fine ends in the future.

use super::id::why_no_reference;
use super::kravtyper::{FORSKUTTERTE_DAGPENGER, is_known_to};
use super::{Edition, Endring, Innkrevingsoppdrag, Kroner, Organ, organ_of};
use crate::{Code, Finding};
use found::{Found, shown};
use jiff::civil::Date;

mod calendar;
mod found;
mod owners;
mod renter;
mod skyldner;
mod tillegg;

#[cfg(test)]
mod tests;

/// Who sends krav, as far as the rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oppdragsgiver {
    /// Whose kravtyper it may use; `None` if that is not known here.
    pub organ: Option<Organ>,
    /// The edition of the API.
    pub edition: Edition,
    /// Whether the numbers of synthetic persons are accepted, as in test environments.
    pub synthetic_persons: bool,
}

/// All that is wrong with a krav that is to be created, in the order of the service's rules.
///
/// `today` is the date in Norway. The findings have no source and no row; no personal number stands in them whole.
pub fn check(request: &Innkrevingsoppdrag, oppdragsgiver: &Oppdragsgiver, today: Date) -> Vec<Finding> {
    let mut found = Found::default();
    kravtype_is_known(request, oppdragsgiver.edition, &mut found);
    if !request.hovedstol.is_over_0() {
        found.error(
            Code::BeloepErIkkeOver0,
            "hovedstol.beloep",
            format!("the principal is {} kroner, and must be more than 0", request.hovedstol),
            "write the principal in whole kroner, 1 or more",
        );
    }
    let reference = match oppdragsgiver.edition {
        Edition::V1 => "oppdragsgiversReferanse",
        Edition::Utgave2023 => "oppdragsgiversSaksnummer",
    };
    check_reference(reference, &request.oppdragsgivers_referanse, &mut found);
    check_own_id(request, &mut found);
    check_dates(request, today, &mut found);
    check_tilleggsfrist(request, oppdragsgiver.edition, today, &mut found);
    skyldner::check(&request.skyldner, oppdragsgiver, &mut found);
    kravtype_is_of(oppdragsgiver, &request.kravtype, &mut found);
    let renter = request.rente_beloep.as_deref().unwrap_or_default();
    renter::check_created(renter, oppdragsgiver.edition, today, &mut found);
    tillegg::check(request, oppdragsgiver.edition, &mut found);
    owners::check(request, oppdragsgiver.edition, today, &mut found);
    found.into_findings()
}

/// All that is wrong with a change. `in_force` is the principal it replaces, if that is known.
///
/// `today` is the date in Norway. The findings have no source and no row; no personal number stands in them whole.
pub fn check_endring(
    endring: &Endring,
    in_force: Option<Kroner>,
    oppdragsgiver: &Oppdragsgiver,
    today: Date,
) -> Vec<Finding> {
    let mut found = Found::default();
    let edition = oppdragsgiver.edition;
    let able = edition.capabilities();
    match endring {
        Endring::Hovedstol(new) => check_new_hovedstol(*new, in_force, edition, &mut found),
        Endring::Renter(_) if !able.renter => {
            not_a_change_of(edition, "renter", "interest of a krav", &mut found);
        }
        Endring::Renter(renter) => renter::check_replaced(renter, edition, today, &mut found),
        Endring::Referanse(_) if !able.referanse => {
            not_a_change_of(edition, NEW_REFERENCE, "reference of a krav", &mut found);
        }
        Endring::Referanse(new) => check_reference(NEW_REFERENCE, new, &mut found),
    }
    found.into_findings()
}

const NEW_REFERENCE: &str = "nyOppdragsgiversReferanse";

fn kravtype_is_known(request: &Innkrevingsoppdrag, edition: Edition, found: &mut Found) {
    let kravtype = request.kravtype.as_str();
    if kravtype.trim().is_empty() {
        found.error(
            Code::FieldMissing,
            "kravtype",
            "there is no kravtype, and every krav is of one",
            "write the kravtype as it stands in Skatteetaten's code list",
        );
    } else if !is_known_to(edition, kravtype) {
        found.warning(
            Code::KravtypeEksistererIkke,
            "kravtype",
            format!(
                "kravtype «{}» is not in the list known here for edition {edition}; it is sent, the service decides",
                shown(kravtype)
            ),
            "compare its spelling with Skatteetaten's code list",
        );
    }
}

fn kravtype_is_of(oppdragsgiver: &Oppdragsgiver, kravtype: &str, found: &mut Found) {
    if let (Some(owner), Some(ours)) = (organ_of(kravtype), oppdragsgiver.organ)
        && owner != ours
    {
        found.warning(
            Code::UgyldigKravtype,
            "kravtype",
            format!(
                "kravtype «{kravtype}» belongs to {}, and this oppdragsgiver is {}; it is sent, the service decides",
                owner.name(),
                ours.name()
            ),
            "use a kravtype that is agreed with Skatteetaten for this oppdragsgiver",
        );
    }
}

fn check_reference(field: &'static str, text: &str, found: &mut Found) {
    if text.trim().is_empty() {
        found.error(
            Code::TomOppdragsgiversReferanse,
            field,
            "the reference is empty, and the skyldner needs it to know what the krav is about",
            "write the oppdragsgiver's reference of the case",
        );
    } else if let Some(why) = why_no_reference(text) {
        found.error(
            Code::UgyldigOppdragsgiversReferanse,
            field,
            format!("«{}» is no reference that the service takes: {why}", shown(text)),
            "write 1 to 40 letters (a to å), digits, - and /",
        );
    }
}

fn check_own_id(request: &Innkrevingsoppdrag, found: &mut Found) {
    // That it is missing is no mistake for the service; whoever sends decides whether to go without.
    let Some(own_id) = &request.oppdragsgivers_kravidentifikator else { return };
    if let Some(why) = why_no_reference(own_id) {
        found.error(
            Code::UgyldigOppdragsgiversKravidentifikator,
            "oppdragsgiversKravidentifikator",
            format!("«{}» is no id that the service takes: {why}", shown(own_id)),
            "write 1 to 40 letters (a to å), digits, - and /, different for each krav",
        );
    }
}

fn check_dates(request: &Innkrevingsoppdrag, today: Date, found: &mut Found) {
    let fastsatt = request.fastsettelsesdato;
    if fastsatt > today {
        found.error(
            Code::UgyldigFastsettelsesdato,
            "fastsettelsesdato",
            format!("the krav was decided on {fastsatt}, which is in the future (today is {today})"),
            "write the day of the decision, or send the krav from that day on",
        );
    }
    if let Some(utgangspunkt) = request.foreldelsesfristens_utgangspunkt
        && utgangspunkt >= fastsatt
    {
        found.error(
            Code::UgyldigForeldelsesfristensUtgangspunkt,
            UTGANGSPUNKT,
            format!("the time limit begins on {utgangspunkt}, which is not before the fastsettelsesdato {fastsatt}"),
            "write a day before the fastsettelsesdato, or leave it out: the limit then begins on the fastsettelsesdato",
        );
    }
}

const UTGANGSPUNKT: &str = "foreldelsesfristensUtgangspunkt";

fn check_tilleggsfrist(request: &Innkrevingsoppdrag, edition: Edition, today: Date, found: &mut Found) {
    const FIELD: &str = "tilleggsfristEtterForeldelsesloven";
    let Some(frist) = request.tilleggsfrist_etter_foreldelsesloven else { return };
    if edition == Edition::Utgave2023 {
        found.not_in(edition, FIELD);
        return;
    }
    if let Some(utgangspunkt) = request.foreldelsesfristens_utgangspunkt {
        found.error(
            Code::UgyldigTilleggsfristEtterForeldelsesloven,
            FIELD,
            format!("it is {frist}, and {UTGANGSPUNKT} is {utgangspunkt}; the two exclude each other"),
            format!("leave out {FIELD} or {UTGANGSPUNKT}"),
        );
    }
    let Some(first_of_10) = calendar::limit_if_older(frist, 10, today) else { return };
    let dagpenger = request.kravtype == FORSKUTTERTE_DAGPENGER;
    let message = |months| format!("it is {frist}, more than {months} months before today ({today})");
    let advice = |limit| format!("check the day, which may not be before {limit}, or leave it out");
    match calendar::limit_if_older(frist, 11, today) {
        Some(first_of_11) if dagpenger => found.error(
            Code::TilleggsfristEtterForeldelseslovenEldreEnn11Maaneder,
            FIELD,
            message(11),
            advice(first_of_11),
        ),
        // The contract does not say whether the 11 months take the place of the 10 there.
        None if dagpenger => found.warning(
            Code::TilleggsfristEtterForeldelseslovenEldreEnn10Maaneder,
            FIELD,
            format!(
                "{}; {FORSKUTTERTE_DAGPENGER} has 11 months, and whether the 10-month rule also holds here is not documented",
                message(10)
            ),
            advice(first_of_10),
        ),
        _ => found.error(
            Code::TilleggsfristEtterForeldelseslovenEldreEnn10Maaneder,
            FIELD,
            message(10),
            advice(first_of_10),
        ),
    }
}

fn check_new_hovedstol(new: Kroner, in_force: Option<Kroner>, edition: Edition, found: &mut Found) {
    let field = match edition {
        Edition::V1 => "hovedstol.beloep",
        Edition::Utgave2023 => "nyHovedstol.beloep",
    };
    if !new.is_over_0() {
        found.error(
            Code::HovedstolErIkkeOver0,
            field,
            format!("the new principal is {new} kroner, and must be more than 0"),
            "write the new principal in whole kroner, 1 or more; to end the krav, write it off",
        );
    }
    // No published rule enforces it; the information model says so.
    if let Some(old) = in_force
        && new >= old
    {
        found.warning(
            Code::HovedstolNotLower,
            field,
            format!("the new principal, {new} kroner, is not lower than the one in force, {old}; it is sent, the service decides"),
            "for a new decision, write the krav off and create another with a new oppdragsgiversKravidentifikator",
        );
    }
}

fn not_a_change_of(edition: Edition, field: &'static str, what: &str, found: &mut Found) {
    found.error(
        Code::NotInThisEdition,
        field,
        format!("edition {edition} of the API has no call that changes the {what}"),
        "write the krav off and create another with a new oppdragsgiversKravidentifikator",
    );
}
