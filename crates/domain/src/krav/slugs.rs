//! The service's names for what it refuses, as far as a workflow branches on them. The rules for requests are in [`super::rules`].

use crate::Slug;

/// A krav with this oppdragsgiversKravidentifikator exists.
pub const EXISTS_ALREADY: &str = "oppdragsgivers-kravidentifikator-eksisterer-allerede";
/// There is no such krav.
pub const DOES_NOT_EXIST: &str = "innkrevingsoppdrag-eksisterer-ikke";
/// The krav is not booked yet.
pub const NOT_BOOKED: &str = "innkrevingsoppdrag-er-ikke-reskontrofoert";
/// A krav that is written off cannot be changed.
pub const WRITTEN_OFF_NO_CHANGE: &str = "avskrevet-innkrevingsoppdrag-kan-ikke-endres";
/// A krav that is written off cannot be written off again.
pub const WRITTEN_OFF_ALREADY: &str = "avskrevet-innkrevingsoppdrag-kan-ikke-avskrives";

/// The last part of a problem's `type`, which names the rule: `tag:skatteetaten.no,2024:innkreving:innkrevingsoppdrag:<slug>`. Older
/// names are given as the ones of today.
pub fn short(slug: &Slug) -> &str {
    let name = slug.as_str().rsplit([':', '/']).next().unwrap_or_default();
    match name {
        "innkrevingsoppdrag-er-avskrevet" => WRITTEN_OFF_NO_CHANGE,
        "innkrevingsoppdrag-er-allerede-avskrevet" => WRITTEN_OFF_ALREADY,
        other => other,
    }
}

/// Whether it names one of the service's rules about krav, and not a general error such as `DAS-008`.
pub fn is_rule_about_krav(slug: &Slug) -> bool {
    slug.as_str().starts_with("tag:") && slug.as_str().contains("innkrevingsoppdrag")
}

/// Whether a 409 with this slug proves that nothing changed: the contract names these.
pub fn is_known_conflict(slug: &Slug) -> bool {
    [NOT_BOOKED, WRITTEN_OFF_NO_CHANGE, WRITTEN_OFF_ALREADY].contains(&short(slug))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_named_by_the_last_part_of_its_tag() {
        let tag = |name: &str| -> Slug {
            format!("tag:skatteetaten.no,2024:innkreving:innkrevingsoppdrag:{name}").parse().unwrap()
        };
        assert_eq!(short(&tag(EXISTS_ALREADY)), EXISTS_ALREADY);
        assert_eq!(short(&"DAS-002".parse().unwrap()), "DAS-002");
        assert!(is_known_conflict(&tag("innkrevingsoppdrag-er-allerede-avskrevet")));
        assert!(!is_known_conflict(&tag("noe-nytt")) && !is_known_conflict(&"DAS-001".parse().unwrap()));
    }
}
