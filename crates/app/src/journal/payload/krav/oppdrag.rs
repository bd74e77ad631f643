//! A krav as it was asked for, and its changes: the API's names, and every value as it was given.

use crate::journal::payload::json::{
    Fields, Object, Read, Wrong, amount, object, objects, owned, parsed, text,
};
use skattebro_domain::krav::{
    Date, Endring, Identifikatortype, Innkrevingsoppdrag, Kroner, Periode, RenteBeloep, Skyldner,
    Tilleggsinformasjon,
};

pub(super) fn write(krav: &Innkrevingsoppdrag) -> Object {
    let Innkrevingsoppdrag {
        kravtype,
        skyldner,
        hovedstol,
        rente_beloep,
        oppdragsgivers_referanse,
        oppdragsgivers_kravidentifikator,
        fastsettelsesdato,
        foreldelsesfristens_utgangspunkt,
        tilleggsfrist_etter_foreldelsesloven,
        tilleggsinformasjon,
    } = krav;
    Object::new()
        .with("kravtype", kravtype.as_str())
        .with("skyldner", write_skyldner(skyldner))
        .with("hovedstol", write_kroner(*hovedstol))
        .maybe("renteBeloep", rente_beloep.as_deref().map(write_renter))
        .with("oppdragsgiversReferanse", oppdragsgivers_referanse.as_str())
        .maybe("oppdragsgiversKravidentifikator", oppdragsgivers_kravidentifikator.as_deref())
        .with("fastsettelsesdato", fastsettelsesdato.to_string())
        .maybe("foreldelsesfristensUtgangspunkt", date(*foreldelsesfristens_utgangspunkt))
        .maybe("tilleggsfristEtterForeldelsesloven", date(*tilleggsfrist_etter_foreldelsesloven))
        .maybe("tilleggsinformasjon", tilleggsinformasjon.as_ref().map(write_tillegg))
}

pub(super) fn read(fields: Fields<'_>) -> Read<Innkrevingsoppdrag> {
    Ok(Innkrevingsoppdrag {
        kravtype: fields.get("kravtype", owned)?,
        skyldner: fields.get("skyldner", object(skyldner))?,
        hovedstol: fields.get("hovedstol", object(kroner))?,
        rente_beloep: fields.maybe("renteBeloep", objects(rente))?,
        oppdragsgivers_referanse: fields.get("oppdragsgiversReferanse", owned)?,
        oppdragsgivers_kravidentifikator: fields.maybe("oppdragsgiversKravidentifikator", owned)?,
        fastsettelsesdato: fields.get("fastsettelsesdato", parsed)?,
        foreldelsesfristens_utgangspunkt: fields.maybe("foreldelsesfristensUtgangspunkt", parsed)?,
        tilleggsfrist_etter_foreldelsesloven: fields.maybe("tilleggsfristEtterForeldelsesloven", parsed)?,
        tilleggsinformasjon: fields.maybe("tilleggsinformasjon", object(tillegg))?,
    })
}

pub(super) fn write_endring(endring: &Endring) -> Object {
    match endring {
        Endring::Hovedstol(kroner) => kind("hovedstol").with("hovedstol", write_kroner(*kroner)),
        Endring::Renter(renter) => kind("renter").with("renter", write_renter(renter)),
        Endring::Referanse(referanse) => {
            kind("referanse").with("nyOppdragsgiversReferanse", referanse.as_str())
        }
    }
}

pub(super) fn endring(fields: Fields<'_>) -> Read<Endring> {
    Ok(match fields.get("kind", text)? {
        "hovedstol" => Endring::Hovedstol(fields.get("hovedstol", object(kroner))?),
        "renter" => Endring::Renter(fields.get("renter", objects(rente))?),
        "referanse" => Endring::Referanse(fields.get("nyOppdragsgiversReferanse", owned)?),
        _ => return Err(Wrong::unknown("kind")),
    })
}

fn kind(kind: &'static str) -> Object {
    Object::new().with("kind", kind)
}

fn date(date: Option<Date>) -> Option<String> {
    date.map(|date| date.to_string())
}

fn write_skyldner(skyldner: &Skyldner) -> Object {
    let Skyldner { identifikatortype, identifikator } = skyldner;
    let identifikatortype = match identifikatortype {
        Identifikatortype::Person => "PERSON",
        Identifikatortype::Organisasjon => "ORGANISASJON",
    };
    Object::new().with("identifikatortype", identifikatortype).with("identifikator", identifikator.as_str())
}

fn skyldner(fields: Fields<'_>) -> Read<Skyldner> {
    let identifikatortype = match fields.get("identifikatortype", text)? {
        "PERSON" => Identifikatortype::Person,
        "ORGANISASJON" => Identifikatortype::Organisasjon,
        _ => return Err(Wrong::unknown("identifikatortype")),
    };
    Ok(Skyldner { identifikatortype, identifikator: fields.get("identifikator", owned)? })
}

fn write_kroner(kroner: Kroner) -> Object {
    Object::new().with("valuta", "NOK").with("beloep", kroner.get())
}

fn kroner(fields: Fields<'_>) -> Read<Kroner> {
    match fields.get("valuta", text)? {
        "NOK" => fields.get("beloep", amount).map(Kroner::new),
        _ => Err(Wrong::unknown("valuta")),
    }
}

fn write_renter(renter: &[RenteBeloep]) -> Vec<Object> {
    let write = |rente: &RenteBeloep| {
        let RenteBeloep { beloep, renter_ilagt_dato, rentetype } = rente;
        write_kroner(*beloep)
            .maybe("renterIlagtDato", date(*renter_ilagt_dato))
            .maybe("rentetype", rentetype.as_deref())
    };
    renter.iter().map(write).collect()
}

fn rente(fields: Fields<'_>) -> Read<RenteBeloep> {
    Ok(RenteBeloep {
        beloep: kroner(fields)?,
        renter_ilagt_dato: fields.maybe("renterIlagtDato", parsed)?,
        rentetype: fields.maybe("rentetype", owned)?,
    })
}

/// With its kind, which the API leaves to be told from the fields: one without any would be lost.
fn write_tillegg(tillegg: &Tilleggsinformasjon) -> Object {
    match tillegg {
        Tilleggsinformasjon::Nav { tilbakekrevingsperiode, stoenadstype, ytelser_for_avregning } => {
            kind("nav")
                .maybe("tilbakekrevingsperiode", tilbakekrevingsperiode.map(write_periode))
                .maybe("stoenadstype", stoenadstype.as_deref())
                .maybe("ytelserForAvregning", ytelser_for_avregning.map(write_kroner))
        }
        Tilleggsinformasjon::Broennoeysund { periode, stoppdato_for_loepende_mulkt } => kind("broennoeysund")
            .maybe("periode", periode.map(write_periode))
            .maybe("stoppdatoForLøpendeMulkt", date(*stoppdato_for_loepende_mulkt)),
        // A text, since nobody knows what is in there: it may be deep, or no JSON at all.
        Tilleggsinformasjon::Annet(json) => kind("annet").with("json", json.as_str()),
    }
}

fn tillegg(fields: Fields<'_>) -> Read<Tilleggsinformasjon> {
    Ok(match fields.get("kind", text)? {
        "nav" => Tilleggsinformasjon::Nav {
            tilbakekrevingsperiode: fields.maybe("tilbakekrevingsperiode", object(periode))?,
            stoenadstype: fields.maybe("stoenadstype", owned)?,
            ytelser_for_avregning: fields.maybe("ytelserForAvregning", object(kroner))?,
        },
        "broennoeysund" => Tilleggsinformasjon::Broennoeysund {
            periode: fields.maybe("periode", object(periode))?,
            stoppdato_for_loepende_mulkt: fields.maybe("stoppdatoForLøpendeMulkt", parsed)?,
        },
        "annet" => Tilleggsinformasjon::Annet(fields.get("json", owned)?),
        _ => return Err(Wrong::unknown("kind")),
    })
}

fn write_periode(periode: Periode) -> Object {
    let Periode { fom, tom } = periode;
    Object::new().with("fom", fom.to_string()).with("tom", tom.to_string())
}

fn periode(fields: Fields<'_>) -> Read<Periode> {
    Ok(Periode { fom: fields.get("fom", parsed)?, tom: fields.get("tom", parsed)? })
}
