//! What some kravtyper demand besides: that it is there, and in the form of its kravtype and its edition.

use super::super::{Edition, Innkrevingsoppdrag, Organ, Tilleggsinformasjon, organ_of};
use super::Found;
use crate::Code;

pub(super) const ROOT: &str = "tilleggsinformasjon";

pub(super) fn check(request: &Innkrevingsoppdrag, edition: Edition, found: &mut Found) {
    let given = request.tilleggsinformasjon.as_ref();
    if let Some(given) = given {
        fields_are_of(edition, given, found);
    }
    // Of the others none is demanded; what is given all the same is not in the way. Of unknown ones nobody here knows.
    match organ_of(&request.kravtype) {
        Some(Organ::Nav) => nav(given, edition, found),
        Some(Organ::Broennoeysund) => broennoeysund(given, edition, found),
        Some(Organ::Annen) | None => {}
    }
}

/// What the edition does not have.
fn fields_are_of(edition: Edition, given: &Tilleggsinformasjon, found: &mut Found) {
    let filled: Vec<&str> = match (edition, given) {
        (Edition::Utgave2023, Tilleggsinformasjon::Nav { tilbakekrevingsperiode, .. }) => {
            tilbakekrevingsperiode.iter().map(|_| "tilbakekrevingsperiode").collect()
        }
        (
            Edition::Utgave2023,
            Tilleggsinformasjon::Broennoeysund { periode, stoppdato_for_loepende_mulkt },
        ) => {
            let periode = periode.iter().map(|_| "periode");
            periode.chain(stoppdato_for_loepende_mulkt.iter().map(|_| "stoppdatoForLøpendeMulkt")).collect()
        }
        (Edition::V1, Tilleggsinformasjon::Nav { stoenadstype, .. }) => {
            stoenadstype.iter().map(|_| "stoenadstype").collect()
        }
        (Edition::V1, Tilleggsinformasjon::Broennoeysund { .. }) | (_, Tilleggsinformasjon::Annet(_)) => {
            Vec::new()
        }
    };
    for field in filled {
        found.not_in(edition, format!("{ROOT}.{field}"));
    }
}

fn nav(given: Option<&Tilleggsinformasjon>, edition: Edition, found: &mut Found) {
    match (edition, given) {
        (Edition::V1, None) => wrong(
            found,
            ROOT,
            "it is missing, and NAV's kravtyper demand it",
            "write tilleggsinformasjon with the tilbakekrevingsperiode",
        ),
        (Edition::V1, Some(Tilleggsinformasjon::Nav { tilbakekrevingsperiode: None, .. })) => wrong(
            found,
            "tilleggsinformasjon.tilbakekrevingsperiode",
            "it is missing, and NAV's kravtyper demand it",
            "write the first and the last day for which too much was paid",
        ),
        // The contract marks the whole as optional in that edition, but not this field of it.
        (Edition::Utgave2023, Some(Tilleggsinformasjon::Nav { stoenadstype, .. }))
            if stoenadstype.as_deref().is_none_or(|text| text.trim().is_empty()) =>
        {
            wrong(
                found,
                "tilleggsinformasjon.stoenadstype",
                "it is missing, and edition 2023 demands it where there is tilleggsinformasjon",
                "write the stoenadstype of the benefit, or leave tilleggsinformasjon out",
            );
        }
        (_, Some(Tilleggsinformasjon::Nav { .. })) | (Edition::Utgave2023, None) => {}
        (_, Some(Tilleggsinformasjon::Broennoeysund { .. } | Tilleggsinformasjon::Annet(_))) => wrong(
            found,
            ROOT,
            "it is not in NAV's form, and the kravtype is NAV's",
            match edition {
                Edition::V1 => {
                    "write tilbakekrevingsperiode and, if there is one, ytelserForAvregning, and nothing else"
                }
                Edition::Utgave2023 => {
                    "write stoenadstype and, if there is one, ytelserForAvregning, and nothing else"
                }
            },
        ),
    }
}

fn broennoeysund(given: Option<&Tilleggsinformasjon>, edition: Edition, found: &mut Found) {
    // Edition 2023 has no form for them at all: whatever stands there is told as such, field by field.
    match given {
        _ if edition == Edition::Utgave2023 => {}
        None => wrong(
            found,
            ROOT,
            "it is missing, and the kravtype of Brønnøysundregistrene demands it",
            "write tilleggsinformasjon with the periode of the fine",
        ),
        Some(Tilleggsinformasjon::Broennoeysund { periode: None, .. }) => wrong(
            found,
            "tilleggsinformasjon.periode",
            "it is missing, and the kravtype of Brønnøysundregistrene demands it",
            "write the first and the last day that the fine is for",
        ),
        Some(Tilleggsinformasjon::Broennoeysund { .. }) => {}
        Some(Tilleggsinformasjon::Nav { .. } | Tilleggsinformasjon::Annet(_)) => wrong(
            found,
            ROOT,
            "it is not in the form of Brønnøysundregistrene, and the kravtype is theirs",
            "write periode and, if there is one, stoppdatoForLøpendeMulkt, and nothing else",
        ),
    }
}

fn wrong(found: &mut Found, field: &'static str, message: &'static str, advice: &'static str) {
    found.error(Code::UgyldigTilleggsinformasjon, field, message, advice);
}
