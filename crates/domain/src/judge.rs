//! What we think of what a scan saw: facts in, findings out, all at once.
//!
//! An error here is something that the service refuses or that makes a filing about something else than was meant; a warning
//! is something a person should look at. Source of the rules: `asynk-api.md` and the contract page `skattemelding.md`.

use crate::facts::{Defect, DocumentFacts, DocumentKind, Located};
use crate::schema_year::{self, NEWEST, OLDEST};
use crate::{Code, Finding, Inntektsaar};

/// What a way of filing can carry. A workflow asks for a capability, never for an edition by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether an auditor can confirm the filing.
    pub revisor: bool,
    /// Whether the næringsspesifikasjon may hold attachments.
    pub vedlegg_i_naeringsspesifikasjon: bool,
}

impl Capabilities {
    /// Asynchronous validation, edition v1: neither (`asynk-api.md`, "PS!" and last section).
    pub const ASYNC_V1: Self = Self { revisor: false, vedlegg_i_naeringsspesifikasjon: false };

    /// Synchronous validation: both.
    pub const SYNCHRONOUS: Self = Self { revisor: true, vedlegg_i_naeringsspesifikasjon: true };

    /// Validation of an Altinn instance, edition v2: both.
    pub const INSTANS: Self = Self { revisor: true, vedlegg_i_naeringsspesifikasjon: true };
}

/// What a document is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The income year of the filing; `None` checks a document against the year it says itself.
    pub inntektsaar: Option<Inntektsaar>,
    /// An advance assessment, whose documents follow other version rules.
    pub forhaandsfastsetting: bool,
    /// What the way of filing can carry.
    pub capabilities: Capabilities,
}

/// Everything that is wrong with one document. `source` is what the findings call it: its file name.
pub fn judge(source: &str, facts: &DocumentFacts, expected: &Expected) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(defect) = &facts.defect {
        findings.push(judge_defect(source, defect));
    }
    let Some(root) = &facts.root else { return findings };
    let Some((kind, version)) = facts.kind() else {
        findings.push(
            Finding::error(
                Code::WrongRoot,
                source,
                format!(
                    "the root element is <{}> in namespace «{}», which is no document that Skatteetaten takes",
                    root.value.name, root.value.namespace
                ),
                "send a naeringsspesifikasjon, skattemelding or selskapsmelding in its own namespace",
            )
            .at(root.place),
        );
        return findings;
    };
    judge_year_and_version(source, facts, (kind, version), expected, &mut findings);
    if facts.defect.is_none() {
        judge_part(source, facts, root, &mut findings);
    }
    if let Some(place) = facts.foerste_vedlegg
        && kind == DocumentKind::Naeringsspesifikasjon
        && !expected.capabilities.vedlegg_i_naeringsspesifikasjon
    {
        findings.push(
            Finding::error(
                Code::Vedlegg,
                source,
                format!(
                    "it has {} vedlegg, and asynchronous validation takes none there",
                    facts.antall_vedlegg
                ),
                "move the attachments to the skattemelding; a small return can be validated synchronously (valider --synkront)",
            )
            .at(place),
        );
    }
    if !expected.capabilities.revisor {
        findings.extend(facts.revisorflagg.iter().map(|flag| judge_revisor(source, kind, flag)));
    }
    findings
}

fn judge_defect(source: &str, defect: &Located<Defect>) -> Finding {
    let (code, message, advice) = match &defect.value {
        Defect::Empty => {
            (Code::EmptyFile, "the file is empty".to_owned(), "write it again and check the export")
        }
        Defect::NotXml => (
            Code::NotXml,
            "the file is not XML: it does not begin with «<»".to_owned(),
            "give the XML document itself (or a .gz of it)",
        ),
        Defect::Truncated => (
            Code::Truncated,
            "the document ends before its last element is closed".to_owned(),
            "write or copy the file again; it was cut off here",
        ),
        Defect::Malformed(why) => (
            Code::Malformed,
            format!("the document is not well-formed XML: {why}"),
            "mend it at this place, or in the program that wrote it",
        ),
        Defect::NotUtf8(why) => (
            Code::NotUtf8,
            format!("the document is not UTF-8, which the envelope promises: {why}"),
            "write the file as UTF-8",
        ),
        Defect::DocumentType => (
            Code::DocumentType,
            "the document has a DTD (<!DOCTYPE …>), which is refused: it can carry entity bombs".to_owned(),
            "remove the DOCTYPE; these documents need none",
        ),
        Defect::UnknownEntity(name) => (
            Code::UnknownEntity,
            format!("the document uses the entity «&{name};», which XML does not define"),
            "write the character itself",
        ),
        Defect::TooLargeValue(limit) => (
            Code::TooLargeValue,
            format!("a single value, tag or comment here is larger than {limit} bytes"),
            "check the program that wrote it; no field is that long",
        ),
        Defect::TooDeep(limit) => (
            Code::TooDeep,
            format!("elements are nested deeper than {limit} levels"),
            "check the program that wrote it; no document is that deep",
        ),
    };
    Finding::error(code, source, message, advice).at(defect.place)
}

fn judge_year_and_version(
    source: &str,
    facts: &DocumentFacts,
    (kind, version): (DocumentKind, u16),
    expected: &Expected,
    findings: &mut Vec<Finding>,
) {
    let root_place = facts.root.as_ref().map(|root| root.place).unwrap_or(crate::Place::START);
    let stated = match &facts.inntektsaar {
        Some(text) => match text.value.parse::<Inntektsaar>() {
            Ok(year) => Some((year, text.place)),
            Err(error) => {
                findings.push(
                    Finding::error(
                        Code::InntektsaarMissing,
                        source,
                        format!("its inntektsaar cannot be read: {error}"),
                        "write the income year as four digits",
                    )
                    .at(text.place),
                );
                None
            }
        },
        None if facts.defect.is_none() => {
            findings.push(
                Finding::error(
                    Code::InntektsaarMissing,
                    source,
                    "it has no inntektsaar below its root element",
                    "write the income year there",
                )
                .at(root_place),
            );
            None
        }
        None => None,
    };
    if let (Some((stated, place)), Some(wanted)) = (stated, expected.inntektsaar)
        && stated != wanted
    {
        findings.push(
            Finding::error(
                Code::InntektsaarDiffers,
                source,
                format!("it says inntektsaar {stated}, but the filing is for {wanted}"),
                "give the document of that year, or the other year",
            )
            .at(place),
        );
    }
    let Some(year) = expected.inntektsaar.or(stated.map(|(year, _)| year)) else { return };
    if expected.forhaandsfastsetting {
        findings.push(
            Finding::warning(
                Code::AdvanceAssessment,
                source,
                format!("an advance assessment follows other version rules; {kind} v{version} was not checked against {year}"),
                "make sure that this version is the one agreed for it",
            )
            .at(root_place),
        );
        return;
    }
    if year.get() > NEWEST {
        findings.push(
            Finding::warning(
                Code::NewerThanKnown,
                source,
                format!("inntektsaar {year} is newer than this program, which knows {OLDEST} to {NEWEST}; {kind} v{version} was not checked against it"),
                "look for a newer skattebro",
            )
            .at(root_place),
        );
        return;
    }
    if year.get() < OLDEST {
        findings.push(
            Finding::warning(
                Code::OlderThanKnown,
                source,
                format!("inntektsaar {year} is older than this service, which began with {OLDEST}"),
                "check the year",
            )
            .at(root_place),
        );
        return;
    }
    let right = schema_year::version_for(kind, year);
    if right != Some(version) {
        let belongs = match schema_year::year_of(kind, version) {
            Some(other) => format!("v{version} belongs to {other}"),
            None => format!("v{version} belongs to no year that this program knows"),
        };
        let advice = match right {
            Some(right) => format!("write the document in {}", kind.namespace(right)),
            None => format!("there is no {kind} for {year}; give the kind of document that the year has"),
        };
        findings.push(
            Finding::error(
                Code::VersionOfAnotherYear,
                source,
                format!("it is {kind} v{version}, but the income year is {year}: {belongs}"),
                advice,
            )
            .at(root_place),
        );
    }
}

fn judge_part<T>(source: &str, facts: &DocumentFacts, root: &Located<T>, findings: &mut Vec<Finding>) {
    match &facts.partsreferanse {
        None => findings.push(
            Finding::warning(
                Code::PartMissing,
                source,
                "it has no partsreferanse or partsnummer below its root element",
                "take the number from the current return (skattebro hent)",
            )
            .at(root.place),
        ),
        Some(part) if part.value.is_empty() || !part.value.bytes().all(|b| b.is_ascii_digit()) => findings
            .push(
                Finding::warning(
                    Code::PartNotANumber,
                    source,
                    format!(
                        "its partsreferanse or partsnummer is «{}», not a number",
                        crate::masking::mask(&part.value)
                    ),
                    "take the number from the current return (skattebro hent)",
                )
                .at(part.place),
            ),
        Some(_) => {}
    }
}

fn judge_revisor(source: &str, kind: DocumentKind, flag: &Located<String>) -> Finding {
    let name = flag.value.as_str();
    let named_by_contract = match kind {
        DocumentKind::Naeringsspesifikasjon => name == "skalBekreftesAvRevisor",
        DocumentKind::SelskapsmeldingSdf => name == "prosjektSkalBekreftesAvRevisor",
        // From 2025 on konsernbidrag has one flag for what was received and one for what was given.
        DocumentKind::SkattemeldingUpersonlig | DocumentKind::SkattemeldingPersonlig => {
            name == "prosjektSkalBekreftesAvRevisor"
                || name.to_ascii_lowercase().ends_with("konsernbidragskalbekreftesavrevisor")
        }
    };
    let finding = if named_by_contract {
        Finding::error(
            Code::Revisor,
            source,
            format!("{name} is true, and this way of filing has no signing by an auditor"),
            "a small return can be validated synchronously (valider --synkront); otherwise file it without the auditor's confirmation",
        )
    } else {
        Finding::warning(
            Code::PerhapsRevisor,
            source,
            format!("{name} is true, and this way of filing has no signing by an auditor"),
            "ask Skatteetaten whether this flag needs one",
        )
    };
    finding.at(flag.place)
}

/// What is wrong with a set of documents: a kind that is missing or given twice.
///
/// A filing needs one return (skattemelding or selskapsmelding). `naeringsspesifikasjon_by_reference` says that one was
/// uploaded before.
pub fn judge_set(
    documents: &[(&str, DocumentKind)],
    naeringsspesifikasjon_by_reference: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for kind in DocumentKind::ALL {
        let mut sources = documents.iter().filter(|(_, k)| *k == kind).map(|(source, _)| *source);
        if let (Some(first), Some(second)) = (sources.next(), sources.next()) {
            findings.push(Finding::error(
                Code::DocumentTwice,
                second,
                format!("this is a second {kind}; «{first}» is one already"),
                "give each kind of document once",
            ));
        }
    }
    let has = |wanted: DocumentKind| documents.iter().any(|(_, kind)| *kind == wanted);
    if naeringsspesifikasjon_by_reference && has(DocumentKind::Naeringsspesifikasjon) {
        findings.push(Finding::error(
            Code::DocumentTwice,
            "",
            "both a næringsspesifikasjon and a reference to an uploaded one were given",
            "give one of the two",
        ));
    }
    if !DocumentKind::ALL.into_iter().any(|kind| kind != DocumentKind::Naeringsspesifikasjon && has(kind)) {
        findings.push(Finding::error(
            Code::DocumentMissing,
            "",
            "there is no skattemelding or selskapsmelding, and every filing needs one",
            "give it beside the næringsspesifikasjon",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Place, RootElement, Severity};

    fn expected(year: u16) -> Expected {
        Expected {
            inntektsaar: (year > 0).then(|| year.try_into().unwrap()),
            forhaandsfastsetting: false,
            capabilities: Capabilities::ASYNC_V1,
        }
    }

    fn document(kind: DocumentKind, version: u16, year: &str) -> DocumentFacts {
        let at = |value: &str| Some(Located::new(value.to_owned(), Place::START));
        DocumentFacts {
            bytes: 100,
            root: Some(Located::new(
                RootElement { name: kind.root_name().into(), namespace: kind.namespace(version) },
                Place::START,
            )),
            inntektsaar: at(year),
            partsreferanse: at("900415585072"),
            ..DocumentFacts::default()
        }
    }

    fn codes(facts: &DocumentFacts, expected: &Expected) -> Vec<(Severity, Code)> {
        judge("x.xml", facts, expected).into_iter().map(|f| (f.severity, f.code)).collect()
    }

    use DocumentKind::*;
    use Severity::{Error, Warning};

    #[test]
    fn a_right_document_has_no_findings() {
        assert_eq!(codes(&document(Naeringsspesifikasjon, 4, "2023"), &expected(2023)), []);
        assert_eq!(codes(&document(Naeringsspesifikasjon, 4, "2023"), &expected(0)), []);
        assert_eq!(codes(&document(SkattemeldingUpersonlig, 1, "2021"), &expected(2021)), []);
    }

    #[test]
    fn versions_are_held_against_the_year() {
        for (kind, version, year, asked, found) in [
            (Naeringsspesifikasjon, 3, "2023", 2023, vec![(Error, Code::VersionOfAnotherYear)]),
            (Naeringsspesifikasjon, 99, "2023", 2023, vec![(Error, Code::VersionOfAnotherYear)]),
            (Naeringsspesifikasjon, 3, "2023", 0, vec![(Error, Code::VersionOfAnotherYear)]),
            (Naeringsspesifikasjon, 8, "2027", 2027, vec![(Warning, Code::NewerThanKnown)]),
            (Naeringsspesifikasjon, 1, "2020", 2020, vec![(Warning, Code::OlderThanKnown)]),
            (SelskapsmeldingSdf, 1, "2021", 2021, vec![(Error, Code::VersionOfAnotherYear)]),
            (
                Naeringsspesifikasjon,
                3,
                "2022",
                2023,
                vec![(Error, Code::InntektsaarDiffers), (Error, Code::VersionOfAnotherYear)],
            ),
            (Naeringsspesifikasjon, 4, "23", 2023, vec![(Error, Code::InntektsaarMissing)]),
        ] {
            assert_eq!(
                codes(&document(kind, version, year), &expected(asked)),
                found,
                "{kind} v{version} {year}"
            );
        }
    }

    #[test]
    fn an_advance_assessment_is_a_warning() {
        let expected = Expected { forhaandsfastsetting: true, ..expected(2026) };
        let found = codes(&document(Naeringsspesifikasjon, 6, "2026"), &expected);
        assert_eq!(found, [(Warning, Code::AdvanceAssessment)]);
    }

    #[test]
    fn every_finding_of_a_document_comes_at_once() {
        let mut facts = document(Naeringsspesifikasjon, 3, "2022");
        facts.foerste_vedlegg = Some(Place { byte: 7, line: 2, column: 3 });
        facts.antall_vedlegg = 2;
        facts.revisorflagg = vec![Located::new("skalBekreftesAvRevisor".into(), Place::START)];
        facts.defect = Some(Located::new(Defect::Truncated, Place::START));
        let found = codes(&facts, &expected(2023));
        for code in [
            Code::Truncated,
            Code::InntektsaarDiffers,
            Code::VersionOfAnotherYear,
            Code::Vedlegg,
            Code::Revisor,
        ] {
            assert!(found.contains(&(Error, code)), "{code} in {found:?}");
        }
    }

    #[test]
    fn auditor_flags_are_errors_where_the_contract_names_them() {
        for (kind, version, flag, severity) in [
            (Naeringsspesifikasjon, 4, "skalBekreftesAvRevisor", Error),
            (SkattemeldingUpersonlig, 3, "prosjektSkalBekreftesAvRevisor", Error),
            (SkattemeldingUpersonlig, 3, "konsernbidragSkalBekreftesAvRevisor", Error),
            (SkattemeldingUpersonlig, 3, "unntakForRentebegrensningSkalBekreftesAvRevisor", Warning),
            (SkattemeldingPersonlig, 11, "prosjektSkalBekreftesAvRevisor", Error),
            (SelskapsmeldingSdf, 2, "prosjektSkalBekreftesAvRevisor", Error),
        ] {
            let mut facts = document(kind, version, "2023");
            facts.revisorflagg = vec![Located::new(flag.into(), Place::START)];
            let found = judge("x", &facts, &expected(2023));
            assert_eq!(found.iter().map(|f| f.severity).collect::<Vec<_>>(), [severity], "{kind} {flag}");
        }
    }

    #[test]
    fn attachments_are_only_refused_in_the_naeringsspesifikasjon() {
        let mut facts = document(SkattemeldingUpersonlig, 3, "2023");
        facts.foerste_vedlegg = Some(Place::START);
        facts.antall_vedlegg = 1;
        assert_eq!(codes(&facts, &expected(2023)), []);
    }

    #[test]
    fn a_placeholder_for_the_party_is_a_warning() {
        let mut facts = document(SkattemeldingUpersonlig, 3, "2023");
        facts.partsreferanse = Some(Located::new("{partsnummer}".into(), Place::START));
        assert_eq!(codes(&facts, &expected(2023)), [(Warning, Code::PartNotANumber)]);
        facts.partsreferanse = None;
        assert_eq!(codes(&facts, &expected(2023)), [(Warning, Code::PartMissing)]);
    }

    #[test]
    fn a_set_needs_one_return_and_nothing_twice() {
        let set = |docs: &[(&str, DocumentKind)], by_reference| {
            judge_set(docs, by_reference).into_iter().map(|f| f.code).collect::<Vec<_>>()
        };
        assert_eq!(set(&[("a", SkattemeldingUpersonlig), ("b", Naeringsspesifikasjon)], false), []);
        assert_eq!(set(&[("a", SelskapsmeldingSdf)], true), []);
        assert_eq!(set(&[("b", Naeringsspesifikasjon)], false), [Code::DocumentMissing]);
        assert_eq!(
            set(&[("a", SkattemeldingUpersonlig), ("b", SkattemeldingUpersonlig)], false),
            [Code::DocumentTwice]
        );
        assert_eq!(
            set(&[("a", SkattemeldingUpersonlig), ("b", Naeringsspesifikasjon)], true),
            [Code::DocumentTwice]
        );
    }
}
