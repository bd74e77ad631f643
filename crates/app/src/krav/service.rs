use super::check::{check_order, today_in_norway};
use super::run::{self, KravRun};
use super::window::Window;
use super::{KravOrder, KravReport, KravWatcher, Reconciliation, Sent, reconcile};
use crate::journal::{Desk, PERMIT};
use futures_util::Stream;
use skattebro_domain::flow::{AttemptNo, Declined, Flow, Step};
use skattebro_domain::krav::machine::{Ask, Krav, KravRules, Standing, Verdict};
use skattebro_domain::krav::rules::Oppdragsgiver;
use skattebro_domain::krav::{
    Ability, Capabilities, Edition, Endring, Innkrevingsoppdrag, KravId, Mottak, Valideringsfeil,
};
use skattebro_domain::{Code, Finding, Timestamp};
use skattebro_ports::fakes::MemoryJournal;
use skattebro_ports::journal::Environment;
use skattebro_ports::{Call, Clock, KravActs, KravLookup, PortError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Krav at Skatteetaten: created, changed, written off, followed until each is settled. Cheap to clone.
///
/// Every order is checked first, with all that is wrong told at once, and nothing of it is sent while an error stands. What a lost
/// answer means is settled by looking, never by guessing; what cannot be settled is reported as unproven.
///
/// With a [journal](crate::Builder::journal) that outlives the process, every order is a case in it: a process that dies goes on when it is
/// given the same orders again, and sends nothing twice. Without one, it forgets what it had under way; sending the same orders again is
/// then safe in edition v1, as long as each krav has its oppdragsgiversKravidentifikator.
#[derive(Debug, Clone)]
pub struct KravService {
    pub(super) outside: Arc<Outside>,
    pub(super) environment: Environment,
    pub(super) rules: KravRules,
    pub(super) oppdragsgiver: Oppdragsgiver,
    pub(super) organisation: Option<String>,
    max_open: Option<usize>,
    pub(super) watcher: Option<Arc<dyn KravWatcher>>,
}

/// What the service uses of the outside world, and what it has found out about it.
#[derive(Debug)]
pub(super) struct Outside {
    pub(super) acts: Arc<dyn KravActs>,
    pub(super) lookup: Arc<dyn KravLookup>,
    pub(super) window: Arc<Window>,
    pub(super) desk: Arc<Desk>,
    /// How long after its intent a request may be sent and answered.
    pub(super) permit: Duration,
    can: Mutex<Capabilities>,
    /// Cancelled when anything that changes something was accepted for the first time.
    got_through: CancellationToken,
}

impl Outside {
    pub(super) fn capabilities(&self) -> Capabilities {
        *self.can.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn got_through(&self) {
        self.got_through.cancel();
    }

    /// Cancelled as soon as anything that changes something has been accepted.
    pub(super) fn getting_through(&self) -> &CancellationToken {
        &self.got_through
    }

    /// What one krav has found out holds for all others of the environment.
    pub(super) fn found_out(&self, by: &Capabilities) {
        let mut can = self.can.lock().unwrap_or_else(PoisonError::into_inner);
        let settle = |ours: &mut Ability, theirs: Ability| {
            if *ours == Ability::Perhaps {
                *ours = theirs;
            }
        };
        settle(&mut can.mottaksstatus, by.mottaksstatus);
        settle(&mut can.own_id, by.own_id);
    }
}

/// What became of a replacement.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// The write-off of the old krav.
    pub old: KravReport,
    /// The creation of the new one; `None` if the old one was not written off, so that never both are collected. With findings, it was
    /// checked and nothing was sent, of neither.
    pub new: Option<KravReport>,
}

impl KravService {
    /// A service over any adapters.
    pub fn new(
        acts: Arc<dyn KravActs>,
        lookup: Arc<dyn KravLookup>,
        clock: Arc<dyn Clock>,
        edition: Edition,
    ) -> Self {
        let journal = Arc::new(MemoryJournal::forgetful(clock.clone()));
        Self::at(
            Arc::new(Desk::new(journal, clock)),
            PERMIT,
            Environment::from_uuid(0),
            acts,
            lookup,
            edition,
        )
    }

    /// A service that writes at this desk.
    pub(crate) fn at(
        desk: Arc<Desk>,
        permit: Duration,
        environment: Environment,
        acts: Arc<dyn KravActs>,
        lookup: Arc<dyn KravLookup>,
        edition: Edition,
    ) -> Self {
        let can = Mutex::new(acts.capabilities());
        Self {
            outside: Arc::new(Outside {
                acts,
                lookup,
                window: Arc::new(Window::new(desk.clock.clone(), permit)),
                desk,
                permit,
                can,
                got_through: CancellationToken::new(),
            }),
            environment,
            rules: KravRules::default(),
            oppdragsgiver: Oppdragsgiver { organ: None, edition, synthetic_persons: true },
            organisation: None,
            max_open: None,
            watcher: None,
        }
    }

    /// The limits and delays.
    pub fn rules(mut self, rules: KravRules) -> Self {
        self.rules = rules;
        self
    }

    /// Who sends the krav, as far as the rules ask.
    pub fn oppdragsgiver(mut self, oppdragsgiver: Oppdragsgiver) -> Self {
        self.oppdragsgiver = oppdragsgiver;
        self
    }

    /// Whom the krav are sent for, where one environment is used for several: the oppdragsgiver's ids are told apart by it.
    pub fn for_organisation(mut self, organisation: impl Into<String>) -> Self {
        self.organisation = Some(organisation.into());
        self
    }

    /// How many krav may have been written down as about to be sent, without what came of it: so many are in doubt at most when this
    /// process dies. A journal on a disk is written some hundred times a second, each time with what waits for it, so a larger window makes
    /// more calls a second; more than about twice the calls that can be under way while it is written once gains nothing.
    ///
    /// Default 10, which is twice the calls that Skatteetaten allows at a time. While the service is slow, a larger one is used only as far as
    /// what stands in it is sent well within its [permit](crate::Builder::permit). Holds for all clones.
    pub fn window(self, krav: usize) -> Self {
        self.outside.window.allow(krav);
        self
    }

    /// How many krav are under way at a time, which bounds the memory: about 4 kB each. Default 5 000 when they are followed; when they
    /// are not, four times the [window](Self::window), and at least 64.
    pub fn max_open(mut self, krav: usize) -> Self {
        self.max_open = Some(krav);
        self
    }

    /// Who is told what becomes of each krav while it is under way.
    pub fn watched_by(mut self, watcher: Arc<dyn KravWatcher>) -> Self {
        self.watcher = Some(watcher);
        self
    }

    /// Carries out one order, to its end. Await it to its end: dropped before, nobody knows what became of a request that was under way.
    pub async fn carry_out(&self, order: KravOrder) -> KravReport {
        self.work(order, Arc::default(), &CancellationToken::new()).await
    }

    /// Carries out many orders, begun as a task of the Tokio runtime that this is called on. Takes an order from the stream only when
    /// there is room for it. An order that cannot be carried out never stops the others; when twenty in a row could not even be sent,
    /// for lack of a connection or of access, further ones are turned away for a minute at a time.
    pub fn carry_out_all<S>(&self, orders: S) -> KravRun
    where
        S: Stream<Item = KravOrder> + Send + 'static,
    {
        let usual = if self.rules.follow { 5_000 } else { self.outside.window.orders().max(64) };
        run::start(self.clone(), orders, self.max_open.unwrap_or(usual))
    }

    /// Creates a krav and follows it until it is settled.
    pub async fn opprett(&self, oppdrag: Innkrevingsoppdrag) -> KravReport {
        self.carry_out(KravOrder::opprett(oppdrag)).await
    }

    /// Changes a krav that was created before.
    pub async fn endre(&self, id: KravId, endring: Endring) -> KravReport {
        self.carry_out(KravOrder::existing(id).endre(endring)).await
    }

    /// Writes a krav off.
    pub async fn avskriv(&self, id: KravId) -> KravReport {
        self.carry_out(KravOrder::existing(id).avskriv()).await
    }

    /// Writes a krav off and creates another in its place, which is what a new decision means. The new one needs an
    /// oppdragsgiversKravidentifikator of its own. It is checked before the old one is touched, and created only when the old one is
    /// written off. Await it to its end: dropped in the middle, the old krav is gone and the new one was never sent.
    pub async fn erstatt(&self, old: KravId, new: Innkrevingsoppdrag) -> Replaced {
        let new = KravOrder::opprett(new);
        let findings = self.check(&new);
        if findings.iter().any(Finding::is_error) {
            let old = self.report(
                KravOrder::existing(old),
                Vec::new(),
                Some("the krav that shall replace it has findings".to_owned()),
            );
            return Replaced { old, new: Some(self.report(new, findings, None)) };
        }
        let old = self.avskriv(old).await;
        let is_written_off = old.verdict() == Verdict::Well && old.standing() == Standing::WrittenOff;
        let new = if is_written_off { Some(self.carry_out(new).await) } else { None };
        Replaced { old, new }
    }

    /// All that is wrong with an order, without sending anything.
    pub fn check(&self, order: &KravOrder) -> Vec<Finding> {
        check_order(order, &self.oppdragsgiver, today_in_norway(self.now()))
    }

    /// How far a krav has come; `None` if the service knows no such krav.
    ///
    /// # Errors
    /// If the look failed.
    pub async fn mottaksstatus(&self, id: &KravId) -> Result<Option<Mottak>, PortError> {
        self.outside.lookup.mottaksstatus(&self.call(), id).await
    }

    /// What the asynchronous validation found wrong with a krav. Empty also while it has not run yet.
    ///
    /// # Errors
    /// If the look failed.
    pub async fn valideringsfeil(&self, id: &KravId) -> Result<Vec<Valideringsfeil>, PortError> {
        self.outside.lookup.valideringsfeil(&self.call(), id).await
    }

    /// Compares what was sent of a krav with what the service says it received.
    ///
    /// # Errors
    /// If the look failed.
    pub async fn avstem(&self, id: &KravId, sent: &Sent) -> Result<Reconciliation, PortError> {
        reconcile::reconcile(&self.outside, id, sent, || self.call()).await
    }

    fn call(&self) -> Call {
        Call::new(self.outside.desk.korrelasjonsid())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.outside.desk.clock.now()
    }

    pub(super) fn getting_through(&self) -> &CancellationToken {
        self.outside.getting_through()
    }

    /// The report of an order whose task broke off: whatever it was about to send may have been sent.
    pub(super) fn broke_off(&self, order: KravOrder, why: String) -> KravReport {
        let mut report = self.report(order, Vec::new(), Some(why));
        if let Step::Act(act) = report.krav.next(self.now()) {
            report.krav.begun(AttemptNo(1), &act, self.now(), self.now());
        }
        let _ = report.krav.asked(Ask::Stop, self.now()); // never declined
        report
    }

    pub(super) fn not_tried(&self, order: KravOrder, why: String) -> KravReport {
        self.report(order, Vec::new(), Some(why))
    }

    /// The krav of an order, with everything asked and nothing done.
    pub(super) fn report(
        &self,
        order: KravOrder,
        mut findings: Vec<Finding>,
        not_tried: Option<String>,
    ) -> KravReport {
        let mut krav = match order.existing {
            Some(id) => Krav::existing(id, self.rules, self.outside.capabilities()),
            None => Krav::new(self.rules, self.outside.capabilities()),
        };
        for ask in order.asks {
            let Err(Declined(why)) = krav.asked(ask, self.now()) else { continue };
            if !findings.iter().any(Finding::is_error) {
                let advice = "ask for something that this edition can do with this krav";
                findings.push(Finding::error(Code::NotInThisEdition, "", why, advice));
            }
        }
        KravReport { tag: order.tag, case: None, findings, krav, not_tried }
    }
}
