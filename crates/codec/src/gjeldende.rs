use crate::error::CodecError;
use crate::walk::{Visitor, walk};
use skattebro_domain::{DocumentHead, Gjeldende, GjeldendeDokument, LaastFelt, StoredDocument};
use std::io::{self, BufRead, Read};

/// Reads the current return. Each document is decoded while it passes and handed to `store`, which says where it put it.
///
/// # Errors
/// If the answer is not such an envelope, is cut off or broken, holds no return, or `store` fails.
pub fn read_gjeldende(
    source: impl BufRead,
    store: &mut dyn FnMut(&DocumentHead, &mut dyn Read) -> io::Result<StoredDocument>,
) -> Result<Gjeldende, CodecError> {
    let mut reading = Reading {
        store,
        stored: 0,
        document: Fields::default(),
        skattemelding: None,
        naeringsspesifikasjon: None,
        utvidet_veiledning: Vec::new(),
        felt: LaastFelt::default(),
        laast_i_skattemelding: Vec::new(),
        laast_i_naeringsspesifikasjon: Vec::new(),
    };
    walk(source, "skattemeldingOgNaeringsspesifikasjonforespoerselResponse", &mut reading)?;
    Ok(Gjeldende {
        skattemelding: reading.skattemelding.ok_or(CodecError::Missing("skattemeldingdokument"))?,
        naeringsspesifikasjon: reading.naeringsspesifikasjon,
        utvidet_veiledning: reading.utvidet_veiledning,
        laast_i_skattemelding: reading.laast_i_skattemelding,
        laast_i_naeringsspesifikasjon: reading.laast_i_naeringsspesifikasjon,
    })
}

struct Reading<'a> {
    store: &'a mut dyn FnMut(&DocumentHead, &mut dyn Read) -> io::Result<StoredDocument>,
    stored: usize,
    document: Fields,
    skattemelding: Option<GjeldendeDokument>,
    naeringsspesifikasjon: Option<GjeldendeDokument>,
    utvidet_veiledning: Vec<GjeldendeDokument>,
    felt: LaastFelt,
    laast_i_skattemelding: Vec<LaastFelt>,
    laast_i_naeringsspesifikasjon: Vec<LaastFelt>,
}

#[derive(Default)]
struct Fields {
    element: String,
    id: String,
    encoding: String,
    dokumenttype: Option<String>,
    navnerom: Option<String>,
    stored: Option<StoredDocument>,
}

/// `dokumenter/skattemeldingdokument` → `skattemeldingdokument`, and nothing for other depths.
fn child_of<'p>(path: &'p str, parent: &str) -> Option<&'p str> {
    path.strip_prefix(parent)?.strip_prefix('/').filter(|rest| !rest.contains('/'))
}

impl Fields {
    fn into_dokument(self) -> Result<GjeldendeDokument, CodecError> {
        Ok(GjeldendeDokument {
            id: self.id.parse().map_err(|_| CodecError::Missing("id"))?,
            encoding: self.encoding,
            dokumenttype: self.dokumenttype,
            navnerom_ved_forhaandsfastsetting: self.navnerom,
            stored: self.stored.ok_or(CodecError::Missing("content"))?,
        })
    }
}

impl Visitor for Reading<'_> {
    fn is_content(&self, path: &str) -> bool {
        path.starts_with("dokumenter/") && path.ends_with("/content")
    }

    fn enter(&mut self, path: &str) {
        if let Some(element) = child_of(path, "dokumenter") {
            self.document = Fields { element: element.to_owned(), ..Fields::default() };
        } else if child_of(path, "laasteFelt").is_some() {
            self.felt = LaastFelt::default();
        }
    }

    fn leaf(&mut self, path: &str, text: String) -> Result<(), CodecError> {
        let (parent, field) = path.rsplit_once('/').unwrap_or(("", path));
        if child_of(parent, "dokumenter").is_some() {
            match field {
                "id" => self.document.id = text,
                "encoding" => self.document.encoding = text,
                "type" => self.document.dokumenttype = Some(text),
                "navneromVedForhaandsfastsetting" => self.document.navnerom = Some(text),
                _ => {}
            }
        } else if child_of(parent, "laasteFelt").is_some() {
            match field {
                "forekomstidentifikator" => self.felt.forekomstidentifikator = Some(text),
                "verdi" => self.felt.verdi = Some(text),
                "sti" => self.felt.sti = Some(text),
                "oevrigInformasjon" => self.felt.oevrig_informasjon = Some(text),
                _ => {}
            }
        }
        Ok(())
    }

    fn content(&mut self, bytes: &mut dyn Read) -> io::Result<()> {
        let head = DocumentHead {
            dokumenttype: self.content_name(),
            encoding: self.document.encoding.clone(),
            index: self.stored,
        };
        self.stored += 1;
        self.document.stored = Some((self.store)(&head, bytes)?);
        Ok(())
    }

    fn content_name(&self) -> String {
        self.document.element.clone()
    }

    fn leave(&mut self, path: &str) -> Result<(), CodecError> {
        match path {
            "dokumenter/skattemeldingdokument" => {
                self.skattemelding = Some(std::mem::take(&mut self.document).into_dokument()?);
            }
            "dokumenter/naeringsspesifikasjondokument" => {
                self.naeringsspesifikasjon = Some(std::mem::take(&mut self.document).into_dokument()?);
            }
            "dokumenter/utvidetVeiledningdokument" => {
                self.utvidet_veiledning.push(std::mem::take(&mut self.document).into_dokument()?);
            }
            "laasteFelt/laastFeltSkattemelding" => {
                self.laast_i_skattemelding.push(std::mem::take(&mut self.felt));
            }
            "laasteFelt/laastFeltNaeringsspesifikasjon" => {
                self.laast_i_naeringsspesifikasjon.push(std::mem::take(&mut self.felt));
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skattebro_domain::{Digest, Dokumenttype};

    fn read(body: &str) -> Result<(Gjeldende, Vec<String>), CodecError> {
        let root = "skattemeldingOgNaeringsspesifikasjonforespoerselResponse";
        let mut texts = Vec::new();
        let gjeldende =
            read_gjeldende(format!("<{root}>{body}</{root}>").as_bytes(), &mut |head, content| {
                let mut text = String::new();
                content.read_to_string(&mut text)?;
                let bytes = text.len() as u64;
                texts.push(format!("{}={text}", head.dokumenttype));
                Ok(StoredDocument { name: head.index.to_string(), bytes, sha256: Digest([0; 32]) })
            })?;
        Ok((gjeldende, texts))
    }

    #[test]
    fn the_return_its_companions_and_its_locked_fields() {
        let (gjeldende, texts) = read(
            "<dokumenter>\
               <skattemeldingdokument><id>SKI:755:15086617</id><encoding>utf-8</encoding><content>PGEvPg==</content>\
                 <type>skattemeldingUpersonligUtkast</type></skattemeldingdokument>\
               <naeringsspesifikasjondokument><id>NSP:1</id><encoding>utf-8</encoding><content>PGIvPg==</content></naeringsspesifikasjondokument>\
               <utvidetVeiledningdokument><id>UV:1</id><encoding>utf-8</encoding><content>PGMvPg==</content></utvidetVeiledningdokument>\
             </dokumenter>\
             <laasteFelt>\
               <laastFeltSkattemelding><sti>a/b</sti><verdi>1</verdi></laastFeltSkattemelding>\
               <laastFeltNaeringsspesifikasjon><oevrigInformasjon>o</oevrigInformasjon></laastFeltNaeringsspesifikasjon>\
             </laasteFelt>",
        )
        .unwrap();
        assert_eq!(
            texts,
            [
                "skattemeldingdokument=<a/>",
                "naeringsspesifikasjondokument=<b/>",
                "utvidetVeiledningdokument=<c/>"
            ]
        );
        let referanse = gjeldende.dokumentreferanse().unwrap();
        assert_eq!(referanse.dokumenttype, Dokumenttype::SkattemeldingUpersonlig);
        assert_eq!(referanse.dokumentidentifikator.as_str(), "SKI:755:15086617");
        assert_eq!(gjeldende.laast_i_skattemelding[0].sti.as_deref(), Some("a/b"));
        assert_eq!(gjeldende.laast_i_naeringsspesifikasjon[0].oevrig_informasjon.as_deref(), Some("o"));
        assert_eq!(gjeldende.utvidet_veiledning.len(), 1);
    }

    #[test]
    fn without_a_return_or_an_id_there_is_nothing_to_refer_to() {
        assert!(matches!(read(""), Err(CodecError::Missing("skattemeldingdokument"))));
        let no_id = "<dokumenter><skattemeldingdokument><content>PGEvPg==</content></skattemeldingdokument></dokumenter>";
        assert!(matches!(read(no_id), Err(CodecError::Missing("id"))));
    }
}
