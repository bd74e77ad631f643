//! In which form a næringsspesifikasjon is uploaded, and why in that one.

use crate::DocumentSource;
use skattebro_codec::{Compression, Packed, Packer, Packing, Segments};
use skattebro_domain::{Code, Finding};

/// What a næringsspesifikasjon was packed as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedAs {
    /// The size of the document in bytes.
    pub xml_bytes: u64,
    /// Its size as base64.
    pub base64_bytes: u64,
    /// The size of what is sent, without the few bytes around it.
    pub packed_bytes: u64,
    /// What that is.
    pub packing: Packing,
    /// What was chosen and why, as a part of a sentence: "compressed with gzip", "sent plain, since it is small".
    pub how: String,
    /// Each form that was tried, and its size in bytes. The last one is the one that was chosen.
    pub tried: Vec<(Packing, u64)>,
}

/// The most that an upload has around its body.
const FRAME: u64 = 1_000;

/// Finishes the packer, and packs the document once more in another form as long as it does not fit into a request of `max_request_bytes`
/// and there is one that might. `again` gives a packer all of the document once more, or says that it is not what it was.
///
/// The bytes are there if they are no more than the request may have.
///
/// # Errors
/// With a finding, if it could not be packed.
pub(crate) fn pack(
    source: &DocumentSource,
    packer: Packer,
    compression: Compression,
    max_request_bytes: u64,
    again: impl Fn(Packer) -> Option<Packer>,
) -> Result<(PackedAs, Option<Segments>), Box<Finding>> {
    let room = max_request_bytes.saturating_sub(FRAME);
    let mut packed = packer.finish().map_err(|error| broke_down(source, &error))?;
    let mut tried = vec![(packed.packing, packed.packed_bytes)];
    while packed.packed_bytes > room
        && let Some(packing) = compression.after(packed.packing, packed.packed_bytes, room)
    {
        let xml_bytes = packed.xml_bytes;
        // Two bodies are not held at a time.
        drop(packed);
        let packer = again(Packer::of(packing, max_request_bytes));
        let packer = packer.ok_or_else(|| changed(source))?;
        packed = packer.finish().map_err(|error| broke_down(source, &error))?;
        if packed.xml_bytes != xml_bytes {
            return Err(changed(source));
        }
        tried.push((packed.packing, packed.packed_bytes));
    }
    let Packed { xml_bytes, base64_bytes, packed_bytes, packing, body } = packed;
    let how = how(compression, &tried, max_request_bytes);
    Ok((PackedAs { xml_bytes, base64_bytes, packed_bytes, packing, how, tried }, body))
}

fn broke_down(source: &DocumentSource, error: &std::io::Error) -> Box<Finding> {
    Box::new(Finding::error(
        Code::UnreadableFile,
        source.name(),
        format!("it could not be packed: {error}"),
        "try again; if it happens again, tell whoever maintains this program",
    ))
}

fn changed(source: &DocumentSource) -> Box<Finding> {
    Box::new(Finding::error(
        Code::UnreadableFile,
        source.name(),
        "it was read a second time to be compressed more, and was not what it had been or could not be read"
            .to_owned(),
        "leave the document as it is until the filing has ended, and try again",
    ))
}

fn how(compression: Compression, tried: &[(Packing, u64)], max_request_bytes: u64) -> String {
    let as_asked = if matches!(compression, Compression::Auto | Compression::AutoOrBrotli) {
        ""
    } else {
        ", as the settings say"
    };
    let Some(((packing, _), before)) = tried.split_last() else { return String::new() };
    if !before.is_empty() {
        let before: Vec<_> =
            before.iter().map(|(packing, bytes)| format!("{packing} made it {bytes} bytes")).collect();
        return format!(
            "compressed with {packing}, since {} and a request takes {max_request_bytes}",
            before.join(", ")
        );
    }
    match packing {
        Packing::Plain if as_asked.is_empty() => "sent plain, since it is small".to_owned(),
        Packing::Plain => format!("sent plain{as_asked}"),
        packing => format!("compressed with {packing}{as_asked}"),
    }
}

/// That a packed næringsspesifikasjon does not fit into one request.
pub(crate) fn over_limit(source: &DocumentSource, packed: &PackedAs, max_request_bytes: u64) -> Finding {
    let tried: Vec<_> = packed
        .tried
        .iter()
        .map(|(packing, bytes)| match packing {
            Packing::Plain => format!("{bytes} bytes uncompressed"),
            packing => format!("{bytes} bytes compressed with {packing}"),
        })
        .collect();
    let brotli = Compression::AutoOrBrotli.after(packed.packing, packed.packed_bytes, max_request_bytes);
    let advice = if packed.packing == Packing::Gzip && brotli.is_some() {
        "file it with edition v2, which takes 500 MB through Altinn; or allow brotli, if the service takes .br: it may fit then"
    } else {
        "file it with edition v2, which takes 500 MB through Altinn"
    };
    Finding::error(
        Code::OverLimit,
        source.name(),
        format!(
            "its {} bytes of XML are {} bytes as base64 and {}, and the service takes {max_request_bytes} bytes in one request in \
             edition v1",
            packed.xml_bytes,
            packed.base64_bytes,
            tried.join(", "),
        ),
        advice,
    )
}
