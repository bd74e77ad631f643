//! The bodies of the calls, read field by field.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edition::Edition;
use super::fields::{Fields, Malformed};

const STRAFFERENTE: &str = "STRAFFERENTE";

/// Interest on a krav.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KravRente {
    /// In kroner.
    pub beloep: i64,
    /// `YYYY-MM-DD`.
    pub renter_ilagt_dato: Option<String>,
    /// None in edition 2023, which has no such field.
    pub rentetype: Option<String>,
}

/// The same, small enough for many thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rente {
    pub(crate) beloep: i64,
    pub(crate) ilagt: Option<Date>,
    strafferente: bool,
}

impl Rente {
    fn read(fields: &Fields<'_>, edition: Edition) -> Result<Self, Malformed> {
        let beloep = fields.kroner()?;
        Ok(match edition {
            Edition::V1 => {
                fields.one_of("rentetype", &[STRAFFERENTE])?;
                Rente { beloep, ilagt: fields.maybe_date("renterIlagtDato")?, strafferente: true }
            }
            Edition::Aar2023 => {
                Rente { beloep, ilagt: Some(fields.date("renterIlagtDato")?), strafferente: false }
            }
        })
    }

    pub(crate) fn kravlinjetype(self) -> &'static str {
        if self.strafferente { STRAFFERENTE } else { "RENTER" }
    }

    pub(crate) fn told(self) -> KravRente {
        KravRente {
            beloep: self.beloep,
            renter_ilagt_dato: self.ilagt.map(|date| date.to_string()),
            rentetype: self.strafferente.then(|| STRAFFERENTE.to_owned()),
        }
    }
}

/// A creation. Without `Debug`, as all that holds the number of a skyldner: it cannot get into a log.
pub(crate) struct Opprett<'v> {
    pub(crate) kravtype: &'v str,
    pub(crate) skyldner: Skyldner<'v>,
    pub(crate) hovedstol: i64,
    pub(crate) renter: Vec<Rente>,
    /// `oppdragsgiversReferanse`, in edition 2023 `oppdragsgiversSaksnummer`.
    pub(crate) referanse: &'v str,
    pub(crate) own_id: Option<&'v str>,
    pub(crate) fastsettelsesdato: Date,
    pub(crate) utgangspunkt: Option<Date>,
    pub(crate) tilleggsfrist: Option<Date>,
    /// Not looked into yet: what must be in it depends on the kravtype.
    pub(crate) tilleggsinformasjon: Option<&'v Value>,
}

pub(crate) struct Skyldner<'v> {
    pub(crate) person: bool,
    pub(crate) number: &'v str,
}

impl<'v> Opprett<'v> {
    pub(crate) fn read(body: &'v Value, edition: Edition) -> Result<Self, Malformed> {
        let fields = Fields::root(body)?;
        let skyldner = fields.object("skyldner")?;
        let renter = fields.maybe_objects("renteBeloep")?.unwrap_or_default();
        let (referanse, tilleggsfrist) = match edition {
            Edition::V1 => {
                ("oppdragsgiversReferanse", fields.maybe_date("tilleggsfristEtterForeldelsesloven")?)
            }
            Edition::Aar2023 => ("oppdragsgiversSaksnummer", None),
        };
        Ok(Opprett {
            kravtype: fields.text("kravtype")?,
            skyldner: Skyldner {
                person: skyldner.one_of("identifikatortype", &["PERSON", "ORGANISASJON"])? == "PERSON",
                number: skyldner.text("identifikator")?,
            },
            hovedstol: fields.object("hovedstol")?.kroner()?,
            renter: renter.iter().map(|rente| Rente::read(rente, edition)).collect::<Result<_, _>>()?,
            referanse: fields.text(referanse)?,
            own_id: fields.maybe_text("oppdragsgiversKravidentifikator")?,
            fastsettelsesdato: fields.date("fastsettelsesdato")?,
            utgangspunkt: fields.maybe_date("foreldelsesfristensUtgangspunkt")?,
            tilleggsfrist,
            tilleggsinformasjon: fields.maybe("tilleggsinformasjon"),
        })
    }
}

/// What an amendment asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Amendment {
    Hovedstol(i64),
    Renter(Vec<Rente>),
    Referanse(String),
}

impl Amendment {
    pub(crate) fn hovedstol(body: &Value) -> Result<Self, Malformed> {
        Ok(Amendment::Hovedstol(Fields::root(body)?.object("hovedstol")?.kroner()?))
    }

    /// Of edition 2023, where it is the only thing that can be amended.
    pub(crate) fn ny_hovedstol(body: &Value) -> Result<Self, Malformed> {
        Ok(Amendment::Hovedstol(Fields::root(body)?.object("nyHovedstol")?.kroner()?))
    }

    pub(crate) fn renter(body: &Value) -> Result<Self, Malformed> {
        let fields = Fields::root(body)?;
        let renter = fields.maybe_objects("renter")?.ok_or_else(|| fields.missing("renter"))?;
        let renter = renter.iter().map(|rente| Rente::read(rente, Edition::V1));
        Ok(Amendment::Renter(renter.collect::<Result<_, _>>()?))
    }

    pub(crate) fn referanse(body: &Value) -> Result<Self, Malformed> {
        Ok(Amendment::Referanse(Fields::root(body)?.text("nyOppdragsgiversReferanse")?.to_owned()))
    }
}
