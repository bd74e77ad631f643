use super::*;
use crate::flow::{AttemptNo, Effect, ErrorKind, Failure, Flow, Retry, Step, WaitingFor};
use crate::{Dokumenttype, JobbStatus, JobbTilstand, Slug, Timestamp};
use proptest::prelude::*;
use std::time::Duration;

/// Drives a filing by hand on a clock that the test moves.
struct Driver {
    filing: Filing,
    now: Timestamp,
    n: AttemptNo,
}

fn gjeldende() -> Dokumentreferanse {
    Dokumentreferanse {
        dokumenttype: Dokumenttype::SkattemeldingUpersonlig,
        dokumentidentifikator: "SKI:755:1".parse().unwrap(),
    }
}

fn jobb(id: &str) -> JobbId {
    id.parse().unwrap()
}

fn referanse(text: &str) -> Referanse {
    text.parse().unwrap()
}

fn failure(effect: Effect, retry: Retry) -> Fact {
    Fact::Failed(Failure {
        kind: ErrorKind::Refused,
        korrelasjonsid: None,
        effect,
        retry,
        about_referanse: false,
        message: "test".into(),
    })
}

fn lost() -> Fact {
    failure(Effect::Unknown, Retry::Later(None))
}

fn refused() -> Effect {
    Effect::Refused("DAS-001".parse::<Slug>().unwrap())
}

impl Driver {
    fn new() -> Self {
        Self::with(
            FilingRules::default(),
            Plan { referanse: None, can_upload: true, gjeldende: Some(gjeldende()) },
        )
    }

    fn with(rules: FilingRules, plan: Plan) -> Self {
        let now = Timestamp::UNIX_EPOCH;
        let mut filing = Filing::new(rules);
        filing.asked(Ask::Validate(plan), now).unwrap();
        Self { filing, now, n: AttemptNo(0) }
    }

    fn next(&self) -> Step<Act, Read> {
        self.filing.next(self.now)
    }

    /// Waits out every pause, then does what comes next with `fact` as its answer. Returns what was done.
    fn answer(&mut self, fact: Fact) -> Step<Act, Read> {
        let step = self.wait();
        self.n = self.n.next();
        let fact = match (&step, fact) {
            (Step::Read(_), Fact::Failed(failure)) => Fact::LookFailed(failure),
            (_, fact) => fact,
        };
        if let Step::Act(act) = &step {
            self.filing.begun(self.n, act, self.now, self.now);
        }
        self.filing.learned(self.n, fact, self.now);
        step
    }

    fn wait(&mut self) -> Step<Act, Read> {
        loop {
            match self.next() {
                Step::Wait(until, _) => {
                    assert!(until > self.now, "a wait must end later than now");
                    self.now = until;
                }
                step => return step,
            }
        }
    }

    fn to_running(job: &str) -> Self {
        let mut driver = Self::new();
        driver.answer(Fact::Uploaded(referanse("r1")));
        driver.answer(Fact::Started(jobb(job), JobbStatus::Opprettet));
        driver
    }

    fn status(&mut self, job: &str, status: JobbStatus) -> Step<Act, Read> {
        self.answer(Fact::Status(jobb(job), JobbTilstand::of(status)))
    }

    fn end(&self) -> Option<FilingEnd> {
        self.filing.end(self.now)
    }
}

fn start(reference: &str) -> Step<Act, Read> {
    Step::Act(Act::Start { referanse: Some(referanse(reference)), gjeldende: gjeldende() })
}

#[test]
fn the_whole_way() {
    let plan = Plan { referanse: None, can_upload: true, gjeldende: None };
    let mut d = Driver::with(FilingRules::default(), plan);
    assert_eq!(d.answer(Fact::Gjeldende(gjeldende())), Step::Read(Read::Gjeldende));
    assert_eq!(d.answer(Fact::Uploaded(referanse("r1"))), Step::Act(Act::Upload));
    assert_eq!(d.answer(Fact::Started(jobb("j1"), JobbStatus::Opprettet)), start("r1"));
    for status in [JobbStatus::Ny, JobbStatus::Kjoerer, JobbStatus::Pauset, JobbStatus::Ukjent("NOE".into())]
    {
        assert_eq!(d.status("j1", status), Step::Read(Read::Status(jobb("j1"))));
    }
    d.status("j1", JobbStatus::Ferdig);
    let step = d.answer(Fact::Resultat(jobb("j1"), ResultatAvValidering::ValidertOk));
    assert_eq!(step, Step::Read(Read::Resultat(jobb("j1"))));
    assert_eq!(d.next(), Step::End);
    assert_eq!(
        d.end(),
        Some(FilingEnd::Validated { jobb: jobb("j1"), resultat: ResultatAvValidering::ValidertOk })
    );
}

#[test]
fn a_reference_of_an_earlier_upload_skips_the_upload() {
    let plan = Plan { referanse: Some(referanse("old")), can_upload: false, gjeldende: Some(gjeldende()) };
    assert_eq!(Driver::with(FilingRules::default(), plan).next(), start("old"));
}

#[test]
fn looks_grow_rarer_with_the_age_of_the_job_up_to_half_a_minute() {
    let mut d = Driver::to_running("j1");
    let began = d.now;
    let mut pauses = Vec::new();
    for _ in 0..60 {
        let before = d.now;
        d.status("j1", JobbStatus::Kjoerer);
        pauses.push(d.now.duration_since(before).as_secs());
    }
    assert_eq!(pauses[0], 2);
    assert!(pauses.is_sorted(), "{pauses:?}");
    assert_eq!(*pauses.last().unwrap(), 30);
    assert!(d.now.duration_since(began).as_secs() > 600);
}

#[test]
fn a_lost_upload_is_repeated() {
    let mut d = Driver::new();
    d.answer(lost());
    assert_eq!(d.answer(Fact::Uploaded(referanse("r2"))), Step::Act(Act::Upload));
    assert_eq!(d.next(), start("r2"));
}

#[test]
fn a_lost_start_is_repeated_only_when_it_can_no_longer_act() {
    let mut d = Driver::new();
    d.answer(Fact::Uploaded(referanse("r1")));
    d.answer(lost());
    let lost_at = d.now;
    d.now += Duration::from_secs(2);
    assert!(matches!(d.next(), Step::Wait(_, WaitingFor::LateAction)), "{:?}", d.next());
    assert_eq!(d.wait(), start("r1"));
    assert_eq!(d.now.duration_since(lost_at).as_secs(), 120);
}

#[test]
fn a_start_that_was_not_sent_or_refused_for_a_while_is_repeated_soon() {
    for effect in [Effect::NotSent, refused()] {
        let mut d = Driver::new();
        d.answer(Fact::Uploaded(referanse("r1")));
        d.answer(failure(effect, Retry::Later(Some(Duration::from_secs(7)))));
        let failed_at = d.now;
        assert_eq!(d.wait(), start("r1"));
        assert_eq!(d.now.duration_since(failed_at).as_secs(), 7);
    }
}

#[test]
fn an_answer_that_comes_after_all_is_used() {
    let mut d = Driver::new();
    d.answer(Fact::Uploaded(referanse("r1")));
    d.answer(lost());
    d.filing.learned(d.n, Fact::Started(jobb("late"), JobbStatus::Opprettet), d.now);
    assert_eq!(d.wait(), Step::Read(Read::Status(jobb("late"))));
}

#[test]
fn avbrutt_is_superseded_when_every_start_of_ours_is_known() {
    let mut d = Driver::to_running("j1");
    d.status("j1", JobbStatus::Avbrutt);
    assert_eq!(d.end(), Some(FilingEnd::Superseded { jobb: jobb("j1") }));
}

#[test]
fn avbrutt_is_our_own_doing_while_a_start_of_ours_is_unresolved_but_only_once() {
    let mut d = Driver::new();
    d.answer(Fact::Uploaded(referanse("r1")));
    d.answer(lost());
    d.answer(Fact::Started(jobb("j2"), JobbStatus::Opprettet));
    d.status("j2", JobbStatus::Avbrutt);
    assert_eq!(d.end(), None);
    assert_eq!(d.answer(Fact::Started(jobb("j3"), JobbStatus::Opprettet)), start("r1"));
    d.status("j3", JobbStatus::Avbrutt);
    assert_eq!(d.end(), Some(FilingEnd::Superseded { jobb: jobb("j3") }));
}

#[test]
fn a_failed_job_is_started_again_with_the_same_reference_up_to_a_limit() {
    let mut d = Driver::new();
    d.answer(Fact::Uploaded(referanse("r1")));
    for job in ["j1", "j2", "j3", "j4"] {
        assert_eq!(d.answer(Fact::Started(jobb(job), JobbStatus::Opprettet)), start("r1"));
        d.status(job, JobbStatus::Feilet);
    }
    assert_eq!(d.end(), Some(FilingEnd::JobFailed { jobb: jobb("j4"), jobs: 4 }));
}

#[test]
fn a_start_refused_for_the_reference_is_followed_by_one_fresh_upload() {
    let refusal = || {
        Fact::Failed(Failure {
            kind: ErrorKind::Refused,
            korrelasjonsid: None,
            effect: refused(),
            retry: Retry::AfterChange,
            about_referanse: true,
            message: "ukjent referanse".into(),
        })
    };
    let mut d = Driver::new();
    d.answer(Fact::Uploaded(referanse("r1")));
    d.answer(refusal());
    assert_eq!(d.answer(Fact::Uploaded(referanse("r2"))), Step::Act(Act::Upload));
    assert_eq!(d.answer(refusal()), start("r2"));
    assert!(matches!(d.end(), Some(FilingEnd::Refused { stage: Stage::Start, .. })));

    let plan = Plan { referanse: Some(referanse("old")), can_upload: false, gjeldende: Some(gjeldende()) };
    let mut d = Driver::with(FilingRules::default(), plan);
    d.answer(refusal());
    assert!(matches!(d.end(), Some(FilingEnd::Refused { .. })), "nothing here to upload");
    assert_eq!(d.filing.referanse(), None, "what was refused is not offered for another job");
}

#[test]
fn failed_looks_are_survived_until_the_deadline_and_then_there_is_one_more() {
    let mut d = Driver::to_running("j1");
    let asked = Timestamp::UNIX_EPOCH;
    let deadline = asked + Duration::from_secs(6 * 60 * 60);
    let mut looks = 0;
    while d.end().is_none() {
        d.answer(lost());
        looks += 1;
    }
    assert!(looks > 300, "{looks} looks, at most a minute apart");
    assert_eq!(d.now, deadline, "the last look is at the deadline");
    assert!(matches!(
        d.end(),
        Some(FilingEnd::GaveUp { stage: Stage::Job, jobb: Some(_), failure: Some(_) })
    ));
}

#[test]
fn a_service_that_is_down_before_a_job_runs_is_given_up_on_soon() {
    let mut d = Driver::new();
    let mut calls = 0;
    while d.end().is_none() {
        d.answer(failure(Effect::NotSent, Retry::Later(None)));
        calls += 1;
    }
    assert_eq!(calls, 5);
    assert!(matches!(d.end(), Some(FilingEnd::GaveUp { stage: Stage::Upload, jobb: None, .. })));
    assert!(d.now < Timestamp::UNIX_EPOCH + Duration::from_secs(60));
}

#[test]
fn a_gateway_that_answers_for_the_service_costs_no_running_job() {
    let mut d = Driver::to_running("j1");
    for _ in 0..20 {
        d.answer(failure(Effect::Unknown, Retry::AFewTimes));
    }
    assert_eq!(d.end(), None);
}

#[test]
fn a_gateways_4xx_costs_no_running_job_and_breaks_a_row_of_refusals() {
    let mut d = Driver::to_running("j1");
    for _ in 0..10 {
        d.answer(failure(Effect::Unknown, Retry::AfterChange));
        assert_eq!(d.end(), None);
    }
    for effect in [refused(), refused(), Effect::Unknown, refused(), refused()] {
        d.answer(failure(effect, Retry::AfterChange));
        assert_eq!(d.end(), None, "three refusals in a row are believed, and these are not in a row");
    }
    d.answer(failure(refused(), Retry::AfterChange));
    assert!(matches!(d.end(), Some(FilingEnd::Refused { jobb: Some(_), .. })));
}

#[test]
fn an_end_after_a_failed_job_names_no_job_to_wait_for() {
    let mut d = Driver::to_running("j1");
    d.status("j1", JobbStatus::Feilet);
    for _ in 0..3 {
        d.answer(failure(Effect::Unknown, Retry::AFewTimes));
    }
    assert!(matches!(d.end(), Some(FilingEnd::Unreadable { stage: Stage::Start, jobb: None, .. })));
    assert!(d.filing.perhaps_started());
}

#[test]
fn after_a_failed_job_the_next_waits_longer_each_time() {
    let mut d = Driver::new();
    d.answer(Fact::Uploaded(referanse("r1")));
    let mut pauses = Vec::new();
    for _ in 0..3 {
        // The same id each time: jobs are counted by starts.
        d.answer(Fact::Started(jobb("same"), JobbStatus::Opprettet));
        d.status("same", JobbStatus::Feilet);
        let failed_at = d.now;
        assert_eq!(d.wait(), start("r1"));
        pauses.push(d.now.duration_since(failed_at).as_secs());
    }
    assert_eq!(pauses, [60, 120, 240]);
    d.answer(Fact::Started(jobb("same"), JobbStatus::Opprettet));
    d.status("same", JobbStatus::Feilet);
    assert!(matches!(d.end(), Some(FilingEnd::JobFailed { jobs: 4, .. })));
}

#[test]
fn something_else_instead_of_a_result_is_not_asked_for_until_the_deadline() {
    let mut d = Driver::to_running("j1");
    d.status("j1", JobbStatus::Ferdig);
    let mut page = Failure {
        kind: ErrorKind::Unreadable,
        korrelasjonsid: None,
        effect: Effect::Done,
        retry: Retry::Later(None),
        about_referanse: false,
        message: "a gateway's page".into(),
    };
    let mut tries = 0;
    while d.end().is_none() {
        d.answer(Fact::Failed(page.clone()));
        tries += 1;
    }
    assert_eq!(tries, 30);
    assert!(matches!(d.end(), Some(FilingEnd::Unreadable { stage: Stage::Resultat, jobb: Some(_), .. })));
    // A service that is down is another matter.
    page.kind = ErrorKind::ServiceFailure;
    let mut d = Driver::to_running("j1");
    d.status("j1", JobbStatus::Ferdig);
    (0..100).for_each(|_| {
        d.answer(Fact::Failed(page.clone()));
    });
    assert_eq!(d.end(), None);
}

#[test]
fn a_job_that_is_done_at_the_last_look_is_not_lost() {
    let mut d = Driver::to_running("j1");
    d.now = Timestamp::UNIX_EPOCH + Duration::from_secs(7 * 60 * 60);
    d.status("j1", JobbStatus::Ferdig);
    assert_eq!(d.next(), Step::Read(Read::Resultat(jobb("j1"))));
}

#[test]
fn a_refused_look_is_believed_the_third_time() {
    let mut d = Driver::to_running("j1");
    for _ in 0..2 {
        d.answer(failure(refused(), Retry::AfterChange));
        assert_eq!(d.end(), None);
    }
    d.answer(failure(refused(), Retry::AfterChange));
    let end = d.end();
    assert!(
        matches!(&end, Some(FilingEnd::Refused { stage: Stage::Job, jobb: Some(job), .. }) if *job == jobb("j1")),
        "the job goes on, so it is named: {end:?}"
    );
}

#[test]
fn a_result_that_cannot_be_read_is_fetched_a_few_times() {
    let mut d = Driver::to_running("j1");
    d.status("j1", JobbStatus::Ferdig);
    for _ in 0..3 {
        assert_eq!(d.end(), None);
        d.answer(failure(Effect::Done, Retry::AFewTimes));
    }
    assert!(matches!(d.end(), Some(FilingEnd::Unreadable { stage: Stage::Resultat, .. })));
}

#[test]
fn no_result_although_done_is_looked_at_again() {
    let mut d = Driver::to_running("j1");
    d.status("j1", JobbStatus::Ferdig);
    d.answer(Fact::NoResult(jobb("j1")));
    assert!(matches!(d.next(), Step::Wait(_, WaitingFor::Job)));
    assert_eq!(d.wait(), Step::Read(Read::Status(jobb("j1"))));
}

#[test]
fn a_refusal_that_nothing_can_mend_ends_it_at_once() {
    let mut d = Driver::new();
    d.answer(failure(refused(), Retry::AfterChange));
    assert!(matches!(d.end(), Some(FilingEnd::Refused { stage: Stage::Upload, .. })));
}

#[test]
fn cancelling_stops_before_the_next_act_and_names_the_job_that_goes_on() {
    let mut d = Driver::to_running("j1");
    d.filing.asked(Ask::Cancel, d.now).unwrap();
    assert_eq!(d.next(), Step::End);
    assert_eq!(d.end(), Some(FilingEnd::Cancelled { jobb: Some(jobb("j1")) }));
    assert!(d.filing.asked(Ask::Cancel, d.now).is_err());
}

#[test]
fn nothing_happens_before_it_is_asked() {
    let filing = Filing::new(FilingRules::default());
    assert!(matches!(filing.next(Timestamp::UNIX_EPOCH), Step::Person(_)));
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let any_job = || prop_oneof![Just(jobb("j1")), Just(jobb("j2"))];
    let any_status = prop_oneof![
        Just(JobbStatus::Kjoerer),
        Just(JobbStatus::Avbrutt),
        Just(JobbStatus::Feilet),
        Just(JobbStatus::Ferdig),
        Just(JobbStatus::Ukjent("X".into())),
    ];
    let any_failure = (
        prop_oneof![Just(Effect::NotSent), Just(Effect::Unknown), Just(refused())],
        prop_oneof![Just(Retry::Later(None)), Just(Retry::AFewTimes), Just(Retry::AfterChange)],
        any::<bool>(),
    );
    prop_oneof![
        Just(Fact::Gjeldende(gjeldende())),
        Just(Fact::Uploaded(referanse("r1"))),
        any_job().prop_map(|j| Fact::Started(j, JobbStatus::Opprettet)),
        (any_job(), any_status).prop_map(|(j, s)| Fact::Status(j, JobbTilstand::of(s))),
        any_job().prop_map(Fact::NoResult),
        any_job().prop_map(|j| Fact::Resultat(j, ResultatAvValidering::ValidertOk)),
        any_failure.prop_map(|(effect, retry, about_referanse)| {
            Fact::Failed(Failure {
                kind: ErrorKind::Refused,
                korrelasjonsid: None,
                effect,
                retry,
                about_referanse,
                message: String::new(),
            })
        }),
    ]
}

proptest! {
    /// Facts that are late, doubled and out of order never make it panic, wait for the past, or leave an end again.
    #[test]
    fn learned_is_total(facts in prop::collection::vec((0u32..6, any_fact(), 0u64..4000), 0..60)) {
        let mut d = Driver::new();
        let mut ended: Option<FilingEnd> = None;
        for (n, fact, seconds) in facts {
            let n = AttemptNo(n);
            if n.0.is_multiple_of(2) {
                let act = Act::Start { referanse: None, gjeldende: gjeldende() };
                d.filing.begun(n, &act, d.now, d.now);
            }
            d.filing.learned(n, fact, d.now);
            d.now += Duration::from_secs(seconds);
            if let Step::Wait(until, _) = d.next() {
                prop_assert!(until > d.now);
            }
            if let Some(end) = &ended && !matches!(end, FilingEnd::GaveUp { .. }) {
                let now = d.end();
                prop_assert_eq!(now.as_ref(), Some(end));
            }
            ended = d.end();
            prop_assert_eq!(ended.is_some(), d.next() == Step::End);
        }
    }

    /// A service that only ever fails is given up on at the deadline, after a bounded number of calls.
    #[test]
    fn it_always_ends(outcomes in prop::collection::vec(0u8..4, 1..40)) {
        let mut d = Driver::new();
        let mut calls = 0;
        let mut outcomes = outcomes.into_iter().cycle();
        while d.end().is_none() {
            // Every third thing goes well, so that it gets beyond the patience it has before a job.
            let fact = match (d.wait(), if calls % 3 == 0 { 3 } else { outcomes.next().unwrap() }) {
                (Step::End, _) => break,
                (_, 0) => lost(),
                (_, 1) => failure(Effect::NotSent, Retry::Later(None)),
                (Step::Act(Act::Upload), _) => Fact::Uploaded(referanse("r1")),
                (Step::Act(Act::Start { .. }), _) => Fact::Started(jobb(&format!("j{calls}")), JobbStatus::Opprettet),
                (Step::Read(Read::Status(id)), 2) => Fact::Status(id, JobbTilstand::of(JobbStatus::Avbrutt)),
                (Step::Read(Read::Status(id)), _) => Fact::Status(id, JobbTilstand::of(JobbStatus::Kjoerer)),
                (step, _) => panic!("{step:?}"),
            };
            d.answer(fact);
            calls += 1;
            prop_assert!(calls < 3000);
        }
        prop_assert!(d.now <= Timestamp::UNIX_EPOCH + Duration::from_secs(6 * 60 * 60));
    }
}

#[test]
fn a_start_without_an_answer_may_be_sent_until_its_permit_has_ended_and_act_late_after_that() {
    let (permit, late) = (Duration::from_secs(300), Duration::from_secs(120));
    let mut d = Driver::new();
    d.answer(Fact::Uploaded(referanse("r1")));
    let Step::Act(act) = d.wait() else { panic!() };
    d.filing.begun(AttemptNo(7), &act, d.now, d.now + permit);
    d.n = AttemptNo(7);
    let begun = d.now;
    assert_eq!(d.wait(), start("r1"));
    assert_eq!(d.now, begun + permit + late);
    // Another takes it up a minute after it was begun, and believes no clock but its own.
    let mut d = Driver::new();
    d.answer(Fact::Uploaded(referanse("r1")));
    d.filing.begun(
        AttemptNo(7),
        &act,
        d.now - Duration::from_secs(9000),
        d.now - Duration::from_secs(9000) + permit,
    );
    d.filing.resumed(d.now);
    let taken_up = d.now;
    assert_eq!(d.filing.may_start_until(taken_up), Some(taken_up + permit + late));
    assert_eq!(d.wait(), start("r1"));
    assert_eq!(d.now, taken_up + permit + late);
}

#[test]
fn a_filing_that_ran_out_of_time_goes_on_with_its_job() {
    let mut d = Driver::to_running("j1");
    while d.end().is_none() {
        d.status("j1", JobbStatus::Kjoerer);
    }
    assert!(matches!(d.end(), Some(FilingEnd::GaveUp { .. })));
    d.filing.asked(Ask::Fortsett, d.now).unwrap();
    d.status("j1", JobbStatus::Ferdig);
    d.answer(Fact::Resultat(jobb("j1"), ResultatAvValidering::ValidertOk));
    assert!(matches!(d.end(), Some(FilingEnd::Validated { .. })));
    assert!(d.filing.asked(Ask::Fortsett, d.now).is_err(), "there is nothing to go on with");
}

#[test]
fn a_copy_counts_a_start_as_perhaps_sent_and_an_avbrutt_as_its_own_doing() {
    let mut d = Driver::to_running("j1");
    d.filing.asked(Ask::Restored { since: d.now }, d.now).unwrap();
    assert!(d.filing.perhaps_started());
    d.status("j1", JobbStatus::Avbrutt);
    assert_eq!(d.end(), None);
    assert_eq!(d.answer(Fact::Started(jobb("j2"), JobbStatus::Opprettet)), start("r1"));
}

#[test]
fn a_look_at_a_job_that_says_the_same_is_no_news() {
    let mut d = Driver::to_running("j1");
    let status = |status, seconds| {
        let tilstand = JobbTilstand { sekunder_siden_endring: Some(seconds), ..JobbTilstand::of(status) };
        Fact::Status(jobb("j1"), tilstand)
    };
    assert!(d.filing.is_news(AttemptNo(9), &status(JobbStatus::Kjoerer, 1), d.now));
    d.answer(status(JobbStatus::Kjoerer, 1));
    assert!(!d.filing.is_news(AttemptNo(10), &status(JobbStatus::Kjoerer, 9), d.now));
    assert!(d.filing.is_news(AttemptNo(10), &status(JobbStatus::Ferdig, 1), d.now));
    let patience = Fact::LookFailed(Failure {
        kind: ErrorKind::ServiceFailure,
        korrelasjonsid: None,
        effect: Effect::Unknown,
        retry: Retry::Later(None),
        about_referanse: false,
        message: String::new(),
    });
    assert!(!d.filing.is_news(AttemptNo(10), &patience, d.now));
    assert!(
        d.filing.is_news(AttemptNo(10), &patience, d.now + Duration::from_secs(7 * 3600)),
        "it is the last"
    );
}

#[test]
fn a_look_is_as_urgent_as_the_age_of_its_job_makes_it() {
    assert_eq!(Driver::new().filing.due_look(Timestamp::UNIX_EPOCH), None, "nothing runs yet");
    let mut d = Driver::to_running("j1");
    d.status("j1", JobbStatus::Kjoerer);
    let seen_at = d.now;
    // A process that was away for a while: the job is old by now, and has not been looked at for long.
    let away = Duration::from_secs(3600);
    let (waited, pause) = (away, Polling::default().max);
    assert_eq!(d.filing.due_look(seen_at + away), Some(DueLook { waited, pause }));
    d.status("j1", JobbStatus::Ferdig);
    assert_eq!(d.filing.due_look(d.now), None, "it has ended");
}
