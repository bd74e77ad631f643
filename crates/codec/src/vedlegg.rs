use skattebro_domain::altinn::Vedleggstype;

/// Why a file cannot be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VedleggstypeError {
    /// Its name has none of the endings.
    #[error(
        "its name must end with .pdf, .jpg, .jpeg, .png or .xlsx: other kinds of attachments are not taken"
    )]
    Ending,
    /// What is in it is something else than its name says.
    #[error("its name says {}, and it does not begin as such a file does", named.ending())]
    NotWhatItIsNamed {
        /// What the name says.
        named: Vedleggstype,
    },
}

/// So many bytes from the beginning of a file are enough for [`vedleggstype`].
pub const HEAD: usize = 1024;

/// The type of an attachment, which its name and its first bytes must agree on. `head` is the beginning of the file, [`HEAD`] bytes
/// if it has so many.
///
/// Source: contract page `altinn.md`, "Attachments".
///
/// # Errors
/// If it is none that the service takes, or is not what it is named.
pub fn vedleggstype(head: &[u8], file_name: &str) -> Result<Vedleggstype, VedleggstypeError> {
    let (_, ending) = file_name.rsplit_once('.').ok_or(VedleggstypeError::Ending)?;
    let named = match ending.to_ascii_lowercase().as_str() {
        "pdf" => Vedleggstype::Pdf,
        "jpg" | "jpeg" => Vedleggstype::Jpeg,
        "png" => Vedleggstype::Png,
        "xlsx" => Vedleggstype::Xlsx,
        _ => return Err(VedleggstypeError::Ending),
    };
    if begins_as(named, head) { Ok(named) } else { Err(VedleggstypeError::NotWhatItIsNamed { named }) }
}

fn begins_as(kind: Vedleggstype, head: &[u8]) -> bool {
    match kind {
        // Readers take a PDF with something before its mark, and such files exist.
        Vedleggstype::Pdf => memchr::memmem::find(&head[..head.len().min(HEAD)], b"%PDF-").is_some(),
        Vedleggstype::Jpeg => head.starts_with(&[0xff, 0xd8, 0xff]),
        Vedleggstype::Png => head.starts_with(b"\x89PNG\r\n\x1a\n"),
        // A workbook is a zip. What is in it stands at its end, so that the name must do for the rest.
        Vedleggstype::Xlsx => head.starts_with(b"PK\x03\x04"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF";
    const PDF: &[u8] = b"%PDF-1.7\n";
    const ZIP: &[u8] = b"PK\x03\x04\x14\0";

    #[test]
    fn name_and_content_must_agree() {
        let kinds = [
            (PDF, "pdf", Vedleggstype::Pdf),
            (JPEG, "jpg", Vedleggstype::Jpeg),
            (PNG, "png", Vedleggstype::Png),
            (ZIP, "xlsx", Vedleggstype::Xlsx),
        ];
        for (head, _, of_head) in kinds {
            for (_, ending, named) in kinds {
                let expected = if of_head == named {
                    Ok(named)
                } else {
                    Err(VedleggstypeError::NotWhatItIsNamed { named })
                };
                assert_eq!(vedleggstype(head, &format!("\u{e5}rs.regnskap.{ending}")), expected);
            }
        }
        assert_eq!(vedleggstype(JPEG, "BILDE.JPEG"), Ok(Vedleggstype::Jpeg));
        assert_eq!(vedleggstype(b"\xef\xbb\xbf\r\n%PDF-1.4", "a.PDF"), Ok(Vedleggstype::Pdf));
    }

    #[test]
    fn other_kinds_are_refused() {
        for name in ["", "pdf", "a.docx", "a.pdf.exe", "a.xls", "a.", "a.gif"] {
            assert_eq!(vedleggstype(PDF, name), Err(VedleggstypeError::Ending), "{name}");
        }
        for head in [&b""[..], b"%PD", b"<html>", &[[b' '; HEAD].as_slice(), PDF].concat()] {
            let error = vedleggstype(head, "a.pdf").unwrap_err();
            assert!(error.to_string().contains("its name says pdf"), "{error}");
        }
        assert!(vedleggstype(&PNG[..7], "a.png").is_err() && vedleggstype(b"PK\x05\x06", "a.xlsx").is_err());
    }
}
