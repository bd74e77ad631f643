//! A næringsspesifikasjon (business specification), edition v4, of a power company

use std::io::{self, BufRead, Write};

use stream::Stream;

mod asset;
mod frame;
mod plant;
mod stream;

/// What to generate: a næringsspesifikasjon v4 of a power company, of a chosen size
///
/// The same settings give the same bytes, on every machine. The document is one line of XML without attachments
/// (`vedlegg`), and does not ask for an auditor's confirmation (`skalBekreftesAvRevisor` is `false`).
///
/// The size is exact, see [`bytes`](Self::bytes). A larger document has more power plants, each with its share
/// of about a hundred installations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naeringsspesifikasjon {
    asked_bytes: u64,
    seed: u64,
    inntektsaar: u16,
    partsreferanse: String,
}

impl Naeringsspesifikasjon {
    /// A document of `n` megabytes; one megabyte is 1 000 000 bytes
    pub fn of_megabytes(n: u64) -> Self {
        Self::of_bytes(n.saturating_mul(1_000_000))
    }

    /// A document of `n` bytes
    ///
    /// The smallest that makes sense has one power plant with one installation and takes 10 500 to 14 000
    /// bytes, depending on the seed; asking for less gives that one.
    pub fn of_bytes(n: u64) -> Self {
        Self { asked_bytes: n, seed: 0, inntektsaar: 2023, partsreferanse: "3009876543".to_owned() }
    }

    /// Draws other names, numbers and amounts; 0 unless told
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The income year, 2023 unless told
    ///
    /// Edition v4 of the schema belongs to 2023. With another year the document is still valid against that
    /// schema, and Skatteetaten refuses it: useful for testing refusals, and not for more.
    pub fn inntektsaar(self, inntektsaar: u16) -> Self {
        Self { inntektsaar, ..self }
    }

    /// Whose specification it is: the party's number, as in the skattemelding that goes with it
    ///
    /// Any text of up to 4000 characters without control characters; markup in it is escaped. `3009876543` unless
    /// told.
    pub fn partsreferanse(self, partsreferanse: &str) -> Self {
        Self { partsreferanse: partsreferanse.to_owned(), ..self }
    }

    /// The exact length of the document in bytes: what was asked, or the smallest possible if that is more
    ///
    /// This costs a small part (3 %) of the work of writing the document.
    pub fn bytes(&self) -> u64 {
        Stream::new(self).bytes()
    }

    /// Writes the document and returns its length in bytes
    ///
    /// Needs a constant amount of memory, whatever the size. Writes blocks of about 64 kB, so that `out` needs no
    /// buffer, and does not flush.
    ///
    /// # Errors
    /// Those of `out`; part of the document may then be written.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<u64> {
        let mut stream = Stream::new(self);
        let mut written = 0;
        loop {
            let block = stream.fill_buf()?;
            if block.is_empty() {
                return Ok(written);
            }
            out.write_all(block)?;
            let length = block.len();
            written += length as u64;
            stream.consume(length);
        }
    }

    /// The same bytes as [`write_to`](Self::write_to) writes, generated while they are read
    ///
    /// Needs a constant amount of memory, never fails, and borrows nothing: it can be sent to another thread.
    pub fn reader(&self) -> impl BufRead + Send + use<> {
        Stream::new(self)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn written(specification: &Naeringsspesifikasjon) -> Vec<u8> {
        let mut document = Vec::new();
        let length = specification.write_to(&mut document).unwrap();
        assert_eq!(length, document.len() as u64, "the returned length is what was written");
        document
    }

    #[test]
    fn the_same_settings_give_the_same_bytes_and_another_seed_gives_others() {
        let one = Naeringsspesifikasjon::of_bytes(400_000).seed(1);
        assert_eq!(written(&one), written(&one.clone()));
        assert_ne!(written(&one), written(&one.seed(2)));
    }

    #[test]
    fn the_size_is_exactly_what_was_asked() {
        for n in (14_000..60_000).step_by(977).chain([310_000, 1_000_000, 4_000_001]) {
            for seed in 0..4 {
                let specification = Naeringsspesifikasjon::of_bytes(n).seed(seed);
                assert_eq!(specification.bytes(), n, "announced, seed {seed}");
                assert_eq!(written(&specification).len() as u64, n, "written, seed {seed}");
            }
        }
    }

    #[test]
    fn a_size_too_small_gives_the_smallest_document() {
        for seed in 0..500 {
            let smallest = Naeringsspesifikasjon::of_bytes(0).seed(seed);
            let document = written(&smallest);
            assert_eq!(document.len() as u64, smallest.bytes());
            assert!((10_500..14_000).contains(&document.len()), "{}", document.len());
            assert_eq!(document, written(&Naeringsspesifikasjon::of_bytes(5_000).seed(seed)));
        }
    }

    #[test]
    fn the_reader_gives_the_bytes_that_are_written_however_they_are_read() {
        let specification = Naeringsspesifikasjon::of_bytes(300_000).seed(3);
        let mut at_once = Vec::new();
        specification.reader().read_to_end(&mut at_once).unwrap();
        assert_eq!(at_once, written(&specification));

        let mut in_small_steps = Vec::new();
        let (mut reader, mut step) = (specification.reader(), [0; 777]);
        while let n @ 1.. = reader.read(&mut step).unwrap() {
            in_small_steps.extend_from_slice(&step[..n]);
        }
        assert_eq!(in_small_steps, at_once);
    }

    #[test]
    fn the_document_is_one_line_without_attachments_or_auditor() {
        let document = String::from_utf8(written(&Naeringsspesifikasjon::of_bytes(300_000))).unwrap();
        assert!(!document.contains('\n'));
        assert!(!document.contains("<vedlegg"));
        assert!(document.contains("<skalBekreftesAvRevisor>false</skalBekreftesAvRevisor>"));
        assert!(document.contains('ø'), "names have Norwegian letters");
    }

    #[test]
    fn year_and_party_are_those_that_were_set() {
        let specification = Naeringsspesifikasjon::of_bytes(0).inntektsaar(2022).partsreferanse("<å&b>");
        let document = String::from_utf8(written(&specification)).unwrap();
        assert!(document.contains("<partsreferanse>&lt;å&amp;b&gt;</partsreferanse>"));
        assert!(document.contains("<inntektsaar>2022</inntektsaar>"));
        assert!(document.contains("<slutt>2022-12-31T23:59:59</slutt>"));
    }
}
