use super::{
    Ask, Fact, InnsendingEnd, InnsendingRules, Konvolutt, Lest, Plan, Read, Stage, Utfoerer, Validering,
};
use crate::altinn::{DataId, Instans, InstansId, Prosess};
use crate::filing::{self, Filing, FilingEnd};
use crate::flow::{AttemptNo, Declined, Effect, Failure, Flow, Step};
use crate::time::{after, between};
use crate::{Dokumentreferanse, Referanse, ResultatAvValidering, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// One submission. See the [module](super) for what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Innsending {
    pub(super) rules: InnsendingRules,
    pub(super) plan: Option<Plan>,
    pub(super) med_feil: bool,
    pub(super) gjeldende: Option<Dokumentreferanse>,
    /// When the return in force was last seen to be that one.
    pub(super) gjeldende_seen: Option<Timestamp>,
    /// Another one that was seen instead: believed when it is seen again, since the look may be one of who was frozen while it looked.
    pub(super) gjeldende_other: Option<Dokumentreferanse>,
    pub(super) filing: Option<Filing>,
    pub(super) verdict: Option<ResultatAvValidering>,
    pub(super) instans: Option<InstansId>,
    pub(super) sett: Option<Sett>,
    /// Whether there was a look since the last act: at the instance, or at all that are open while ours is not known.
    pub(super) looked: bool,
    pub(super) metadata_satt: bool,
    /// How often a step was refused that may have been refused for the metadata, which were written again then.
    pub(super) metadata_again: u32,
    /// A step that was refused, and how: before that counts, it is looked at whether it was taken all the same.
    pub(super) refused_step: Option<(Prosess, Failure)>,
    pub(super) vedlegg: BTreeMap<usize, DataId>,
    pub(super) konvolutt: Option<DataId>,
    /// How often in a row our envelope was not seen where it should be.
    pub(super) missing: u32,
    pub(super) attempts: BTreeMap<AttemptNo, Attempt>,
    /// Which part of the way it is on, and since when.
    pub(super) since: (Stage, Timestamp),
    pub(super) last_look: Option<Timestamp>,
    pub(super) trouble: Trouble,
    pub(super) end: Option<InnsendingEnd>,
}

/// The instance as it was seen last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sett {
    pub(super) instans: Instans,
    pub(super) at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) hva: Hva,
    pub(super) begun: Timestamp,
    pub(super) effect: Effect,
    /// How long it was allowed to be sent.
    pub(super) permit: Duration,
    /// While it is open, until when it may be sent; then when it was learned that nobody knows what it did.
    pub(super) unresolved_since: Timestamp,
    /// A look after its time to act showed that it did nothing.
    pub(super) lapsed: bool,
}

/// What an attempt was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hva {
    Opprett,
    Metadata,
    Vedlegg(usize),
    Konvolutt,
    Slett,
    Neste(Prosess),
    Validering,
    /// Whatever was sent after the copy was made that this is.
    Alt,
}

impl Hva {
    fn of(act: &super::Act) -> Self {
        use super::Act;
        match act {
            Act::Opprett => Self::Opprett,
            Act::SettMetadata(..) => Self::Metadata,
            Act::LastOppVedlegg(_, place) => Self::Vedlegg(*place),
            Act::LastOppKonvolutt(..) => Self::Konvolutt,
            Act::Slett(..) => Self::Slett,
            Act::Neste(_, prosess) => Self::Neste(prosess.clone()),
            Act::Validering(..) => Self::Validering,
        }
    }

    /// Whether doing it twice is doing it once. The validation has its own way with that.
    fn may_repeat(&self) -> bool {
        matches!(self, Self::Metadata | Self::Slett | Self::Validering)
    }
}

impl Attempt {
    /// Whether nobody knows what it did, and doing it again would do it twice.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.effect.is_unresolved() && !self.lapsed && !self.hva.may_repeat()
    }

    /// Whether it acted, or may have at some time.
    pub(super) fn may_have_acted(&self) -> bool {
        matches!(self.effect, Effect::Done | Effect::Open | Effect::Unknown)
    }
}

/// Failures since the last thing that went well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Trouble {
    pub(super) failures: u32,
    pub(super) unreadable: u32,
    pub(super) refused_looks: u32,
    pub(super) not_before: Option<Timestamp>,
    pub(super) last: Option<Failure>,
}

impl Innsending {
    /// A submission of which nothing is asked yet.
    pub fn new(rules: InnsendingRules) -> Self {
        Self {
            rules,
            plan: None,
            med_feil: false,
            gjeldende: None,
            gjeldende_seen: None,
            gjeldende_other: None,
            filing: None,
            verdict: None,
            instans: None,
            sett: None,
            looked: false,
            metadata_satt: false,
            metadata_again: 0,
            refused_step: None,
            vedlegg: BTreeMap::new(),
            konvolutt: None,
            missing: 0,
            attempts: BTreeMap::new(),
            since: (Stage::Gjeldende, Timestamp::MIN),
            last_look: None,
            trouble: Trouble::default(),
            end: None,
        }
    }

    /// How it ended, if it has by `now`: a deadline ends it without anything being learned.
    pub fn end(&self, now: Timestamp) -> Option<InnsendingEnd> {
        self.end.clone().or_else(|| self.validation_ended(now)).or_else(|| self.timed_out(now))
    }

    /// The instance, once it is known.
    pub fn instans(&self) -> Option<&InstansId> {
        self.instans.as_ref()
    }

    /// Where its process was when it was looked at last.
    pub fn prosess(&self) -> Option<&Prosess> {
        self.sett.as_ref().map(|sett| &sett.instans.prosess)
    }

    /// The return in force that it is submitted for, once that is known.
    pub fn gjeldende(&self) -> Option<&Dokumentreferanse> {
        self.gjeldende.as_ref()
    }

    /// The validation by a job, once it has begun.
    pub fn filing(&self) -> Option<&Filing> {
        self.filing.as_ref()
    }

    /// The validation's verdict, once it is known.
    pub fn verdict(&self) -> Option<&ResultatAvValidering> {
        self.verdict.as_ref()
    }

    /// The last failure since something went well.
    pub fn last_failure(&self) -> Option<&Failure> {
        let of_validation = || self.filing.as_ref().and_then(Filing::last_failure);
        self.trouble.last.as_ref().or_else(of_validation)
    }

    /// Whether a step of the process of ours may have been taken without our knowing.
    pub fn perhaps_moved(&self) -> bool {
        let is_step = |attempt: &Attempt| attempt.is_in_doubt() && matches!(attempt.hva, Hva::Neste(_));
        self.refused_step.is_some() || self.attempts.values().any(is_step)
    }

    /// Until when a request of ours whose answer was lost may still act; `None` if none can.
    pub fn may_act_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.doubt().filter(|until| *until > now)
    }

    /// Which part of the way it is on.
    pub fn stage(&self) -> Stage {
        let Some(plan) = &self.plan else { return Stage::Gjeldende };
        match self.prosess() {
            Some(Prosess::Bekreftelse) if plan.utfoerer == Utfoerer::Systembruker => return Stage::Person,
            Some(Prosess::Bekreftelse) => return Stage::Neste,
            Some(Prosess::Revisor) => return Stage::Revisor,
            Some(prosess) if prosess.is_submitted() => return Stage::Kvittering,
            _ => {}
        }
        let is_v2 = plan.validering == Validering::Instans;
        if self.gjeldende.is_none() {
            Stage::Gjeldende
        } else if self.verdict.is_none() && !is_v2 && plan.vedlegg.is_empty() {
            Stage::Validering
        } else if self.instans.is_none() || !self.metadata_satt {
            Stage::Instans
        } else if self.vedlegg.len() < plan.vedlegg.len() {
            Stage::Dokumenter
        } else if self.verdict.is_none() && !is_v2 {
            Stage::Validering
        } else if self.konvolutt.is_none() {
            Stage::Dokumenter
        } else if !self.scan_is_passed() || self.surplus().is_some() {
            Stage::Skanning
        } else if self.verdict.is_none() {
            Stage::Validering
        } else {
            Stage::Neste
        }
    }

    pub(super) fn konvolutt_of(&self, gjeldende: &Dokumentreferanse) -> Konvolutt {
        let referanse = match self.plan.as_ref().map(|plan| &plan.validering) {
            Some(Validering::Utfoert { referanse, .. }) => referanse.clone(),
            Some(Validering::Jobb { .. }) => self.referanse().cloned(),
            _ => None,
        };
        Konvolutt {
            referanse,
            gjeldende: gjeldende.clone(),
            vedlegg: self.vedlegg.values().cloned().collect(),
        }
    }

    /// The reference of the uploaded næringsspesifikasjon, once there is one.
    pub fn referanse(&self) -> Option<&Referanse> {
        self.filing.as_ref().and_then(Filing::referanse)
    }

    /// How a validation ended that has no verdict.
    fn validation_ended(&self, now: Timestamp) -> Option<InnsendingEnd> {
        if self.verdict.is_some() || self.stage() != Stage::Validering {
            return None;
        }
        match self.filing.as_ref()?.end(now)? {
            FilingEnd::Validated { .. } => None,
            end => Some(InnsendingEnd::Validering(Box::new(end))),
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.plan.as_ref()?;
        let (stage, since) = self.since;
        let limit = match stage {
            Stage::Validering => return None, // the validation has its own, except for the one that is a single call
            Stage::Person | Stage::Revisor => self.rules.person_deadline,
            Stage::Kvittering => self.rules.receipt_deadline,
            _ => self.rules.deadline,
        };
        Some(after(since, limit))
    }

    fn timed_out(&self, now: Timestamp) -> Option<InnsendingEnd> {
        let deadline = self.deadline().filter(|deadline| now >= *deadline)?;
        let looked_since = self.last_look.is_some_and(|look| look >= deadline);
        let give_up = match self.stage() {
            Stage::Gjeldende | Stage::Instans | Stage::Dokumenter => true,
            _ => looked_since,
        };
        give_up.then(|| self.gave_up())
    }

    pub(super) fn gave_up(&self) -> InnsendingEnd {
        let (stage, instans, failure) = (self.stage(), self.instans.clone(), self.trouble.last.clone());
        InnsendingEnd::GaveUp { stage, instans, failure }
    }

    pub(super) fn went_well(&mut self) {
        self.trouble = Trouble::default();
    }

    /// It without the pace of its looks.
    fn essence(&self) -> Self {
        // That a copy was looked at begins its wait.
        let looked = self.looked && self.is_copy_in_doubt();
        let mut essence =
            Self { last_look: None, looked, gjeldende_seen: None, filing: None, ..self.clone() };
        if let Some(sett) = &mut essence.sett {
            sett.at = Timestamp::MIN;
        }
        let trouble = Trouble { failures: 0, not_before: None, last: None, ..essence.trouble };
        Self { trouble, ..essence }
    }

    fn go_on(&mut self, at: Timestamp) -> Result<(), Declined> {
        if self.plan.is_none() {
            return Err(Declined("nothing was asked of this submission yet"));
        }
        match self.end(at) {
            Some(InnsendingEnd::Kvittert { .. }) => {
                return Err(Declined("it is submitted, and the receipt is here"));
            }
            Some(InnsendingEnd::ValidertMedFeil { .. }) => {
                return Err(Declined(
                    "the validation found errors; correct them and submit anew, or say that it is to be submitted with errors",
                ));
            }
            Some(
                InnsendingEnd::GjeldendeEndret { .. }
                | InnsendingEnd::Infisert { .. }
                | InnsendingEnd::Borte { .. }
                | InnsendingEnd::Fremmed { .. },
            ) => return Err(Declined("it cannot go on with this instance or this validation; submit anew")),
            Some(InnsendingEnd::Validering(end)) => {
                let over = matches!(*end, FilingEnd::Superseded { .. } | FilingEnd::JobFailed { .. });
                if let Some(filing) = self.filing.as_mut().filter(|filing| !over || filing.perhaps_started())
                {
                    filing.asked(filing::Ask::Fortsett, at)?;
                } else {
                    self.filing = None;
                }
            }
            _ => {}
        }
        self.end = None;
        self.since = (self.stage(), at);
        self.went_well();
        Ok(())
    }

    /// Draws the conclusions from what is known.
    fn conclude(&mut self, at: Timestamp) {
        if let Some(FilingEnd::Validated { resultat, .. }) =
            self.filing.as_ref().and_then(|filing| filing.end(at))
        {
            self.verdict.get_or_insert(resultat);
        }
        let is_wrong = self.verdict.as_ref().filter(|verdict| **verdict != ResultatAvValidering::ValidertOk);
        if let (Some(resultat), false) = (is_wrong.cloned(), self.med_feil) {
            let instans = self.instans.clone();
            self.end.get_or_insert(InnsendingEnd::ValidertMedFeil { resultat, instans });
        }
        let stage = self.stage();
        if self.since.0 != stage {
            self.since = (stage, at);
        }
        if stage == Stage::Validering && self.filing.is_none() {
            self.begin_validation(at);
        }
    }

    fn begin_validation(&mut self, at: Timestamp) {
        let plan = match self.plan.as_ref().map(|plan| &plan.validering) {
            Some(Validering::Jobb { referanse, can_upload }) => filing::Plan {
                referanse: referanse.clone(),
                can_upload: *can_upload,
                gjeldende: self.gjeldende.clone(),
            },
            Some(Validering::Instans) => {
                filing::Plan { referanse: None, can_upload: false, gjeldende: self.gjeldende.clone() }
            }
            _ => return,
        };
        let mut filing = Filing::new(self.rules.filing);
        // A new one declines nothing.
        let _ = filing.asked(filing::Ask::Validate(plan), at);
        self.filing = Some(filing);
    }

    fn is_validation(&self, n: AttemptNo) -> bool {
        self.attempts.get(&n).is_some_and(|attempt| attempt.hva == Hva::Validering)
    }

    fn validation_learned(&mut self, n: AttemptNo, fact: filing::Fact, at: Timestamp) {
        if let Some(attempt) = self.attempts.get_mut(&n) {
            attempt.effect = match &fact {
                filing::Fact::Failed(failure) => failure.effect.clone(),
                _ => Effect::Done,
            };
        }
        self.last_look = Some(at);
        if let Some(filing) = &mut self.filing {
            filing.learned(n, fact, at);
        }
    }
}

impl Flow for Innsending {
    type Ask = Ask;
    type Act = super::Act;
    type Read = Read;
    type Fact = Fact;

    fn asked(&mut self, ask: Ask, at: Timestamp) -> Result<(), Declined> {
        match ask {
            Ask::SendInn(_) if self.plan.is_some() => {
                return Err(Declined("its submission was asked for before"));
            }
            Ask::SendInn(plan) => {
                self.gjeldende.clone_from(&plan.gjeldende);
                self.med_feil = plan.med_feil;
                if let Validering::Utfoert { resultat, .. } = &plan.validering {
                    self.verdict = Some(resultat.clone());
                }
                self.plan = Some(plan);
                self.since = (self.stage(), at);
            }
            Ask::MedFeil => {
                self.med_feil = true;
                if matches!(self.end, Some(InnsendingEnd::ValidertMedFeil { .. })) {
                    self.end = None;
                    self.since = (self.stage(), at);
                }
            }
            Ask::Fortsett => self.go_on(at)?,
            Ask::Restored { since } => self.is_copy_since(since, at),
            Ask::Cancel if self.end.as_ref().is_some_and(|end| !end.can_go_on()) => {
                return Err(Declined("the submission has ended"));
            }
            Ask::Cancel => {
                self.end =
                    Some(InnsendingEnd::Cancelled { stage: self.stage(), instans: self.instans.clone() });
            }
        }
        self.conclude(at);
        Ok(())
    }

    fn begun(&mut self, n: AttemptNo, act: &super::Act, at: Timestamp, until: Timestamp) {
        let attempt = Attempt {
            hva: Hva::of(act),
            begun: at,
            effect: Effect::Open,
            permit: between(at, until),
            unresolved_since: until,
            lapsed: false,
        };
        self.attempts.entry(n).or_insert(attempt);
        self.looked = false;
        if let (super::Act::Validering(act, ..), Some(filing)) = (act, &mut self.filing) {
            filing.begun(n, act, at, until);
        }
    }

    fn learned(&mut self, n: AttemptNo, fact: Fact, at: Timestamp) {
        match fact {
            Fact::Failed(failure) if self.is_validation(n) => {
                self.validation_learned(n, filing::Fact::Failed(failure), at);
            }
            Fact::Failed(failure) => self.act_failed(n, failure, at),
            Fact::LookFailed(lest, failure) => {
                self.last_look = Some(at);
                self.look_failed(lest == Lest::Instans, failure, at);
            }
            Fact::Validering(fact) => self.validation_learned(n, fact, at),
            fact => {
                self.went_well();
                self.something_learned(n, fact, at);
            }
        }
        self.conclude(at);
    }

    fn resumed(&mut self, at: Timestamp) {
        for attempt in self.attempts.values_mut().filter(|attempt| attempt.effect.is_unresolved()) {
            let permit = if attempt.effect == Effect::Open { attempt.permit } else { Duration::ZERO };
            attempt.unresolved_since = after(at, permit);
        }
        // Nothing that was seen by another, or before the clock was set, counts as fresh.
        self.gjeldende_seen = None;
        self.looked = false;
        if let Some(sett) = &mut self.sett {
            sett.at = sett.at.min(at);
        }
        if let Some(not_before) = &mut self.trouble.not_before {
            *not_before = (*not_before).min(after(at, self.rules.max_backoff));
        }
        if let Some(filing) = &mut self.filing {
            filing.resumed(at);
        }
    }

    fn is_news(&self, n: AttemptNo, fact: &Fact, at: Timestamp) -> bool {
        if let (Fact::Validering(fact), Some(filing)) = (fact, &self.filing) {
            return filing.is_news(n, fact, at);
        }
        let mut then = self.clone();
        then.learned(n, fact.clone(), at);
        self.end(at) != then.end(at) || self.essence() != then.essence()
    }

    fn next(&self, now: Timestamp) -> Step<super::Act, Read> {
        self.step(now)
    }
}
