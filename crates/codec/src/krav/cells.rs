//! A row of CSV as a krav, and a krav as a row.

use super::Extras;
use super::columns::{AARSAKER, ERSTATTER, Header, RENTER};
use super::csv::join;
use super::request::{KRAVIDENTIFIKATOR, referanse};
use super::values::{self, Wrong, push, shown};
use skattebro_domain::krav::{
    Date, Edition, Identifikatortype, Innkrevingsoppdrag, Kroner, Periode, RenteBeloep, Skyldner,
    Tilleggsinformasjon,
};
use skattebro_domain::{Code, Finding, Place};

const BETWEEN_REASONS: &str = " | ";

/// The cells of one row that are not empty, by their columns.
pub(super) type Cells = Vec<(&'static str, String)>;

/// What is found in a row.
pub(super) struct Found {
    pub(super) krav: Result<Innkrevingsoppdrag, Vec<Finding>>,
    pub(super) extras: Extras,
    pub(super) given_id: Option<String>,
    /// The cells without those of the extras that were read.
    pub(super) cells: Cells,
}

/// The row of these cells, which must be as many as the header's.
pub(super) fn read(
    cells: Vec<String>,
    header: &Header,
    edition: Edition,
    start: Place,
) -> Result<Found, Wrong> {
    if cells.len() != header.names.len() {
        let message = format!("the row has {} cells and the header {}", cells.len(), header.names.len());
        let advice =
            "quote a cell that has the separator in it, and give each column a cell, if an empty one";
        return Err(Wrong::new(Code::RowCount, message, advice));
    }
    let named = header.names.iter().copied().zip(cells);
    let mut cells: Cells = named.filter(|(_, cell)| !cell.is_empty()).collect();
    let mut reading = Reading { cells: &cells, start, findings: Vec::new() };
    let krav = reading.krav(edition);
    let erstatter = reading.text(ERSTATTER);
    let findings = reading.findings;
    let krav = match krav {
        Some(krav) if findings.is_empty() => Ok(krav),
        _ => Err(findings),
    };
    let find = |name| cells.iter().find(|(column, _)| *column == name).map(|(_, cell)| cell);
    let aarsaker = find(AARSAKER).map(|all| all.split(BETWEEN_REASONS).map(str::to_owned).collect());
    let given_id = find(KRAVIDENTIFIKATOR).cloned();
    let extras = Extras { erstatter, aarsaker: aarsaker.unwrap_or_default() };
    // One that could not be read stays with the row.
    cells.retain(|(name, _)| *name != AARSAKER && (*name != ERSTATTER || extras.erstatter.is_none()));
    Ok(Found { krav, extras, given_id, cells })
}

struct Reading<'c> {
    cells: &'c Cells,
    start: Place,
    findings: Vec<Finding>,
}

impl Reading<'_> {
    fn krav(&mut self, edition: Edition) -> Option<Innkrevingsoppdrag> {
        let kravtype = self.required("kravtype");
        let skyldner = self.skyldner();
        let hovedstol =
            self.required("hovedstol").and_then(|text| self.parsed("hovedstol", values::amount(&text)));
        let renter: Vec<RenteBeloep> = RENTER.iter().filter_map(|names| self.rente(*names)).collect();
        let referanse = self.required(referanse(edition));
        let kravidentifikator = self.text(KRAVIDENTIFIKATOR);
        let fastsettelsesdato = self.required("fastsettelsesdato");
        let fastsettelsesdato =
            fastsettelsesdato.and_then(|text| self.parsed("fastsettelsesdato", values::date(&text)));
        let utgangspunkt = self.date("foreldelsesfristensUtgangspunkt");
        let tilleggsfrist = self.date("tilleggsfristEtterForeldelsesloven");
        let tillegg = self.tillegg();
        Some(Innkrevingsoppdrag {
            kravtype: kravtype?,
            skyldner: skyldner?,
            hovedstol: hovedstol?,
            rente_beloep: (!renter.is_empty()).then_some(renter),
            oppdragsgivers_referanse: referanse?,
            oppdragsgivers_kravidentifikator: kravidentifikator,
            fastsettelsesdato: fastsettelsesdato?,
            foreldelsesfristens_utgangspunkt: utgangspunkt,
            tilleggsfrist_etter_foreldelsesloven: tilleggsfrist,
            tilleggsinformasjon: tillegg,
        })
    }

    fn skyldner(&mut self) -> Option<Skyldner> {
        let given = self.text("identifikatortype");
        let is_given = self.has("identifikatortype");
        let given = given.and_then(|text| self.parsed("identifikatortype", values::identifikatortype(&text)));
        let identifikator = self.required("identifikator")?;
        let identifikatortype = if is_given {
            given?
        } else {
            let told = kind_of(&identifikator);
            self.parsed("identifikator", told)?
        };
        Some(Skyldner { identifikatortype, identifikator })
    }

    fn rente(&mut self, [beloep, ilagt_dato, rentetype]: [&'static str; 3]) -> Option<RenteBeloep> {
        if !self.has(beloep) && !self.has(ilagt_dato) && !self.has(rentetype) {
            return None;
        }
        let kroner = self.required(beloep).and_then(|text| self.parsed(beloep, values::amount(&text)));
        let renter_ilagt_dato = self.date(ilagt_dato);
        let rentetype = self.text(rentetype);
        Some(RenteBeloep { beloep: kroner?, renter_ilagt_dato, rentetype })
    }

    fn tillegg(&mut self) -> Option<Tilleggsinformasjon> {
        const NAV: [&str; 4] =
            ["tilbakekrevingsperiodeFom", "tilbakekrevingsperiodeTom", "stoenadstype", "ytelserForAvregning"];
        const BROENNOEYSUND: [&str; 3] = ["periodeFom", "periodeTom", "stoppdatoForLoependeMulkt"];
        let nav = NAV.into_iter().find(|name| self.has(name));
        let broennoeysund = BROENNOEYSUND.into_iter().find(|name| self.has(name));
        if let (Some(nav), Some(other)) = (nav, broennoeysund) {
            let message = format!(
                "{nav} belongs to NAV's tilleggsinformasjon and {other} to that of Brønnøysundregistrene"
            );
            self.wrong(other, Wrong::new(Code::FieldTwice, message, "empty the cells of one of the two"));
        }
        if nav.is_some() {
            let tilbakekrevingsperiode = self.periode(NAV[0], NAV[1]);
            let stoenadstype = self.text(NAV[2]);
            let ytelser_for_avregning = self.text(NAV[3]);
            let ytelser_for_avregning = ytelser_for_avregning
                .and_then(|text| -> Option<Kroner> { self.parsed(NAV[3], values::amount(&text)) });
            return Some(Tilleggsinformasjon::Nav {
                tilbakekrevingsperiode,
                stoenadstype,
                ytelser_for_avregning,
            });
        }
        broennoeysund?;
        Some(Tilleggsinformasjon::Broennoeysund {
            periode: self.periode(BROENNOEYSUND[0], BROENNOEYSUND[1]),
            stoppdato_for_loepende_mulkt: self.date(BROENNOEYSUND[2]),
        })
    }

    fn periode(&mut self, first: &'static str, last: &'static str) -> Option<Periode> {
        if !self.has(first) && !self.has(last) {
            return None;
        }
        let fom = self.required(first).and_then(|text| self.parsed(first, values::date(&text)));
        let tom = self.required(last).and_then(|text| self.parsed(last, values::date(&text)));
        Some(Periode { fom: fom?, tom: tom? })
    }

    fn date(&mut self, name: &'static str) -> Option<Date> {
        let text = self.text(name)?;
        self.parsed(name, values::date(&text))
    }

    fn has(&self, name: &str) -> bool {
        self.cells.iter().any(|(column, _)| *column == name)
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        let (_, cell) = self.cells.iter().find(|(column, _)| *column == name)?;
        if cell.trim() != cell {
            let message = format!("«{}» has spaces before or after it", shown(cell));
            self.wrong(name, Wrong::new(Code::FieldMistyped, message, "remove the spaces around it"));
            return None;
        }
        Some(cell.clone())
    }

    fn required(&mut self, name: &'static str) -> Option<String> {
        if !self.has(name) {
            self.wrong(name, Wrong::new(Code::FieldMissing, "the cell is empty", format!("fill in {name}")));
        }
        self.text(name)
    }

    fn parsed<T>(&mut self, name: &str, value: Result<T, Wrong>) -> Option<T> {
        value.map_err(|wrong| self.wrong(name, wrong)).ok()
    }

    fn wrong(&mut self, name: &str, wrong: Wrong) {
        push(&mut self.findings, wrong.at(self.start).in_field(name));
    }
}

/// What kind of number it is, told from its length.
fn kind_of(number: &str) -> Result<Identifikatortype, Wrong> {
    let is_digits = number.bytes().all(|b| b.is_ascii_digit());
    match number.len() {
        11 if is_digits => Ok(Identifikatortype::Person),
        9 if is_digits => Ok(Identifikatortype::Organisasjon),
        length => {
            let message =
                format!("«{}» is neither 11 digits (a person) nor 9 (an organisation)", shown(number));
            let advice = if length == 10 && is_digits {
                "a spreadsheet may have removed a leading zero; format the column as text"
            } else if number.contains("E+") {
                "a spreadsheet has shortened the number; format the column as text and fill it in again"
            } else {
                "correct the number, or say in the column identifikatortype what it is"
            };
            Err(Wrong::new(Code::FieldMistyped, message, advice))
        }
    }
}

/// The cells of a krav. Not every krav has cells that are read as the same again.
pub(super) fn cells(krav: &Innkrevingsoppdrag, edition: Edition) -> Cells {
    let mut cells = vec![
        ("kravtype", krav.kravtype.clone()),
        ("identifikatortype", krav.skyldner.identifikatortype.to_string()),
        ("identifikator", krav.skyldner.identifikator.clone()),
        ("hovedstol", krav.hovedstol.to_string()),
        (referanse(edition), krav.oppdragsgivers_referanse.clone()),
        ("fastsettelsesdato", krav.fastsettelsesdato.to_string()),
    ];
    let mut add = |name, value: Option<String>| cells.extend(value.map(|value| (name, value)));
    add(KRAVIDENTIFIKATOR, krav.oppdragsgivers_kravidentifikator.clone());
    add(
        "foreldelsesfristensUtgangspunkt",
        krav.foreldelsesfristens_utgangspunkt.map(|date| date.to_string()),
    );
    let tilleggsfrist = krav.tilleggsfrist_etter_foreldelsesloven;
    add("tilleggsfristEtterForeldelsesloven", tilleggsfrist.map(|date| date.to_string()));
    for (rente, [beloep, ilagt_dato, rentetype]) in krav.rente_beloep.iter().flatten().zip(RENTER) {
        add(beloep, Some(rente.beloep.to_string()));
        add(ilagt_dato, rente.renter_ilagt_dato.map(|date| date.to_string()));
        add(rentetype, rente.rentetype.clone());
    }
    match &krav.tilleggsinformasjon {
        Some(Tilleggsinformasjon::Nav { tilbakekrevingsperiode, stoenadstype, ytelser_for_avregning }) => {
            add("tilbakekrevingsperiodeFom", tilbakekrevingsperiode.map(|periode| periode.fom.to_string()));
            add("tilbakekrevingsperiodeTom", tilbakekrevingsperiode.map(|periode| periode.tom.to_string()));
            add("stoenadstype", stoenadstype.clone());
            add("ytelserForAvregning", ytelser_for_avregning.map(|kroner| kroner.to_string()));
        }
        Some(Tilleggsinformasjon::Broennoeysund { periode, stoppdato_for_loepende_mulkt }) => {
            add("periodeFom", periode.map(|periode| periode.fom.to_string()));
            add("periodeTom", periode.map(|periode| periode.tom.to_string()));
            add("stoppdatoForLoependeMulkt", stoppdato_for_loepende_mulkt.map(|date| date.to_string()));
        }
        Some(Tilleggsinformasjon::Annet(_)) | None => {}
    }
    cells
}

/// The cells of what is said about a krav. A row is one line, so line breaks become spaces.
pub(super) fn extras_cells(extras: &Extras) -> Cells {
    let one_line = |text: &str| text.replace("\r\n", " ").replace(['\r', '\n', '\0'], " ");
    let mut cells = Vec::new();
    cells.extend(extras.erstatter.as_deref().map(|id| (ERSTATTER, one_line(id))));
    cells.push((AARSAKER, one_line(&extras.aarsaker.join(BETWEEN_REASONS))));
    cells
}

/// The line of these cells in the order of the header; those without a column are left out.
pub(super) fn line(cells: &Cells, header: &Header) -> String {
    let cell =
        |name: &&str| cells.iter().find(|(column, _)| column == name).map_or("", |(_, cell)| cell.as_str());
    join(header.names.iter().map(cell), header.delimiter)
}

#[cfg(test)]
mod tests;
