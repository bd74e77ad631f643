use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use std::io::Read;

const NO_LIMIT: u64 = 1 << 30;

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

fn pack(bytes: &[u8], compression: Compression, limit: u64) -> Packed {
    finish(Packer::new(compression, limit), bytes, bytes.len().max(1))
}

fn finish(mut packer: Packer, bytes: &[u8], step: usize) -> Packed {
    bytes.chunks(step).for_each(|piece| packer.write_all(piece).unwrap());
    packer.finish().unwrap()
}

fn body(packed: &Packed) -> Vec<u8> {
    packed.body.as_ref().unwrap().pieces().concat()
}

fn unpack(packed: &Packed) -> Vec<u8> {
    let body = body(packed);
    assert_eq!(packed.packed_bytes, body.len() as u64);
    let mut text = Vec::new();
    match packed.packing {
        Packing::Plain => text = body,
        Packing::Gzip => {
            // One member: what follows the first one is not read.
            let mut member = flate2::bufread::GzDecoder::new(&body[..]);
            member.read_to_end(&mut text).unwrap();
            assert!(member.into_inner().is_empty());
        }
        Packing::Brotli(_) => {
            brotli::Decompressor::new(&body[..], 4096).read_to_end(&mut text).unwrap();
        }
    }
    assert_eq!(text.len() as u64, packed.base64_bytes);
    STANDARD.decode(text).unwrap()
}

/// A document that does not repeat itself too much.
fn document(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    (0..len)
        .map(|at| {
            if at % 40 == 0 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            }
            b'a' + (state >> (at % 40)) as u8 % 26
        })
        .collect()
}

#[test]
fn small_goes_plain_and_large_goes_as_gzip() {
    let small = pack(b"<a/>", Compression::Auto, 1000);
    assert_eq!((small.packing, small.packed_bytes), (Packing::Plain, 8));
    for compression in [Compression::Auto, Compression::AutoOrBrotli] {
        let just = SMALL / 4 * 3;
        assert_eq!(pack(&vec![b'x'; just], compression, NO_LIMIT).packing, Packing::Plain);
        let large = pack(&vec![b'x'; just + 1], compression, NO_LIMIT);
        assert_eq!(large.packing, Packing::Gzip);
        assert!(large.packed_bytes < large.base64_bytes && unpack(&large).len() == just + 1);
    }
}

#[test]
fn over_the_limit_both_sizes_are_still_known() {
    let packed = pack(&vec![b'x'; 3000], Compression::None, 1000);
    assert_eq!((packed.xml_bytes, packed.base64_bytes, packed.packed_bytes), (3000, 4000, 4000));
    assert!(packed.body.is_none());
    let document = document(2_000_000, 1);
    for compression in [Compression::Gzip, Compression::Brotli] {
        let (over, whole) = (pack(&document, compression, 1000), pack(&document, compression, NO_LIMIT));
        assert!(over.body.is_none());
        assert_eq!((over.packed_bytes, over.base64_bytes), (whole.packed_bytes, whole.base64_bytes));
    }
}

#[test]
fn all_that_is_packed_can_be_unpacked() {
    // Around the edges of blocks, and of what a block is primed with.
    let sizes =
        [0, 1, 2, 3, BEFORE - 1, BEFORE, BEFORE + 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 5 * BLOCK + 7];
    for size in sizes {
        let document = document(size, 7);
        for compression in [Compression::None, Compression::Gzip, Compression::Brotli] {
            let packed = pack(&document, compression, NO_LIMIT);
            assert!(unpack(&packed) == document, "{size} as {compression:?}");
            assert_eq!((packed.xml_bytes, packed.base64_bytes), (size as u64, size.div_ceil(3) as u64 * 4));
        }
    }
}

#[test]
fn brotli_takes_as_much_effort_as_it_is_told() {
    let document = skattebro_testdata::Naeringsspesifikasjon::of_bytes(300_000);
    let mut bytes = Vec::new();
    document.reader().read_to_end(&mut bytes).unwrap();
    let [fast, strong] = [Effort::Fast, Effort::Strong].map(|effort| {
        let packed = finish(Packer::of(Packing::Brotli(effort), NO_LIMIT), &bytes, 10_000);
        assert_eq!(packed.packing, Packing::Brotli(effort));
        assert!(unpack(&packed) == bytes);
        packed.packed_bytes
    });
    assert!(strong < fast, "{strong}, {fast}");
}

#[test]
fn a_text_longer_than_the_blocks_compresses_as_one() {
    let document = document(6 * BLOCK, 3);
    let mut whole = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    whole.write_all(STANDARD.encode(&document).as_bytes()).unwrap();
    let whole = whole.finish().unwrap().len() as u64;
    let packed = pack(&document, Compression::Gzip, NO_LIMIT).packed_bytes;
    assert!(packed <= whole + whole / 50, "{packed} of {whole}");
}

#[test]
fn a_packer_that_is_given_up_ends() {
    let mut packer = Packer::new(Compression::Gzip, NO_LIMIT).threads(threads(3));
    packer.write_all(&document(4 * BLOCK, 5)).unwrap();
    drop(packer);
}

#[test]
fn what_comes_next_is_what_could_fit() {
    let (gzip, fast, strong) =
        (Packing::Gzip, Packing::Brotli(Effort::Fast), Packing::Brotli(Effort::Strong));
    for (compression, packing, size, next) in [
        (Compression::Auto, gzip, 110, None),
        (Compression::Gzip, gzip, 110, None),
        (Compression::None, Packing::Plain, 110, None),
        (Compression::AutoOrBrotli, gzip, 110, Some(fast)),
        (Compression::AutoOrBrotli, gzip, 300, None),
        (Compression::AutoOrBrotli, fast, 110, Some(strong)),
        (Compression::AutoOrBrotli, strong, 110, None),
        (Compression::Brotli, fast, 110, Some(strong)),
        (Compression::Brotli, fast, 200, None),
        (Compression::Brotli, strong, 110, None),
    ] {
        assert_eq!(compression.after(packing, size, 100), next, "{compression:?} {packing} {size}");
    }
}

proptest! {
    #[test]
    fn what_is_packed_can_be_unpacked(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        packing in prop::sample::select(vec![
            Packing::Plain, Packing::Gzip, Packing::Brotli(Effort::Fast), Packing::Brotli(Effort::Strong),
        ]),
    ) {
        prop_assert_eq!(unpack(&finish(Packer::of(packing, 1 << 20), &bytes, 700)), bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Sizes around the edges of blocks, written in pieces of any size, by any number of threads.
    #[test]
    fn the_same_document_is_always_the_same_body(
        blocks in 0usize..5, off in 0usize..2000, step in 1000usize..1_000_000, count in 2usize..9, seed: u64,
    ) {
        let document = document((blocks * BLOCK + off).saturating_sub(1000), seed);
        let alone = Packer::of(Packing::Gzip, NO_LIMIT).threads(threads(1));
        let alone = finish(alone, &document, usize::MAX);
        let many = finish(Packer::of(Packing::Gzip, NO_LIMIT).threads(threads(count)), &document, step);
        prop_assert!(body(&many) == body(&alone));
        prop_assert!(unpack(&many) == document);
    }
}
