//! A power plant (`spesifikasjonAvKraftverk`): its resource rent income and its natural resource tax

use super::Naeringsspesifikasjon;
use crate::names;
use crate::random::{Random, Subject};
use crate::xml::Xml;

/// Municipalities of 2023 with rivers, and the price area each lies in
const PLACES: [(&str, &str); 18] = [
    ("3405", "NO1"),
    ("3420", "NO1"),
    ("3446", "NO1"),
    ("1133", "NO2"),
    ("1134", "NO2"),
    ("3818", "NO2"),
    ("4221", "NO2"),
    ("4228", "NO2"),
    ("5021", "NO3"),
    ("5025", "NO3"),
    ("5035", "NO3"),
    ("1832", "NO4"),
    ("1833", "NO4"),
    ("1845", "NO4"),
    ("4618", "NO5"),
    ("4619", "NO5"),
    ("4641", "NO5"),
    ("4643", "NO5"),
];

const CONTRACTS: [&str; 3] = ["leieavtale", "kjoepekontrakt", "fastprisavtale"];

/// The natural resource tax is on the mean of this many years
const YEARS: u16 = 7;

/// The number by which installations refer to plant `index`
pub(super) fn number(index: u64) -> u64 {
    index + 1
}

/// The name of plant `index`
pub(super) fn name(specification: &Naeringsspesifikasjon, index: u64) -> String {
    names::plant(&mut Random::new(specification.seed, Subject::PlantName, index))
}

/// Appends plant `index`
pub(super) fn append(xml: &mut Xml, specification: &Naeringsspesifikasjon, index: u64) {
    let mut random = Random::new(specification.seed, Subject::Plant, index);
    let random = &mut random;
    let (municipality, price_area) = random.pick(&PLACES);
    xml.element("spesifikasjonAvKraftverk", |xml| {
        xml.value(&["id"], random.uuid());
        xml.text(&["navn", "navn"], &name(specification, index));
        xml.value(&["loepenummer", "heltall"], number(index));
        xml.value(&["prisomraade", "prisomraadeForKraftLevertAvVannkraftverk"], price_area);
        let started = u64::from(specification.inntektsaar).saturating_sub(random.between(1, 99)).max(1);
        xml.value(&["aarForDriftssettelse", "aarstall"], format_args!("{started:04}"));
        xml.value(&["samletPaastempletMerkeytelseIKva", "antall"], 100 * random.between(3, 999));
        resource_rent(xml, random);
        natural_resource_tax(xml, random, specification.inntektsaar, municipality);
        xml.empty("beregnetFormuesverdiOgGrunnlagForBeregningAvSaerskiltEiendomsskattegrunnlag");
        xml.value(&["eierandel", "prosent"], 100);
    });
}

fn resource_rent(xml: &mut Xml, random: &mut Random) {
    xml.element("spesifikasjonAvGrunnrenteinntekt", |xml| {
        xml.element("spesifikasjonAvInntektIBruttoGrunnrenteinntekt", |xml| rent_income(xml, random));
        xml.element("spesifikasjonAvFradragIBruttoGrunnrenteinntekt", |xml| {
            amount(xml, random, "driftskostnad");
            amount(xml, random, "kostnadTilPumpingAvKraft");
            amount(xml, random, "konsesjonsavgift");
            amount(xml, random, "eiendomsskatt");
            amount(xml, random, "tapVedRealisasjonAvOrdinaertAnleggsmiddelSomBenyttesIKraftproduksjon");
        });
        amount(xml, random, "fremfoerbarNegativGrunnrenteinntektFraFoer2007");
        amount(xml, random, "avgittFremfoerbarNegativGrunnrenteinntektTilOpprustningsOgUtvidelsesprosjekt");
        amount(xml, random, "mottattFremfoerbarNegativGrunnrenteinntektTilOpprustningsOgUtvidelsesprosjekt");
        xml.element("beregnetNegativSelskapsskattTilFremfoering", |xml| {
            amount(xml, random, "fremfoertBeregnetNegativSelskapsskattFraTidligereAar");
        });
    });
}

fn rent_income(xml: &mut Xml, random: &mut Random) {
    for kind in ["kraftTattUtIhtKonsesjon", "kraftForbruktIEgenProduksjonsvirksomhet", "oevrigAarsproduksjon"]
    {
        xml.element(kind, |xml| power_sold(xml, random));
    }
    amount(xml, random, "gevinstVedRealisasjonAvOrdinaertAnleggsmiddelSomBenyttesIKraftproduksjon");
    amount(xml, random, "driftsstoetteTilProduksjonAvNyVannkraft");
    amount(xml, random, "inntektFraUtstedtElsertifikat");
    amount(xml, random, "opprinnelsesgaranti");
    for _ in 0..random.between(3, 7) {
        contract(xml, random);
    }
}

fn contract(xml: &mut Xml, random: &mut Random) {
    xml.element("kraftLevertIhtKontrakt", |xml| {
        xml.value(&["id"], random.uuid());
        xml.value(&["kontraktstype", "kontraktstypeForKraftLevertAvVannkraftverk"], random.pick(&CONTRACTS));
        xml.text(&["motpartensOrganisasjonsnavn", "organisasjonsnavn"], &names::company(random));
        xml.value(
            &["motpartensOrganisasjonsnummer", "organisasjonsnummer"],
            names::organisasjonsnummer(random),
        );
        xml.element("salgsinntekt", |xml| power_sold(xml, random));
    });
}

fn power_sold(xml: &mut Xml, random: &mut Random) {
    xml.value(&["produksjon", "kiloWattime"], random.between(100_000, 9_999_999));
    amount(xml, random, "konsesjonsEllerKontraktspris");
}

fn natural_resource_tax(xml: &mut Xml, random: &mut Random, inntektsaar: u16, municipality: &str) {
    xml.element("grunnlagForBeregningAvNaturressursskatt", |xml| {
        // A plant pumps about as much every year.
        let pumped = random.between(100_000, 9_999_999);
        for before in (0..YEARS).rev() {
            xml.element("grunnlagForNaturressursskattPerInntektsaar", |xml| {
                xml.value(&["id"], random.uuid());
                let year = inntektsaar.saturating_sub(before).max(1);
                xml.value(&["inntektsaar", "aarstall"], format_args!("{year:04}"));
                xml.value(&["aarsproduksjon", "kiloWattime"], random.between(1_000, 799_999));
                xml.value(&["medgaattPumpekraft", "kiloWattime"], pumped);
            });
        }
        xml.element("grunnlagForNaturressursskattPerKommune", |xml| {
            xml.value(&["id"], random.uuid());
            xml.value(&["kommunenummer", "kommunenummer"], municipality);
            xml.value(&["grunnlagForNaturressursskatt", "kiloWattime"], random.between(1_000, 499_999));
        });
    });
}

fn amount(xml: &mut Xml, random: &mut Random, tag: &str) {
    xml.amount(tag, random.between(100, 9_999));
}
