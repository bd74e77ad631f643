//! Every call of the API under a name, and its end in one line.

use crate::client::{self, Tokens, call, settings};
use skattebro_adapter_http::{HttpInnkreving, HttpSettings};
use skattebro_domain::krav::{
    Edition, Endring, Identifikatortype, Innkrevingsoppdrag, KravId, Kroner, Periode, RenteBeloep, Skyldner,
    Tilleggsinformasjon,
};
use skattebro_ports::{KravActs, KravLookup, PortError};
use std::sync::Arc;

/// Synthetic.
pub(crate) const SKYLDNER: &str = "13895118960";
pub(crate) const THEIR_ID: &str = "3f1c9f3e-6f0e-4a59-9a40-0e6a3b1f8c11";
/// With what must be escaped in a path.
pub(crate) const OWN_ID: &str = "K/æ-1";
/// What the types of the service's own problems begin with.
pub(crate) const TAG: &str = "tag:skatteetaten.no,2024:innkreving:innkrevingsoppdrag:";

pub(crate) const EDITIONS: [Edition; 2] = [Edition::V1, Edition::Utgave2023];

/// A call of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kall {
    Opprett,
    Hovedstol,
    Renter,
    Referanse,
    Avskriv,
    Mottaksstatus,
    Valideringsfeil,
    Avstemming,
    Detaljer,
}

pub(crate) const ALL: [Kall; 9] = [
    Kall::Opprett,
    Kall::Hovedstol,
    Kall::Renter,
    Kall::Referanse,
    Kall::Avskriv,
    Kall::Mottaksstatus,
    Kall::Valideringsfeil,
    Kall::Avstemming,
    Kall::Detaljer,
];

impl Kall {
    /// Those that the edition has.
    pub(crate) fn of(edition: Edition) -> impl Iterator<Item = Self> {
        ALL.into_iter().filter(move |kall| match edition {
            Edition::V1 => true,
            Edition::Utgave2023 => {
                !matches!(kall, Self::Renter | Self::Referanse | Self::Avstemming | Self::Detaljer)
            }
        })
    }

    pub(crate) fn only_looks(self) -> bool {
        matches!(self, Self::Mottaksstatus | Self::Valideringsfeil | Self::Avstemming | Self::Detaljer)
    }

    /// Makes it, about the krav with that id; what came of it, if something did.
    pub(crate) async fn make(
        self,
        adapter: &HttpInnkreving,
        oppdrag: &Innkrevingsoppdrag,
        id: &KravId,
    ) -> Result<String, PortError> {
        let call = &call();
        let endring = match self {
            Self::Hovedstol => Some(Endring::Hovedstol(Kroner::new(40_000))),
            Self::Renter => Some(Endring::Renter(vec![interest(3_000, adapter.capabilities().renter)])),
            Self::Referanse => Some(Endring::Referanse("SAK-2026/88-B".into())),
            _ => None,
        };
        match self {
            Self::Opprett => adapter.opprett(call, oppdrag).await.map(|id| id.to_string()),
            Self::Hovedstol | Self::Renter | Self::Referanse => {
                let transaksjonsid = adapter.endre(call, id, &endring.unwrap()).await?;
                Ok(transaksjonsid.map_or_else(String::new, |id| id.to_string()))
            }
            Self::Avskriv => {
                let transaksjonsid = adapter.avskriv(call, id).await?;
                Ok(transaksjonsid.map_or_else(String::new, |id| id.to_string()))
            }
            Self::Mottaksstatus => adapter.mottaksstatus(call, id).await.map(|told| format!("{told:?}")),
            Self::Valideringsfeil => adapter.valideringsfeil(call, id).await.map(|told| format!("{told:?}")),
            Self::Avstemming => adapter.avstemming(call, id).await.map(|told| format!("{told:?}")),
            Self::Detaljer => adapter.detaljer(call, id).await.map(|told| format!("{told:?}")),
        }
    }

    /// Makes it, and shows in one line how it ended: `ok`, `none`, or the error's kind, effect and retry.
    pub(crate) async fn end(self, adapter: &HttpInnkreving) -> String {
        let edition = if adapter.capabilities().avstemming { Edition::V1 } else { Edition::Utgave2023 };
        line(self.make(adapter, &oppdrag(edition), &THEIR_ID.parse().unwrap()).await)
    }
}

/// The line for what came of a call.
pub(crate) fn line(made: Result<String, PortError>) -> String {
    match &made {
        Ok(told) if told == "None" => "none".to_owned(),
        made => client::shown(made).replace(TAG, ""),
    }
}

pub(crate) fn adapter_with(settings: HttpSettings, edition: Edition) -> (HttpInnkreving, Arc<Tokens>) {
    let tokens = Arc::new(Tokens::default());
    (HttpInnkreving::new(settings, tokens.clone(), edition).unwrap(), tokens)
}

/// An adapter with ordinary settings.
pub(crate) fn adapter(url: &str, edition: Edition) -> HttpInnkreving {
    adapter_with(settings(url), edition).0
}

fn interest(kroner: i64, with_type: bool) -> RenteBeloep {
    RenteBeloep {
        beloep: Kroner::new(kroner),
        renter_ilagt_dato: Some("2025-12-01".parse().unwrap()),
        rentetype: with_type.then(|| "STRAFFERENTE".into()),
    }
}

pub(crate) fn oppdrag(edition: Edition) -> Innkrevingsoppdrag {
    let (kravtype, periode, stoenadstype) = match edition {
        Edition::V1 => {
            let periode = Periode { fom: "2025-01-01".parse().unwrap(), tom: "2025-09-30".parse().unwrap() };
            ("TILBAKEKREVING_SYKEPENGER", Some(periode), None)
        }
        Edition::Utgave2023 => ("TILBAKEKREVING_FEILUTBETALT_YTELSE", None, Some("BARNETRYGD".into())),
    };
    Innkrevingsoppdrag {
        kravtype: kravtype.into(),
        skyldner: Skyldner { identifikatortype: Identifikatortype::Person, identifikator: SKYLDNER.into() },
        hovedstol: Kroner::new(48_210),
        rente_beloep: Some(vec![interest(4_821, edition == Edition::V1)]),
        oppdragsgivers_referanse: "SAK-æøå/88".into(),
        oppdragsgivers_kravidentifikator: Some(OWN_ID.into()),
        fastsettelsesdato: "2025-12-01".parse().unwrap(),
        foreldelsesfristens_utgangspunkt: Some("2025-06-30".parse().unwrap()),
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: Some(Tilleggsinformasjon::Nav {
            tilbakekrevingsperiode: periode,
            stoenadstype,
            ytelser_for_avregning: Some(Kroner::new(1_200)),
        }),
    }
}
