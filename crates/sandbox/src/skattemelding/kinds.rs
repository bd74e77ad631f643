//! The kinds of documents: their names in envelopes, and the XML they consist of in each year.

/// `dokumenttype` of the request envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dokumenttype {
    SkattemeldingPersonlig,
    SkattemeldingUpersonlig,
    SelskapsmeldingSdf,
    Naeringsspesifikasjon,
    NaeringsspesifikasjonReferanse,
}

use Dokumenttype::*;

impl Dokumenttype {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let all = [
            SkattemeldingPersonlig,
            SkattemeldingUpersonlig,
            SelskapsmeldingSdf,
            Naeringsspesifikasjon,
            NaeringsspesifikasjonReferanse,
        ];
        all.into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            SkattemeldingPersonlig => "skattemeldingPersonlig",
            SkattemeldingUpersonlig => "skattemeldingUpersonlig",
            SelskapsmeldingSdf => "selskapsmeldingSdf",
            Naeringsspesifikasjon => "naeringsspesifikasjon",
            NaeringsspesifikasjonReferanse => "naeringsspesifikasjonReferanse",
        }
    }

    /// A tax return itself, of which an envelope holds one.
    pub(crate) fn is_return(self) -> bool {
        matches!(self, SkattemeldingPersonlig | SkattemeldingUpersonlig | SelskapsmeldingSdf)
    }

    /// The type under which the response gives the document back.
    pub(crate) fn after_calculation(self) -> &'static str {
        match self {
            SkattemeldingPersonlig => "skattemeldingPersonligEtterBeregning",
            SkattemeldingUpersonlig => "skattemeldingUpersonligEtterBeregning",
            SelskapsmeldingSdf => "selskapsmeldingSdfEtterBeregning",
            Naeringsspesifikasjon | NaeringsspesifikasjonReferanse => "naeringsspesifikasjonEtterBeregning",
        }
    }

    /// The document's root element.
    pub(crate) fn root(self) -> &'static str {
        match self {
            SkattemeldingPersonlig | SkattemeldingUpersonlig => "skattemelding",
            SelskapsmeldingSdf => "selskapsmelding",
            Naeringsspesifikasjon | NaeringsspesifikasjonReferanse => "naeringsspesifikasjon",
        }
    }

    /// The namespace of a year's documents. None before the kind's first year.
    pub(crate) fn namespace(self, inntektsaar: u16) -> Option<String> {
        if (self, inntektsaar) == (SkattemeldingUpersonlig, 2021) {
            // The first version spells it differently.
            return Some(format!("{FASTSETTING}skattemelding:upersonlige:ekstern:v1"));
        }
        Some(format!("{FASTSETTING}{}:ekstern:v{}", self.infix(), self.version(inntektsaar)?))
    }

    /// Whether a namespace is one of this kind's, of whatever version.
    pub(crate) fn owns(self, namespace: &str) -> bool {
        let Some((infix, version)) =
            namespace.strip_prefix(FASTSETTING).and_then(|n| n.split_once(":ekstern:v"))
        else {
            return false;
        };
        let number =
            !version.is_empty() && !version.starts_with('0') && version.bytes().all(|b| b.is_ascii_digit());
        let spelled = infix == self.infix()
            || (self == SkattemeldingUpersonlig && infix == "skattemelding:upersonlige" && version == "1");
        number && spelled
    }

    fn infix(self) -> &'static str {
        match self {
            SkattemeldingPersonlig => "skattemelding",
            SkattemeldingUpersonlig => "skattemelding:upersonlig",
            SelskapsmeldingSdf => "selskapsmelding:selskapmeddeltakerfastsetting",
            Naeringsspesifikasjon | NaeringsspesifikasjonReferanse => "naeringsspesifikasjon",
        }
    }

    /// Every kind has had one version a year since 2021; later years are taken to go on so.
    fn version(self, inntektsaar: u16) -> Option<u16> {
        let (first_year, first_version) = match self {
            Naeringsspesifikasjon | NaeringsspesifikasjonReferanse => (2021, 2),
            SkattemeldingUpersonlig => (2021, 1),
            SkattemeldingPersonlig => (2021, 9),
            SelskapsmeldingSdf => (2022, 1),
        };
        inntektsaar.checked_sub(first_year).map(|years| first_version + years)
    }
}

const FASTSETTING: &str = "urn:no:skatteetaten:fastsetting:formueinntekt:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_follow_the_table_of_the_contract() {
        let rows = [
            (2021, 2, Some(1), 9, None),
            (2022, 3, Some(2), 10, Some(1)),
            (2023, 4, Some(3), 11, Some(2)),
            (2024, 5, Some(4), 12, Some(3)),
            (2025, 6, Some(5), 13, Some(4)),
            (2026, 7, Some(6), 14, Some(5)),
        ];
        for (year, naering, upersonlig, personlig, sdf) in rows {
            assert_eq!(Naeringsspesifikasjon.version(year), Some(naering));
            assert_eq!(SkattemeldingUpersonlig.version(year), upersonlig);
            assert_eq!(SkattemeldingPersonlig.version(year), Some(personlig));
            assert_eq!(SelskapsmeldingSdf.version(year), sdf);
        }
        assert_eq!(Naeringsspesifikasjon.namespace(2020), None);
        assert_eq!(
            SkattemeldingUpersonlig.namespace(2021).unwrap(),
            "urn:no:skatteetaten:fastsetting:formueinntekt:skattemelding:upersonlige:ekstern:v1"
        );
    }

    #[test]
    fn a_kind_owns_its_namespaces_and_no_others() {
        for kind in
            [SkattemeldingPersonlig, SkattemeldingUpersonlig, SelskapsmeldingSdf, Naeringsspesifikasjon]
        {
            for year in 2022..2030 {
                let namespace = kind.namespace(year).unwrap();
                assert!(kind.owns(&namespace), "{namespace}");
            }
        }
        let upersonlig = SkattemeldingUpersonlig.namespace(2023).unwrap();
        assert!(!SkattemeldingPersonlig.owns(&upersonlig));
        assert!(
            !Naeringsspesifikasjon
                .owns("urn:no:skatteetaten:fastsetting:formueinntekt:naeringsspesifikasjon:ekstern:v")
        );
        assert!(!Naeringsspesifikasjon.owns("naeringsspesifikasjon:ekstern:v4"));
    }
}
