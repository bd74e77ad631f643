//! Cases of [`KravActs`](skattebro_ports::KravActs) and [`KravLookup`](skattebro_ports::KravLookup).

use crate::KravWorld;
use crate::krav_steps::{
    assert_lacking, assert_not_found, assert_rule, assert_status, avskriv, booked, date, endre, endringer,
    every_endring, interest, mottak, oppdrag, oppdrag_against, opprett, own_id, rejected,
};
use crate::steps::{assert_refused, call};
use skattebro_domain::krav::{
    Ability, Avstemming, Edition, Endring, Innkrevingsoppdrag, KravId, Kroner, Mottaksstatus, Periode,
    Tilleggsinformasjon, slugs,
};

suite! { $
    /// A test for each case of [`KravActs`](skattebro_ports::KravActs) and [`KravLookup`](skattebro_ports::KravLookup), given a
    /// [`KravWorld`].
    krav for &dyn KravWorld:
    each_krav_has_an_id_of_its_own,
    an_own_id_is_taken_once,
    the_own_id_of_a_rejected_krav_is_not_free_again,
    without_an_own_id_every_creation_makes_another_krav,
    a_refused_creation_leaves_its_own_id_free,
    a_change_is_refused_until_the_krav_is_booked,
    the_same_change_may_be_repeated,
    a_change_may_be_changed_again,
    a_change_that_the_edition_lacks_is_not_sent,
    a_change_to_nothing_is_refused_and_changes_nothing,
    a_write_off_is_refused_until_the_krav_is_booked,
    a_krav_is_written_off_once,
    a_krav_that_is_written_off_cannot_be_changed,
    a_rejected_krav_is_never_booked,
    an_unknown_krav_is_unknown_to_every_call,
    nothing_is_wrong_with_a_krav_that_passes,
    what_is_wrong_shows_once_validation_has_run,
    the_status_goes_from_received_to_booked,
    the_status_of_a_rejected_krav_says_so,
    the_status_tells_both_ids,
    either_id_finds_a_krav_where_both_are_known,
    there_is_nothing_to_reconcile_before_booking,
    what_was_received_is_what_was_sent,
    what_was_received_shows_each_change_once,
    a_write_off_shows_in_what_was_received,
    a_rejected_krav_is_never_reconciled,
    the_additional_information_of_each_kind_survives,
    ids_with_slashes_and_norwegian_letters_find_their_krav,
    the_details_show_what_is_left,
    looking_changes_nothing,
}

async fn each_krav_has_an_id_of_its_own(world: &dyn KravWorld) {
    let one = opprett(world, &oppdrag(world)).await;
    assert_ne!(one, opprett(world, &oppdrag(world)).await);
}

/// Whatever the second one holds: the first stays as it was.
async fn an_own_id_is_taken_once(world: &dyn KravWorld) {
    let first = oppdrag(world);
    let id = opprett(world, &first).await;
    let other = Innkrevingsoppdrag { hovedstol: Kroner::new(7), ..first.clone() };
    for again in [&first, &other, &first] {
        assert_rule(world.acts().opprett(&call(), again).await, slugs::EXISTS_ALREADY);
    }
    world.let_booking_happen().await;
    assert_rule(world.acts().opprett(&call(), &first).await, slugs::EXISTS_ALREADY);
    if let Some(avstemming) = received(world, &KravId::Skatteetatens(id)).await {
        assert_eq!(avstemming.opprinnelig.unwrap().innhold, first);
    }
}

async fn the_own_id_of_a_rejected_krav_is_not_free_again(world: &dyn KravWorld) {
    let (_, sent) = rejected(world).await;
    let corrected = Innkrevingsoppdrag { skyldner: world.passing_skyldner(), ..sent };
    assert_rule(world.acts().opprett(&call(), &corrected).await, slugs::EXISTS_ALREADY);
}

async fn without_an_own_id_every_creation_makes_another_krav(world: &dyn KravWorld) {
    let without = Innkrevingsoppdrag { oppdragsgivers_kravidentifikator: None, ..oppdrag(world) };
    let (one, other) = (opprett(world, &without).await, opprett(world, &without).await);
    assert_ne!(one, other);
    world.let_booking_happen().await;
    for id in [one, other] {
        let id = KravId::Skatteetatens(id);
        if let Some(mottak) = mottak(world, &id).await {
            assert_eq!(mottak.oppdragsgivers_kravidentifikator, None);
        }
        endre(world, &id, &Endring::Hovedstol(Kroner::new(1))).await.unwrap();
    }
}

async fn a_refused_creation_leaves_its_own_id_free(world: &dyn KravWorld) {
    let right = oppdrag(world);
    for hovedstol in [0, -1] {
        let wrong = Innkrevingsoppdrag { hovedstol: Kroner::new(hovedstol), ..right.clone() };
        assert_refused(&world.acts().opprett(&call(), &wrong).await.unwrap_err());
    }
    opprett(world, &right).await;
}

async fn a_change_is_refused_until_the_krav_is_booked(world: &dyn KravWorld) {
    let sent = oppdrag(world);
    let id = KravId::Skatteetatens(opprett(world, &sent).await);
    for endring in endringer(world) {
        assert_rule(endre(world, &id, &endring).await, slugs::NOT_BOOKED);
    }
    world.let_booking_happen().await;
    for endring in endringer(world) {
        endre(world, &id, &endring).await.unwrap();
    }
}

async fn the_same_change_may_be_repeated(world: &dyn KravWorld) {
    let id = booked(world, &oppdrag(world)).await;
    for endring in endringer(world) {
        let first = endre(world, &id, &endring).await.unwrap();
        assert_eq!(first.is_some(), world.acts().capabilities().avstemming, "an id to reconcile by");
        for _ in 0..2 {
            assert_eq!(endre(world, &id, &endring).await.unwrap(), first, "{endring:?}");
        }
    }
}

async fn a_change_may_be_changed_again(world: &dyn KravWorld) {
    let id = booked(world, &oppdrag(world)).await;
    let mut ids = Vec::new();
    for hovedstol in [40_000, 30_000, 40_000] {
        ids.extend(endre(world, &id, &Endring::Hovedstol(Kroner::new(hovedstol))).await.unwrap());
    }
    if world.acts().capabilities().renter {
        for renter in [vec![interest(world, 5)], vec![]] {
            ids.extend(endre(world, &id, &Endring::Renter(renter)).await.unwrap());
        }
    }
    for (nr, one) in ids.iter().enumerate() {
        assert!(!ids[..nr].contains(one), "each change has an id of its own: {ids:?}");
    }
}

async fn a_change_that_the_edition_lacks_is_not_sent(world: &dyn KravWorld) {
    let id = booked(world, &oppdrag(world)).await;
    let has = endringer(world);
    for endring in every_endring(world) {
        let changed = endre(world, &id, &endring).await;
        match has.contains(&endring) {
            true => assert!(changed.is_ok(), "{changed:?}"),
            false => assert_lacking(changed),
        }
    }
}

async fn a_change_to_nothing_is_refused_and_changes_nothing(world: &dyn KravWorld) {
    let id = booked(world, &oppdrag(world)).await;
    for hovedstol in [0, -1] {
        let changed = endre(world, &id, &Endring::Hovedstol(Kroner::new(hovedstol))).await;
        assert_refused(&changed.unwrap_err());
    }
    if let Some(avstemming) = received(world, &id).await {
        assert_eq!(avstemming.endringer, []);
    }
}

async fn a_write_off_is_refused_until_the_krav_is_booked(world: &dyn KravWorld) {
    let id = KravId::Skatteetatens(opprett(world, &oppdrag(world)).await);
    assert_rule(avskriv(world, &id).await, slugs::NOT_BOOKED);
    world.let_booking_happen().await;
    let written_off = avskriv(world, &id).await.unwrap();
    assert_eq!(written_off.is_some(), world.acts().capabilities().avstemming);
}

async fn a_krav_is_written_off_once(world: &dyn KravWorld) {
    let id = booked(world, &oppdrag(world)).await;
    avskriv(world, &id).await.unwrap();
    for _ in 0..2 {
        assert_rule(avskriv(world, &id).await, slugs::WRITTEN_OFF_ALREADY);
    }
}

/// Also not by a change that is in force.
async fn a_krav_that_is_written_off_cannot_be_changed(world: &dyn KravWorld) {
    let id = booked(world, &oppdrag(world)).await;
    let in_force = Endring::Hovedstol(Kroner::new(2));
    endre(world, &id, &in_force).await.unwrap();
    avskriv(world, &id).await.unwrap();
    for endring in endringer(world).iter().chain([&in_force]) {
        assert_rule(endre(world, &id, endring).await, slugs::WRITTEN_OFF_NO_CHANGE);
    }
}

async fn a_rejected_krav_is_never_booked(world: &dyn KravWorld) {
    let (id, _) = rejected(world).await;
    for endring in endringer(world) {
        assert_rule(endre(world, &id, &endring).await, slugs::NOT_BOOKED);
    }
    assert_rule(avskriv(world, &id).await, slugs::NOT_BOOKED);
}

async fn an_unknown_krav_is_unknown_to_every_call(world: &dyn KravWorld) {
    let known = opprett(world, &oppdrag(world)).await;
    world.let_booking_happen().await;
    let unknown = "ffffffff-ffff-4fff-bfff-ffffffffffff".parse().unwrap();
    assert_ne!(known, unknown);
    let can = world.acts().capabilities();
    let mut ids = vec![KravId::Skatteetatens(unknown)];
    if can.own_id == Ability::Yes {
        ids.push(KravId::Oppdragsgivers(world.fresh_own_id()));
    }
    let lookup = world.lookup();
    for id in ids {
        for endring in endringer(world) {
            assert_not_found(endre(world, &id, &endring).await);
        }
        assert_not_found(avskriv(world, &id).await);
        assert_not_found(lookup.valideringsfeil(&call(), &id).await);
        match lookup.mottaksstatus(&call(), &id).await {
            Ok(mottak) => assert_eq!(mottak, None),
            error => {
                assert_ne!(can.mottaksstatus, Ability::Yes);
                assert_not_found(error);
            }
        }
        if can.avstemming {
            assert_not_found(lookup.avstemming(&call(), &id).await);
            assert_not_found(lookup.detaljer(&call(), &id).await);
        }
    }
}

async fn nothing_is_wrong_with_a_krav_that_passes(world: &dyn KravWorld) {
    let id = KravId::Skatteetatens(opprett(world, &oppdrag(world)).await);
    assert_eq!(world.lookup().valideringsfeil(&call(), &id).await.unwrap(), []);
    world.let_booking_happen().await;
    assert_eq!(world.lookup().valideringsfeil(&call(), &id).await.unwrap(), []);
}

async fn what_is_wrong_shows_once_validation_has_run(world: &dyn KravWorld) {
    let sent = oppdrag_against(world, world.rejected_skyldner());
    let id = KravId::Skatteetatens(opprett(world, &sent).await);
    assert_eq!(world.lookup().valideringsfeil(&call(), &id).await.unwrap(), [], "it has not run yet");
    world.let_booking_happen().await;
    let found = world.lookup().valideringsfeil(&call(), &id).await.unwrap();
    assert!(!found.is_empty() && found.iter().all(|found| !found.error.is_empty()), "{found:?}");
}

async fn the_status_goes_from_received_to_booked(world: &dyn KravWorld) {
    let id = KravId::Skatteetatens(opprett(world, &oppdrag(world)).await);
    let Some(before) = mottak(world, &id).await else { return };
    assert!(!before.mottaksstatus.is_final(), "{before:?}");
    world.let_booking_happen().await;
    let after = mottak(world, &id).await.unwrap();
    assert_eq!(after.mottaksstatus, Mottaksstatus::Reskontrofoert);
    assert!(after.status_oppdatert.unwrap() > before.status_oppdatert.unwrap());
}

async fn the_status_of_a_rejected_krav_says_so(world: &dyn KravWorld) {
    let (id, _) = rejected(world).await;
    assert_status(world, &id, &Mottaksstatus::Valideringsfeil).await;
}

async fn the_status_tells_both_ids(world: &dyn KravWorld) {
    let sent = oppdrag(world);
    let id = opprett(world, &sent).await;
    let Some(mottak) = mottak(world, &KravId::Skatteetatens(id.clone())).await else { return };
    assert_eq!(mottak.kravidentifikator, id);
    assert_eq!(mottak.oppdragsgivers_kravidentifikator.map(KravId::Oppdragsgivers), Some(own_id(&sent)));
}

async fn either_id_finds_a_krav_where_both_are_known(world: &dyn KravWorld) {
    let sent = oppdrag(world);
    let theirs = booked(world, &sent).await;
    let ours = own_id(&sent);
    let endring = Endring::Hovedstol(Kroner::new(40_000));
    if world.acts().capabilities().own_id != Ability::Yes {
        // It is not known to work; if it does not, it does nothing.
        if let Err(error) = endre(world, &ours, &endring).await {
            assert_refused(&error);
        }
        return;
    }
    let lookup = world.lookup();
    assert_eq!(endre(world, &ours, &endring).await.unwrap(), endre(world, &theirs, &endring).await.unwrap());
    avskriv(world, &ours).await.unwrap();
    assert_rule(avskriv(world, &theirs).await, slugs::WRITTEN_OFF_ALREADY);
    for id in [&ours, &theirs] {
        assert_status(world, id, &Mottaksstatus::Reskontrofoert).await;
        assert_eq!(lookup.valideringsfeil(&call(), id).await.unwrap(), []);
    }
    let by_ours = lookup.avstemming(&call(), &ours).await;
    assert_eq!(by_ours.unwrap(), lookup.avstemming(&call(), &theirs).await.unwrap());
    let by_ours = lookup.detaljer(&call(), &ours).await;
    assert_eq!(by_ours.unwrap().kravlinjer, lookup.detaljer(&call(), &theirs).await.unwrap().kravlinjer);
}

/// What was received, if the edition tells it. The krav is booked.
async fn received(world: &dyn KravWorld, id: &KravId) -> Option<Avstemming> {
    let told = world.lookup().avstemming(&call(), id).await;
    if !world.acts().capabilities().avstemming {
        assert_lacking(told);
        return None;
    }
    Some(told.unwrap().expect("it is booked"))
}

async fn there_is_nothing_to_reconcile_before_booking(world: &dyn KravWorld) {
    let id = KravId::Skatteetatens(opprett(world, &oppdrag(world)).await);
    let told = world.lookup().avstemming(&call(), &id).await;
    match world.acts().capabilities().avstemming {
        true => assert_eq!(told.unwrap(), None),
        false => assert_lacking(told),
    }
}

async fn what_was_received_is_what_was_sent(world: &dyn KravWorld) {
    let sent = oppdrag(world);
    let id = booked(world, &sent).await;
    let Some(avstemming) = received(world, &id).await else { return };
    assert_eq!(KravId::Skatteetatens(avstemming.kravidentifikator), id);
    assert_eq!(avstemming.oppdragsgivers_kravidentifikator.map(KravId::Oppdragsgivers), Some(own_id(&sent)));
    let opprinnelig = avstemming.opprinnelig.unwrap();
    assert_eq!(opprinnelig.innhold, sent);
    assert!(opprinnelig.tidspunkt_utc.is_some(), "{}", opprinnelig.tidspunkt);
    assert_eq!((avstemming.endringer, avstemming.andre_endringer), (vec![], 0));
    assert_eq!(avstemming.avskriving, None);
}

async fn what_was_received_shows_each_change_once(world: &dyn KravWorld) {
    let sent = oppdrag(world);
    let id = booked(world, &sent).await;
    let mut wanted = Vec::new();
    for endring in endringer(world) {
        let transaksjonsid = endre(world, &id, &endring).await.unwrap();
        endre(world, &id, &endring).await.unwrap();
        wanted.push((endring, transaksjonsid));
    }
    let Some(avstemming) = received(world, &id).await else { return };
    let told = avstemming.endringer.into_iter().map(|told| (told.innhold, told.transaksjonsid));
    assert_eq!(told.collect::<Vec<_>>(), wanted);
    assert_eq!(avstemming.opprinnelig.unwrap().innhold, sent, "that stays as it was received");
}

async fn a_write_off_shows_in_what_was_received(world: &dyn KravWorld) {
    let id = booked(world, &oppdrag(world)).await;
    let transaksjonsid = avskriv(world, &id).await.unwrap();
    let Some(avstemming) = received(world, &id).await else { return };
    assert_eq!(avstemming.avskriving.unwrap().transaksjonsid, transaksjonsid);
}

async fn a_rejected_krav_is_never_reconciled(world: &dyn KravWorld) {
    let (id, _) = rejected(world).await;
    let told = world.lookup().avstemming(&call(), &id).await;
    match world.acts().capabilities().avstemming {
        true => assert_eq!(told.unwrap(), None),
        false => assert_lacking(told),
    }
}

async fn the_additional_information_of_each_kind_survives(world: &dyn KravWorld) {
    let mut all = vec![oppdrag(world)];
    if world.edition() == Edition::V1 {
        let one_day = Periode { fom: date("2024-02-29"), tom: date("2024-02-29") };
        let nav = Tilleggsinformasjon::Nav {
            tilbakekrevingsperiode: Some(one_day),
            stoenadstype: None,
            ytelser_for_avregning: None,
        };
        let broennoeysund = Tilleggsinformasjon::Broennoeysund {
            periode: Some(Periode { fom: date("2025-11-01"), tom: date("2025-11-30") }),
            stoppdato_for_loepende_mulkt: Some(date("2025-11-30")),
        };
        let annet = Tilleggsinformasjon::Annet(r#"{"a":[1,"æ"],"b":{"c":null}}"#.to_owned());
        let organisation = world.passing_organisation();
        all.push(Innkrevingsoppdrag { tilleggsinformasjon: Some(nav), ..oppdrag(world) });
        all.push(Innkrevingsoppdrag {
            kravtype: "TVANGSMULKT_RETTIGHETSHAVERREGISTERLOVEN".to_owned(),
            rente_beloep: None,
            tilleggsinformasjon: Some(broennoeysund),
            ..oppdrag_against(world, organisation.clone())
        });
        for tilleggsinformasjon in [Some(annet), None] {
            all.push(Innkrevingsoppdrag {
                kravtype: "RETTSGEBYR_UTLEGGSBEGJAERING".to_owned(),
                foreldelsesfristens_utgangspunkt: None,
                tilleggsinformasjon,
                ..oppdrag_against(world, organisation.clone())
            });
        }
    }
    for sent in all {
        let id = booked(world, &sent).await;
        let Some(avstemming) = received(world, &id).await else { continue };
        assert_eq!(avstemming.opprinnelig.unwrap().innhold, sent);
    }
}

async fn ids_with_slashes_and_norwegian_letters_find_their_krav(world: &dyn KravWorld) {
    let fresh = world.fresh_own_id();
    for text in [
        format!("{fresh}/æøå-ÆØÅ/1"),
        format!("/{fresh}"),
        format!("{fresh}/"),
        format!("{fresh}//avskriving"),
        format!("{fresh}/hovedstol"),
    ] {
        let sent =
            Innkrevingsoppdrag { oppdragsgivers_kravidentifikator: Some(text.clone()), ..oppdrag(world) };
        let theirs = booked(world, &sent).await;
        let ours = own_id(&sent);
        if let Some(mottak) = mottak(world, &theirs).await {
            assert_eq!(
                mottak.oppdragsgivers_kravidentifikator.map(KravId::Oppdragsgivers),
                Some(ours.clone())
            );
        }
        assert_rule(world.acts().opprett(&call(), &sent).await, slugs::EXISTS_ALREADY);
        if world.acts().capabilities().own_id != Ability::Yes {
            continue;
        }
        for endring in endringer(world) {
            endre(world, &ours, &endring).await.unwrap();
        }
        let found = mottak(world, &ours).await.map(|mottak| KravId::Skatteetatens(mottak.kravidentifikator));
        assert_eq!(found, Some(theirs), "{text}");
        assert_eq!(world.lookup().valideringsfeil(&call(), &ours).await.unwrap(), [], "{text}");
        world.lookup().detaljer(&call(), &ours).await.unwrap();
        assert_eq!(received(world, &ours).await.unwrap().opprinnelig.unwrap().innhold, sent, "{text}");
        avskriv(world, &ours).await.unwrap();
    }
}

async fn the_details_show_what_is_left(world: &dyn KravWorld) {
    let sent = oppdrag(world);
    let id = KravId::Skatteetatens(opprett(world, &sent).await);
    let lookup = world.lookup();
    if !world.acts().capabilities().avstemming {
        return assert_lacking(lookup.detaljer(&call(), &id).await);
    }
    world.let_booking_happen().await;
    endre(world, &id, &Endring::Hovedstol(Kroner::new(40_000))).await.unwrap();
    let detaljer = lookup.detaljer(&call(), &id).await.unwrap();
    let lines: Vec<_> = detaljer
        .kravlinjer
        .iter()
        .map(|line| (line.opprinnelig_beloep.as_deref(), line.gjenstaaende_beloep.as_deref()))
        .collect();
    assert_eq!(lines, [(Some("48210"), Some("40000")), (Some("4821"), Some("4821"))]);
    assert!(detaljer.json.starts_with('{'), "the whole answer is kept");
    avskriv(world, &id).await.unwrap();
    let left = lookup.detaljer(&call(), &id).await.unwrap().kravlinjer;
    assert!(left.iter().all(|line| line.gjenstaaende_beloep.as_deref() == Some("0")), "{left:?}");
}

async fn looking_changes_nothing(world: &dyn KravWorld) {
    let sent = oppdrag(world);
    let id = booked(world, &sent).await;
    let lookup = world.lookup();
    let before = (mottak(world, &id).await, received(world, &id).await);
    for _ in 0..2 {
        lookup.valideringsfeil(&call(), &id).await.unwrap();
        let _ = lookup.detaljer(&call(), &id).await;
        assert_eq!((mottak(world, &id).await, received(world, &id).await), before);
    }
}
