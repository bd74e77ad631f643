//! What the cases about krav have in common: the krav that they send, and how a refusal is told.

use crate::KravWorld;
use crate::steps::call;
use skattebro_domain::flow::Effect;
use skattebro_domain::krav::{
    Ability, Date, Edition, Endring, Innkrevingsoppdrag, KravId, Kroner, Mottak, Mottaksstatus, Periode,
    RenteBeloep, Skyldner, Tilleggsinformasjon, slugs,
};
use skattebro_domain::{Kravidentifikator, Transaksjonsid};
use skattebro_ports::{ErrorKind, PortError};

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn interest(world: &dyn KravWorld, kroner: i64) -> RenteBeloep {
    RenteBeloep {
        beloep: Kroner::new(kroner),
        renter_ilagt_dato: Some(date("2025-12-02")),
        rentetype: (world.edition() == Edition::V1).then(|| "STRAFFERENTE".to_owned()),
    }
}

/// A krav with everything that its edition has, and an id of its own.
pub(crate) fn oppdrag_against(world: &dyn KravWorld, skyldner: Skyldner) -> Innkrevingsoppdrag {
    let (kravtype, tilbakekrevingsperiode, stoenadstype) = match world.edition() {
        Edition::V1 => {
            let periode = Periode { fom: date("2025-01-01"), tom: date("2025-09-30") };
            ("TILBAKEKREVING_SYKEPENGER", Some(periode), None)
        }
        Edition::Utgave2023 => ("TILBAKEKREVING_FEILUTBETALT_YTELSE", None, Some("BARNETRYGD".to_owned())),
    };
    Innkrevingsoppdrag {
        kravtype: kravtype.to_owned(),
        skyldner,
        hovedstol: Kroner::new(48_210),
        rente_beloep: Some(vec![interest(world, 4_821)]),
        oppdragsgivers_referanse: "SAK-æøå/88".to_owned(),
        oppdragsgivers_kravidentifikator: Some(world.fresh_own_id().to_string()),
        fastsettelsesdato: date("2025-12-01"),
        foreldelsesfristens_utgangspunkt: Some(date("2025-06-30")),
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: Some(Tilleggsinformasjon::Nav {
            tilbakekrevingsperiode,
            stoenadstype,
            ytelser_for_avregning: Some(Kroner::new(1_200)),
        }),
    }
}

/// The same, of a skyldner who passes.
pub(crate) fn oppdrag(world: &dyn KravWorld) -> Innkrevingsoppdrag {
    oppdrag_against(world, world.passing_skyldner())
}

/// The id that its oppdragsgiver gave it.
pub(crate) fn own_id(oppdrag: &Innkrevingsoppdrag) -> KravId {
    KravId::Oppdragsgivers(oppdrag.oppdragsgivers_kravidentifikator.as_deref().unwrap().parse().unwrap())
}

pub(crate) async fn opprett(world: &dyn KravWorld, oppdrag: &Innkrevingsoppdrag) -> Kravidentifikator {
    world.acts().opprett(&call(), oppdrag).await.unwrap()
}

/// Creates one and lets it be booked.
pub(crate) async fn booked(world: &dyn KravWorld, oppdrag: &Innkrevingsoppdrag) -> KravId {
    let id = opprett(world, oppdrag).await;
    world.let_booking_happen().await;
    KravId::Skatteetatens(id)
}

/// Creates one that is rejected, and lets that happen.
pub(crate) async fn rejected(world: &dyn KravWorld) -> (KravId, Innkrevingsoppdrag) {
    let oppdrag = oppdrag_against(world, world.rejected_skyldner());
    let id = booked(world, &oppdrag).await;
    (id, oppdrag)
}

pub(crate) async fn endre(
    world: &dyn KravWorld,
    id: &KravId,
    endring: &Endring,
) -> Result<Option<Transaksjonsid>, PortError> {
    world.acts().endre(&call(), id, endring).await
}

pub(crate) async fn avskriv(world: &dyn KravWorld, id: &KravId) -> Result<Option<Transaksjonsid>, PortError> {
    world.acts().avskriv(&call(), id).await
}

/// A change of each kind that the edition has.
pub(crate) fn endringer(world: &dyn KravWorld) -> Vec<Endring> {
    let can = world.acts().capabilities();
    let all = every_endring(world);
    all.into_iter()
        .filter(|endring| match endring {
            Endring::Hovedstol(_) => true,
            Endring::Renter(_) => can.renter,
            Endring::Referanse(_) => can.referanse,
        })
        .collect()
}

/// A change of each kind.
pub(crate) fn every_endring(world: &dyn KravWorld) -> Vec<Endring> {
    vec![
        Endring::Hovedstol(Kroner::new(40_000)),
        Endring::Renter(vec![interest(world, 300), interest(world, 20)]),
        Endring::Referanse("SAK-æøå/88-B".to_owned()),
    ]
}

/// Where the environment tells it: the mottaksstatus. `None` where it has no such call.
pub(crate) async fn mottak(world: &dyn KravWorld, id: &KravId) -> Option<Mottak> {
    match world.lookup().mottaksstatus(&call(), id).await {
        Ok(mottak) => Some(mottak.unwrap_or_else(|| panic!("{id:?} is known"))),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
            assert_ne!(world.acts().capabilities().mottaksstatus, Ability::Yes, "{error:?}");
            None
        }
    }
}

pub(crate) async fn assert_status(world: &dyn KravWorld, id: &KravId, expected: &Mottaksstatus) {
    if let Some(mottak) = mottak(world, id).await {
        assert_eq!(mottak.mottaksstatus, *expected);
    }
}

/// That the service refused by this rule, and that nothing changed there.
pub(crate) fn assert_rule<T: std::fmt::Debug>(result: Result<T, PortError>, rule: &str) {
    let error = result.unwrap_err();
    let Effect::Refused(slug) = error.effect() else { panic!("refused by {rule}? {error:?}") };
    assert_eq!(slugs::short(slug), rule, "{error:?}");
    assert!(error.problem().is_some(), "what the service said is kept: {error:?}");
}

/// That the service does not know the krav.
pub(crate) fn assert_not_found<T: std::fmt::Debug>(result: Result<T, PortError>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
    assert!(matches!(error.effect(), Effect::Refused(_)), "the service said so: {error:?}");
}

/// That the edition has no such call, and that nothing was sent.
pub(crate) fn assert_lacking<T: std::fmt::Debug>(result: Result<T, PortError>) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Local, &Effect::NotSent), "{error:?}");
}
