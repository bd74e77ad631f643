//! The columns of a CSV file of krav, and its header.

use super::csv::{self, join, split};
use super::request::{KRAVIDENTIFIKATOR, other, referanse};
use super::values::{Wrong, meant, push, shown};
use skattebro_domain::krav::Edition;
use skattebro_domain::{Code, Finding, Place};

/// Amount, date and kind of each interest.
pub(super) const RENTER: [[&str; 3]; 9] = [
    ["rente1Beloep", "rente1IlagtDato", "rente1Type"],
    ["rente2Beloep", "rente2IlagtDato", "rente2Type"],
    ["rente3Beloep", "rente3IlagtDato", "rente3Type"],
    ["rente4Beloep", "rente4IlagtDato", "rente4Type"],
    ["rente5Beloep", "rente5IlagtDato", "rente5Type"],
    ["rente6Beloep", "rente6IlagtDato", "rente6Type"],
    ["rente7Beloep", "rente7IlagtDato", "rente7Type"],
    ["rente8Beloep", "rente8IlagtDato", "rente8Type"],
    ["rente9Beloep", "rente9IlagtDato", "rente9Type"],
];
pub(super) const ERSTATTER: &str = "erstatter";
pub(super) const AARSAKER: &str = "aarsaker";
const BEFORE: [&str; 4] = ["kravtype", "identifikatortype", "identifikator", "hovedstol"];
const AFTER: [&str; 13] = [
    KRAVIDENTIFIKATOR,
    "fastsettelsesdato",
    "foreldelsesfristensUtgangspunkt",
    "tilleggsfristEtterForeldelsesloven",
    "tilbakekrevingsperiodeFom",
    "tilbakekrevingsperiodeTom",
    "stoenadstype",
    "ytelserForAvregning",
    "periodeFom",
    "periodeTom",
    "stoppdatoForLoependeMulkt",
    ERSTATTER,
    AARSAKER,
];
/// A header with more mistakes than this is none at all.
const MOST_UNKNOWN: usize = 10;

/// Every column of an edition.
fn all(edition: Edition) -> impl Iterator<Item = &'static str> {
    BEFORE.into_iter().chain(RENTER.into_iter().flatten()).chain([referanse(edition)]).chain(AFTER)
}

fn demanded(edition: Edition) -> [&'static str; 5] {
    ["kravtype", "identifikator", "hovedstol", referanse(edition), "fastsettelsesdato"]
}

/// How a CSV file is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) delimiter: u8,
    pub(super) names: Vec<&'static str>,
    pub(super) has_bom: bool,
}

impl Header {
    pub(super) fn all(edition: Edition) -> Self {
        Self { delimiter: b';', names: all(edition).collect(), has_bom: false }
    }

    /// From the first line, which begins at `start`.
    pub(super) fn read(
        line: &str,
        edition: Edition,
        start: Place,
        has_bom: bool,
    ) -> Result<Self, Vec<Finding>> {
        let known = |name: &str| all(edition).find(|known| *known == name);
        let cells_by = |delimiter| split(line, delimiter).map(|cells| (delimiter, cells));
        let (semicolon, comma) = (cells_by(b';'), cells_by(b','));
        // A file with one known name and the wrong separator is still told about its names.
        let worth = |cells: &Result<(u8, Vec<String>), csv::BadQuotes>| {
            cells.as_ref().map_or((0, 0), |(_, cells)| {
                (cells.iter().filter(|cell| known(cell).is_some()).count(), cells.len())
            })
        };
        let chosen = if worth(&comma) > worth(&semicolon) { comma } else { semicolon };
        let (delimiter, cells) = chosen.map_err(|bad| vec![bad.wrong().at(start)])?;

        let mut findings = Vec::new();
        let mut names = Vec::new();
        let mut unknown = 0;
        for cell in &cells {
            match known(cell) {
                None if unknown == MOST_UNKNOWN => {}
                None => {
                    unknown += 1;
                    push(&mut findings, unknown_name(cell, edition).at(start).in_field(shown(cell)));
                }
                Some(name) if names.contains(&name) => {
                    let wrong =
                        Wrong::new(Code::FieldTwice, "the column is there twice", "keep one of the two");
                    push(&mut findings, wrong.at(start).in_field(name));
                }
                Some(name) => names.push(name),
            }
        }
        for name in demanded(edition) {
            let is_told =
                name == referanse(edition) && cells.iter().any(|cell| cell == referanse(other(edition)));
            if !names.contains(&name) && !is_told {
                let wrong =
                    Wrong::new(Code::FieldMissing, "the column is missing", format!("add the column {name}"));
                push(&mut findings, wrong.at(start).in_field(name));
            }
        }
        if findings.is_empty() { Ok(Self { delimiter, names, has_bom }) } else { Err(findings) }
    }

    /// The same, with the columns of the annotations.
    pub(super) fn with_annotations(&self) -> Self {
        let mut header = self.clone();
        for name in [ERSTATTER, AARSAKER] {
            if !header.names.contains(&name) {
                header.names.push(name);
            }
        }
        header
    }

    /// The first line of a file.
    pub(super) fn line(&self) -> String {
        let bom = if self.has_bom { "\u{feff}" } else { "" };
        format!("{bom}{}", join(self.names.iter().copied(), self.delimiter))
    }
}

fn unknown_name(name: &str, edition: Edition) -> Wrong {
    if name == referanse(other(edition)) {
        let message = format!("{name} is what edition {} calls it", other(edition));
        return Wrong::new(
            Code::NotInThisEdition,
            message,
            format!("in edition {edition} write {}", referanse(edition)),
        );
    }
    if name.is_empty() {
        let message = "a column has no name, its cells would be lost";
        return Wrong::new(Code::FieldUnknown, message, "name it, or remove the separator that begins it");
    }
    let message = "there is no such column, its cells would be lost";
    let advice = match meant(name, all(edition)) {
        Some(meant) => format!("names are exact; write {meant}"),
        None if name.contains('\t') => "separate the cells with ; or , and not with tabs".to_owned(),
        None if name.contains('\r') => "end each line with a line feed".to_owned(),
        None if name.starts_with(['{', '[']) => "if this is JSON Lines, say so".to_owned(),
        None => "remove the column, or correct its name; the first line must have the names of the columns"
            .to_owned(),
    };
    Wrong::new(Code::FieldUnknown, message, advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = "kravtype;identifikator;hovedstol;oppdragsgiversReferanse;fastsettelsesdato";

    fn said(line: &str) -> Vec<(Code, String)> {
        let findings = Header::read(line, Edition::V1, Place::START, false).unwrap_err();
        findings.into_iter().map(|f| (f.code, format!("{}: {} – {}", f.field, f.message, f.advice))).collect()
    }

    #[test]
    fn the_separator_is_the_one_that_gives_known_names() {
        for (line, delimiter) in [
            (MINIMAL.to_owned(), b';'),
            (MINIMAL.replace(';', ","), b','),
            (format!("\"{}\"", MINIMAL.replace(';', "\",\"")), b','),
        ] {
            let header = Header::read(&line, Edition::V1, Place::START, false).unwrap();
            assert_eq!((header.delimiter, header.names.len()), (delimiter, 5), "{line}");
        }
    }

    #[test]
    fn every_mistake_of_a_header_is_told() {
        let found = said("kravType;identifikator;identifikator;x;oppdragsgiversSaksnummer");
        let codes: Vec<_> = found.iter().map(|(code, _)| *code).collect();
        assert_eq!(
            codes,
            [
                Code::FieldUnknown,
                Code::FieldTwice,
                Code::FieldUnknown,
                Code::NotInThisEdition,
                Code::FieldMissing,
                Code::FieldMissing,
                Code::FieldMissing,
            ],
            "{found:?}"
        );
        assert!(found[0].1.contains("write kravtype"), "{found:?}");
        assert!(
            found[3].1.contains("edition 2023") && found[3].1.contains("write oppdragsgiversReferanse"),
            "{found:?}"
        );
        assert!(said(&MINIMAL.replace(';', "\t"))[0].1.contains("tabs"));
        assert!(said("\"kravtype")[0].1.contains("quote"));
        assert!(said(&format!("{MINIMAL};"))[0].1.contains("no name"));
        assert_eq!(said(&"x;".repeat(10_000)).len(), MOST_UNKNOWN + 5);
    }

    #[test]
    fn each_edition_has_its_own_name_for_the_reference() {
        let line = MINIMAL.replace("Referanse", "Saksnummer");
        assert!(Header::read(&line, Edition::Utgave2023, Place::START, false).is_ok());
        assert!(Header::read(&line, Edition::V1, Place::START, false).is_err());
        assert!(Header::all(Edition::Utgave2023).names.contains(&"oppdragsgiversSaksnummer"));
    }
}
