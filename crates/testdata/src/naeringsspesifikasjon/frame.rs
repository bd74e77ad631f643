//! The parts of the document that stand around the installations and the power plants

use super::Naeringsspesifikasjon;
use crate::xml::Xml;

const NAMESPACE: &str = "urn:no:skatteetaten:fastsetting:formueinntekt:naeringsspesifikasjon:ekstern:v4";

/// Everything before the first installation
pub(super) fn opening(xml: &mut Xml, specification: &Naeringsspesifikasjon) {
    xml.open_root("naeringsspesifikasjon", NAMESPACE);
    xml.text(&["partsreferanse"], &specification.partsreferanse);
    xml.value(&["inntektsaar"], format_args!("{:04}", specification.inntektsaar));
    xml.element("resultatregnskap", |xml| {
        xml.element("driftsinntekt", |xml| xml.element("salgsinntekt", sales));
    });
    xml.open("spesifikasjonAvAnleggsmiddel");
}

fn sales(xml: &mut Xml) {
    // The account "sales income, exempt from VAT" of the standard chart of accounts.
    const ACCOUNT: u64 = 3200;
    xml.element("inntekt", |xml| {
        xml.amount("beloep", 100_000);
        xml.value(&["id"], ACCOUNT);
        xml.value(&["type", "resultatOgBalanseregnskapstype"], ACCOUNT);
    });
}

/// Everything from the last installation to the first power plant
pub(super) fn between_assets_and_plants(xml: &mut Xml, specification: &Naeringsspesifikasjon) {
    let year = specification.inntektsaar;
    xml.close("spesifikasjonAvAnleggsmiddel");
    xml.element("virksomhet", |xml| {
        xml.value(&["regnskapspliktstype", "regnskapspliktstype"], "fullRegnskapsplikt");
        xml.element("regnskapsperiode", |xml| {
            xml.value(&["start"], format_args!("{year:04}-01-01T00:00:00"));
            xml.value(&["slutt"], format_args!("{year:04}-12-31T23:59:59"));
        });
        xml.value(&["virksomhetstype", "virksomhetstype"], "oevrigSelskap");
        xml.value(
            &["regeltypeForAarsregnskap", "regeltypeForAarsregnskap"],
            "regnskapslovensAlminneligeRegler",
        );
    });
    xml.value(&["skalBekreftesAvRevisor"], false);
    xml.open("kraftverk");
}

/// Everything after the last power plant
pub(super) fn closing(xml: &mut Xml) {
    xml.close("kraftverk");
    xml.close("naeringsspesifikasjon");
}
