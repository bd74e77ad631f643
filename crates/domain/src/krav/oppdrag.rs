//! What is asked of Skatteetaten: a krav to be created, and the changes to it.

use super::Kroner;
use crate::masking;
use jiff::civil::Date;
use std::fmt;

/// A krav to be collected, as it is sent (`OpprettInnkrevingsoppdragRequest`).
///
/// Holds what was written, right or wrong: [`check`](super::rules::check) says what is wrong with it. One form for both editions;
/// what only one of them has is marked.
///
/// Source: `innkrevingsoppdrag.md`; contract page `innkreving.md`, "Create body".
#[derive(Clone, PartialEq, Eq)]
pub struct Innkrevingsoppdrag {
    /// What kind of krav, from Skatteetaten's code list, such as `TILBAKEKREVING_SYKEPENGER`.
    pub kravtype: String,
    /// Who owes it.
    pub skyldner: Skyldner,
    /// The principal.
    pub hovedstol: Kroner,
    /// Interest that the oppdragsgiver has imposed. `None` and an empty list mean the same.
    pub rente_beloep: Option<Vec<RenteBeloep>>,
    /// The oppdragsgiver's reference, which the skyldner sees (`oppdragsgiversReferanse`; edition 2023: `oppdragsgiversSaksnummer`).
    pub oppdragsgivers_referanse: String,
    /// The oppdragsgiver's id of the krav. Without it a krav whose answer is lost can never be sent again.
    pub oppdragsgivers_kravidentifikator: Option<String>,
    /// When the krav was decided.
    pub fastsettelsesdato: Date,
    /// From when it becomes time-barred, if not from the fastsettelsesdato.
    pub foreldelsesfristens_utgangspunkt: Option<Date>,
    /// The additional time limit of foreldelsesloven § 10. Edition v1.
    pub tilleggsfrist_etter_foreldelsesloven: Option<Date>,
    /// What some kravtyper demand besides.
    pub tilleggsinformasjon: Option<Tilleggsinformasjon>,
}

/// An oppdragsgiver may have built a personal number into its reference or its id.
impl fmt::Debug for Innkrevingsoppdrag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Innkrevingsoppdrag")
            .field("kravtype", &masking::mask(&self.kravtype))
            .field("skyldner", &self.skyldner)
            .field("hovedstol", &self.hovedstol)
            .field("rente_beloep", &self.rente_beloep)
            .field("oppdragsgivers_referanse", &masking::mask(&self.oppdragsgivers_referanse))
            .field(
                "oppdragsgivers_kravidentifikator",
                &self.oppdragsgivers_kravidentifikator.as_deref().map(masking::mask),
            )
            .field("fastsettelsesdato", &self.fastsettelsesdato)
            .field("foreldelsesfristens_utgangspunkt", &self.foreldelsesfristens_utgangspunkt)
            .field("tilleggsfrist_etter_foreldelsesloven", &self.tilleggsfrist_etter_foreldelsesloven)
            .field("tilleggsinformasjon", &self.tilleggsinformasjon)
            .finish()
    }
}

/// Who owes a krav. `Debug` masks a person's number.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Skyldner {
    /// What kind of number it is.
    pub identifikatortype: Identifikatortype,
    /// Fødselsnummer, D-nummer or organisasjonsnummer, as it was written.
    pub identifikator: String,
}

impl fmt::Debug for Skyldner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.identifikatortype, masking::mask(&self.identifikator))
    }
}

/// What kind of number a skyldner is named by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identifikatortype {
    /// Fødselsnummer or D-nummer.
    Person,
    /// Organisasjonsnummer.
    Organisasjon,
}

impl Identifikatortype {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "PERSON",
            Self::Organisasjon => "ORGANISASJON",
        }
    }
}

impl fmt::Display for Identifikatortype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Interest that was imposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenteBeloep {
    /// How much.
    pub beloep: Kroner,
    /// When it was imposed.
    pub renter_ilagt_dato: Option<Date>,
    /// Which kind of interest, such as `STRAFFERENTE`. Edition v1 demands it, edition 2023 has none.
    pub rentetype: Option<String>,
}

/// A time from and to, both days included. The API has spelt the fields `fom`/`tom` and `fraDato`/`tilDato`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Periode {
    /// Its first day.
    pub fom: Date,
    /// Its last day.
    pub tom: Date,
}

/// What some kravtyper demand besides.
#[derive(Clone, PartialEq, Eq)]
pub enum Tilleggsinformasjon {
    /// Of NAV's kravtyper.
    Nav {
        /// The time for which too much was paid. Edition v1 demands it.
        tilbakekrevingsperiode: Option<Periode>,
        /// Which benefit. Edition 2023.
        stoenadstype: Option<String>,
        /// Payments that the krav may be set off against.
        ytelser_for_avregning: Option<Kroner>,
    },
    /// Of the kravtyper of Brønnøysundregistrene.
    Broennoeysund {
        /// The time that it is for.
        periode: Option<Periode>,
        /// When a daily fine stops running (`stoppdatoForLøpendeMulkt`).
        stoppdato_for_loepende_mulkt: Option<Date>,
    },
    /// Of kravtyper that are not known here: the JSON object as it was written, its names sorted. Passed through.
    Annet(String),
}

impl fmt::Debug for Tilleggsinformasjon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nav { tilbakekrevingsperiode, stoenadstype, ytelser_for_avregning } => f
                .debug_struct("Nav")
                .field("tilbakekrevingsperiode", tilbakekrevingsperiode)
                .field("stoenadstype", stoenadstype)
                .field("ytelser_for_avregning", ytelser_for_avregning)
                .finish(),
            Self::Broennoeysund { periode, stoppdato_for_loepende_mulkt } => f
                .debug_struct("Broennoeysund")
                .field("periode", periode)
                .field("stoppdato_for_loepende_mulkt", stoppdato_for_loepende_mulkt)
                .finish(),
            // Nobody knows what is in there.
            Self::Annet(json) => f.debug_tuple("Annet").field(&masking::mask(json)).finish(),
        }
    }
}

/// A change of a krav that is there.
///
/// The same change may be sent any number of times; the service answers the same. A *new decision* is not a change: write the krav off
/// and create another.
#[derive(Clone, PartialEq, Eq)]
pub enum Endring {
    /// A new principal. Lower than the one in force, says the information model; the service decides.
    Hovedstol(Kroner),
    /// All interest anew; what is not in the list is gone. Edition v1.
    Renter(Vec<RenteBeloep>),
    /// A new reference. Edition v1.
    Referanse(String),
}

impl Endring {
    /// Whether it makes the same change as `other`: the order of interest means nothing.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Renter(one), Self::Renter(other)) => {
                let sorted = |list: &[RenteBeloep]| {
                    let mut keys: Vec<_> =
                        list.iter().map(|r| (r.beloep, r.renter_ilagt_dato, r.rentetype.clone())).collect();
                    keys.sort();
                    keys
                };
                sorted(one) == sorted(other)
            }
            _ => self == other,
        }
    }

    /// The change of the same kind to what `created` had from the beginning.
    pub fn as_created(&self, created: &Innkrevingsoppdrag) -> Self {
        match self {
            Self::Hovedstol(_) => Self::Hovedstol(created.hovedstol),
            Self::Renter(_) => Self::Renter(created.rente_beloep.clone().unwrap_or_default()),
            Self::Referanse(_) => Self::Referanse(created.oppdragsgivers_referanse.clone()),
        }
    }

    /// The call of the API that makes it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Hovedstol(_) => "hovedstol",
            Self::Renter(_) => "renter",
            Self::Referanse(_) => "oppdragsgiversreferanse",
        }
    }
}

impl fmt::Debug for Endring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hovedstol(kroner) => f.debug_tuple("Hovedstol").field(kroner).finish(),
            Self::Renter(renter) => f.debug_tuple("Renter").field(renter).finish(),
            Self::Referanse(referanse) => {
                f.debug_tuple("Referanse").field(&masking::mask(referanse)).finish()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_person() {
        let skyldner =
            Skyldner { identifikatortype: Identifikatortype::Person, identifikator: "13895118960".into() };
        let annet = Tilleggsinformasjon::Annet(r#"{"partner":"13895118960"}"#.into());
        let referanse = Endring::Referanse("S-13895118960".into());
        let shown = format!("{skyldner:?} {annet:?} {referanse:?}");
        assert!(!shown.contains("18960") && shown.contains("PERSON 138951*****"), "{shown}");
    }
}
