//! A special installation of a power plant (`saerskiltAnleggsmiddelIKraftverk`): nearly all of a document is these

use super::{Naeringsspesifikasjon, plant};
use crate::random::{Random, Subject};
use crate::xml::Xml;

/// Value in the code list, and what the description calls it
const KINDS: [(&str, &str); 10] = [
    ("dam", "Dam"),
    ("tunnel", "Tilløpstunnel"),
    ("foringISjaktEllerTunnel", "Foring i trykksjakt"),
    ("roergateUnntattRoer", "Rørgate"),
    ("roer", "Rør"),
    ("lukeOgRist", "Luke og rist"),
    ("kraftstasjonInkludertAdkomsttunnel", "Kraftstasjon med adkomsttunnel"),
    ("maskintekniskUtrustningIKraftstasjon", "Maskinteknisk utrustning"),
    ("generator", "Generator"),
    ("Annet", "Øvrig anlegg"),
];

/// One installation; drawn from its number alone, so it can be written again with other contents
pub(super) struct Asset<'a> {
    specification: &'a Naeringsspesifikasjon,
    index: u64,
    plant_number: u64,
    kind: &'static str,
    purchases: u64,
    description: String,
}

impl<'a> Asset<'a> {
    /// Installation number `index` of the document, which belongs to plant number `plant`
    pub(super) fn new(specification: &'a Naeringsspesifikasjon, index: u64, plant: u64) -> Self {
        let mut random = Random::new(specification.seed, Subject::AssetKind, index);
        let (kind, called) = random.pick(&KINDS);
        let description = format!("{called}, {}", plant::name(specification, plant));
        Self {
            specification,
            index,
            plant_number: plant::number(plant),
            kind,
            purchases: random.between(1, 6),
            description,
        }
    }

    pub(super) fn purchases(&self) -> u64 {
        self.purchases
    }

    pub(super) fn description(&self) -> &str {
        &self.description
    }

    pub(super) fn append(&self, xml: &mut Xml, purchases: u64, description: &str) {
        let mut random = Random::new(self.specification.seed, Subject::Asset, self.index);
        let random = &mut random;
        xml.element("saerskiltAnleggsmiddelIKraftverk", |xml| {
            xml.value(&["id"], random.uuid());
            xml.value(&["kraftverketsLoepenummer", "heltall"], self.plant_number);
            for _ in 0..purchases {
                purchase(xml, random, self.specification.inntektsaar);
            }
            xml.element("gevinstOgTapskontoPerSaerskiltAnleggsmiddelIKraftverk", |xml| {
                xml.amount("inngaaendeVerdi", random.between(1_000, 8_999_999));
                xml.value(&["satsForInntektsfoeringOgInntektsfradrag", "prosent"], 20);
            });
            xml.value(&["anleggsmiddelidentifikator", "tekst"], random.uuid());
            xml.value(
                &["anleggsmiddeltype", "anleggsmiddeltypeForSaerskiltAnleggsmiddelIKraftverk"],
                self.kind,
            );
            xml.text(&["beskrivelse", "tekst"], description);
        });
    }
}

fn purchase(xml: &mut Xml, random: &mut Random, inntektsaar: u16) {
    xml.element("anskaffelseAvEllerPaakostningPaaSaerskiltAnleggsmiddelIKraftverk", |xml| {
        xml.value(&["id"], random.uuid());
        xml.value(&["anskaffelsesEllerPaakostningsidentifikator", "tekst"], random.uuid());
        xml.value(&["anskaffelsesEllerPaakostningsdato", "dato"], random.date(inntektsaar));
        xml.value(&["avskrivningstid", "antall"], random.between(1, 59));
        xml.amount("historiskKostpris", random.between(1_000, 3_999_999));
        xml.amount("inngaaendeVerdi", random.between(1_000, 8_999_999));
    });
}
