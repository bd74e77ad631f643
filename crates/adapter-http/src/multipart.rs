use bytes::Bytes;
use skattebro_ports::UploadName;

/// The frame around the one part of an upload. Field name and file name are both the file's name.
///
/// Written here rather than by a library because its exact bytes are the contract, and because the whole body must be measured
/// before anything is sent.
pub(crate) struct Frame {
    pub(crate) content_type: String,
    pub(crate) before: Bytes,
    pub(crate) after: Bytes,
}

impl Frame {
    /// `boundary` must not occur in the body. The body is base64, or a compressed form of it; a boundary with characters that base64 does not
    /// have, as long as a UUID, occurs in neither.
    pub(crate) fn new(name: &UploadName, boundary: &str) -> Self {
        let before = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        Self {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            before: before.into(),
            after: format!("\r\n--{boundary}--\r\n").into(),
        }
    }

    /// How many bytes it adds.
    pub(crate) fn len(&self) -> u64 {
        (self.before.len() + self.after.len()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skattebro_ports::UploadForm;

    #[test]
    fn the_bytes_of_the_contract() {
        let frame = Frame::new(&UploadName::naeringsspesifikasjon(UploadForm::Gzip), "gr-1");
        let body = [&frame.before[..], b"BODY", &frame.after[..]].concat();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            "--gr-1\r\nContent-Disposition: form-data; name=\"naeringsspesifikasjon.xml.gz\"; \
             filename=\"naeringsspesifikasjon.xml.gz\"\r\nContent-Type: application/octet-stream\r\n\r\nBODY\r\n--gr-1--\r\n"
        );
        assert_eq!(frame.content_type, "multipart/form-data; boundary=gr-1");
    }
}
