use crate::krav::{Endring, Innkrevingsoppdrag, Periode, RenteBeloep, Tilleggsinformasjon};
use crate::masking;

/// Something that was sent one way and received another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which field, in the API's own names.
    pub field: &'static str,
    /// What we sent; personal numbers are masked.
    pub sent: String,
    /// What the service says it received; personal numbers are masked.
    pub received: String,
}

/// Where a krav as it was received differs from what was sent. What the API treats alike (no interest, an empty list of it) is alike.
pub fn differences(sent: &Innkrevingsoppdrag, received: &Innkrevingsoppdrag) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |field, sent: String, received: String| {
        if sent != received {
            let (sent, received) = (masking::mask(&sent), masking::mask(&received));
            found.push(Difference { field, sent, received });
        }
    };
    compare("kravtype", sent.kravtype.clone(), received.kravtype.clone());
    let skyldner =
        |of: &Innkrevingsoppdrag| format!("{} {}", of.skyldner.identifikatortype, of.skyldner.identifikator);
    compare("skyldner", skyldner(sent), skyldner(received));
    compare("hovedstol", sent.hovedstol.to_string(), received.hovedstol.to_string());
    compare("renteBeloep", renter(&sent.rente_beloep), renter(&received.rente_beloep));
    compare(
        "oppdragsgiversReferanse",
        sent.oppdragsgivers_referanse.clone(),
        received.oppdragsgivers_referanse.clone(),
    );
    compare(
        "oppdragsgiversKravidentifikator",
        sent.oppdragsgivers_kravidentifikator.clone().unwrap_or_default(),
        received.oppdragsgivers_kravidentifikator.clone().unwrap_or_default(),
    );
    compare("fastsettelsesdato", sent.fastsettelsesdato.to_string(), received.fastsettelsesdato.to_string());
    compare(
        "foreldelsesfristensUtgangspunkt",
        or_nothing(sent.foreldelsesfristens_utgangspunkt),
        or_nothing(received.foreldelsesfristens_utgangspunkt),
    );
    compare(
        "tilleggsfristEtterForeldelsesloven",
        or_nothing(sent.tilleggsfrist_etter_foreldelsesloven),
        or_nothing(received.tilleggsfrist_etter_foreldelsesloven),
    );
    compare(
        "tilleggsinformasjon",
        tilleggsinformasjon(&sent.tilleggsinformasjon),
        tilleggsinformasjon(&received.tilleggsinformasjon),
    );
    found
}

/// A change in words, to compare and to show.
pub fn describe(endring: &Endring) -> String {
    match endring {
        Endring::Hovedstol(kroner) => format!("hovedstol {kroner} NOK"),
        Endring::Renter(list) => format!("renter {}", renter(&Some(list.clone()))),
        Endring::Referanse(referanse) => format!("referanse {}", masking::mask(referanse)),
    }
}

fn renter(list: &Option<Vec<RenteBeloep>>) -> String {
    let one = |rente: &RenteBeloep| {
        let date = or_nothing(rente.renter_ilagt_dato);
        format!("{} NOK {date} {}", rente.beloep, rente.rentetype.as_deref().unwrap_or_default())
            .trim_end()
            .to_owned()
    };
    let mut all: Vec<String> = list.iter().flatten().map(one).collect();
    all.sort_unstable(); // the order means nothing
    all.join("; ")
}

fn tilleggsinformasjon(of: &Option<Tilleggsinformasjon>) -> String {
    match of {
        None => String::new(),
        Some(Tilleggsinformasjon::Nav { tilbakekrevingsperiode, stoenadstype, ytelser_for_avregning }) => {
            format!(
                "tilbakekrevingsperiode {} stoenadstype {} ytelserForAvregning {}",
                periode(*tilbakekrevingsperiode),
                stoenadstype.as_deref().unwrap_or_default(),
                or_nothing(*ytelser_for_avregning)
            )
        }
        Some(Tilleggsinformasjon::Broennoeysund { periode: of, stoppdato_for_loepende_mulkt }) => {
            format!(
                "periode {} stoppdatoForLøpendeMulkt {}",
                periode(*of),
                or_nothing(*stoppdato_for_loepende_mulkt)
            )
        }
        Some(Tilleggsinformasjon::Annet(json)) => json.clone(),
    }
}

fn periode(periode: Option<Periode>) -> String {
    periode.map(|periode| format!("{}–{}", periode.fom, periode.tom)).unwrap_or_default()
}

fn or_nothing(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
