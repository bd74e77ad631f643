//! The document as a stream of pieces, the last of which make its size exact

use std::io::{self, BufRead, Read};

use super::{Naeringsspesifikasjon, asset, frame, plant};
use crate::xml::Xml;

/// How much of a document one power plant accounts for: its own description and its hundred installations
const BYTES_PER_PLANT: u64 = 310_000;

/// Room kept for the last installation, which fills up what is left: one purchase and no description fit in it
const ROOM_FOR_LAST_ASSET: u64 = 1_700;

/// Text is generated until a block has at least this size
const BLOCK: usize = 64 * 1024;

/// Generates a document while it is read
#[derive(Debug)]
pub(super) struct Stream {
    specification: Naeringsspesifikasjon,
    plants: u64,
    bytes: u64,
    asset_bytes: u64,
    stage: Stage,
    block: Xml,
    taken: usize,
}

#[derive(Debug)]
enum Stage {
    Opening,
    Assets { next: u64, bytes_left: u64 },
    BetweenAssetsAndPlants,
    Plants { next: u64 },
    Closing,
    Done,
}

impl Stream {
    /// The plants stand behind the installations and decide how much room these have. So all plants are generated
    /// here once only to be measured.
    pub(super) fn new(specification: &Naeringsspesifikasjon) -> Self {
        let asked = specification.asked_bytes;
        let plants = (asked.saturating_add(BYTES_PER_PLANT / 2) / BYTES_PER_PLANT).max(1);
        let other_bytes = bytes_without_assets(specification, plants);
        let asset_bytes = asked.saturating_sub(other_bytes).max(ROOM_FOR_LAST_ASSET);
        Self {
            specification: specification.clone(),
            plants,
            bytes: other_bytes + asset_bytes,
            asset_bytes,
            stage: Stage::Opening,
            block: Xml::default(),
            taken: 0,
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn append_next_piece(&mut self) {
        let xml = &mut self.block;
        self.stage = match self.stage {
            Stage::Opening => {
                frame::opening(xml, &self.specification);
                Stage::Assets { next: 0, bytes_left: self.asset_bytes }
            }
            Stage::Assets { next, bytes_left } => {
                let plant = plant_at(self.asset_bytes - bytes_left, self.asset_bytes, self.plants);
                match append_asset(xml, &self.specification, next, plant, bytes_left) {
                    Some(bytes_left) => Stage::Assets { next: next + 1, bytes_left },
                    None => Stage::BetweenAssetsAndPlants,
                }
            }
            Stage::BetweenAssetsAndPlants => {
                frame::between_assets_and_plants(xml, &self.specification);
                Stage::Plants { next: 0 }
            }
            Stage::Plants { next } if next < self.plants => {
                plant::append(xml, &self.specification, next);
                Stage::Plants { next: next + 1 }
            }
            Stage::Plants { .. } => Stage::Closing,
            Stage::Closing => {
                frame::closing(xml);
                Stage::Done
            }
            Stage::Done => Stage::Done,
        }
    }
}

/// The plant whose installations stand `offset` bytes into the list of all installations
///
/// Sharing out bytes and not a count gives every plant its installations, however many of them fit.
fn plant_at(offset: u64, asset_bytes: u64, plants: u64) -> u64 {
    (u128::from(offset) * u128::from(plants) / u128::from(asset_bytes)) as u64
}

/// Appends an installation and returns the bytes left for more; `None` when it was the last
fn append_asset(
    xml: &mut Xml,
    specification: &Naeringsspesifikasjon,
    index: u64,
    plant: u64,
    bytes_left: u64,
) -> Option<u64> {
    let start = xml.len();
    let asset = asset::Asset::new(specification, index, plant);
    asset.append(xml, asset.purchases(), asset.description());
    let left = bytes_left.checked_sub((xml.len() - start) as u64).filter(|left| *left >= ROOM_FOR_LAST_ASSET);
    if left.is_none() {
        xml.truncate(start);
        append_last_asset(xml, &asset, bytes_left as usize);
    }
    left
}

/// An installation of exactly `bytes` bytes: with as many purchases as fit, and a description that fills the rest
fn append_last_asset(xml: &mut Xml, asset: &asset::Asset<'_>, bytes: usize) {
    let start = xml.len();
    let mut purchases = 1;
    loop {
        asset.append(xml, purchases + 1, "");
        let fits = xml.len() - start <= bytes;
        xml.truncate(start);
        if !fits {
            break;
        }
        purchases += 1;
    }
    asset.append(xml, purchases, "");
    let missing = bytes.saturating_sub(xml.len() - start);
    xml.truncate(start);
    let filler = "Samlepost for mindre anlegg. ";
    asset.append(xml, purchases, &filler.repeat(missing / filler.len() + 1)[..missing]);
}

fn bytes_without_assets(specification: &Naeringsspesifikasjon, plants: u64) -> u64 {
    let mut xml = Xml::default();
    frame::opening(&mut xml, specification);
    frame::between_assets_and_plants(&mut xml, specification);
    frame::closing(&mut xml);
    let mut bytes = xml.len() as u64;
    for index in 0..plants {
        xml.truncate(0);
        plant::append(&mut xml, specification, index);
        bytes += xml.len() as u64;
    }
    bytes
}

impl BufRead for Stream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.block.len() {
            self.block.truncate(0);
            self.taken = 0;
            while self.block.len() < BLOCK && !matches!(self.stage, Stage::Done) {
                self.append_next_piece();
            }
        }
        Ok(&self.block.as_bytes()[self.taken..])
    }

    fn consume(&mut self, amount: usize) {
        self.taken = self.block.len().min(self.taken + amount);
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(out)?;
        self.consume(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_does_not_grow_with_the_document() {
        let mut stream = Stream::new(&Naeringsspesifikasjon::of_megabytes(50));
        io::copy(&mut stream, &mut io::sink()).unwrap();
        assert!(stream.block.capacity() <= 4 * BLOCK, "{}", stream.block.capacity());
    }

    #[test]
    fn every_plant_has_about_a_hundred_installations() {
        let mut document = String::new();
        Stream::new(&Naeringsspesifikasjon::of_megabytes(5)).read_to_string(&mut document).unwrap();
        let plants = document.matches("<spesifikasjonAvKraftverk>").count();
        assert_eq!(plants, 16);
        for number in 1..=plants {
            let reference =
                format!("<kraftverketsLoepenummer><heltall>{number}</heltall></kraftverketsLoepenummer>");
            let installations = document.matches(&reference).count();
            assert!((80..=120).contains(&installations), "plant {number} has {installations}");
            assert!(document.contains(&format!("<loepenummer><heltall>{number}</heltall></loepenummer>")));
        }
    }
}
