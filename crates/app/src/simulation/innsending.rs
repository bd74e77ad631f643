//! What a submission asks of the services, and what is checked of it at once.

use super::faults::Fault;
use super::model_altinn::refused;
use super::planted::Planted;
use super::sent::{Return, Sent, What};
use super::world::{Inner, World, case_id};
use skattebro_domain::altinn::{Instans, InstansId, Prosess};
use skattebro_domain::flow::{ErrorKind, Failure};
use skattebro_domain::innsending::{Act, Fact, Konvolutt, Lest, Read};
use skattebro_domain::{Dokumentreferanse, filing};
use skattebro_ports::journal::CaseId;
use std::time::Duration;

impl Inner {
    /// A job is wanted: for an instance, or for what is sent with the request.
    pub(super) fn begins_validation(
        &mut self,
        case: usize,
        act: &filing::Act,
        konvolutt: &Konvolutt,
        instans: Option<&InstansId>,
    ) -> Result<(), Failure> {
        let filing::Act::Start { referanse, gjeldende } = act else { return Ok(()) };
        let (referanse, gjeldende) = (referanse.clone(), gjeldende.clone());
        let sent_with_it = Konvolutt { referanse, gjeldende, vedlegg: konvolutt.vedlegg.clone() };
        let validated = match instans {
            None => Some((case, sent_with_it)),
            Some(id) => self.altinn.only_envelope(id),
        };
        self.altinn.validated.push(validated.ok_or_else(|| refused(ErrorKind::Refused, "instans"))?);
        Ok(())
    }
}

impl World {
    pub(super) fn look_at_innsending(&self, case: usize, of: Return, read: &Read) -> Fact {
        let now = self.now();
        let mut inner = self.lock();
        let inner = &mut *inner;
        match read {
            Read::Gjeldende => match inner.gjeldende_seen.get(&case) {
                Some((_, seen)) if inner.planted == Planted::GjeldendeOnce => Fact::Gjeldende(seen.clone()),
                _ => Fact::Gjeldende(inner.altinn.gjeldende(of, now)),
            },
            Read::Valider(konvolutt) => {
                inner.altinn.validated.push((case, konvolutt.clone()));
                Fact::Validert(inner.filing.verdict())
            }
            Read::Aapne => {
                let open = inner.altinn.open(of.party, now);
                let bent = |instans: Instans| Instans {
                    opprettet: Some(super::clock::on_the_wall(now)),
                    inntektsaar: Some(of.year.to_string().parse().unwrap()),
                    data: Vec::new(),
                    ..instans
                };
                Fact::Aapne(match inner.planted {
                    Planted::AnyInstansIsOurs => open.into_iter().map(bent).collect(),
                    _ => open,
                })
            }
            Read::Instans(id) => match inner.altinn.look(id, now) {
                Ok(instans) => Fact::Instans(instans),
                Err(failure) => Fact::LookFailed(Lest::Instans, failure),
            },
            Read::Kvittering(id, _) => {
                let receipt = inner.altinn.place(id).map(|place| {
                    let (resultat, aarsaker) = inner.altinn.receipt(&inner.altinn.instanser[place]);
                    Fact::Kvittering(resultat, aarsaker)
                });
                let gone = || Fact::LookFailed(Lest::Annet, refused(ErrorKind::NotFound, "NotFound"));
                receipt.unwrap_or_else(gone)
            }
            Read::Validering(read) => Fact::Validering(inner.filing.read(read, now)),
        }
    }

    /// A worker was told at `at` what the return in force is.
    pub(super) fn saw_gjeldende(&self, case: usize, at: Duration, seen: &Dokumentreferanse) {
        let mut inner = self.lock();
        if inner.planted == Planted::GjeldendeOnce && inner.gjeldende_seen.contains_key(&case) {
            return;
        }
        inner.gjeldende_seen.insert(case, (at, seen.clone()));
    }

    /// Nothing is sent while a request of the case is on its way that must not be followed by another; and no step is taken without a look
    /// at the return in force just before.
    pub(super) fn check_turn(&self, sent: &Sent) {
        let What::Innsending(_, act) = &sent.what else { return };
        let inner = self.lock();
        let may_be_followed =
            |act: &Act| matches!(act, Act::SettMetadata(..) | Act::Slett(..) | Act::Validering(..));
        let instans = instans_of(act).and_then(|id| inner.altinn.place(id));
        let made_by = instans.and_then(|place| inner.altinn.instanser[place].made_by);
        let uses_an_earlier_one = made_by.is_some_and(|case| case != sent.case);
        let on_its_way = inner.on_the_way.iter().map(|(_, other)| other).find(|other| {
            let is_one = match &other.what {
                // If we use one that we had before, another one will lie there, and stay empty.
                What::Innsending(_, Act::Opprett) => !uses_an_earlier_one,
                What::Innsending(_, act) => !may_be_followed(act),
                _ => false,
            };
            other.case == sent.case && is_one
        });
        let on_its_way = on_its_way.map(|other| format!("{:?}", other.what));
        let seen = inner.gjeldende_seen.get(&sent.case).cloned();
        let was_frozen = inner.fired.iter().any(|fault| matches!(fault, Fault::Freeze(..)));
        drop(inner);
        // What may be repeated may also come late, from who was frozen.
        if let Some(other) = on_its_way.filter(|_| !may_be_followed(act)) {
            self.violated(format!("case {}: {act:?} is sent while this may still act: {other}", sent.case));
        }
        // It counts for a minute, and the permit is two; what was seen by who was frozen may be older.
        let counts_for = Duration::from_secs(if was_frozen { 190 + 900 } else { 190 });
        let is_fresh = seen.is_some_and(|(at, _)| self.now() <= at + counts_for);
        if matches!(act, Act::Neste(..)) && !is_fresh {
            self.violated(format!(
                "case {}: a step without a look at the return in force: {act:?}",
                sent.case
            ));
        }
    }

    /// The cases that are over.
    fn settled(&self) -> Vec<CaseId> {
        let settled = self.summaries().into_iter().filter(|case| case.state.as_str() == "settled");
        settled.map(|case| case.id).collect()
    }

    /// Only our own instances are touched, and each step is taken from where it was seen to be, with what was validated.
    pub(super) fn check_instance(&self, sent: &Sent) {
        let What::Innsending(of, act) = &sent.what else { return };
        let Some(id) = instans_of(act) else { return };
        let over = self.settled();
        let wrong = {
            let now = self.now();
            let mut inner = self.lock();
            let inner = &mut *inner;
            inner.altinn.settle(now);
            let Some(place) = inner.altinn.place(id) else { return };
            let instans = &inner.altinn.instanser[place];
            let was_restored = inner.fired.iter().any(|fault| matches!(fault, Fault::Disaster(_)));
            let is_left = |case: &usize| {
                over.contains(&case_id(*case)) && instans.of == *of && instans.elements.is_empty()
            };
            let is_ours =
                instans.case.is_some_and(|case| case == sent.case || was_restored || is_left(&case));
            let is_from = |from: &Prosess| inner.altinn.prosess(instans, now) == *from;
            match act {
                _ if !is_ours => Some("touches an instance that is not its own"),
                _ if sent.again => None,
                Act::Neste(_, from) if !is_from(from) => {
                    Some("takes a step on top of one that it has not seen")
                }
                Act::Neste(_, Prosess::Bekreftelse) if inner.altinn.habits().person_takes.is_some() => {
                    Some("confirms in a person's stead")
                }
                Act::Neste(..) => inner.is_wrong_to_submit(place, sent, was_restored, now),
                _ => None,
            }
        };
        if let Some(wrong) = wrong {
            self.violated(format!("case {}: {wrong}: {act:?}", sent.case));
        }
    }
}

impl Inner {
    fn is_wrong_to_submit(
        &mut self,
        place: usize,
        sent: &Sent,
        was_restored: bool,
        now: Duration,
    ) -> Option<&'static str> {
        if self.filing.verdict() != skattebro_domain::ResultatAvValidering::ValidertOk {
            return Some("submits what has errors");
        }
        let instans = &self.altinn.instanser[place];
        if !self.altinn.is_scanned_all(instans, now) {
            return None; // refused, and told so
        }
        let of_case = instans.envelopes().map(|element| &element.konvolutt).collect::<Vec<_>>();
        let [Some((case, konvolutt))] = of_case[..] else {
            return Some("takes a step with other than one envelope of ours");
        };
        if self.gjeldende_seen.get(&sent.case).is_none_or(|(_, seen)| *seen != konvolutt.gjeldende) {
            return Some("submits in place of another return than the one in force");
        }
        let is_its = *case == sent.case || was_restored;
        let vedlegg: Vec<_> = konvolutt.vedlegg.iter().collect();
        if !is_its || instans.vedlegg() != vedlegg {
            return Some("takes a step with other attachments than planned, or another's envelope");
        }
        let is_validated = self.altinn.validated.iter().any(|(_, validated)| validated == konvolutt);
        (!is_validated).then_some("takes a step with what was not validated")
    }
}

/// The instance that a request changes.
fn instans_of(act: &Act) -> Option<&InstansId> {
    match act {
        Act::SettMetadata(id, _)
        | Act::LastOppVedlegg(id, _)
        | Act::LastOppKonvolutt(id, _)
        | Act::Slett(id, _)
        | Act::Neste(id, _) => Some(id),
        Act::Opprett | Act::Validering(..) => None,
    }
}
