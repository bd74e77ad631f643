//! One order, from the journal to its end.

use super::hands::KravHands;
use super::notation::{KRAV, KravNotation};
use super::run::Tally;
use super::service::KravService;
use super::{KravOrder, KravReport};
use crate::filing::CannotResume;
use crate::journal::payload::Unreadable;
use crate::journal::payload::krav as payload;
use crate::journal::{Driver, Drove, Patience, Taken, fold, has_ended};
use sha2::{Digest as _, Sha256};
use skattebro_codec::krav::{PeriodNames, write_opprett};
use skattebro_domain::flow::Flow;
use skattebro_domain::krav::machine::{Ask, Krav, Verdict};
use skattebro_domain::{Code, Digest, Finding};
use skattebro_ports::journal::{
    Case, CaseId, CaseSummary, Claim, JournalError, NewAsk, NewCase, Opened, Recorded,
};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The pause before it is looked again whether somebody else is done with a case.
const SOMEBODY_ELSE: Duration = Duration::from_secs(1);

impl KravService {
    /// Carries an order out, unless something is wrong with it.
    pub(super) async fn work(
        &self,
        order: KravOrder,
        tally: Arc<Tally>,
        stop: &CancellationToken,
    ) -> KravReport {
        let findings = self.check(&order);
        let mut report = self.report(order.clone(), findings, None);
        if report.findings.iter().any(Finding::is_error) {
            return report;
        }
        let hands = KravHands::new(self.outside.clone(), tally, report.tag, self.watcher.clone());
        let work = Work { service: self, order: &order, hands, stop };
        match work.carry_out(&report.krav).await {
            Ok(Worked { case, krav }) => {
                report.krav = krav;
                report.case = self.outside.desk.journal.survives().then_some(case);
            }
            Err(Failed::Finding(finding)) => report.findings.push(*finding),
            Err(Failed::Journal(why)) => report.not_tried = Some(why),
        }
        report
    }

    /// Puts an order into the journal, for a worker to carry it out. Safe to repeat.
    ///
    /// # Errors
    /// With what is wrong with it, or why the journal could not be written.
    pub async fn enqueue(&self, order: KravOrder) -> Result<CaseId, KravReport> {
        let findings = self.check(&order);
        let report = self.report(order.clone(), findings, None);
        if report.findings.iter().any(Finding::is_error) {
            return Err(report);
        }
        let hands = KravHands::new(self.outside.clone(), Arc::default(), report.tag, None);
        let work = Work { service: self, order: &order, hands, stop: &CancellationToken::new() };
        work.enqueue(&report.krav).await.map_err(|failed| match failed {
            Failed::Finding(finding) => KravReport { findings: vec![*finding], ..report },
            Failed::Journal(why) => KravReport { not_tried: Some(why), ..report },
        })
    }

    /// Goes on with a claimed case. Answers whether it ended.
    pub(crate) async fn resume(
        &self,
        case: &Case,
        taken: &Taken,
        patience: Patience,
        stop: &CancellationToken,
    ) -> Result<bool, CannotResume> {
        let unreadable = |why: Unreadable| CannotResume::Unreadable(why.to_string());
        let notation = KravNotation::of(case).map_err(unreadable)?;
        let (here, there) = (self.oppdragsgiver.edition, notation.content().edition);
        if here != there {
            return Err(CannotResume::NotHere(format!(
                "it was begun in edition {there}, and this is edition {here}"
            )));
        }
        let hands = KravHands::new(self.outside.clone(), Arc::default(), None, self.watcher.clone());
        let driver = Driver::claimed(&self.outside.desk, &notation, case).map_err(unreadable)?;
        CannotResume::or_ended(driver.drive(&hands, patience, stop, taken.stirred()).await, None)
    }

    fn content_of(&self, order: &KravOrder) -> payload::Content {
        payload::Content {
            edition: self.oppdragsgiver.edition,
            existing: order.existing.clone(),
            rules: self.rules,
            oppdragsgiver: self.organisation.clone(),
        }
    }
}

/// What an order came to.
struct Worked {
    case: CaseId,
    krav: Krav,
}

/// Why it was not carried out.
enum Failed {
    Finding(Box<Finding>),
    Journal(String),
}

impl Failed {
    fn found(finding: Finding) -> Self {
        Self::Finding(Box::new(finding))
    }
}

impl From<JournalError> for Failed {
    fn from(error: JournalError) -> Self {
        Self::Journal(format!("not tried: {error}"))
    }
}

impl From<Unreadable> for Failed {
    fn from(why: Unreadable) -> Self {
        Self::Journal(format!(
            "not tried: the journal holds something about it that this version cannot read: {why}"
        ))
    }
}

struct Work<'w> {
    service: &'w KravService,
    order: &'w KravOrder,
    hands: KravHands,
    stop: &'w CancellationToken,
}

impl Work<'_> {
    async fn carry_out(&self, krav: &Krav) -> Result<Worked, Failed> {
        let desk = &self.service.outside.desk;
        desk.is_alive().await?;
        loop {
            let notation =
                KravNotation::new(self.service.content_of(self.order), self.service.environment.clone());
            let new = self.new_case(&notation, krav);
            let id = new.id.clone();
            let taken_up = desk.take_up(&id);
            let opened = desk.journal.open(vec![NewCase { owner: Some(desk.worker.clone()), ..new }]).await?;
            let joined = match (opened.into_iter().next(), taken_up) {
                (Some(Opened::New(version)), Some(taken)) => {
                    let driver = Driver::opened(desk, &notation, id.clone(), krav.clone(), version);
                    match driver.drive(&self.hands, Patience::Endless, self.stop, taken.stirred()).await {
                        Drove::Ended(krav) | Drove::Left(krav) => return Ok(Worked { case: id, krav }),
                        Drove::Lost(_) => {
                            drop(taken);
                            self.join(&id).await?
                        }
                        Drove::Unreadable(why) => return Err(why.into()),
                    }
                }
                (Some(Opened::Taken(by)), _) => {
                    self.is_the_same(&by)?;
                    self.join(&by.id).await?
                }
                _ => return Err(Failed::Journal("not tried: the journal gave no answer".to_owned())),
            };
            // Nothing: the case that was in the way is gone.
            if let Some(worked) = joined {
                return Ok(worked);
            }
        }
    }

    async fn enqueue(&self, krav: &Krav) -> Result<CaseId, Failed> {
        let desk = &self.service.outside.desk;
        let notation =
            KravNotation::new(self.service.content_of(self.order), self.service.environment.clone());
        loop {
            let new = self.new_case(&notation, krav);
            let id = new.id.clone();
            let by = match desk.journal.open(vec![new]).await?.into_iter().next() {
                Some(Opened::New(_)) => return Ok(id),
                Some(Opened::Taken(by)) => by,
                None => return Err(Failed::Journal("not tried: the journal gave no answer".to_owned())),
            };
            self.is_the_same(&by)?;
            let Some(case) = desk.journal.read(&by.id).await? else { continue };
            let notation = KravNotation::of(&case)?;
            let krav = fold(&notation, &case, None)?.flow;
            if self.ask_the_rest(&case, &notation, krav).await? {
                return Ok(by.id);
            }
        }
    }

    fn new_case(&self, notation: &KravNotation, krav: &Krav) -> NewCase {
        let desk = &self.service.outside.desk;
        let edition = self.service.oppdragsgiver.edition;
        let id = krav.oppdragsgivers_kravidentifikator().map(ToString::to_string);
        let id = id.or_else(|| krav.kravidentifikator().map(ToString::to_string));
        NewCase {
            id: desk.case_id(),
            kind: crate::journal::kind(KRAV),
            environment: self.service.environment.clone(),
            title: id.unwrap_or_else(|| "a krav without an id".to_owned()),
            keys: notation.first_keys(krav),
            fingerprint: self.fingerprint(),
            content: payload::write_content(notation.content()),
            asks: self.order.asks.iter().map(|ask| payload::write_ask(ask, edition, None)).collect(),
            at: desk.clock.now(),
            owner: None,
        }
    }

    /// Of a krav that is to be created, what it is; of one that is there, nothing: anything may be asked of it.
    fn fingerprint(&self) -> Digest {
        let edition = self.service.oppdragsgiver.edition;
        let json =
            self.order.oppdrag().map(|oppdrag| write_opprett(oppdrag, edition, PeriodNames::default()));
        Digest(Sha256::digest(json.unwrap_or_default()).into())
    }

    /// A case that has our key is about the same krav, and must be about the same content.
    fn is_the_same(&self, by: &CaseSummary) -> Result<(), Failed> {
        if self.order.oppdrag().is_none() || by.fingerprint == self.fingerprint() {
            return Ok(());
        }
        let message = format!(
            "case {} of the journal, which stands at «{}», is about a krav with this oppdragsgiversKravidentifikator and other content",
            by.id, by.status
        );
        let advice = "if this is another krav, give it an id of its own; to change the one that is there, use endre or erstatt";
        let finding = Finding::error(Code::IdTwice, "", message, advice);
        Err(Failed::found(finding.in_field("oppdragsgiversKravidentifikator")))
    }

    /// Goes on with a case that is there already, or waits until somebody else is done with it. `None`: it is gone.
    async fn join(&self, id: &CaseId) -> Result<Option<Worked>, Failed> {
        let desk = &self.service.outside.desk;
        loop {
            let Some(taken) = desk.take_up(id) else {
                if self.stop.is_cancelled() {
                    return self.as_it_is(id).await;
                }
                self.pause().await;
                continue;
            };
            let claim = Claim {
                worker: desk.worker.clone(),
                max: 1,
                environment: self.service.environment.clone(),
                only: Some(vec![id.clone()]),
                except: Vec::new(),
                now: desk.clock.now(),
            };
            desk.is_alive().await?;
            let claimed = desk.journal.claim(claim).await?;
            if let Some(case) = claimed.cases.into_iter().next() {
                let notation = KravNotation::of(&case)?;
                let krav = fold(&notation, &case, None)?.flow;
                if !self.ask_the_rest(&case, &notation, krav).await? {
                    continue;
                }
                let Some(case) = desk.journal.load(&desk.worker, id).await? else { return Ok(None) };
                let driver = Driver::claimed(desk, &notation, &case)?;
                match driver.drive(&self.hands, Patience::Endless, self.stop, taken.stirred()).await {
                    Drove::Ended(krav) | Drove::Left(krav) => {
                        return Ok(Some(Worked { case: id.clone(), krav }));
                    }
                    Drove::Lost(_) => continue,
                    Drove::Unreadable(why) => return Err(why.into()),
                }
            }
            let Some(case) = desk.journal.read(id).await? else { return Ok(None) };
            drop(taken);
            if self.stop.is_cancelled() {
                return self.as_it_is(id).await;
            }
            match &case.summary.owner {
                Some(owner) if has_ended(owner) => desk.journal.leave(owner).await?,
                _ => self.pause().await,
            }
        }
    }

    /// Asks what this order wants and the case does not know of yet; a case that ran out of time goes on. `false`: somebody else asked at
    /// the same time, so it must be read again.
    async fn ask_the_rest(
        &self,
        case: &Case,
        notation: &KravNotation,
        mut krav: Krav,
    ) -> Result<bool, Failed> {
        let desk = &self.service.outside.desk;
        let (here, there) = (self.service.oppdragsgiver.edition, notation.content().edition);
        if here != there {
            let message = format!("this krav is under way in edition {there}, and this is edition {here}");
            let advice = "go on with it in the edition that it was begun in";
            return Err(Failed::found(Finding::error(Code::NotInThisEdition, "", message, advice)));
        }
        let mut version = case.summary.version;
        let follow = self.service.rules.follow;
        let goes_on = krav.verdict() == Verdict::Open || (follow && !notation.content().rules.follow);
        let mut asks: Vec<Ask> =
            self.order.asks.iter().filter(|ask| !krav.has_been_asked(ask)).cloned().collect();
        let goes_on = goes_on && !krav.is_stopped();
        if goes_on && asks.is_empty() && krav.next(desk.clock.now()) == skattebro_domain::flow::Step::End {
            asks.push(Ask::Fortsett { follow });
        }
        for ask in asks {
            let at = desk.clock.now();
            if let Err(declined) = krav.asked(ask.clone(), at) {
                let advice = "ask for something that can be done with this krav as it stands";
                return Err(Failed::found(Finding::error(Code::NotInThisEdition, "", declined.0, advice)));
            }
            let payload = payload::write_ask(&ask, notation.content().edition, None);
            let ask = NewAsk { case: case.summary.id.clone(), version: Some(version), at, payload };
            match desk.journal.ask(ask).await? {
                Recorded::New(now) | Recorded::Known(now) => version = now,
                Recorded::Stale(_) | Recorded::NoCase => return Ok(false),
            }
        }
        Ok(true)
    }

    async fn as_it_is(&self, id: &CaseId) -> Result<Option<Worked>, Failed> {
        let Some(case) = self.service.outside.desk.journal.read(id).await? else { return Ok(None) };
        let krav = fold(&KravNotation::of(&case)?, &case, None)?.flow;
        Ok(Some(Worked { case: id.clone(), krav }))
    }

    async fn pause(&self) {
        self.stop.run_until_cancelled(self.service.outside.desk.pause(SOMEBODY_ELSE)).await;
    }
}
