//! The workflow against a service that plays along, and one that does not quite.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use skattebro::codec::{Compression, Effort, Packer, Packing};
use skattebro::domain::filing::{FilingEnd, FilingRules, Stage};
use skattebro::domain::{Innsendingsformaal, JobbStatus, Referanse, ResultatAvValidering};
use skattebro::http::Deadlines;
use skattebro::{Event, ValidationRequest};
use skattebro_sandbox::{Fault, FaultRule, Malformed, Scenario};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use support::documents::{self, ORG, PERSON};
use support::watched::Step;
use support::{
    Play, Setting, all, assert_came_back_whole, bytes, end_of, party, request, seconds, sink, statuses,
    without_naering, year,
};

// ---- each kind of return

#[tokio::test]
async fn a_company_goes_the_whole_way() {
    let (play, sink) = (Play::new().await, sink());
    let validated = play.bridge.validate(request(&sink)).await.unwrap();
    assert!(validated.outcome.is_ok());
    assert!(validated.warnings.is_empty(), "{:?}", validated.warnings);
    assert_eq!(validated.outcome.dokumenter.len(), 3);
    assert!(
        validated.outcome.avvik_etter_beregning.is_empty() && validated.outcome.ukjente_elementer.is_empty()
    );
    let frittatt = ("erFritattForFormuesskatt".to_owned(), "true".to_owned());
    assert!(validated.outcome.skattesubjekt.contains(&frittatt), "{:?}", validated.outcome.skattesubjekt);
    assert_came_back_whole(&sink);
    let effects = play.effects();
    assert_eq!(effects.counts(), (1, 1, 0));
    assert_eq!(effects.started()[0].0, validated.jobb.as_str());
    assert_eq!(effects.uploads()[0], validated.referanse.unwrap().as_str());
    let each_once = [Step::Gjeldende, Step::LastOpp, Step::Start, Step::Resultat];
    assert_eq!(each_once.map(|step| play.calls.of(step).len()), [1; 4]);
}

#[tokio::test]
async fn a_person_goes_the_whole_way() {
    let (play, sink) = (Play::new().await, sink());
    let (skattemelding, naering) = (documents::bare_personlig(2023, ""), documents::bare_naering(2023, ""));
    let request = ValidationRequest::new(year(2023), party(PERSON))
        .skattemelding(bytes("person.xml", skattemelding.clone()))
        .naeringsspesifikasjon(bytes("naering.xml", naering.clone()))
        .sink(sink.clone());
    let validated = play.bridge.validate(request).await.unwrap();
    assert!(validated.outcome.is_ok());
    let documents: BTreeMap<_, _> = sink.documents().into_iter().collect();
    assert_eq!(documents["skattemeldingPersonligEtterBeregning"], skattemelding.into_bytes());
    assert_eq!(documents["naeringsspesifikasjonEtterBeregning"], naering.into_bytes());
    assert!(documents.contains_key("beregnetSkattPersonlig"));
    assert!(play.sandbox.effects().iter().all(|effect| effect.identifikator == "179120*****"));
}

#[tokio::test]
async fn a_partnership_goes_the_whole_way() {
    let (play, sink) = (Play::of(Scenario::ok().selskapsmelding()).await, sink());
    let selskapsmelding = documents::bare_sdf(2023, "");
    let request = ValidationRequest::new(year(2023), party(ORG))
        .selskapsmelding(bytes("sdf.xml", selskapsmelding.clone()))
        .naeringsspesifikasjon(bytes("naering.xml", documents::bare_naering(2023, "")))
        .sink(sink.clone());
    let validated = play.bridge.validate(request).await.unwrap();
    assert!(validated.outcome.is_ok());
    let documents: BTreeMap<_, _> = sink.documents().into_iter().collect();
    assert_eq!(documents["selskapsmeldingSdfEtterBeregning"], selskapsmelding.into_bytes());
    assert_eq!(documents.len(), 2, "the tax falls on the participants");
}

#[tokio::test]
async fn a_year_that_demands_it_says_what_the_filing_is_for() {
    let (play, sink) = (Play::new().await, sink());
    let request = ValidationRequest::new(year(2024), party(ORG))
        .skattemelding(bytes("a.xml", documents::bare_upersonlig(2024, "")))
        .naeringsspesifikasjon(bytes("b.xml", documents::bare_naering(2024, "")))
        .innsendingsformaal(Innsendingsformaal::Klage)
        .sink(sink.clone());
    assert!(play.bridge.validate(request).await.unwrap().outcome.is_ok());
}

// ---- what the job may do

#[tokio::test]
async fn findings_of_the_validation_are_an_outcome_and_arrive_typed() {
    let (play, sink) = (Play::of(Scenario::med_feil().with_veiledning()).await, sink());
    let outcome = play.bridge.validate(request(&sink)).await.unwrap().outcome;
    assert_eq!(outcome.resultat, ResultatAvValidering::ValidertMedFeil);
    assert!(!outcome.is_ok());
    assert_eq!(outcome.aarsaker, ["avvikSkattemelding", "avvikNaeringsopplysninger"]);

    let [foerste, oere, kodeliste, mangler] = &outcome.avvik_etter_beregning[..] else {
        panic!("{outcome:#?}")
    };
    assert_eq!(foerste.avvikstype, "avvikSkattemelding");
    assert_eq!(foerste.forekomstidentifikator.as_deref(), Some("global"));
    assert_eq!(foerste.mottatt_verdi, "344940".parse().ok());
    assert_eq!(foerste.beregnet_verdi, "44054".parse().ok());
    assert_eq!(foerste.avvik_i_verdi, "300886".parse().ok());
    assert_eq!(oere.mottatt_verdi, "3519088.25".parse().ok(), "to the øre");
    assert_eq!(oere.avvik_i_verdi, "-0.25".parse().ok());
    assert!(oere.sti.as_ref().is_some_and(|sti| sti.starts_with("spesifikasjonAvAnleggsmiddel/")));
    assert_eq!(kodeliste.mottatt_tekst.as_deref(), Some("Årsavskrivning & påkostning"));
    assert!(mangler.sti.is_none() && mangler.mottatt_verdi.is_none());

    let [ved_validering] = &outcome.avvik_ved_validering[..] else { panic!("{outcome:#?}") };
    assert_eq!(ved_validering.avvikstype, "xmlValideringsfeilPaaNaeringsopplysningene");
    assert!(ved_validering.oevrig_informasjon.as_ref().is_some_and(|why| why.contains("'12,5'")));

    let [veiledning, bare_type] = &outcome.veiledning_etter_kontroll[..] else { panic!("{outcome:#?}") };
    assert_eq!(veiledning.veiledningstype, "N_AVVIK_ÅRSRESULTAT_EGENKAPITALAVSTEMMING");
    assert_eq!(veiledning.betjeningsstrategi.as_deref(), Some("merknadStandard"));
    assert!(
        veiledning.hjelpetekst.as_ref().is_some_and(|text| text.starts_with("Årsresultatet stemmer ikke"))
    );
    assert!(bare_type.sti.is_none());
    assert_came_back_whole(&sink);
}

#[tokio::test]
async fn a_paused_job_is_waited_for() {
    let play = Play::of(Scenario::ok().with_pause(seconds(3 * 3600))).await;
    let mut validating = play.bridge.validate(request(&sink()));
    let events = tokio::spawn(all(validating.events()));
    assert!(validating.await.unwrap().outcome.is_ok());
    assert_eq!(play.effects().counts(), (1, 1, 0));
    let statuses = statuses(&events.await.unwrap());
    assert!(statuses.ends_with(&["PAUSET", "KJOERER", "FERDIG"].map(str::to_owned)), "{statuses:?}");
}

#[tokio::test]
async fn a_status_that_nobody_knows_is_told_and_waited_for() {
    let play = Play::of(Scenario::ok().unknown_status("TIL_NY_VURDERING")).await;
    let mut validating = play.bridge.validate(request(&sink()));
    let events = tokio::spawn(all(validating.events()));
    assert!(validating.await.unwrap().outcome.is_ok());
    let events = events.await.unwrap();
    let unknown = JobbStatus::Ukjent("TIL_NY_VURDERING".to_owned());
    assert!(events.iter().any(|e| matches!(e, Event::Job(_, tilstand) if tilstand.jobb_status == unknown)));
}

#[tokio::test]
async fn a_job_that_fails_is_started_again_with_the_same_upload() {
    for fails in 1..=3 {
        let (play, sink) = (Play::of(Scenario::ok().fails(fails)).await, sink());
        let validated = play.bridge.validate(request(&sink)).await.unwrap();
        assert!(validated.outcome.is_ok());
        let effects = play.effects();
        assert_eq!(effects.counts(), (1, fails as usize + 1, 0));
        assert_eq!(effects.started().last().unwrap().0, validated.jobb.as_str());
        assert_came_back_whole(&sink);
    }
}

#[tokio::test]
async fn jobs_that_always_fail_are_given_up_on() {
    let play = Play::of(Scenario::ok().fails(100)).await;
    let error = play.bridge.validate(request(&sink())).await.unwrap_err();
    let last = play.effects().started().pop().unwrap().0;
    let text = error.to_string();
    assert!(text.contains("FEILET") && text.contains(&last) && text.contains("4 jobs"), "{text}");
    assert_eq!(play.effects().counts(), (1, 4, 0));
    assert!(matches!(end_of(Err(error)), FilingEnd::JobFailed { jobs: 4, jobb } if jobb.as_str() == last));
}

#[tokio::test]
async fn a_job_that_another_client_took_over_is_superseded() {
    let play = Play::new().await;
    play.clock.at(seconds(300), play.another_client());
    let error = play.bridge.validate(request(&sink())).await.unwrap_err();
    let effects = play.effects();
    assert_eq!(effects.counts(), (1, 2, 1), "we start none of our own again: {effects:#?}");
    let ours = effects.started()[0].0.clone();
    assert!(error.to_string().contains(&ours) && error.to_string().contains("AVBRUTT"), "{error}");
    assert!(matches!(end_of(Err(error)), FilingEnd::Superseded { jobb } if jobb.as_str() == ours));
}

// ---- what the result may look like

#[tokio::test]
async fn documents_come_back_whole_whatever_the_form_of_their_base64() {
    let scenario = Scenario::med_feil().broken_base64().unknown_document();
    let (play, sink) = (Play::of(scenario).await, sink());
    let outcome = play.bridge.validate(request(&sink)).await.unwrap().outcome;
    assert_came_back_whole(&sink);
    let unknown = outcome.dokumenter.iter().find(|document| document.dokumenttype == "beregnetFremtidsskatt");
    assert_eq!(
        unknown.unwrap().stored.bytes,
        b"<fremtidsskatt/>".len() as u64,
        "kept, though nobody knows it"
    );
    assert!(sink.documents().contains(&("beregnetFremtidsskatt".to_owned(), b"<fremtidsskatt/>".to_vec())));
}

/// The files of a folder, temporary ones as well.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(dir) else { return BTreeMap::new() };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap()))
        .collect()
}

#[tokio::test]
async fn files_that_come_back_are_those_that_were_sent() {
    let dir = tempfile::tempdir().unwrap();
    let naering = documents::naeringsspesifikasjon_of(600_000);
    let (skattemelding, packed) = (dir.path().join("skattemelding.xml"), dir.path().join("naering.xml.gz"));
    std::fs::write(&skattemelding, documents::skattemelding()).unwrap();
    std::fs::write(&packed, documents::gz(&naering)).unwrap();
    let plain = dir.path().join("naering.xml");
    std::fs::write(&plain, &naering).unwrap();
    for (nr, file) in [plain, packed].into_iter().enumerate() {
        let play = Play::new().await;
        let out = dir.path().join(format!("ny/resultat{nr}"));
        let request = ValidationRequest::new(year(2023), party(ORG))
            .skattemelding(&skattemelding)
            .naeringsspesifikasjon(file)
            .out(&out);
        let outcome = play.bridge.validate(request).await.unwrap().outcome;
        let files = files(&out);
        assert!(files["naeringsspesifikasjonEtterBeregning.xml"] == naering, "byte for byte");
        assert!(files["skattemeldingUpersonligEtterBeregning.xml"] == documents::skattemelding());
        let stored: Vec<_> =
            outcome.dokumenter.iter().map(|d| (d.stored.name.clone(), d.stored.bytes)).collect();
        let there: Vec<_> =
            files.iter().map(|(name, content)| (name.clone(), content.len() as u64)).collect();
        assert_eq!(BTreeMap::from_iter(stored), BTreeMap::from_iter(there), "and nothing else");
    }
}

#[tokio::test]
async fn a_result_that_cannot_be_read_is_an_honest_error_and_leaves_nothing_half_written() {
    for how in [Malformed::TruncatedXml, Malformed::NotXml, Malformed::BrokenBase64] {
        let play = Play::of(Scenario::ok().malformed(how)).await;
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("resultat");
        let rules = FilingRules { deadline: seconds(3600), ..FilingRules::default() };
        let error = play.bridge.validate(request(&sink()).out(&out).rules(rules)).await.unwrap_err();
        let (effects, text) = (play.effects(), error.to_string());
        let job = &effects.started()[0].0;
        assert!(
            error.jobb().is_some_and(|jobb| jobb.as_str() == job) && text.contains(job),
            "{how:?}: {text}"
        );
        assert!(text.contains(&effects.uploads()[0]), "{how:?}: {text}");
        assert_eq!(effects.counts(), (1, 1, 0), "{how:?}");
        let unreadable = matches!(end_of(Err(error)), FilingEnd::Unreadable { stage: Stage::Resultat, .. });
        assert!(unreadable, "{how:?}");
        // What there is, is whole.
        let sent = [documents::skattemelding(), documents::naeringsspesifikasjon()];
        for (name, content) in files(&out) {
            assert!(name.ends_with("EtterBeregning.xml") && sent.contains(&content), "{how:?}: {name}");
        }
    }
}

// ---- one at a time

#[tokio::test]
async fn a_second_validation_for_the_same_party_is_refused_while_the_first_goes_on() {
    let play = Play::new().await;
    let first = play.bridge.validate(request(&sink()));
    // The first has its turn once its task has run; a test's runtime runs it at the next pause.
    tokio::task::yield_now().await;
    let second = play.bridge.clone().validate(request(&sink())).await.unwrap_err();
    let skattebro::ValidationError::Findings(findings) = &second else { panic!("{second}") };
    assert_eq!(findings[0].code, skattebro::domain::Code::PartyBusy);
    first.await.unwrap();
    assert_eq!(play.effects().counts(), (1, 1, 0), "one upload, one job, none aborted");
    play.bridge.validate(request(&sink())).await.unwrap();
}

// ---- references

#[tokio::test]
async fn an_earlier_upload_is_used_again() {
    let play = Play::new().await;
    let first = play.bridge.validate(request(&sink())).await.unwrap();
    let again = sink();
    let second = without_naering(&again).referanse(first.referanse.clone().unwrap());
    let second = play.bridge.validate(second).await.unwrap();
    assert_eq!(play.effects().counts(), (1, 2, 0));
    assert_eq!(second.referanse, first.referanse);
    assert_ne!(second.jobb, first.jobb);
    assert_came_back_whole(&again);
}

#[tokio::test]
async fn a_reference_that_nobody_knows_is_refused_and_said_so() {
    let play = Play::new().await;
    let unknown: Referanse = "a7a076307d21385cf50209cebdc2b2886467".parse().unwrap();
    let error = play.bridge.validate(without_naering(&sink()).referanse(unknown)).await.unwrap_err();
    assert_eq!(play.effects().counts(), (0, 0, 0));
    assert!(error.is_bad_input());
    assert!(error.to_string().contains("naeringsspesifikasjonReferanse er ikke kjent"), "{error}");
    assert!(!error.to_string().contains("can be used again"), "{error}");
    assert!(matches!(end_of(Err(error)), FilingEnd::Refused { stage: Stage::Start, .. }));
}

#[tokio::test]
async fn a_forgotten_reference_is_followed_by_one_fresh_upload() {
    // The job fails after twenty minutes, and by then the reference is forgotten.
    let (play, sink) = (Play::of(Scenario::ok().fails(1).references_last(seconds(600))).await, sink());
    let validated = play.bridge.validate(request(&sink)).await.unwrap();
    assert!(validated.outcome.is_ok());
    let effects = play.effects();
    assert_eq!(effects.counts(), (2, 2, 0));
    assert_eq!(effects.used(), effects.uploads(), "each job with the reference of its time");
    assert_eq!(validated.referanse.unwrap().as_str(), effects.uploads()[1]);
    assert_eq!(play.calls.of(Step::Start).len(), 3, "one of them refused");
    assert_came_back_whole(&sink);
}

// ---- before anything is sent that counts

#[tokio::test]
async fn a_return_of_another_kind_than_the_one_in_force_is_not_uploaded() {
    let play = Play::of(Scenario::ok().selskapsmelding()).await;
    let error = play.bridge.validate(request(&sink())).await.unwrap_err();
    assert_eq!(play.effects().counts(), (0, 0, 0));
    assert_eq!(play.calls.count(), 1, "a look, and no more");
    let text = error.to_string();
    assert!(text.contains("selskapsmeldingSdfUtkast") && text.contains("skattemeldingUpersonlig"), "{text}");
    assert!(matches!(end_of(Err(error)), FilingEnd::Refused { stage: Stage::Gjeldende, .. }));
}

#[tokio::test]
async fn an_id_of_the_return_in_force_that_is_given_is_not_fetched() {
    let play = Play::new().await;
    let mut validating = play.bridge.validate(request(&sink()));
    let events = tokio::spawn(all(validating.events()));
    validating.await.unwrap();
    let id = events.await.unwrap().into_iter().find_map(|event| match event {
        Event::Gjeldende(id) => Some(id),
        _ => None,
    });
    let again = request(&sink()).gjeldende(id.unwrap().parse().unwrap());
    assert!(play.bridge.validate(again).await.unwrap().outcome.is_ok());
    assert_eq!(play.calls.of(Step::Gjeldende).len(), 1);
}

// ---- the deadline

#[tokio::test]
async fn after_six_hours_there_is_one_more_look_and_then_it_is_given_up() {
    let play = Play::of(Scenario::ok().runs_for(seconds(7 * 3600))).await;
    let error = play.bridge.validate(request(&sink())).await.unwrap_err();
    let job = play.effects().started()[0].0.clone();
    assert!(error.to_string().contains(&job), "{error}");
    let looks = play.calls.of(Step::Status);
    assert_eq!(*looks.last().unwrap(), seconds(6 * 3600));
    assert_eq!(looks.iter().filter(|at| **at >= seconds(6 * 3600)).count(), 1);
    assert!(matches!(
        end_of(Err(error)),
        FilingEnd::GaveUp { stage: Stage::Job, jobb: Some(_), failure: None }
    ));
    // What that look sees is used.
    for lasts in [6 * 3600 - 6, 6 * 3600 - 5] {
        let play = Play::of(Scenario::ok().runs_for(seconds(lasts))).await;
        assert!(play.bridge.validate(request(&sink())).await.unwrap().outcome.is_ok(), "{lasts}");
    }
}

#[tokio::test]
async fn the_other_deadlines_do_not_cost_a_job_that_runs() {
    // A service that is away for an hour in the middle of the job.
    let play = Play::of(Scenario::ok().runs_for(seconds(3 * 3600))).await;
    let (down, up) = (play.sandbox.clone(), play.sandbox.clone());
    play.clock
        .at(seconds(3600), async move { down.inject(FaultRule::always("status", Fault::HtmlError(503))) });
    play.clock.at(seconds(7200), async move { up.clear_faults() });
    assert!(play.bridge.validate(request(&sink())).await.unwrap().outcome.is_ok());
    assert_eq!(play.effects().counts(), (1, 1, 0));
}

// ---- how it is sent

#[tokio::test]
async fn a_small_document_goes_plain_and_a_large_one_compressed() {
    let (gzip, brotli) = (Packing::Gzip, Packing::Brotli(Effort::Fast));
    for (size, compression, packing, how) in [
        (14_000, Compression::Auto, Packing::Plain, "sent plain, since it is small"),
        (600_000, Compression::Auto, gzip, "compressed with gzip"),
        (600_000, Compression::AutoOrBrotli, gzip, "compressed with gzip"),
        (14_000, Compression::Gzip, gzip, "compressed with gzip, as the settings say"),
        (14_000, Compression::Brotli, brotli, "compressed with brotli (fast), as the settings say"),
        (600_000, Compression::None, Packing::Plain, "sent plain, as the settings say"),
    ] {
        let (play, sink) = (Play::new().await, sink());
        let document = documents::naeringsspesifikasjon_of(size);
        let request = without_naering(&sink)
            .naeringsspesifikasjon(bytes("n.xml", document.clone()))
            .compression(compression);
        let mut validating = play.bridge.validate(request);
        let first = validating.events().next().await.unwrap();
        let Event::Checked { packed: Some(packed), warnings } = first else { panic!() };
        assert_eq!((packed.xml_bytes, packed.base64_bytes), (size, size.div_ceil(3) * 4));
        assert_eq!((packed.packing, packed.how.as_str()), (packing, how));
        assert_eq!(packed.tried, [(packing, packed.packed_bytes)]);
        assert_eq!(packed.packed_bytes < packed.base64_bytes, packing != Packing::Plain);
        assert!(warnings.is_empty());
        assert_eq!(validating.await.unwrap().packed, Some(packed));
        assert!(sink.documents().iter().any(|(_, content)| *content == document), "{size} {compression:?}");
    }
}

/// How large a document is in each form.
fn sizes(document: &[u8]) -> [u64; 3] {
    [Packing::Gzip, Packing::Brotli(Effort::Fast), Packing::Brotli(Effort::Strong)].map(|packing| {
        let mut packer = Packer::of(packing, u64::MAX);
        packer.write_all(document).unwrap();
        packer.finish().unwrap().packed_bytes
    })
}

#[tokio::test]
async fn where_gzip_does_not_fit_brotli_may() {
    let document = documents::naeringsspesifikasjon_of(600_000);
    let [gzip, fast, strong] = sizes(&document);
    assert!(strong < fast && fast < gzip);
    // What is around the body takes less than this.
    let frame = 2_000;
    for (compression, limit, tried) in [
        (Compression::AutoOrBrotli, gzip + frame, &[Packing::Gzip][..]),
        (Compression::AutoOrBrotli, fast + frame, &[Packing::Gzip, Packing::Brotli(Effort::Fast)]),
        (
            Compression::AutoOrBrotli,
            strong + frame,
            &[Packing::Gzip, Packing::Brotli(Effort::Fast), Packing::Brotli(Effort::Strong)],
        ),
        (
            Compression::Brotli,
            strong + frame,
            &[Packing::Brotli(Effort::Fast), Packing::Brotli(Effort::Strong)],
        ),
    ] {
        let (play, sink) =
            (Play::with(Setting { max_request_bytes: limit, ..Setting::default() }).await, sink());
        let request = without_naering(&sink)
            .naeringsspesifikasjon(bytes("n.xml", document.clone()))
            .compression(compression);
        let packed = play.bridge.validate(request).await.unwrap().packed.unwrap();
        assert_eq!(packed.tried.iter().map(|(packing, _)| *packing).collect::<Vec<_>>(), tried);
        if let [.., before, _] = &packed.tried[..] {
            let why = format!("{} made it {} bytes and a request takes {limit}", before.0, before.1);
            assert!(packed.how.ends_with(&why), "{} and not {why}", packed.how);
        }
        // The sandbox has unpacked it, and gives it back.
        assert!(sink.documents().iter().any(|(_, content)| *content == document), "{compression:?} {limit}");
    }
}

#[tokio::test]
async fn what_the_service_finds_too_large_ends_in_its_own_words() {
    // A service whose limit is below the one we know of.
    let play = Play::with(Setting { deadlines: Deadlines::default(), ..Setting::default() }).await;
    play.sandbox.inject(FaultRule::always("last-opp", Fault::ErrorBefore(413)));
    let error = play.bridge.validate(request(&sink())).await.unwrap_err();
    assert!(error.to_string().contains("v2 takes 500 MB"), "{error}");
    assert_eq!(play.calls.of(Step::LastOpp).len(), 1);
    assert!(play.calls.of(Step::Start).is_empty());
    assert_eq!(play.sandbox.clock().now(), Duration::ZERO, "at once");
}
