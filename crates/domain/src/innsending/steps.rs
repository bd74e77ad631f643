//! What to do next.

use super::machine::{Hva, Innsending};
use super::{Act, Read, Stage, Utfoerer, Validering};
use crate::altinn::{DataId, Dataelement, Datatype, InstansId, Prosess};
use crate::flow::{Flow, Step, WaitingFor};
use crate::time::{after, between};
use crate::{Dokumentreferanse, Timestamp};

type Next = Step<Act, Read>;

impl Innsending {
    pub(super) fn step(&self, now: Timestamp) -> Next {
        if self.end(now).is_some() {
            return Step::End;
        }
        let Some(plan) = &self.plan else { return Step::Person("nothing is asked of this submission yet") };
        if let Some(step) =
            self.trouble.not_before.and_then(|until| self.wait(now, until, WaitingFor::Service))
        {
            return step;
        }
        if let Some(step) = self.in_doubt(now) {
            return step;
        }
        if let (Some(_), Some(instans)) = (&self.refused_step, &self.instans) {
            return Step::Read(Read::Instans(instans.clone()));
        }
        let Some(gjeldende) = &self.gjeldende else { return Step::Read(Read::Gjeldende) };
        let stage = self.stage();
        if stage == Stage::Validering {
            return self.validate(now, gjeldende);
        }
        let Some(instans) = &self.instans else { return Step::Act(Act::Opprett) };
        match stage {
            Stage::Gjeldende | Stage::Validering => Step::Read(Read::Gjeldende),
            Stage::Instans => match self.metadata_element() {
                Some(element) => Step::Act(Act::SettMetadata(instans.clone(), element.clone())),
                // A look tells it, or that there is none.
                None => Step::Read(Read::Instans(instans.clone())),
            },
            Stage::Dokumenter => {
                let missing = (0..plan.vedlegg.len()).find(|place| !self.vedlegg.contains_key(place));
                Step::Act(match missing {
                    Some(place) => Act::LastOppVedlegg(instans.clone(), place),
                    None => Act::LastOppKonvolutt(instans.clone(), self.konvolutt_of(gjeldende)),
                })
            }
            Stage::Skanning => match self.surplus() {
                Some(element) if self.looked => Step::Act(Act::Slett(instans.clone(), element.clone())),
                _ => self.watch(now, instans, WaitingFor::Skanning),
            },
            Stage::Neste => self.forward(now, instans, plan.utfoerer),
            Stage::Person => self.watch(now, instans, WaitingFor::Person),
            Stage::Revisor => self.watch(now, instans, WaitingFor::Revisor),
            Stage::Kvittering => match self.receipt() {
                Some(element) => Step::Read(Read::Kvittering(instans.clone(), element.clone())),
                None => self.watch(now, instans, WaitingFor::Kvittering),
            },
        }
    }

    /// Past the deadline there is one more look, and no more waiting.
    fn wait(&self, now: Timestamp, until: Timestamp, waiting_for: WaitingFor) -> Option<Next> {
        let deadline = self.deadline().unwrap_or(Timestamp::MAX);
        (now < until && now < deadline).then(|| Step::Wait(until.min(deadline), waiting_for))
    }

    /// While nobody knows whether a request acted, nothing else is sent. It is looked at once; and again when it can no longer act.
    fn in_doubt(&self, now: Timestamp) -> Option<Next> {
        let until = self.doubt()?;
        let look = match &self.instans {
            Some(instans) => Read::Instans(instans.clone()),
            None => Read::Aapne,
        };
        if self.looked && now < until {
            // Not even a deadline shortens this: whatever came next would be sent too early.
            return Some(Step::Wait(until, WaitingFor::LateAction));
        }
        Some(Step::Read(look))
    }

    /// Until when the last of the requests may act of which nobody knows what they did.
    pub(super) fn doubt(&self) -> Option<Timestamp> {
        let doubts = self.attempts.values().filter(|attempt| attempt.is_in_doubt());
        doubts.map(|attempt| after(attempt.unresolved_since, self.rules.late_action)).max()
    }

    fn validate(&self, now: Timestamp, gjeldende: &Dokumentreferanse) -> Next {
        let konvolutt = self.konvolutt_of(gjeldende);
        let Some(filing) = &self.filing else { return Step::Read(Read::Valider(konvolutt)) };
        let is_v2 = self.plan.as_ref().is_some_and(|plan| plan.validering == Validering::Instans);
        match filing.next(now) {
            Step::Act(act) => {
                Step::Act(Act::Validering(act, konvolutt, self.instans.clone().filter(|_| is_v2)))
            }
            Step::Read(read) => Step::Read(Read::Validering(read)),
            Step::Wait(until, waiting_for) => Step::Wait(until, waiting_for),
            Step::Person(why) => Step::Person(why),
            Step::End => Step::End,
        }
    }

    /// A step of the process, if all is as it must be just before one.
    fn forward(&self, now: Timestamp, instans: &InstansId, utfoerer: Utfoerer) -> Next {
        let fresh = |at: Timestamp| between(at, now) <= self.rules.gjeldende_counts_for;
        let Some(sett) = self.sett.as_ref().filter(|sett| self.looked && fresh(sett.at)) else {
            return Step::Read(Read::Instans(instans.clone()));
        };
        let is_ours = match sett.instans.prosess {
            Prosess::Data => true,
            Prosess::Bekreftelse => utfoerer == Utfoerer::Person,
            _ => false,
        };
        if !is_ours {
            return self.watch(now, instans, WaitingFor::Service);
        }
        if !self.gjeldende_seen.is_some_and(fresh) {
            return Step::Read(Read::Gjeldende);
        }
        Step::Act(Act::Neste(instans.clone(), sett.instans.prosess.clone()))
    }

    fn watch(&self, now: Timestamp, instans: &InstansId, waiting_for: WaitingFor) -> Next {
        let look = Step::Read(Read::Instans(instans.clone()));
        let Some(sett) = self.sett.as_ref().filter(|_| self.looked) else { return look };
        let until = after(sett.at, self.rules.looks.pause(between(self.since.1, sett.at)));
        self.wait(now, until, waiting_for).unwrap_or(look)
    }

    fn metadata_element(&self) -> Option<&DataId> {
        self.sett.as_ref()?.instans.metadata.as_ref()
    }

    fn receipt(&self) -> Option<&DataId> {
        self.sett.as_ref()?.instans.av(&Datatype::Tilbakemelding).last().map(|element| &element.id)
    }

    /// Whether the scan is done with all that we put in, as far as the last look shows.
    pub(super) fn scan_is_passed(&self) -> bool {
        let Some(sett) = &self.sett else { return false };
        let ours: Vec<&DataId> = self.vedlegg.values().chain(&self.konvolutt).collect();
        ours.into_iter().all(|id| {
            let element = sett.instans.data.iter().find(|element| element.id == *id);
            element.is_some_and(|element| element.skanning.as_ref().is_none_or(|scan| scan.is_passed()))
        })
    }

    /// What lies in the instance beside ours: an envelope, or one of our attachments once more, which the return does not name.
    pub(super) fn surplus(&self) -> Option<&DataId> {
        let (ours, instans) = (self.konvolutt.as_ref()?, &self.sett.as_ref()?.instans);
        let envelopes = instans.av(&Datatype::Konvolutt).filter(|element| element.id != *ours);
        let is_planned = |element: &&Dataelement| {
            self.plan.as_ref().is_some_and(|plan| plan.vedlegg.iter().any(|vedlegg| vedlegg.is(element)))
        };
        let is_named = |element: &Dataelement| self.vedlegg.values().any(|id| *id == element.id);
        let vedlegg = instans.av(&Datatype::Vedlegg).filter(is_planned).filter(|element| !is_named(element));
        envelopes.chain(vedlegg).map(|element| &element.id).next()
    }

    /// How many envelopes may lie in the instance that are ours.
    pub(super) fn may_be_ours(&self) -> usize {
        let posted = |hva: &Hva| matches!(hva, Hva::Konvolutt | Hva::Alt);
        self.attempts.values().filter(|attempt| posted(&attempt.hva) && attempt.may_have_acted()).count()
    }
}
