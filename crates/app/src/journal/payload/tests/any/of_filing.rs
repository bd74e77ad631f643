//! Of a filing.

use super::*;
use skattebro_domain::filing::{Act, Ask, Fact};

fn any_gjeldende() -> impl Strategy<Value = Dokumentreferanse> {
    let dokumenttype = prop::sample::select(Dokumenttype::ALL);
    (dokumenttype, any_visible()).prop_map(|(dokumenttype, dokumentidentifikator)| Dokumentreferanse {
        dokumenttype,
        dokumentidentifikator,
    })
}

fn any_input() -> impl Strategy<Value = filing::Input> {
    (any_text(), maybe(any_path()), any::<[u8; 32]>(), any::<u64>())
        .prop_map(|(name, path, sha256, bytes)| filing::Input { name, path, sha256: Digest(sha256), bytes })
}

fn any_tekst() -> impl Strategy<Value = Tekst> {
    any_of("(?s:.{0,20})")
}

prop_compose! {
    fn any_rules()(times in prop::array::uniform6(any_millis()), counts in any::<[u32; 5]>()) -> FilingRules {
        let [min, max, deadline, late_action, pause_between_jobs, max_backoff] = times;
        let [max_jobs, max_failures_before_job, max_unreadable, max_foreign_results, max_refused_looks] = counts;
        FilingRules {
            polling: Polling { min, max },
            deadline, late_action, max_jobs, max_failures_before_job, max_unreadable, max_foreign_results,
            max_refused_looks, pause_between_jobs, max_backoff,
        }
    }
}

prop_compose! {
    fn any_content()(
        year in 1000u16..=9999,
        identifikator in any_of("974761076|310817074|13895118960|17912099997|53896310042"),
        skattemelding in maybe(any_input()),
        selskapsmelding in maybe(any_input()),
        naeringsspesifikasjon in maybe(any_input()),
        referanse in maybe(any_visible()),
        gjeldende in maybe(any_visible()),
        innsendingstype in prop::sample::select(Innsendingstype::ALL),
    )(
        innsendingsformaal in maybe(prop::sample::select(Innsendingsformaal::ALL)),
        opprettet_av in maybe(any_tekst()),
        tin in maybe(any_tekst()),
        forhaandsfastsetting in any::<bool>(),
        compression in prop::sample::select(vec![
            Compression::Auto,
            Compression::AutoOrBrotli,
            Compression::Gzip,
            Compression::Brotli,
            Compression::None,
        ]),
        rules in any_rules(),
        out in maybe(any_path()),
        (subject, skattemelding, selskapsmelding, naeringsspesifikasjon) in Just((
            Subject { inntektsaar: year.try_into().unwrap(), identifikator },
            skattemelding,
            selskapsmelding,
            naeringsspesifikasjon,
        )),
        (referanse, gjeldende, innsendingstype) in Just((referanse, gjeldende, innsendingstype)),
    ) -> filing::Content {
        filing::Content {
            subject,
            skattemelding,
            selskapsmelding,
            naeringsspesifikasjon,
            referanse,
            gjeldende,
            innsendingstype,
            innsendingsformaal,
            opprettet_av,
            tin,
            forhaandsfastsetting,
            compression,
            rules,
            out,
        }
    }
}

fn any_tilstand() -> impl Strategy<Value = JobbTilstand> {
    let seconds = || maybe(any::<u64>());
    (any_known_or_not(), maybe(any_known_or_not()), seconds(), seconds()).prop_map(
        |(jobb_status, forrige_status, sekunder_siden_opprettelse, sekunder_siden_endring)| JobbTilstand {
            jobb_status,
            forrige_status,
            sekunder_siden_opprettelse,
            sekunder_siden_endring,
        },
    )
}

pub(super) fn any_record() -> BoxedStrategy<Kept> {
    let plan = (maybe(any_visible()), any::<bool>(), maybe(any_gjeldende()))
        .prop_map(|(referanse, can_upload, gjeldende)| Plan { referanse, can_upload, gjeldende });
    let ask = prop_oneof![
        plan.prop_map(Ask::Validate),
        Just(Ask::Cancel),
        Just(Ask::Fortsett),
        any_time().prop_map(|since| Ask::Restored { since }),
    ];
    let act = prop_oneof![
        Just(Act::Upload),
        (maybe(any_visible()), any_gjeldende())
            .prop_map(|(referanse, gjeldende)| Act::Start { referanse, gjeldende }),
    ];
    let fact = prop_oneof![
        any_gjeldende().prop_map(Fact::Gjeldende),
        any_text().prop_map(Fact::GjeldendeUnusable),
        any_visible().prop_map(Fact::Uploaded),
        (any_id(), any_known_or_not()).prop_map(|(jobb, status)| Fact::Started(jobb, status)),
        (any_id(), any_tilstand()).prop_map(|(jobb, tilstand)| Fact::Status(jobb, tilstand)),
        any_id().prop_map(Fact::NoResult),
        (any_id(), any_known_or_not()).prop_map(|(jobb, resultat)| Fact::Resultat(jobb, resultat)),
        any_failure().prop_map(Fact::Failed),
        any_failure().prop_map(Fact::LookFailed),
    ];
    prop_oneof![
        any_content().prop_map(|content| Kept::FilingContent(Box::new(content))).boxed(),
        (ask, maybe(any_said())).prop_map(|(ask, said)| Kept::FilingAsk(ask, said)),
        act.prop_map(Kept::FilingAct),
        fact.prop_map(Kept::FilingFact).boxed(),
    ]
    .boxed()
}
