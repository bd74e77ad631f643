//! What is learned from answers and looks.

use super::machine::{Attempt, Hva, Innsending, Sett};
use super::{Fact, InnsendingEnd, Stage};
use crate::altinn::{Datatype, Instans, Prosess, Skanning};
use crate::flow::{AttemptNo, Effect, ErrorKind, Failure, Retry};
use crate::time::{after, backoff};
use crate::{Dokumentreferanse, Timestamp};
use std::time::Duration;

/// Altinn's code for a step that cannot be taken, since something is infected.
const FILE_INFECTED: &str = "DataElementFileInfected";
/// How often a refused step is put down to the metadata.
const METADATA_AGAIN: u32 = 1;

impl Innsending {
    pub(super) fn something_learned(&mut self, n: AttemptNo, fact: Fact, at: Timestamp) {
        match fact {
            Fact::Gjeldende(gjeldende) => self.gjeldende_is(gjeldende, at),
            Fact::GjeldendeUnusable(message) => {
                let (kind, effect, retry) = (ErrorKind::Refused, Effect::NotSent, Retry::AfterChange);
                let (korrelasjonsid, about_referanse) = (None, false);
                let failure = Failure { kind, korrelasjonsid, effect, retry, about_referanse, message };
                self.refused(failure);
            }
            Fact::Validert(resultat) => {
                self.verdict.get_or_insert(resultat);
            }
            Fact::Opprettet(instans) => {
                self.done(n);
                // A second one would be one too many; the first stays ours.
                if self.instans.is_none() {
                    self.instans = Some(instans.id.clone());
                    self.answered(instans, at);
                }
            }
            Fact::MetadataSatt => {
                self.done(n);
                self.metadata_satt = true;
            }
            Fact::VedleggLastetOpp(place, id) => {
                self.done(n);
                self.vedlegg.entry(place).or_insert(id);
            }
            Fact::KonvoluttLastetOpp(element) => {
                self.done(n);
                self.konvolutt.get_or_insert(element.id);
            }
            Fact::Slettet => self.done(n),
            Fact::Flyttet(prosess) => {
                self.done(n);
                if let Some(sett) =
                    self.sett.as_mut().filter(|sett| !goes_back(&sett.instans.prosess, &prosess))
                {
                    (sett.instans.prosess, sett.at) = (prosess, at);
                }
            }
            Fact::Aapne(instanser) => self.found(instanser, at),
            Fact::Instans(instans) => {
                self.last_look = Some(at);
                self.seen(instans, at);
            }
            Fact::Kvittering(resultat, aarsaker) => {
                self.last_look = Some(at);
                if let Some(instans) = self.instans.clone() {
                    self.end.get_or_insert(InnsendingEnd::Kvittert { instans, resultat, aarsaker });
                }
            }
            Fact::Failed(_) | Fact::LookFailed(..) | Fact::Validering(_) => {}
        }
    }

    fn done(&mut self, n: AttemptNo) {
        if let Some(attempt) = self.attempts.get_mut(&n) {
            attempt.effect = Effect::Done;
        }
    }

    fn gjeldende_is(&mut self, gjeldende: Dokumentreferanse, at: Timestamp) {
        self.last_look = Some(at);
        let Some(validert_for) = self.gjeldende.clone() else {
            self.gjeldende = Some(gjeldende);
            return; // what was validated for it is yet to come, so it is looked at again
        };
        // Once it is submitted, it is our own that is in force.
        let is_over = self.prosess().is_some_and(Prosess::is_submitted) || self.perhaps_moved();
        if validert_for == gjeldende {
            (self.gjeldende_seen, self.gjeldende_other) = (Some(at), None);
        } else if !is_over {
            self.gjeldende_seen = None;
            if self.gjeldende_other.as_ref() == Some(&gjeldende) {
                self.end.get_or_insert(InnsendingEnd::GjeldendeEndret { validert_for, gjeldende });
            } else {
                self.gjeldende_other = Some(gjeldende);
            }
        }
    }

    /// All open instances of the owner were looked at.
    fn found(&mut self, mut instanser: Vec<Instans>, at: Timestamp) {
        self.last_look = Some(at);
        // Where it is a person's to say what there is, nothing is taken for ours any more.
        if self.instans.is_some() || matches!(self.end, Some(InnsendingEnd::Uvisst { .. })) {
            return;
        }
        self.copy_is_looked_at(at);
        self.looked = true;
        if self.copy_has_found(&instanser, at) {
            return;
        }
        instanser.sort_by(|one, other| (one.opprettet, &one.id).cmp(&(other.opprettet, &other.id)));
        let began = self
            .attempts
            .values()
            .filter(|attempt| may_have_made(attempt))
            .map(|attempt| attempt.begun)
            .min();
        let ours =
            began.and_then(|began| instanser.into_iter().find(|instans| self.can_be_ours(instans, began)));
        match ours {
            Some(instans) => {
                self.instans = Some(instans.id.clone());
                for attempt in self.attempts.values_mut().filter(|attempt| may_have_made(attempt)) {
                    attempt.effect = Effect::Done;
                }
                self.seen(instans, at);
            }
            None => self.lapse(at),
        }
    }

    /// Whether an instance can have been made by a request of ours that began then, and nobody else has used it.
    fn can_be_ours(&self, instans: &Instans, began: Timestamp) -> bool {
        self.is_new(instans, began)
            && instans.prosess == Prosess::Data
            && [Datatype::Konvolutt, Datatype::Vedlegg].iter().all(|of| instans.av(of).next().is_none())
    }

    /// Whether an instance is for the same return, and not older than a request that began then.
    pub(super) fn is_new(&self, instans: &Instans, began: Timestamp) -> bool {
        let Some(plan) = &self.plan else { return false };
        let margin = self.rules.clocks_differ;
        instans.opprettet.is_some_and(|made| after(made, margin) >= began)
            && instans.inntektsaar == Some(plan.metadata.inntektsaar)
            && instans.eier.as_ref().is_none_or(|eier| *eier == plan.eier)
    }

    /// The instance is so, as the answer to its creation says.
    fn answered(&mut self, instans: Instans, at: Timestamp) {
        self.sett.get_or_insert(Sett { instans, at });
    }

    /// The instance was seen so.
    fn seen(&mut self, instans: Instans, at: Timestamp) {
        if self.instans.as_ref() != Some(&instans.id) {
            return;
        }
        if self.sett.as_ref().is_some_and(|sett| goes_back(&sett.instans.prosess, &instans.prosess)) {
            // An old picture: of who was frozen while he looked, or of a copy that lags behind.
            self.trouble.failures += 1;
            self.back_off(at, None);
            return;
        }
        self.copy_is_looked_at(at);
        self.looked = true;
        for attempt in self.attempts.values_mut().filter(|attempt| attempt.is_in_doubt()) {
            let has_moved = matches!(&attempt.hva, Hva::Neste(from) if *from != instans.prosess);
            if has_moved {
                attempt.effect = Effect::Done;
            }
        }
        self.find_vedlegg(&instans);
        self.find_konvolutt(&instans);
        let infected = instans.data.iter().find(|element| element.skanning == Some(Skanning::Infected));
        if let (Some(element), Prosess::Data) = (infected, &instans.prosess) {
            let (instans, filnavn) = (instans.id.clone(), element.filnavn.clone());
            self.end.get_or_insert(InnsendingEnd::Infisert { instans, filnavn });
        }
        // A look that shows no element for them: there is nothing to write them into.
        self.metadata_satt |= instans.metadata.is_none();
        self.sett = Some(Sett { instans, at });
        self.believe_refusal();
        self.lapse(at);
    }

    /// Attachments whose upload got no answer are known by name and size.
    fn find_vedlegg(&mut self, instans: &Instans) {
        let Some(plan) = &self.plan else { return };
        for (place, vedlegg) in plan.vedlegg.iter().enumerate() {
            if let Some(element) = instans.av(&Datatype::Vedlegg).find(|element| vedlegg.is(element)) {
                self.vedlegg.entry(place).or_insert_with(|| element.id.clone());
                let of_it =
                    |attempt: &&mut Attempt| attempt.hva == Hva::Vedlegg(place) && attempt.is_in_doubt();
                self.attempts.values_mut().filter(of_it).for_each(|attempt| attempt.effect = Effect::Done);
            }
        }
    }

    /// Our envelope, and whether there are others that cannot be ours.
    fn find_konvolutt(&mut self, instans: &Instans) {
        if instans.prosess != Prosess::Data {
            return;
        }
        let there: Vec<_> = instans.av(&Datatype::Konvolutt).map(|element| &element.id).collect();
        if there.len() > self.may_be_ours() {
            let instans = instans.id.clone();
            self.end.get_or_insert(InnsendingEnd::Fremmed { instans });
            return;
        }
        // One from after a copy was made may belong to another return in force: ours takes its place.
        match (&self.konvolutt, there.first()) {
            (None, Some(first)) if !self.is_copy() => {
                self.konvolutt = Some((*first).clone());
                let of_it = |attempt: &&mut Attempt| attempt.hva == Hva::Konvolutt && attempt.is_in_doubt();
                self.attempts.values_mut().filter(of_it).for_each(|attempt| attempt.effect = Effect::Done);
            }
            (Some(ours), _) if !there.contains(&ours) => {
                self.missing += 1;
                if self.missing >= self.rules.max_refused_looks {
                    let instans = instans.id.clone();
                    self.end.get_or_insert(InnsendingEnd::Fremmed { instans });
                }
            }
            _ => self.missing = 0,
        }
    }

    /// What a look shows nothing of, after its time to act, did nothing.
    pub(super) fn lapse(&mut self, at: Timestamp) {
        let late = self.rules.late_action;
        for attempt in self.attempts.values_mut() {
            let is_over = at >= after(attempt.unresolved_since, late);
            attempt.lapsed |= attempt.is_in_doubt() && is_over;
        }
    }

    pub(super) fn act_failed(&mut self, n: AttemptNo, failure: Failure, at: Timestamp) {
        let Some(attempt) = self.attempts.get_mut(&n) else { return };
        if !attempt.effect.is_unresolved() && attempt.effect != Effect::NotSent {
            return; // it was settled before; a failure that arrives later tells nothing
        }
        attempt.effect = match failure.effect.clone() {
            Effect::Done | Effect::Open => Effect::Unknown,
            other => other,
        };
        attempt.unresolved_since = at;
        attempt.lapsed = false;
        let hva = attempt.hva.clone();
        if self.attempts.keys().any(|later| *later > n) {
            return; // it comes late, and what is under way by now has its own answer
        }
        self.trouble.failures += 1;
        self.trouble.last = Some(failure.clone());
        let doubled =
            self.attempts.values().any(|attempt| attempt.hva == hva && attempt.effect.is_unresolved());
        match &failure.effect {
            Effect::Refused(slug) if slug.as_str() == FILE_INFECTED => {
                if let Some(instans) = self.instans.clone() {
                    self.end.get_or_insert(InnsendingEnd::Infisert { instans, filnavn: None });
                }
            }
            Effect::Refused(_) | Effect::NotSent if failure.retry == Retry::AfterChange => {
                match hva {
                    // An earlier one may have done it: that is looked at before this refusal counts.
                    _ if doubled => self.back_off(at, None),
                    // The network may have delivered it twice, and this is the answer to the second.
                    Hva::Neste(from) if failure.effect != Effect::NotSent => {
                        self.refused_step = Some((from, failure));
                        self.back_off(at, None);
                    }
                    _ => self.refused(failure),
                }
            }
            _ => self.try_again(&failure, at),
        }
    }

    /// A step was refused, and a look shows where the process is.
    fn believe_refusal(&mut self) {
        let Some((from, failure)) = self.refused_step.take() else { return };
        if self.prosess() != Some(&from) {
            return; // it was taken all the same
        }
        if from == Prosess::Data && failure.kind == ErrorKind::Refused && self.metadata_again < METADATA_AGAIN
        {
            // The year may be missing, which the service does not say. Later, it cannot be written any more.
            self.metadata_again += 1;
            self.metadata_satt = false;
        } else {
            self.refused(failure);
        }
    }

    fn try_again(&mut self, failure: &Failure, at: Timestamp) {
        if self.trouble.failures >= self.rules.max_failures {
            let end = self.gave_up();
            self.end.get_or_insert(end);
            return;
        }
        self.back_off(at, if let Retry::Later(asked_for) = failure.retry { asked_for } else { None });
    }

    fn back_off(&mut self, at: Timestamp, asked_for: Option<Duration>) {
        let pause = backoff(self.trouble.failures, self.rules.max_backoff, asked_for);
        self.trouble.not_before = Some(after(at, pause));
    }

    fn refused(&mut self, failure: Failure) {
        let (stage, instans) = (self.stage(), self.instans.clone());
        self.end.get_or_insert(InnsendingEnd::Refused { stage, instans, failure });
    }

    pub(super) fn look_failed(&mut self, at_instans: bool, failure: Failure, at: Timestamp) {
        self.trouble.failures += 1;
        self.trouble.last = Some(failure.clone());
        let by_the_service = matches!(failure.effect, Effect::Refused(_));
        // Whoever waits for days is not put off by a service that is away for an hour.
        let is_patient = matches!(self.stage(), Stage::Person | Stage::Revisor | Stage::Kvittering);
        match failure.retry {
            Retry::AfterChange if by_the_service => {
                self.trouble.refused_looks += 1;
                if self.trouble.refused_looks >= self.rules.max_refused_looks {
                    match self.instans.clone().filter(|_| at_instans && failure.kind == ErrorKind::NotFound) {
                        Some(instans) => self.end.get_or_insert(InnsendingEnd::Borte { instans }),
                        None => return self.refused(failure),
                    };
                    return;
                }
                self.back_off(at, None);
            }
            Retry::AFewTimes if !is_patient => {
                self.trouble.unreadable += 1;
                if self.trouble.unreadable >= self.rules.max_unreadable {
                    let end = self.gave_up();
                    self.end.get_or_insert(end);
                    return;
                }
                self.back_off(at, None);
            }
            Retry::Later(asked_for) if is_patient => self.back_off(at, asked_for),
            Retry::AFewTimes => self.back_off(at, None),
            Retry::Later(_) | Retry::AfterChange => self.try_again(&failure, at),
        }
        if !by_the_service {
            self.trouble.refused_looks = 0; // only refusals in a row are believed
        }
    }
}

/// Whether a process would have gone back from one step to the other, which it does not.
fn goes_back(from: &Prosess, to: &Prosess) -> bool {
    let place = |prosess: &Prosess| match prosess {
        Prosess::Data => Some(0),
        Prosess::Bekreftelse => Some(1),
        Prosess::Revisor => Some(2),
        Prosess::Tilbakemelding => Some(3),
        Prosess::Avsluttet => Some(4),
        Prosess::Ukjent(_) => None,
    };
    matches!((place(from), place(to)), (Some(from), Some(to)) if to < from)
}

/// Whether an instance may be there because of it.
fn may_have_made(attempt: &Attempt) -> bool {
    attempt.hva == Hva::Opprett && attempt.may_have_acted()
}
