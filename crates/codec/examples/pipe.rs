//! One pipeline of this crate as a whole process, for measuring it from outside. Prints one line of JSON.
//!
//! ```text
//! pipe nothing                                   what any process costs
//! pipe scan FILE                                 reads and checks a document
//! pipe pack FILE [--check] [--threads N] [--komprimering ingen|gzip|brotli|brotli-strong] [--out PATH]
//! pipe envelope FILE [--out PATH]                an envelope around a document, counted and dropped without --out
//! pipe result FILE DIR [--without-digest]        the documents of a result as files
//! pipe decode-limit FILE DIR                     as little as decoding a result can be: read, decode unbroken base64, write
//! ```

use base64::Engine;
use serde_json::{Value, json};
use skattebro_codec::{
    Compression, Effort, EnvelopeReader, Packer, Packing, ScanLimits, Tee, read_response, scan, store_in_dir,
};
use skattebro_domain::{Digest, DocumentHead, Dokumenttype, Envelope, Konvoluttdokument, StoredDocument};
use std::error::Error;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// What a program reads and writes at a time.
const BUFFER: usize = 128 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = Arguments(std::env::args().skip(1).collect());
    let told = match arguments.next()?.as_str() {
        "nothing" => json!({}),
        "scan" => scanned(&arguments.next()?)?,
        "pack" => packed(&mut arguments)?,
        "envelope" => enveloped(&mut arguments)?,
        "result" => result(&mut arguments)?,
        "decode-limit" => {
            json!({ "bytes": decode_limit(&arguments.next()?, Path::new(&arguments.next()?))? })
        }
        other => return Err(format!("there is no pipeline {other}").into()),
    };
    writeln!(io::stdout(), "{told}")?;
    Ok(())
}

struct Arguments(Vec<String>);

impl Arguments {
    fn next(&mut self) -> Result<String, Box<dyn Error>> {
        if self.0.is_empty() { Err("an argument is missing".into()) } else { Ok(self.0.remove(0)) }
    }

    fn flag(&mut self, name: &str) -> bool {
        let at = self.0.iter().position(|argument| argument == name);
        at.map(|at| self.0.remove(at)).is_some()
    }

    fn option(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|argument| argument == name)?;
        self.0.remove(at);
        (at < self.0.len()).then(|| self.0.remove(at))
    }
}

fn scanned(file: &str) -> Result<Value, Box<dyn Error>> {
    let facts = scan(File::open(file)?, &ScanLimits::default())?;
    Ok(json!({ "bytes": facts.bytes, "defect": facts.defect.map(|defect| format!("{:?}", defect.value)) }))
}

fn packed(arguments: &mut Arguments) -> Result<Value, Box<dyn Error>> {
    let mut packer = match arguments.option("--komprimering").as_deref() {
        None | Some("gzip") => Packer::new(Compression::Gzip, u64::MAX),
        Some("ingen") => Packer::of(Packing::Plain, u64::MAX),
        Some("brotli") => Packer::of(Packing::Brotli(Effort::Fast), u64::MAX),
        Some("brotli-strong") => Packer::of(Packing::Brotli(Effort::Strong), u64::MAX),
        Some(other) => return Err(format!("there is no komprimering {other}").into()),
    };
    if let Some(threads) = arguments.option("--threads") {
        packer = packer.threads(threads.parse::<NonZeroUsize>()?);
    }
    let (is_checked, out) = (arguments.flag("--check"), arguments.option("--out"));
    let mut file = File::open(arguments.next()?)?;
    if is_checked {
        let mut tee = Tee::new(file, packer);
        let facts = scan(&mut tee, &ScanLimits::default())?;
        if let Some(defect) = facts.defect {
            return Err(format!("the document has a defect: {defect:?}").into());
        }
        packer = tee.into_writer();
    } else {
        let mut buffer = vec![0; BUFFER];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                count => packer.write_all(&buffer[..count])?,
            }
        }
    }
    let packed = packer.finish()?;
    if let (Some(out), Some(body)) = (out, &packed.body) {
        let mut out = File::create(out)?;
        body.pieces().iter().try_for_each(|piece| out.write_all(piece))?;
    }
    Ok(json!({
        "xmlBytes": packed.xml_bytes,
        "base64Bytes": packed.base64_bytes,
        "packedBytes": packed.packed_bytes,
        "packing": packed.packing.to_string(),
    }))
}

fn enveloped(arguments: &mut Arguments) -> Result<Value, Box<dyn Error>> {
    let mut out = arguments.option("--out").map(File::create).transpose()?;
    let document = Konvoluttdokument::inline(Dokumenttype::Naeringsspesifikasjon, arguments.next()?);
    let envelope = Envelope::new("2023".parse()?, vec![document], vec![], None)?;
    let mut reader = EnvelopeReader::new(&envelope, |path: &String| Ok(Box::new(File::open(path)?)));
    let (mut buffer, mut bytes) = (vec![0; BUFFER], 0);
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            return Ok(json!({ "bytes": bytes }));
        }
        bytes += count as u64;
        if let Some(out) = &mut out {
            out.write_all(&buffer[..count])?;
        }
    }
}

fn result(arguments: &mut Arguments) -> Result<Value, Box<dyn Error>> {
    let without_digest = arguments.flag("--without-digest");
    let source = BufReader::with_capacity(64 << 10, File::open(arguments.next()?)?);
    let dir = PathBuf::from(arguments.next()?);
    let mut taken = Vec::new();
    let outcome = read_response(source, &mut |head, content| {
        let stored = if without_digest {
            store_without_digest(&dir, head, content)?
        } else {
            store_in_dir(&dir, head, &taken, content)?
        };
        taken.push(stored.name.clone());
        Ok(stored)
    })?;
    let bytes: u64 = outcome.dokumenter.iter().map(|dokument| dokument.stored.bytes).sum();
    Ok(json!({ "documents": outcome.dokumenter.len(), "bytes": bytes }))
}

/// What storing would cost if nobody wanted the digest of a document.
fn store_without_digest(
    dir: &Path,
    head: &DocumentHead,
    content: &mut dyn Read,
) -> io::Result<StoredDocument> {
    let name = format!("{}.xml", head.index);
    let (mut file, mut block, mut bytes) = (tempfile::NamedTempFile::new_in(dir)?, vec![0; 192 << 10], 0);
    loop {
        let mut filled = 0;
        while filled < block.len() {
            match content.read(&mut block[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        file.write_all(&block[..filled])?;
        bytes += filled as u64;
        if filled < block.len() {
            break;
        }
    }
    file.persist(dir.join(&name))?;
    Ok(StoredDocument { name, bytes, sha256: Digest([0; 32]) })
}

/// Decodes what stands between `<content>` and `<`, without minding anything else.
fn decode_limit(file: &str, dir: &Path) -> Result<u64, Box<dyn Error>> {
    const BEGIN: &[u8] = b"<content>";
    let engine = engine();
    let mut source = File::open(file)?;
    let (mut text, mut decoded) = (vec![0; BUFFER], vec![0; BUFFER]);
    let (mut kept, mut bytes, mut documents) = (0, 0, 0);
    let mut out: Option<File> = None;
    loop {
        let count = source.read(&mut text[kept..])?;
        if count == 0 {
            return Ok(bytes);
        }
        let mut rest = 0..kept + count;
        kept = loop {
            let here = &text[rest.clone()];
            let Some(file) = &mut out else {
                match memchr::memmem::find(here, BEGIN) {
                    Some(at) => {
                        rest.start += at + BEGIN.len();
                        out = Some(File::create(dir.join(format!("limit-{documents}")))?);
                        documents += 1;
                        continue;
                    }
                    None => break here.len().min(BEGIN.len() - 1),
                }
            };
            let quads = here.len() / 4 * 4;
            let (used, written) = match engine.decode_slice(&here[..quads], &mut decoded) {
                Ok(written) => (quads, written),
                Err(error) => {
                    let end = memchr::memchr(b'<', here).ok_or(error)?;
                    (end, engine.decode_slice(&here[..end], &mut decoded)?)
                }
            };
            file.write_all(&decoded[..written])?;
            bytes += written as u64;
            rest.start += used;
            if used == quads {
                break rest.len();
            }
            out = None;
        };
        text.copy_within(rest.end - kept..rest.end, 0);
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn engine() -> impl Engine {
    base64::engine::Simd::standard(base64::engine::general_purpose::PAD)
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn engine() -> impl Engine {
    base64::engine::general_purpose::STANDARD
}
