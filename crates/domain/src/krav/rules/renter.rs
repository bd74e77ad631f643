//! Interest: of a new krav, and as a change.

use super::super::{Edition, Kroner, RenteBeloep};
use super::{Found, shown};
use crate::Code;
use jiff::civil::Date;

/// Of a krav that is to be created.
pub(super) fn check_created(renter: &[RenteBeloep], edition: Edition, today: Date, found: &mut Found) {
    for (at, rente) in renter.iter().enumerate() {
        let path = format!("renteBeloep[{at}]");
        if !rente.beloep.is_over_0() {
            found.error(
                Code::RentebeloepErIkkeOver0,
                format!("{path}.beloep"),
                format!("the interest is {} kroner, and must be more than 0", rente.beloep),
                "write the interest in whole kroner, 1 or more, or leave it out",
            );
        }
        check_date(rente, &path, edition, today, found);
        check_type(rente, &path, edition, found);
    }
}

/// As it is to be from now on. Interest of 0 kroner is accepted here, other than at creation.
pub(super) fn check_replaced(renter: &[RenteBeloep], edition: Edition, today: Date, found: &mut Found) {
    for (at, rente) in renter.iter().enumerate() {
        let path = format!("renter[{at}]");
        if rente.beloep < Kroner::new(0) {
            found.error(
                Code::RentebeloepErUnder0,
                format!("{path}.beloep"),
                format!("the interest is {} kroner, and must not be less than 0", rente.beloep),
                "write the interest in whole kroner, 0 or more",
            );
        }
        check_date(rente, &path, edition, today, found);
        check_type(rente, &path, edition, found);
    }
}

fn check_date(rente: &RenteBeloep, path: &str, edition: Edition, today: Date, found: &mut Found) {
    let field = format!("{path}.renterIlagtDato");
    match rente.renter_ilagt_dato {
        Some(date) if date > today => found.error(
            Code::UgyldigRenterilagtdato,
            field,
            format!("the interest was imposed on {date}, which is in the future (today is {today})"),
            "write the day on which it was imposed, or leave the interest out until then",
        ),
        // The contract marks the field as optional in edition v1 only.
        None if edition == Edition::Utgave2023 => found.error(
            Code::FieldMissing,
            field,
            "it is not said when the interest was imposed, and edition 2023 demands it",
            "write the day on which the interest was imposed",
        ),
        _ => {}
    }
}

fn check_type(rente: &RenteBeloep, path: &str, edition: Edition, found: &mut Found) {
    let field = format!("{path}.rentetype");
    match (edition, rente.rentetype.as_deref()) {
        (Edition::Utgave2023, Some(_)) => found.not_in(edition, field),
        (Edition::V1, Some("STRAFFERENTE")) | (Edition::Utgave2023, None) => {}
        (Edition::V1, Some(rentetype)) if !rentetype.trim().is_empty() => found.warning(
            Code::RentetypeUnknown,
            field,
            format!(
                "rentetype «{}» is not known here, only STRAFFERENTE; it is sent, the service decides",
                shown(rentetype)
            ),
            "compare its spelling with Skatteetaten's information model",
        ),
        (Edition::V1, _) => found.error(
            Code::FieldMissing,
            field,
            "it is not said which kind of interest this is, and edition v1 demands it",
            "write STRAFFERENTE",
        ),
    }
}
