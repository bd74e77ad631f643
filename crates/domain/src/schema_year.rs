//! Which schema version belongs to which income year.
//!
//! Source: the table "Which schema belongs to which income year" of the contract; rows 2025 and 2026 are read off the code
//! lists inside the schemas. A year beyond the table is newer than this version of skattebro, not an error.

use crate::{DocumentKind, Inntektsaar};

/// The last income year in the table.
pub const NEWEST: u16 = 2026;
/// The first income year in the table.
pub const OLDEST: u16 = 2021;

/// The namespace version that `kind` has in `year`: `Some(4)` for a næringsspesifikasjon of 2023. `None` outside the table
/// and where the kind did not exist yet.
pub fn version_for(kind: DocumentKind, year: Inntektsaar) -> Option<u16> {
    let year = year.get();
    if !(OLDEST..=NEWEST).contains(&year) {
        return None;
    }
    let since = year - OLDEST;
    match kind {
        DocumentKind::Naeringsspesifikasjon => Some(2 + since),
        DocumentKind::SkattemeldingUpersonlig => Some(1 + since),
        DocumentKind::SkattemeldingPersonlig => Some(9 + since),
        DocumentKind::SelskapsmeldingSdf => (since > 0).then_some(since),
    }
}

/// The income year whose documents of `kind` have `version`, if it is in the table.
pub fn year_of(kind: DocumentKind, version: u16) -> Option<u16> {
    (OLDEST..=NEWEST)
        .find(|&year| Inntektsaar::try_from(year).is_ok_and(|year| version_for(kind, year) == Some(version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_contracts() {
        let rows = [
            (2021, Some(2), Some(1), Some(9), None),
            (2022, Some(3), Some(2), Some(10), Some(1)),
            (2023, Some(4), Some(3), Some(11), Some(2)),
            (2024, Some(5), Some(4), Some(12), Some(3)),
            (2025, Some(6), Some(5), Some(13), Some(4)),
            (2026, Some(7), Some(6), Some(14), Some(5)),
            (2020, None, None, None, None),
            (2027, None, None, None, None),
        ];
        for (year, naering, upersonlig, personlig, sdf) in rows {
            let year = Inntektsaar::try_from(year).unwrap();
            assert_eq!(version_for(DocumentKind::Naeringsspesifikasjon, year), naering, "{year}");
            assert_eq!(version_for(DocumentKind::SkattemeldingUpersonlig, year), upersonlig, "{year}");
            assert_eq!(version_for(DocumentKind::SkattemeldingPersonlig, year), personlig, "{year}");
            assert_eq!(version_for(DocumentKind::SelskapsmeldingSdf, year), sdf, "{year}");
        }
    }

    #[test]
    fn a_version_leads_back_to_its_year() {
        assert_eq!(year_of(DocumentKind::Naeringsspesifikasjon, 4), Some(2023));
        assert_eq!(year_of(DocumentKind::SelskapsmeldingSdf, 1), Some(2022));
        assert_eq!(year_of(DocumentKind::Naeringsspesifikasjon, 1), None);
    }
}
