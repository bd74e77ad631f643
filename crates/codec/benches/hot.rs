//! What a large filing spends its time on, function by function: `cargo bench -p skattebro-codec`.

#![allow(missing_docs, clippy::unwrap_used)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use divan::Bencher;
use divan::counter::BytesCount;
use skattebro_codec::{EnvelopeReader, Packer, Packing, ScanLimits, envelope_len, read_response, scan};
use skattebro_domain::{Digest, Dokumenttype, Envelope, Konvoluttdokument, StoredDocument};
use std::io::{self, BufReader, Read, Write};
use std::num::NonZeroUsize;

fn main() {
    divan::main();
}

/// The beginning of a næringsspesifikasjon like a real one: as much as becomes one block of a gzip.
fn document(bytes: u64) -> Vec<u8> {
    let mut document = Vec::new();
    skattebro_testdata::Naeringsspesifikasjon::of_bytes(bytes).reader().read_to_end(&mut document).unwrap();
    document
}

#[divan::bench]
fn scan_a_document(bencher: Bencher) {
    let document = document(4_000_000);
    bencher
        .counter(BytesCount::of_slice(&document))
        .bench(|| scan(&document[..], &ScanLimits::default()).unwrap());
}

#[divan::bench(args = [Packing::Plain, Packing::Gzip])]
fn pack_one_block(bencher: Bencher, packing: Packing) {
    let document = document(384 << 10);
    bencher.counter(BytesCount::of_slice(&document)).bench(|| {
        let mut packer = Packer::of(packing, u64::MAX).threads(NonZeroUsize::MIN);
        packer.write_all(&document).unwrap();
        packer.finish().unwrap()
    });
}

#[divan::bench]
fn envelope_out(bencher: Bencher) {
    let document = Bytes::from(document(4_000_000));
    let inline = Konvoluttdokument::inline(Dokumenttype::Naeringsspesifikasjon, document.clone());
    let envelope = Envelope::new("2023".parse().unwrap(), vec![inline], vec![], None).unwrap();
    let len = envelope_len(&envelope, |document| document.len() as u64);
    let mut buffer = vec![0; 64 << 10];
    bencher.counter(BytesCount::of_slice(&document)).bench_local(|| {
        let open = |document: &Bytes| Ok(Box::new(io::Cursor::new(document.clone())) as Box<dyn Read + Send>);
        let mut reader = EnvelopeReader::new(&envelope, open);
        let mut left = len;
        while left > 0 {
            left -= reader.read(&mut buffer).unwrap() as u64;
        }
    });
}

/// Base64 as it comes in: unbroken, and with line ends.
#[divan::bench(args = [0, 76])]
fn result_in(bencher: Bencher, columns: usize) {
    let mut text = STANDARD.encode(document(3_000_000)).into_bytes();
    if columns > 0 {
        text = text.chunks(columns).collect::<Vec<_>>().join(&b'\n');
    }
    let root = "skattemeldingOgNaeringsspesifikasjonResponse";
    let xml = [
        format!("<{root}><dokumenter><dokument><type>x</type><encoding>utf-8</encoding><content>").as_bytes(),
        &text,
        format!("</content></dokument></dokumenter><resultatAvValidering>validertOK</resultatAvValidering></{root}>")
            .as_bytes(),
    ]
    .concat();
    let mut block = vec![0; 192 << 10];
    bencher.counter(BytesCount::of_slice(&xml)).bench_local(|| {
        let source = BufReader::with_capacity(64 << 10, &xml[..]);
        read_response(source, &mut |_, content| {
            let mut bytes = 0;
            loop {
                match content.read(&mut block)? {
                    0 => break,
                    count => bytes += count as u64,
                }
            }
            Ok(StoredDocument { name: String::new(), bytes, sha256: Digest([0; 32]) })
        })
        .unwrap()
    });
}
