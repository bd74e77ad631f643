//! Values of every kind, right and wrong.

use super::*;
use jiff::ToSpan as _;
use proptest::prelude::*;
use skattebro_codec::Compression;
use skattebro_domain::filing::{FilingRules, Plan, Polling};
use skattebro_domain::flow::{Effect, Failure, Retry};
use skattebro_domain::krav::machine::{Act, Ask, Fact, Read as Look, Settlement};
use skattebro_domain::krav::{
    Avstemming, Date, Endring, Identifikatortype, Innkrevingsoppdrag, KravId, Kroner, Mottak, Mottatt,
    OppdragsgiversKravidentifikator, Periode, RenteBeloep, Skyldner, Tilleggsinformasjon, Valideringsfeil,
};
use skattebro_domain::{
    Digest, Dokumentreferanse, Dokumenttype, Innsendingsformaal, Innsendingstype, JobbTilstand, Tekst,
};
use skattebro_ports::Subject;
use std::fmt::Debug;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "(?s:.{0,20})", Just("13895118960".to_owned()), Just(String::new())]
}

/// A text of a type that says itself what it accepts.
fn any_of<T: FromStr + Debug>(pattern: &'static str) -> impl Strategy<Value = T> {
    pattern.prop_filter_map("not accepted", |text| text.parse().ok())
}

/// Of the ids that go into paths.
fn any_id<T: FromStr + Debug>() -> impl Strategy<Value = T> {
    any_of("[a-zA-Z0-9._~-]{1,40}")
}

fn any_visible<T: FromStr + Debug>() -> impl Strategy<Value = T> {
    any_of("[!-~]{1,40}")
}

fn any_known_or_not<T: FromStr + Debug>() -> impl Strategy<Value = T> {
    any_of("MOTTATT_UNDER_BEHANDLING|RESKONTROFOERT|FERDIG|NY|validertOK|validertMedFeil|(?s:.{0,10})")
}

fn maybe<T: Debug>(some: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    prop::option::of(some)
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    let all = Timestamp::MIN.as_nanosecond()..=Timestamp::MAX.as_nanosecond();
    let any = all.prop_map(|nanos| Timestamp::from_nanosecond(nanos).unwrap());
    prop_oneof![Just(Timestamp::MIN), Just(Timestamp::MAX), any]
}

fn any_millis() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_millis)
}

fn any_date() -> impl Strategy<Value = Date> {
    let all = (0i32..=7_304_483).prop_map(|days| Date::MIN.saturating_add(days.days()));
    prop_oneof![Just(Date::MIN), Just(Date::MAX), all]
}

pub(super) fn any_path() -> impl Strategy<Value = PathBuf> {
    #[cfg(unix)]
    let odd = {
        use std::os::unix::ffi::OsStringExt;
        prop::collection::vec(any::<u8>(), 0..20)
            .prop_map(|bytes| PathBuf::from(std::ffi::OsString::from_vec(bytes)))
    };
    #[cfg(not(unix))]
    let odd = any::<String>().prop_map(PathBuf::from);
    prop_oneof![any_text().prop_map(PathBuf::from), "[a-z/.]{0,12}".prop_map(PathBuf::from), odd]
}

pub(super) fn any_said() -> impl Strategy<Value = Said> {
    (maybe(any_text()), any_text()).prop_map(|(by, grunn)| Said { by, grunn })
}

fn any_kroner() -> impl Strategy<Value = Kroner> {
    any::<i64>().prop_map(Kroner::new)
}

fn any_rente() -> impl Strategy<Value = RenteBeloep> {
    (any_kroner(), maybe(any_date()), maybe(any_text())).prop_map(|(beloep, renter_ilagt_dato, rentetype)| {
        RenteBeloep { beloep, renter_ilagt_dato, rentetype }
    })
}

fn any_periode() -> impl Strategy<Value = Periode> {
    (any_date(), any_date()).prop_map(|(fom, tom)| Periode { fom, tom })
}

fn any_tillegg() -> impl Strategy<Value = Tilleggsinformasjon> {
    let json = "\\{\"(periode|stoenadstype|nytt)\": ?[0-9]{0,30}\\}|\\[{0,300}";
    prop_oneof![
        (maybe(any_periode()), maybe(any_text()), maybe(any_kroner())).prop_map(
            |(tilbakekrevingsperiode, stoenadstype, ytelser_for_avregning)| Tilleggsinformasjon::Nav {
                tilbakekrevingsperiode,
                stoenadstype,
                ytelser_for_avregning,
            }
        ),
        (maybe(any_periode()), maybe(any_date())).prop_map(|(periode, stoppdato_for_loepende_mulkt)| {
            Tilleggsinformasjon::Broennoeysund { periode, stoppdato_for_loepende_mulkt }
        }),
        prop_oneof![any_text(), json].prop_map(Tilleggsinformasjon::Annet),
    ]
}

prop_compose! {
    pub(super) fn any_krav()(
        kravtype in any_text(),
        identifikatortype in prop::sample::select(vec![
            Identifikatortype::Person,
            Identifikatortype::Organisasjon,
        ]),
        identifikator in any_text(),
        hovedstol in any_kroner(),
        rente_beloep in maybe(prop::collection::vec(any_rente(), 0..3)),
        oppdragsgivers_referanse in any_text(),
        oppdragsgivers_kravidentifikator in maybe(any_text()),
        fastsettelsesdato in any_date(),
        foreldelsesfristens_utgangspunkt in maybe(any_date()),
        tilleggsfrist_etter_foreldelsesloven in maybe(any_date()),
        tilleggsinformasjon in maybe(any_tillegg()),
    ) -> Innkrevingsoppdrag {
        Innkrevingsoppdrag {
            kravtype,
            skyldner: Skyldner { identifikatortype, identifikator },
            hovedstol,
            rente_beloep,
            oppdragsgivers_referanse,
            oppdragsgivers_kravidentifikator,
            fastsettelsesdato,
            foreldelsesfristens_utgangspunkt,
            tilleggsfrist_etter_foreldelsesloven,
            tilleggsinformasjon,
        }
    }
}

fn any_endring() -> impl Strategy<Value = Endring> {
    prop_oneof![
        any_kroner().prop_map(Endring::Hovedstol),
        prop::collection::vec(any_rente(), 0..3).prop_map(Endring::Renter),
        any_text().prop_map(Endring::Referanse),
    ]
}

fn any_own_id() -> impl Strategy<Value = OppdragsgiversKravidentifikator> {
    any_of("[a-zA-Z0-9æøåÆØÅ/-]{1,40}")
}

fn any_krav_id() -> impl Strategy<Value = KravId> {
    // A UUID may be either's.
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    prop_oneof![
        any_id().prop_map(KravId::Skatteetatens),
        any_own_id().prop_map(KravId::Oppdragsgivers),
        any_of(uuid).prop_map(KravId::Oppdragsgivers),
    ]
}

fn any_edition() -> impl Strategy<Value = Edition> {
    prop::sample::select(vec![Edition::V1, Edition::Utgave2023])
}

fn any_failure() -> BoxedStrategy<Failure> {
    let effect = prop_oneof![
        Just(Effect::Open),
        Just(Effect::NotSent),
        any_of("[!-~øæ]{1,40}").prop_map(Effect::Refused),
        Just(Effect::Unknown),
        Just(Effect::Done),
    ];
    let retry = prop_oneof![
        maybe(any_millis()).prop_map(Retry::Later),
        Just(Retry::AFewTimes),
        Just(Retry::AfterChange),
    ];
    let kind = prop::sample::select(super::super::flow::KINDS.map(|(_, kind)| kind).to_vec());
    (kind, maybe(any_id()), effect, retry, any::<bool>(), any_text())
        .prop_map(|(kind, korrelasjonsid, effect, retry, about_referanse, message)| Failure {
            kind,
            korrelasjonsid,
            effect,
            retry,
            about_referanse,
            message,
        })
        .boxed()
}

fn any_mottatt<T: Debug>(innhold: impl Strategy<Value = T>) -> impl Strategy<Value = Mottatt<T>> {
    (innhold, any_text(), maybe(any_time()), maybe(any_visible())).prop_map(
        |(innhold, tidspunkt, tidspunkt_utc, transaksjonsid)| Mottatt {
            innhold,
            tidspunkt,
            tidspunkt_utc,
            transaksjonsid,
        },
    )
}

prop_compose! {
    fn any_avstemming()(
        kravidentifikator in any_id(),
        oppdragsgivers_kravidentifikator in maybe(any_own_id()),
        opprinnelig in maybe(any_mottatt(any_krav().boxed())),
        endringer in prop::collection::vec(any_mottatt(any_endring()), 0..3),
        andre_endringer in any::<usize>(),
        avskriving in maybe(any_mottatt(Just(()))),
    ) -> Avstemming {
        Avstemming {
            kravidentifikator,
            oppdragsgivers_kravidentifikator,
            opprinnelig,
            endringer,
            andre_endringer,
            avskriving,
        }
    }
}

prop_compose! {
    fn any_mottak()(
        kravidentifikator in any_id(),
        oppdragsgivers_kravidentifikator in maybe(any_own_id()),
        mottaksstatus in any_known_or_not(),
        status_oppdatert in maybe(any_time()),
    ) -> Mottak {
        Mottak { kravidentifikator, oppdragsgivers_kravidentifikator, mottaksstatus, status_oppdatert }
    }
}

prop_compose! {
    fn any_krav_rules()(
        follow in any::<bool>(),
        times in prop::array::uniform8(any_millis()),
        counts in any::<[u32; 3]>(),
    ) -> KravRules {
        let [late_action, settle, deadline, min_pause, max_pause, max_backoff, clock_skew, first] = times;
        let [max_unsent, max_strange, max_refused_looks] = counts;
        KravRules {
            follow, late_action, settle, deadline, min_pause, max_pause, max_backoff, max_unsent, max_strange,
            max_refused_looks, clock_skew, clock_skew_first: first,
        }
    }
}

fn any_content() -> BoxedStrategy<Kept> {
    (any_edition(), maybe(any_krav_id()), any_krav_rules(), maybe(any_text()))
        .prop_map(|(edition, existing, rules, oppdragsgiver)| krav::Content {
            edition,
            existing,
            rules,
            oppdragsgiver,
        })
        .prop_map(Kept::KravContent)
        .boxed()
}

fn any_ask() -> BoxedStrategy<Kept> {
    let settlement = (any::<usize>(), any::<bool>(), maybe(any_id())).prop_map(
        |(operation, happened, kravidentifikator)| Settlement { operation, happened, kravidentifikator },
    );
    let ask = prop_oneof![
        any_krav().prop_map(|krav| Ask::Opprett(Arc::new(krav))).boxed(),
        any_endring().prop_map(Ask::Endre),
        Just(Ask::Avskriv),
        Just(Ask::Stop),
        any::<bool>().prop_map(|follow| Ask::Fortsett { follow }),
        settlement.prop_map(Ask::Avgjoer),
        any_time().prop_map(|since| Ask::Restored { since }),
    ];
    (ask, any_edition(), maybe(any_said()))
        .prop_map(|(ask, edition, said)| Kept::KravAsk(ask, edition, said))
        .boxed()
}

fn any_act() -> BoxedStrategy<Kept> {
    // The machine takes no krav whose id breaks the rule, so that none is begun.
    let krav = (any_krav(), maybe(any_own_id())).prop_map(|(krav, id)| Innkrevingsoppdrag {
        oppdragsgivers_kravidentifikator: id.map(|id| id.to_string()),
        ..krav
    });
    let act = prop_oneof![
        krav.prop_map(|krav| Act::Opprett(Arc::new(krav))).boxed(),
        (any_krav_id(), any_endring()).prop_map(|(id, endring)| Act::Endre(id, endring)),
        any_krav_id().prop_map(Act::Avskriv),
    ];
    act.prop_map(Kept::KravAct).boxed()
}

fn any_fact() -> BoxedStrategy<Kept> {
    let feil = (any_text(), any_text()).prop_map(|(error, message)| Valideringsfeil { error, message });
    let look = (any_krav_id(), 0..3).prop_map(|(id, which)| match which {
        0 => Look::Mottaksstatus(id),
        1 => Look::Valideringsfeil(id),
        _ => Look::Avstemming(id),
    });
    let fact = prop_oneof![
        any_id().prop_map(Fact::Opprettet),
        maybe(any_visible()).prop_map(Fact::Accepted),
        any_mottak().prop_map(Fact::Mottak),
        Just(Fact::NotThere),
        prop::collection::vec(feil, 0..3).prop_map(Fact::Valideringsfeil),
        maybe(any_avstemming()).prop_map(|avstemming| Fact::Avstemming(avstemming.map(Box::new))).boxed(),
        any_failure().prop_map(Fact::Failed),
        (look, any_failure()).prop_map(|(look, failure)| Fact::LookFailed(look, failure)),
    ];
    (fact, any_edition()).prop_map(|(fact, edition)| Kept::KravFact(fact, edition)).boxed()
}

/// Boxed on the way, here and above: a strategy is as large as all that it is made of, and a test's stack is small.
pub(super) fn any_kept() -> impl Strategy<Value = Kept> {
    prop_oneof![any_content(), any_ask(), any_act(), any_fact(), of_filing::any_record()]
}

mod of_filing;
