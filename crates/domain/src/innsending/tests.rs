//! Stories of submissions: what is done next, and what is learned.

use super::*;
use crate::altinn::{Datatype, Skanning};
use crate::filing::Act as FilingAct;
use crate::flow::{AttemptNo, Effect, ErrorKind, Flow, Retry, Step, WaitingFor};
use crate::{Dokumenttype, JobbStatus, JobbTilstand};
use std::time::Duration;

const INSTANS: &str = "5001/aaaa-1";

fn id(text: &str) -> InstansId {
    text.parse().unwrap()
}

fn gjeldende(id: &str) -> Dokumentreferanse {
    Dokumentreferanse {
        dokumenttype: Dokumenttype::SkattemeldingUpersonlig,
        dokumentidentifikator: id.parse().unwrap(),
    }
}

fn plan(validering: Validering, utfoerer: Utfoerer) -> Plan {
    Plan {
        eier: "974761076".parse().unwrap(),
        metadata: Metadata { inntektsaar: "2023".parse().unwrap(), skal_bekreftes_av_revisor: false },
        utfoerer,
        validering,
        gjeldende: None,
        vedlegg: Vec::new(),
        med_feil: false,
    }
}

fn element(id: &str, datatype: Datatype, skanning: Skanning) -> Dataelement {
    let (filnavn, stoerrelse) = (Some("v.pdf".to_owned()), Some(10));
    Dataelement { id: id.parse().unwrap(), datatype, filnavn, stoerrelse, skanning: Some(skanning) }
}

fn clean(id: &str) -> Dataelement {
    element(id, Datatype::Konvolutt, Skanning::Clean)
}

/// A submission with a clock and a count of attempts.
struct Story {
    flow: Innsending,
    now: Timestamp,
    n: AttemptNo,
}

type Next = Step<Act, Read>;

impl Story {
    fn of(plan: Plan) -> Self {
        let (mut flow, now) =
            (Innsending::new(InnsendingRules::default()), "2026-03-03T12:00:00Z".parse().unwrap());
        flow.asked(Ask::SendInn(plan), now).unwrap();
        Self { flow, now, n: AttemptNo::default() }
    }

    fn pass(&mut self, seconds: u64) -> &mut Self {
        self.now = crate::time::after(self.now, Duration::from_secs(seconds));
        self
    }

    fn next(&self) -> Next {
        self.flow.next(self.now)
    }

    /// Begins the next step, which must be an act.
    fn begin(&mut self) -> Act {
        let Step::Act(act) = self.next() else { panic!("no act: {:?}", self.next()) };
        self.n = self.n.next();
        let until = crate::time::after(self.now, Duration::from_secs(120));
        self.flow.begun(self.n, &act, self.now, until);
        act
    }

    fn learn(&mut self, fact: Fact) -> &mut Self {
        self.flow.learned(self.n, fact, self.now);
        self
    }

    /// The next step is this act, and this is its answer.
    fn acts(&mut self, act: &Act, answer: Fact) -> &mut Self {
        assert_eq!(self.begin(), *act);
        self.learn(answer)
    }

    /// The next step is this look, and it shows this.
    fn reads(&mut self, read: &Read, answer: Fact) -> &mut Self {
        assert_eq!(self.next(), Step::Read(read.clone()));
        self.n = self.n.next();
        self.learn(answer)
    }

    fn waits(&mut self, waiting_for: WaitingFor) -> &mut Self {
        let Step::Wait(until, what) = self.next() else { panic!("no wait: {:?}", self.next()) };
        assert_eq!(what, waiting_for);
        self.now = until;
        self
    }

    fn instans(&self, prosess: Prosess, data: &[Dataelement]) -> Instans {
        Instans {
            id: id(INSTANS),
            opprettet: Some(self.now),
            inntektsaar: Some("2023".parse().unwrap()),
            eier: None,
            prosess,
            metadata: Some("meta".parse().unwrap()),
            data: data.to_vec(),
        }
    }

    fn sees(&mut self, prosess: Prosess, data: &[Dataelement]) -> &mut Self {
        let instans = self.instans(prosess, data);
        self.reads(&Read::Instans(id(INSTANS)), Fact::Instans(instans))
    }

    fn gjeldende(&mut self) -> &mut Self {
        self.reads(&Read::Gjeldende, Fact::Gjeldende(gjeldende("SKI:1")))
    }

    /// From the beginning until the envelope lies in the instance, validated synchronously.
    fn put_in(&mut self) -> &mut Self {
        self.validated(ResultatAvValidering::ValidertOk).made();
        let konvolutt = self.konvolutt();
        self.acts(
            &Act::LastOppKonvolutt(id(INSTANS), konvolutt),
            Fact::KonvoluttLastetOpp(element("k1", Datatype::Konvolutt, Skanning::Pending)),
        )
    }

    /// From the beginning until it is validated, synchronously.
    fn validated(&mut self, resultat: ResultatAvValidering) -> &mut Self {
        self.gjeldende();
        let konvolutt = self.konvolutt();
        self.reads(&Read::Valider(konvolutt), Fact::Validert(resultat))
    }

    fn made(&mut self) -> &mut Self {
        let made = Fact::Opprettet(self.instans(Prosess::Data, &[]));
        self.acts(&Act::Opprett, made)
            .acts(&Act::SettMetadata(id(INSTANS), "meta".parse().unwrap()), Fact::MetadataSatt)
    }

    fn konvolutt(&self) -> Konvolutt {
        self.flow.konvolutt_of(&gjeldende("SKI:1"))
    }

    fn end(&self) -> InnsendingEnd {
        self.flow.end(self.now).unwrap()
    }
}

fn failure(kind: ErrorKind, effect: Effect, retry: Retry) -> Failure {
    let (korrelasjonsid, about_referanse, message) = (None, false, "it failed".to_owned());
    Failure { kind, korrelasjonsid, effect, retry, about_referanse, message }
}

fn lost() -> Fact {
    Fact::Failed(failure(ErrorKind::Timeout, Effect::Unknown, Retry::Later(None)))
}

fn refused(slug: &str, retry: Retry) -> Fact {
    Fact::Failed(failure(ErrorKind::Refused, Effect::Refused(slug.parse().unwrap()), retry))
}

fn receipt() -> Dataelement {
    element("r1", Datatype::Tilbakemelding, Skanning::NotApplicable)
}

fn neste(prosess: Prosess) -> Act {
    Act::Neste(id(INSTANS), prosess)
}

#[test]
fn a_person_goes_the_whole_way_to_the_receipt() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[element("k1", Datatype::Konvolutt, Skanning::Pending)]);
    story.waits(WaitingFor::Skanning).sees(Prosess::Data, &[clean("k1")]);
    story.gjeldende().acts(&neste(Prosess::Data), Fact::Flyttet(Prosess::Bekreftelse));
    story.sees(Prosess::Bekreftelse, &[clean("k1")]);
    story.acts(&neste(Prosess::Bekreftelse), Fact::Flyttet(Prosess::Tilbakemelding));
    story.sees(Prosess::Tilbakemelding, &[clean("k1")]).waits(WaitingFor::Kvittering);
    story.sees(Prosess::Avsluttet, &[clean("k1"), receipt()]);
    let resultat = ResultatAvValidering::ValidertMedFeil;
    let read = Read::Kvittering(id(INSTANS), "r1".parse().unwrap());
    story.reads(&read, Fact::Kvittering(resultat.clone(), vec!["x".to_owned()]));
    let aarsaker = vec!["x".to_owned()];
    assert_eq!(story.end(), InnsendingEnd::Kvittert { instans: id(INSTANS), resultat, aarsaker });
    assert_eq!(story.next(), Step::End);
}

#[test]
fn with_a_systembruker_the_second_step_is_a_persons() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Systembruker));
    story.put_in().sees(Prosess::Data, &[clean("k1")]).gjeldende();
    story.acts(&neste(Prosess::Data), Fact::Flyttet(Prosess::Bekreftelse));
    story.sees(Prosess::Bekreftelse, &[clean("k1")]);
    for _ in 0..50 {
        story.waits(WaitingFor::Person).sees(Prosess::Bekreftelse, &[clean("k1")]);
    }
    story.waits(WaitingFor::Person).sees(Prosess::Revisor, &[clean("k1")]);
    story.waits(WaitingFor::Revisor).sees(Prosess::Tilbakemelding, &[clean("k1"), receipt()]);
    assert!(matches!(story.next(), Step::Read(Read::Kvittering(..))));
}

#[test]
fn a_person_who_does_not_come_ends_it_after_one_more_look_and_it_can_go_on() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Systembruker));
    story.put_in().sees(Prosess::Data, &[clean("k1")]).gjeldende();
    story.acts(&neste(Prosess::Data), Fact::Flyttet(Prosess::Bekreftelse));
    story.sees(Prosess::Bekreftelse, &[clean("k1")]).pass(31 * 24 * 3600);
    assert!(story.flow.end(story.now).is_none(), "not before a look");
    story.sees(Prosess::Bekreftelse, &[clean("k1")]);
    assert!(matches!(story.end(), InnsendingEnd::GaveUp { stage: Stage::Person, .. }));
    story.flow.asked(Ask::Fortsett, story.now).unwrap();
    story.waits(WaitingFor::Person).sees(Prosess::Tilbakemelding, &[clean("k1"), receipt()]);
    assert!(matches!(story.next(), Step::Read(Read::Kvittering(..))));
}

#[test]
fn a_lost_creation_is_looked_for_and_repeated_only_when_it_can_no_longer_act() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.validated(ResultatAvValidering::ValidertOk);
    assert_eq!(story.begin(), Act::Opprett);
    story.learn(lost()).pass(5);
    story.reads(&Read::Aapne, Fact::Aapne(Vec::new()));
    let before = story.now;
    story.waits(WaitingFor::LateAction);
    assert!(crate::time::between(before, story.now) > Duration::from_secs(110));
    story.reads(&Read::Aapne, Fact::Aapne(Vec::new())).made();
}

#[test]
fn an_instance_is_adopted_only_if_it_can_be_ours() {
    let lost_creation = || {
        let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
        story.validated(ResultatAvValidering::ValidertOk);
        story.begin();
        story.learn(lost()).pass(5);
        story
    };
    let good = lost_creation().instans(Prosess::Data, &[]);
    let old = Instans { opprettet: Some("2026-03-03T11:00:00Z".parse().unwrap()), ..good.clone() };
    let bad = [
        Instans { inntektsaar: Some("2022".parse().unwrap()), ..good.clone() },
        Instans { inntektsaar: None, ..good.clone() },
        Instans { eier: Some("910041150".parse().unwrap()), ..good.clone() },
        Instans { opprettet: None, ..good.clone() },
        Instans { prosess: Prosess::Bekreftelse, ..good.clone() },
        Instans { data: vec![clean("theirs")], ..good.clone() },
        Instans { data: vec![element("theirs", Datatype::Vedlegg, Skanning::Clean)], ..good.clone() },
        old,
    ];
    for other in bad {
        let mut story = lost_creation();
        story.reads(&Read::Aapne, Fact::Aapne(vec![other.clone()]));
        assert_eq!(story.flow.instans(), None, "{other:?}");
    }
    let mut story = lost_creation();
    story.reads(&Read::Aapne, Fact::Aapne(vec![good]));
    story.acts(&Act::SettMetadata(id(INSTANS), "meta".parse().unwrap()), Fact::MetadataSatt);
}

#[test]
fn a_lost_step_that_acted_is_not_taken_again() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1")]).gjeldende();
    assert_eq!(story.begin(), neste(Prosess::Data));
    story.learn(lost()).pass(5).sees(Prosess::Data, &[clean("k1")]);
    story.waits(WaitingFor::LateAction).sees(Prosess::Bekreftelse, &[clean("k1")]);
    // It is looked at afresh whether the return in force is still the same.
    story.gjeldende();
    assert_eq!(story.begin(), neste(Prosess::Bekreftelse));
}

#[test]
fn a_lost_step_that_did_nothing_is_taken_again_when_it_can_no_longer_act() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1")]).gjeldende();
    story.begin();
    story.learn(lost()).pass(5).sees(Prosess::Data, &[clean("k1")]);
    story.waits(WaitingFor::LateAction).sees(Prosess::Data, &[clean("k1")]).gjeldende();
    assert_eq!(story.begin(), neste(Prosess::Data));
}

#[test]
fn whoever_takes_it_up_counts_anew_how_long_a_step_may_act() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1")]).gjeldende();
    story.begin();
    story.pass(3600);
    story.flow.resumed(story.now);
    story.sees(Prosess::Data, &[clean("k1")]);
    let before = story.now;
    story.waits(WaitingFor::LateAction);
    assert!(
        crate::time::between(before, story.now) >= Duration::from_secs(240),
        "its permit, and the late action"
    );
}

#[test]
fn a_step_that_must_wait_for_the_scan_is_taken_after_it() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1")]).gjeldende();
    story.begin();
    story.learn(refused("DataElementFileScanPending", Retry::Later(None)));
    story.waits(WaitingFor::Service).sees(Prosess::Data, &[clean("k1")]);
    assert_eq!(story.begin(), neste(Prosess::Data));
}

#[test]
fn a_refused_step_makes_the_metadata_be_written_once_more() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1")]).gjeldende();
    story.begin();
    story.learn(refused("Conflict", Retry::AfterChange)).waits(WaitingFor::Service);
    story.sees(Prosess::Data, &[clean("k1")]);
    story.acts(&Act::SettMetadata(id(INSTANS), "meta".parse().unwrap()), Fact::MetadataSatt);
    story.sees(Prosess::Data, &[clean("k1")]);
    assert_eq!(story.begin(), neste(Prosess::Data));
    story.learn(refused("Conflict", Retry::AfterChange)).waits(WaitingFor::Service);
    story.sees(Prosess::Data, &[clean("k1")]);
    assert!(matches!(story.end(), InnsendingEnd::Refused { stage: Stage::Neste, .. }));
}

#[test]
fn a_step_that_was_delivered_twice_is_not_believed_to_be_refused() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1")]).gjeldende();
    story.acts(&neste(Prosess::Data), Fact::Flyttet(Prosess::Bekreftelse));
    story.sees(Prosess::Bekreftelse, &[clean("k1")]);
    story.begin();
    // The first delivery submitted; the second was answered.
    story.learn(refused("Conflict", Retry::AfterChange));
    assert!(story.flow.perhaps_moved());
    story.waits(WaitingFor::Service).sees(Prosess::Tilbakemelding, &[clean("k1")]);
    assert!(!story.flow.perhaps_moved());
    story.waits(WaitingFor::Kvittering).sees(Prosess::Tilbakemelding, &[clean("k1"), receipt()]);
    assert!(matches!(story.next(), Step::Read(Read::Kvittering(..))));
}

#[test]
fn an_infected_file_ends_it() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[element("k1", Datatype::Konvolutt, Skanning::Infected)]);
    assert!(matches!(story.end(), InnsendingEnd::Infisert { .. }));
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1")]).gjeldende();
    story.begin();
    story.learn(refused("DataElementFileInfected", Retry::AfterChange));
    assert!(matches!(story.end(), InnsendingEnd::Infisert { .. }));
}

#[test]
fn nothing_is_submitted_if_the_return_in_force_changed_meanwhile() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1")]);
    for _ in 0..2 {
        story.reads(&Read::Gjeldende, Fact::Gjeldende(gjeldende("SKI:2")));
    }
    assert!(matches!(story.end(), InnsendingEnd::GjeldendeEndret { .. }));
    assert!(story.flow.asked(Ask::Fortsett, story.now).is_err());
}

#[test]
fn an_old_picture_of_the_return_in_force_is_not_believed() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1")]).gjeldende();
    // Of a worker that was frozen after it had looked.
    story.flow.learned(story.n, Fact::Gjeldende(gjeldende("SKI:0")), story.now);
    story.gjeldende();
    assert_eq!(story.begin(), neste(Prosess::Data));
}

#[test]
fn a_look_at_the_return_in_force_that_is_old_does_not_count() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1")]).gjeldende().pass(61);
    story.sees(Prosess::Data, &[clean("k1")]).gjeldende();
    assert_eq!(story.begin(), neste(Prosess::Data));
}

#[test]
fn with_errors_nothing_is_submitted_unless_that_is_wanted() {
    let with_errors = |med_feil| {
        let mut story = Story::of(Plan { med_feil, ..plan(Validering::Synkron, Utfoerer::Person) });
        story.validated(ResultatAvValidering::ValidertMedFeil);
        story
    };
    let mut story = with_errors(false);
    assert!(matches!(story.end(), InnsendingEnd::ValidertMedFeil { instans: None, .. }));
    assert!(story.flow.asked(Ask::Fortsett, story.now).is_err());
    story.flow.asked(Ask::MedFeil, story.now).unwrap();
    assert_eq!(story.begin(), Act::Opprett);
    assert_eq!(with_errors(true).begin(), Act::Opprett);
}

#[test]
fn a_foreign_envelope_in_our_instance_ends_it() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1"), clean("theirs")]);
    assert!(matches!(story.end(), InnsendingEnd::Fremmed { .. }));
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in();
    for _ in 0..3 {
        story.sees(Prosess::Data, &[]).pass(5);
    }
    assert!(matches!(story.end(), InnsendingEnd::Fremmed { .. }), "ours was taken out");
}

#[test]
fn an_envelope_that_was_put_in_twice_is_taken_out_once() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.validated(ResultatAvValidering::ValidertOk).made();
    story.begin();
    story
        .learn(lost())
        .pass(5)
        .sees(Prosess::Data, &[])
        .waits(WaitingFor::LateAction)
        .sees(Prosess::Data, &[]);
    let upload = Act::LastOppKonvolutt(id(INSTANS), story.konvolutt());
    story.acts(&upload, Fact::KonvoluttLastetOpp(element("k2", Datatype::Konvolutt, Skanning::Pending)));
    story.sees(Prosess::Data, &[clean("k1"), clean("k2")]);
    story.acts(&Act::Slett(id(INSTANS), "k1".parse().unwrap()), Fact::Slettet);
    story.sees(Prosess::Data, &[clean("k2")]).gjeldende();
    assert_eq!(story.begin(), neste(Prosess::Data));
}

#[test]
fn a_lost_upload_that_is_there_is_not_repeated() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.validated(ResultatAvValidering::ValidertOk).made();
    story.begin();
    story.learn(lost()).pass(5).sees(Prosess::Data, &[clean("k1")]).gjeldende();
    assert_eq!(story.begin(), neste(Prosess::Data));
}

#[test]
fn attachments_come_before_the_validation_and_their_ids_go_into_it() {
    let vedlegg = vec![PlanlagtVedlegg { navn: "v.pdf".into(), stoerrelse: 10 }];
    let mut story = Story::of(Plan { vedlegg, ..plan(Validering::Synkron, Utfoerer::Person) });
    story.gjeldende().made();
    assert_eq!(story.begin(), Act::LastOppVedlegg(id(INSTANS), 0));
    story.learn(lost()).pass(5).sees(Prosess::Data, &[element("v1", Datatype::Vedlegg, Skanning::Clean)]);
    let konvolutt = story.konvolutt();
    assert_eq!(konvolutt.vedlegg, ["v1".parse().unwrap()]);
    story.reads(&Read::Valider(konvolutt.clone()), Fact::Validert(ResultatAvValidering::ValidertOk));
    assert_eq!(story.begin(), Act::LastOppKonvolutt(id(INSTANS), konvolutt));
}

#[test]
fn an_attachment_that_was_put_in_twice_is_taken_out_once() {
    let vedlegg = vec![PlanlagtVedlegg { navn: "v.pdf".into(), stoerrelse: 10 }];
    let mut story = Story::of(Plan { vedlegg, ..plan(Validering::Synkron, Utfoerer::Person) });
    story.gjeldende().made();
    story.acts(&Act::LastOppVedlegg(id(INSTANS), 0), Fact::VedleggLastetOpp(0, "v2".parse().unwrap()));
    let konvolutt = story.konvolutt();
    story.reads(&Read::Valider(konvolutt.clone()), Fact::Validert(ResultatAvValidering::ValidertOk));
    story.acts(
        &Act::LastOppKonvolutt(id(INSTANS), konvolutt),
        Fact::KonvoluttLastetOpp(element("k1", Datatype::Konvolutt, Skanning::Pending)),
    );
    // The network delivered it twice. What somebody else attached stays.
    let vedlegg = |id| element(id, Datatype::Vedlegg, Skanning::Clean);
    let other = Dataelement { filnavn: Some("other.pdf".into()), ..vedlegg("x1") };
    story.sees(Prosess::Data, &[other.clone(), vedlegg("v1"), vedlegg("v2"), clean("k1")]);
    story.acts(&Act::Slett(id(INSTANS), "v1".parse().unwrap()), Fact::Slettet);
    story.sees(Prosess::Data, &[other, vedlegg("v2"), clean("k1")]).gjeldende();
    assert_eq!(story.begin(), neste(Prosess::Data));
}

#[test]
fn in_edition_v2_it_is_the_instance_that_is_validated() {
    let mut story = Story::of(plan(Validering::Instans, Utfoerer::Person));
    story.gjeldende().made();
    let (konvolutt, instans) = (story.konvolutt(), id(INSTANS));
    story.acts(
        &Act::LastOppKonvolutt(instans.clone(), konvolutt.clone()),
        Fact::KonvoluttLastetOpp(element("k1", Datatype::Konvolutt, Skanning::Pending)),
    );
    story.sees(Prosess::Data, &[clean("k1")]);
    let start = FilingAct::Start { referanse: None, gjeldende: gjeldende("SKI:1") };
    let jobb: crate::JobbId = "storeDokument-1".parse().unwrap();
    story.acts(
        &Act::Validering(start, konvolutt, Some(instans)),
        Fact::Validering(filing::Fact::Started(jobb.clone(), JobbStatus::Opprettet)),
    );
    story.waits(WaitingFor::Job);
    let ferdig = filing::Fact::Status(jobb.clone(), JobbTilstand::of(JobbStatus::Ferdig));
    story.reads(&Read::Validering(filing::Read::Status(jobb.clone())), Fact::Validering(ferdig));
    let resultat = filing::Fact::Resultat(jobb.clone(), ResultatAvValidering::ValidertOk);
    story.reads(&Read::Validering(filing::Read::Resultat(jobb)), Fact::Validering(resultat));
    story.sees(Prosess::Data, &[clean("k1")]);
}

#[test]
fn a_job_that_ends_without_a_verdict_ends_it_and_it_can_go_on() {
    let mut story = Story::of(plan(Validering::Jobb { referanse: None, can_upload: true }, Utfoerer::Person));
    story.gjeldende();
    for _ in 0..5 {
        let Act::Validering(FilingAct::Upload, ..) = story.begin() else { panic!() };
        story.learn(lost()).pass(70);
    }
    let InnsendingEnd::Validering(end) = story.end() else { panic!() };
    assert!(matches!(*end, FilingEnd::GaveUp { .. }));
    story.flow.asked(Ask::Fortsett, story.now).unwrap();
    assert!(matches!(story.begin(), Act::Validering(FilingAct::Upload, ..)));
}

#[test]
fn what_was_validated_before_is_submitted_with_the_same_reference() {
    let referanse: Option<Referanse> = Some("r-1".parse().unwrap());
    let resultat = ResultatAvValidering::ValidertOk;
    let validering = Validering::Utfoert { resultat, referanse: referanse.clone() };
    let plan = Plan { gjeldende: Some(gjeldende("SKI:1")), ..plan(validering, Utfoerer::Person) };
    let mut story = Story::of(plan);
    story.made();
    let Act::LastOppKonvolutt(_, konvolutt) = story.begin() else { panic!() };
    assert_eq!(konvolutt.referanse, referanse);
}

#[test]
fn an_instance_that_is_gone_is_believed_the_third_time() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in();
    let effect = Effect::Refused("NotFound".parse().unwrap());
    let gone = failure(ErrorKind::NotFound, effect, Retry::AfterChange);
    for _ in 0..3 {
        assert!(story.flow.end(story.now).is_none());
        story.reads(&Read::Instans(id(INSTANS)), Fact::LookFailed(Lest::Instans, gone.clone())).pass(61);
    }
    assert!(matches!(story.end(), InnsendingEnd::Borte { .. }));
}

#[test]
fn a_copy_that_is_told_so_looks_before_it_does_anything() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1")]);
    story.pass(600);
    let since = story.now;
    story.flow.asked(Ask::Restored { since }, story.now).unwrap();
    story.sees(Prosess::Data, &[clean("k1")]).waits(WaitingFor::LateAction);
    // It was submitted since.
    story.sees(Prosess::Tilbakemelding, &[clean("k1"), receipt()]);
    assert!(matches!(story.next(), Step::Read(Read::Kvittering(..))));
}

#[test]
fn a_copy_that_knows_no_instance_waits_for_a_person_since_it_may_be_submitted() {
    let restored = || {
        let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
        let since = story.now;
        story.flow.asked(Ask::Restored { since }, story.now).unwrap();
        story.reads(&Read::Aapne, Fact::Aapne(Vec::new())).waits(WaitingFor::LateAction);
        story
    };
    let mut story = restored();
    story.reads(&Read::Aapne, Fact::Aapne(Vec::new()));
    assert_eq!(story.end(), InnsendingEnd::Uvisst { kan_vaere: None });
    // A person has looked.
    story.flow.asked(Ask::Fortsett, story.now).unwrap();
    story.validated(ResultatAvValidering::ValidertOk).made();

    // Nor is an open one proof: another submission may have been lost with the journal.
    for (prosess, data) in [(Prosess::Data, vec![]), (Prosess::Bekreftelse, vec![clean("k1")])] {
        let mut story = restored();
        let there = story.instans(prosess, &data);
        story.reads(&Read::Aapne, Fact::Aapne(vec![there]));
        assert_eq!(story.end(), InnsendingEnd::Uvisst { kan_vaere: Some(id(INSTANS)) });
    }
}

#[test]
fn how_long_a_copy_waits_is_counted_on_the_clock_of_whoever_looks() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    let ahead = crate::time::after(story.now, Duration::from_secs(60));
    story.flow.asked(Ask::Restored { since: story.now }, ahead).unwrap();
    // Whoever took it up has counted anew, and what the records tell has not.
    let mut resumed = story.flow.clone();
    resumed.resumed(story.now);
    assert!(resumed.is_news(story.n.next(), &Fact::Aapne(Vec::new()), story.now));
    story.reads(&Read::Aapne, Fact::Aapne(Vec::new()));
    let before = story.now;
    story.waits(WaitingFor::LateAction);
    assert_eq!(crate::time::between(before, story.now), Duration::from_secs(120));
    // If it is set back, the records tell the same.
    let mut set_back = story.flow.clone();
    for seconds in [7200, 7080] {
        let at = story.now - jiff::SignedDuration::from_secs(seconds);
        assert!(set_back.end(at).is_none());
        set_back.learned(story.n, Fact::Aapne(Vec::new()), at);
    }
    assert!(matches!(set_back.end(story.now), Some(InnsendingEnd::Uvisst { .. })));
    story.reads(&Read::Aapne, Fact::Aapne(Vec::new()));
    assert!(matches!(story.end(), InnsendingEnd::Uvisst { .. }));
}

#[test]
fn an_envelope_that_a_copy_does_not_know_of_is_waited_for_and_replaced() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.validated(ResultatAvValidering::ValidertOk).made();
    story.flow.asked(Ask::Restored { since: story.now }, story.now).unwrap();
    story.sees(Prosess::Data, &[]).waits(WaitingFor::LateAction).sees(Prosess::Data, &[clean("k1")]);
    let upload = Act::LastOppKonvolutt(id(INSTANS), story.konvolutt());
    story.acts(&upload, Fact::KonvoluttLastetOpp(element("k2", Datatype::Konvolutt, Skanning::Pending)));
    story.sees(Prosess::Data, &[clean("k1"), clean("k2")]);
    story.acts(&Act::Slett(id(INSTANS), "k1".parse().unwrap()), Fact::Slettet);
    story.sees(Prosess::Data, &[clean("k2")]).gjeldende();
    assert_eq!(story.begin(), neste(Prosess::Data));
}

#[test]
fn a_stop_leaves_the_instance_as_it_is_and_names_it() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in();
    story.flow.asked(Ask::Cancel, story.now).unwrap();
    assert_eq!(story.end(), InnsendingEnd::Cancelled { stage: Stage::Skanning, instans: Some(id(INSTANS)) });
}

#[test]
fn what_was_given_up_can_be_stopped_so_that_another_can_be_submitted() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    for _ in 0..3 {
        let unreadable = failure(ErrorKind::Unreadable, Effect::Unknown, Retry::AFewTimes);
        story.reads(&Read::Gjeldende, Fact::LookFailed(Lest::Annet, unreadable)).pass(61);
    }
    assert!(matches!(story.end(), InnsendingEnd::GaveUp { .. }));
    story.flow.asked(Ask::Cancel, story.now).unwrap();
    assert!(matches!(story.end(), InnsendingEnd::Cancelled { .. }));
    assert!(story.flow.asked(Ask::Cancel, story.now).is_err());
}

#[test]
fn the_same_look_twice_is_no_news() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Systembruker));
    story.put_in().sees(Prosess::Data, &[clean("k1")]);
    let same = Fact::Instans(story.instans(Prosess::Data, &[clean("k1")]));
    let same = match same {
        Fact::Instans(instans) => {
            let opprettet = story.flow.sett.as_ref().unwrap().instans.opprettet;
            Fact::Instans(Instans { opprettet, ..instans })
        }
        other => other,
    };
    assert!(!story.flow.is_news(story.n.next(), &same, story.now));
    let other = Fact::Instans(story.instans(Prosess::Bekreftelse, &[clean("k1")]));
    assert!(story.flow.is_news(story.n.next(), &other, story.now));
}

#[test]
fn looks_are_counted_apart_from_what_is_sent() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in();
    // An hour of looks, whose numbers run ahead of those of records.
    story.n = AttemptNo(1000);
    story.sees(Prosess::Data, &[clean("k1")]).gjeldende();
    story.n = AttemptNo(10);
    story.acts(&neste(Prosess::Data), Fact::Flyttet(Prosess::Bekreftelse));
    story.sees(Prosess::Bekreftelse, &[clean("k1")]);
    story.n = AttemptNo(12);
    story.acts(&neste(Prosess::Bekreftelse), Fact::Flyttet(Prosess::Tilbakemelding));
    story.sees(Prosess::Tilbakemelding, &[clean("k1")]);
    assert!(matches!(story.next(), Step::Wait(_, WaitingFor::Kvittering)));
}

#[test]
fn an_old_picture_of_the_process_is_not_believed() {
    let mut story = Story::of(plan(Validering::Synkron, Utfoerer::Person));
    story.put_in().sees(Prosess::Data, &[clean("k1")]).gjeldende();
    story.acts(&neste(Prosess::Data), Fact::Flyttet(Prosess::Bekreftelse));
    story.sees(Prosess::Data, &[clean("k1")]);
    story.waits(WaitingFor::Service).sees(Prosess::Bekreftelse, &[clean("k1")]);
    assert_eq!(story.begin(), neste(Prosess::Bekreftelse));
}
