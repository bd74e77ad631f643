//! A skattemelding (tax return) for a company, edition v3

use crate::xml::Xml;

const NAMESPACE: &str = "urn:no:skatteetaten:fastsetting:formueinntekt:skattemelding:upersonlig:ekstern:v3";

/// A small skattemelding for a company, edition v3 (income year 2023), to go with a
/// [`Naeringsspesifikasjon`](crate::Naeringsspesifikasjon)
///
/// One line of XML; the same arguments give the same text. `partsnummer` should be a whole number: the document is
/// not valid otherwise. Edition v3 belongs to 2023; with another year the document is still valid against its
/// schema, and Skatteetaten refuses it.
pub fn skattemelding_upersonlig(inntektsaar: u16, partsnummer: &str) -> String {
    const INCOME: u64 = 100_000;
    let mut xml = Xml::default();
    xml.open_root("skattemelding", NAMESPACE);
    xml.text(&["partsnummer"], partsnummer);
    xml.value(&["inntektsaar"], format_args!("{inntektsaar:04}"));
    xml.element("inntektOgUnderskudd", |xml| {
        xml.value(&["inntekt", "naeringsinntekt", "beloepSomHeltall"], INCOME);
        xml.value(&["inntektFoerFradragForEventueltAvgittKonsernbidrag", "beloepSomHeltall"], INCOME);
        xml.value(&["samletInntekt", "beloep", "beloepSomHeltall"], INCOME);
        xml.value(&["konsernbidragSkalBekreftesAvRevisor"], false);
    });
    xml.close("skattemelding");
    xml.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn year_and_party_are_those_that_were_asked() {
        let document = skattemelding_upersonlig(2023, "3009876543");
        assert!(document.contains("<partsnummer>3009876543</partsnummer><inntektsaar>2023</inntektsaar>"));
    }
}
