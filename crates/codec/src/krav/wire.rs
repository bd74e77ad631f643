use super::Extras;
use super::json::Node;
use serde::Serialize;
use serde_json::value::RawValue;
use skattebro_domain::krav::{
    Date, Edition, Endring, Innkrevingsoppdrag, KravId, Kroner, Periode, RenteBeloep, Tilleggsinformasjon,
};

/// How the fields of a period are spelt. Both are read everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PeriodNames {
    /// `fom` and `tom`: what the published rules say.
    #[default]
    FomTom,
    /// `fraDato` and `tilDato`: what the newest information model says.
    FraDatoTilDato,
}

/// The body that creates a krav. [`read_opprett`](super::read_opprett) reads it again.
///
/// Tilleggsinformasjon of a form that is not known here goes out as it came in; if it is no JSON, as a text, which the service refuses.
pub fn write_opprett(krav: &Innkrevingsoppdrag, edition: Edition, names: PeriodNames) -> Vec<u8> {
    bytes(&opprett(krav, edition, names, &Extras::default()))
}

/// The body that changes a krav: in edition v1 that of the call [`Endring::name`] says; edition 2023 has one for the principal, which
/// holds the id as well. Changes that edition 2023 does not have are written as edition v1 has them.
pub fn write_endring(id: &KravId, endring: &Endring, edition: Edition) -> Vec<u8> {
    let body = match (endring, edition) {
        (Endring::Hovedstol(kroner), Edition::Utgave2023) => {
            EndringWire::Utgave2023 { id: IdWire::of(id), ny_hovedstol: BeloepWire::of(*kroner) }
        }
        (Endring::Hovedstol(kroner), Edition::V1) => {
            EndringWire::Hovedstol { hovedstol: BeloepWire::of(*kroner) }
        }
        (Endring::Renter(renter), _) => {
            EndringWire::Renter { renter: renter.iter().map(RenteWire::of).collect() }
        }
        (Endring::Referanse(referanse), _) => {
            EndringWire::Referanse { ny_oppdragsgivers_referanse: referanse }
        }
    };
    bytes(&body)
}

/// The body that writes a krav off.
pub fn write_avskriving(id: &KravId) -> Vec<u8> {
    bytes(&IdWire::of(id))
}

/// A row of JSON Lines, without its line break.
pub(super) fn row(
    krav: &Innkrevingsoppdrag,
    edition: Edition,
    names: PeriodNames,
    extras: &Extras,
) -> Vec<u8> {
    bytes(&opprett(krav, edition, names, extras))
}

/// Only maps with odd keys and failing `Serialize`s fail to be written, and there are none.
fn bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}

fn opprett<'a>(
    krav: &'a Innkrevingsoppdrag,
    edition: Edition,
    names: PeriodNames,
    extras: &'a Extras,
) -> OpprettWire<'a> {
    let referanse = krav.oppdragsgivers_referanse.as_str();
    let (referanse, saksnummer) = match edition {
        Edition::V1 => (Some(referanse), None),
        Edition::Utgave2023 => (None, Some(referanse)),
    };
    OpprettWire {
        kravtype: &krav.kravtype,
        skyldner: SkyldnerWire {
            identifikatortype: krav.skyldner.identifikatortype.as_str(),
            identifikator: &krav.skyldner.identifikator,
        },
        hovedstol: BeloepWire::of(krav.hovedstol),
        rente_beloep: krav.rente_beloep.as_ref().map(|renter| renter.iter().map(RenteWire::of).collect()),
        oppdragsgivers_referanse: referanse,
        oppdragsgivers_saksnummer: saksnummer,
        oppdragsgivers_kravidentifikator: krav.oppdragsgivers_kravidentifikator.as_deref(),
        fastsettelsesdato: krav.fastsettelsesdato.to_string(),
        foreldelsesfristens_utgangspunkt: text(krav.foreldelsesfristens_utgangspunkt),
        tilleggsfrist_etter_foreldelsesloven: text(krav.tilleggsfrist_etter_foreldelsesloven),
        tilleggsinformasjon: krav.tilleggsinformasjon.as_ref().map(|tillegg| TilleggWire::of(tillegg, names)),
        erstatter: extras.erstatter.as_deref(),
        aarsaker: &extras.aarsaker,
    }
}

fn text(date: Option<Date>) -> Option<String> {
    date.map(|date| date.to_string())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OpprettWire<'a> {
    kravtype: &'a str,
    skyldner: SkyldnerWire<'a>,
    hovedstol: BeloepWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    rente_beloep: Option<Vec<RenteWire<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oppdragsgivers_referanse: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oppdragsgivers_saksnummer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oppdragsgivers_kravidentifikator: Option<&'a str>,
    fastsettelsesdato: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    foreldelsesfristens_utgangspunkt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tilleggsfrist_etter_foreldelsesloven: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tilleggsinformasjon: Option<TilleggWire<'a>>,
    #[serde(rename = "_erstatter", skip_serializing_if = "Option::is_none")]
    erstatter: Option<&'a str>,
    #[serde(rename = "_aarsaker", skip_serializing_if = "<[String]>::is_empty")]
    aarsaker: &'a [String],
}

#[derive(Serialize)]
struct SkyldnerWire<'a> {
    identifikatortype: &'static str,
    identifikator: &'a str,
}

#[derive(Serialize)]
struct BeloepWire {
    valuta: &'static str,
    beloep: i64,
}

impl BeloepWire {
    fn of(kroner: Kroner) -> Self {
        Self { valuta: "NOK", beloep: kroner.get() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RenteWire<'a> {
    #[serde(flatten)]
    beloep: BeloepWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    renter_ilagt_dato: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rentetype: Option<&'a str>,
}

impl<'a> RenteWire<'a> {
    fn of(rente: &'a RenteBeloep) -> Self {
        Self {
            beloep: BeloepWire::of(rente.beloep),
            renter_ilagt_dato: text(rente.renter_ilagt_dato),
            rentetype: rente.rentetype.as_deref(),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum TilleggWire<'a> {
    #[serde(rename_all = "camelCase")]
    Nav {
        #[serde(skip_serializing_if = "Option::is_none")]
        tilbakekrevingsperiode: Option<PeriodeWire>,
        #[serde(skip_serializing_if = "Option::is_none")]
        stoenadstype: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ytelser_for_avregning: Option<BeloepWire>,
    },
    Broennoeysund {
        #[serde(skip_serializing_if = "Option::is_none")]
        periode: Option<PeriodeWire>,
        #[serde(rename = "stoppdatoForLøpendeMulkt", skip_serializing_if = "Option::is_none")]
        stoppdato: Option<String>,
    },
    Json(Box<RawValue>),
    NoJson(&'a str),
}

impl<'a> TilleggWire<'a> {
    fn of(tillegg: &'a Tilleggsinformasjon, names: PeriodNames) -> Self {
        match tillegg {
            Tilleggsinformasjon::Nav { tilbakekrevingsperiode, stoenadstype, ytelser_for_avregning } => {
                Self::Nav {
                    tilbakekrevingsperiode: tilbakekrevingsperiode.map(|periode| names.spell(periode)),
                    stoenadstype: stoenadstype.as_deref(),
                    ytelser_for_avregning: ytelser_for_avregning.map(BeloepWire::of),
                }
            }
            Tilleggsinformasjon::Broennoeysund { periode, stoppdato_for_loepende_mulkt } => {
                Self::Broennoeysund {
                    periode: periode.map(|periode| names.spell(periode)),
                    stoppdato: text(*stoppdato_for_loepende_mulkt),
                }
            }
            // On one line, since it may become a row of JSON Lines.
            Tilleggsinformasjon::Annet(json) => Node::parse(json)
                .ok()
                .and_then(|node| RawValue::from_string(node.on_one_line()).ok())
                .map_or(Self::NoJson(json), Self::Json),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum PeriodeWire {
    FomTom {
        fom: String,
        tom: String,
    },
    #[serde(rename_all = "camelCase")]
    FraDatoTilDato {
        fra_dato: String,
        til_dato: String,
    },
}

impl PeriodNames {
    fn spell(self, periode: Periode) -> PeriodeWire {
        let (first, last) = (periode.fom.to_string(), periode.tom.to_string());
        match self {
            Self::FomTom => PeriodeWire::FomTom { fom: first, tom: last },
            Self::FraDatoTilDato => PeriodeWire::FraDatoTilDato { fra_dato: first, til_dato: last },
        }
    }
}

#[derive(Serialize)]
struct IdWire<'a> {
    kravidentifikatortype: &'static str,
    kravidentifikator: &'a str,
}

impl<'a> IdWire<'a> {
    fn of(id: &'a KravId) -> Self {
        Self { kravidentifikatortype: id.kravidentifikatortype(), kravidentifikator: id.as_str() }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum EndringWire<'a> {
    #[serde(rename_all = "camelCase")]
    Utgave2023 {
        #[serde(flatten)]
        id: IdWire<'a>,
        ny_hovedstol: BeloepWire,
    },
    Hovedstol {
        hovedstol: BeloepWire,
    },
    Renter {
        renter: Vec<RenteWire<'a>>,
    },
    #[serde(rename_all = "camelCase")]
    Referanse {
        ny_oppdragsgivers_referanse: &'a str,
    },
}
