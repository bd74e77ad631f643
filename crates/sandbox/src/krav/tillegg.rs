//! `tilleggsinformasjon`: what must be there depends on whose the kravtype is.

use jiff::civil::Date;
use serde_json::Value;

use super::edition::Edition;
use super::fields::{Fields, Malformed};
use super::kravtyper::Owner;

const NAME: &str = "tilleggsinformasjon";

/// What the owner's rules look at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tillegg {
    pub(crate) periode: Option<Periode>,
    pub(crate) ytelser_for_avregning: Option<i64>,
    pub(crate) stoppdato: Option<Date>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Periode {
    fom: Date,
    tom: Date,
}

impl Periode {
    /// Both pairs of names are in use.
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        let either = |new: &str, old: &str| match fields.maybe(new) {
            Some(_) => fields.date(new),
            None => fields.date(old),
        };
        Ok(Periode { fom: either("fraDato", "fom")?, tom: either("tilDato", "tom")? })
    }

    /// In order, and over.
    pub(crate) fn is_past(self, today: Date) -> bool {
        self.fom <= self.tom && self.tom <= today
    }
}

impl Tillegg {
    pub(crate) fn read(value: Option<&Value>, owner: Owner, edition: Edition) -> Result<Self, Malformed> {
        let Some(value) = value else {
            let required = edition == Edition::V1 && owner != Owner::Others;
            return if required { Err(Malformed::missing(NAME)) } else { Ok(Tillegg::default()) };
        };
        let fields = || Fields::of(value, NAME);
        Ok(match (edition, owner) {
            // Nobody asks for anything there.
            (Edition::V1, Owner::Others) => Tillegg::default(),
            (Edition::V1, Owner::Nav) => {
                let fields = fields()?;
                Tillegg {
                    periode: Some(Periode::read(&fields.object("tilbakekrevingsperiode")?)?),
                    ytelser_for_avregning: ytelser(&fields)?,
                    stoppdato: None,
                }
            }
            (Edition::V1, Owner::Broennoeysund) => {
                let fields = fields()?;
                Tillegg {
                    periode: Some(Periode::read(&fields.object("periode")?)?),
                    ytelser_for_avregning: None,
                    stoppdato: fields.maybe_date("stoppdatoForLøpendeMulkt")?,
                }
            }
            (Edition::Aar2023, _) => {
                let fields = fields()?;
                if fields.text("stoenadstype")?.trim().is_empty() {
                    return Err(fields.missing("stoenadstype"));
                }
                Tillegg { ytelser_for_avregning: ytelser(&fields)?, ..Tillegg::default() }
            }
        })
    }
}

fn ytelser(fields: &Fields<'_>) -> Result<Option<i64>, Malformed> {
    fields.maybe_object("ytelserForAvregning")?.map(|amount| amount.kroner()).transpose()
}
