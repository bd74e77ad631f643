//! What a krav learns from looking.

use super::{Krav, ONLY_BY_THEIR_ID};
use crate::Timestamp;
use crate::flow::{AttemptNo, Effect, ErrorKind, Failure, Retry};
use crate::krav::machine::Read;
use crate::krav::machine::compare::differences;
use crate::krav::machine::operation::{Doubt, OperationEnd, Proof, What};
use crate::krav::{
    Ability, Avstemming, Endring, KravId, Mottak, Mottaksstatus, Mottatt, Valideringsfeil, slugs,
};
use crate::time::after;

impl Krav {
    pub(super) fn seen(&mut self, n: AttemptNo, mottak: Mottak, at: Timestamp) {
        if n <= self.looked_by {
            return; // an older look than the one we have, or the same again
        }
        self.can.mottaksstatus = Ability::Yes;
        let named = self.ours.as_ref().zip(mottak.oppdragsgivers_kravidentifikator.as_ref());
        if self.theirs.is_none() && named.is_some_and(|(ours, named)| ours != named) {
            return self.looked(n, at); // the service tells of another krav: that one is not to be taken for ours
        }
        if self.theirs.is_none() {
            self.can.own_id = Ability::Yes;
            self.theirs = Some(mottak.kravidentifikator.clone());
        }
        if self.ours.is_none() {
            self.ours.clone_from(&mottak.oppdragsgivers_kravidentifikator);
        }
        self.mottak = Some(mottak);
        self.looked(n, at);
        if let Some(index) = self.pending().filter(|index| self.operations[*index].is_creation()) {
            self.judge_found(index);
        }
    }

    /// A krav with our id is there, after a creation that was not answered with 201. What does its status tell?
    pub(super) fn judge_found(&mut self, index: usize) {
        let (Some(mottak), Some(begun)) = (&self.mottak, self.operations[index].first_begun()) else {
            return;
        };
        let nothing_lost = !self.operations[index].has_lost_something();
        let before = |skew| begun.checked_sub(skew).unwrap_or(Timestamp::MIN);
        let earliest = before(self.rules.clock_skew);
        // Where nothing was lost, only a request that was delivered twice explains a krav of ours.
        let is_surely_new = mottak
            .status_oppdatert
            .is_some_and(|updated| !nothing_lost || updated >= before(self.rules.clock_skew_first));
        // Its status was last changed before we began: then it was created before that, too.
        let is_older = mottak.status_oppdatert.is_some_and(|updated| updated < earliest);
        // Reconciliation, which would tell more, shows only krav that were booked here.
        let reads_back = self.can.avstemming
            && !matches!(
                mottak.mottaksstatus,
                Mottaksstatus::Valideringsfeil
                    | Mottaksstatus::Migrert
                    | Mottaksstatus::SkalIkkeReskontrofoeres
            );
        let end = match mottak.mottaksstatus {
            _ if reads_back => {
                self.operations[index].doubt = Some(Doubt::Exists);
                return;
            }
            _ if is_older => OperationEnd::Refused {
                rule: slugs::EXISTS_ALREADY.to_owned(),
                message: format!(
                    "a krav with this oppdragsgiversKravidentifikator was there before ({}, {}); this one was not created. If they are the \
                     same krav, there is nothing to do; if this is another, it needs an id of its own",
                    mottak.kravidentifikator, mottak.mottaksstatus
                ),
            },
            // A rejected krav is not collected, whoever sent it: there is nothing to compare.
            Mottaksstatus::Valideringsfeil => OperationEnd::Done(Proof::FoundById),
            // It appeared after we began.
            _ if !self.can.avstemming && is_surely_new => OperationEnd::Done(Proof::FoundById),
            _ => OperationEnd::Unproven {
                evidence: format!(
                    "Skatteetaten has a krav with this oppdragsgiversKravidentifikator ({}, {}), and its content cannot be read back and \
                     compared",
                    mottak.kravidentifikator, mottak.mottaksstatus
                ),
            },
        };
        self.operations[index].end = Some(end);
    }

    pub(super) fn not_there(&mut self, n: AttemptNo, at: Timestamp) {
        if n <= self.looked_by {
            return;
        }
        self.looked(n, at);
        let Some(index) = self.pending() else { return };
        let operation = &mut self.operations[index];
        if !operation.is_creation() {
            if self.creation().is_none() {
                self.refuse_all_unknown();
            }
            return; // a krav that we created is not visible yet
        }
        // Told «exists already», then «does not exist»: the service is not of one mind yet.
        if let Some(Doubt::Refused { rule, message }) = &operation.doubt {
            operation.end = Some(OperationEnd::Refused { rule: rule.clone(), message: message.clone() });
        }
    }

    pub(super) fn refuse_all_unknown(&mut self) {
        for operation in self.operations.iter_mut().filter(|operation| operation.end.is_none()) {
            operation.end = Some(OperationEnd::Refused {
                rule: slugs::DOES_NOT_EXIST.to_owned(),
                message: "Skatteetaten knows no krav with this id for this oppdragsgiver".to_owned(),
            });
        }
    }

    pub(super) fn read_errors(&mut self, n: AttemptNo, feil: Vec<Valideringsfeil>, at: Timestamp) {
        if n <= self.looked_by {
            return;
        }
        self.looked(n, at);
        let is_empty = feil.is_empty();
        let said_rejected = self.has_status(&Mottaksstatus::Valideringsfeil);
        if is_empty && said_rejected && self.trouble.refused_looks + 1 < self.rules.max_refused_looks {
            self.trouble.refused_looks += 1; // the list lags behind the status
            return;
        }
        self.trouble.refused_looks = 0;
        if !is_empty || said_rejected {
            self.feil = Some(feil);
        }
        let late_enough = self.born_by().is_some_and(|born| at >= after(born, self.rules.settle));
        self.settled_by_time |= is_empty && late_enough && self.can.mottaksstatus == Ability::No;
    }

    pub(super) fn reconciled(&mut self, n: AttemptNo, avstemming: &Avstemming, at: Timestamp) {
        if n <= self.looked_by {
            return;
        }
        self.looked(n, at);
        let Some(index) = self.pending() else { return };
        let begun = self.operations[index].first_begun();
        let known: Vec<_> =
            self.operations.iter().filter_map(|operation| operation.transaksjonsid.clone()).collect();
        // A change as it was received, if that is this one and no other of ours.
        let received_since = |endring: &Endring, since: Timestamp| {
            let earliest = since.checked_sub(self.rules.clock_skew).unwrap_or(Timestamp::MIN);
            let is_it = |received: &&Mottatt<Endring>| {
                let is_anothers = received.transaksjonsid.as_ref().is_some_and(|id| known.contains(id));
                let is_late_enough = received.tidspunkt_utc.is_none_or(|at| at >= earliest);
                received.innhold.is_same(endring) && is_late_enough && !is_anothers
            };
            avstemming.endringer.iter().rfind(is_it)
        };
        let later: Vec<_> =
            self.operations[index + 1..].iter().map(|operation| operation.what.clone()).collect();
        let operation = &mut self.operations[index];
        let end = match (&operation.what, &operation.doubt) {
            (What::Opprett(sent), Some(_)) => match &avstemming.opprinnelig {
                None => OperationEnd::Unproven {
                    evidence:
                        "an answer was lost, and the reconciliation does not show the krav as it was received"
                            .to_owned(),
                },
                Some(received) => {
                    let found = differences(sent, &received.innhold);
                    if found.is_empty() {
                        let earliest = begun.and_then(|begun| begun.checked_sub(self.rules.clock_skew).ok());
                        let before =
                            received.tidspunkt_utc.zip(earliest).is_some_and(|(at, earliest)| at < earliest);
                        OperationEnd::Done(match before {
                            true => Proof::AlreadyThere { received: received.tidspunkt.clone() },
                            false => Proof::ReadBack,
                        })
                    } else {
                        let what: Vec<String> = found
                            .iter()
                            .map(|d| format!("{}: sent «{}», theirs «{}»", d.field, d.sent, d.received))
                            .collect();
                        OperationEnd::Refused {
                            rule: slugs::EXISTS_ALREADY.to_owned(),
                            message: format!(
                                "another krav with this oppdragsgiversKravidentifikator and other content was received {}; this one was \
                                 not created. To change the one that is there, use endre or erstatt. {}",
                                received.tidspunkt,
                                what.join("; ")
                            ),
                        }
                    }
                }
            },
            (What::Endre(endring), Some(Doubt::Restored { since })) => {
                // Requests that were known when the copy was made may have acted before it was.
                let since = begun.map_or(*since, |begun| begun.min(*since));
                let Some(done) = received_since(endring, since) else { return operation.was_never_sent() };
                operation.transaksjonsid.clone_from(&done.transaksjonsid);
                OperationEnd::Done(Proof::ReadBack)
            }
            (What::Avskriv, Some(Doubt::Restored { .. })) if avstemming.avskriving.is_none() => {
                return operation.was_never_sent();
            }
            (What::Endre(endring), Some(Doubt::Refused { rule, message })) => {
                let of_its_kind =
                    |received: &Endring| std::mem::discriminant(received) == std::mem::discriminant(endring);
                let last = avstemming.endringer.iter().rfind(|received| of_its_kind(&received.innhold));
                // A change to what the krav was created with changes nothing, and is not listed.
                let original =
                    || avstemming.opprinnelig.as_ref().map(|original| endring.as_created(&original.innhold));
                let in_force = last.map(|last| last.innhold.clone()).or_else(original);
                let is_replaced_by_us = in_force.as_ref().is_some_and(|in_force| {
                    later.iter().any(|later| matches!(later, What::Endre(later) if later.is_same(in_force)))
                });
                let replaced =
                    begun.filter(|_| is_replaced_by_us).and_then(|begun| received_since(endring, begun));
                if in_force.is_some_and(|in_force| in_force.is_same(endring)) {
                    operation.transaksjonsid = last.and_then(|last| last.transaksjonsid.clone());
                    OperationEnd::Done(Proof::ReadBack)
                } else if let Some(replaced) = replaced {
                    operation.transaksjonsid.clone_from(&replaced.transaksjonsid);
                    OperationEnd::Done(Proof::ReadBack)
                } else {
                    OperationEnd::Refused { rule: rule.clone(), message: message.clone() }
                }
            }
            (What::Avskriv, Some(doubt)) => match (&avstemming.avskriving, doubt) {
                (Some(received), _) => {
                    operation.transaksjonsid.clone_from(&received.transaksjonsid);
                    self.written_off = true;
                    OperationEnd::Done(Proof::ReadBack)
                }
                (None, Doubt::Refused { rule, message }) => {
                    OperationEnd::Refused { rule: rule.clone(), message: message.clone() }
                }
                (None, _) => return,
            },
            _ => return,
        };
        self.operations[index].end = Some(end);
    }

    pub(super) fn look_failed(&mut self, look: &Read, failure: Failure, at: Timestamp) {
        self.trouble.failures += 1;
        self.trouble.last = Some(failure.clone());
        if let Read::Mottaksstatus(id) = look
            && self.learn_inability(id, &failure)
        {
            self.trouble.not_before = None;
            return;
        }
        match failure.retry {
            Retry::Later(asked_for) => self.back_off(at, asked_for),
            Retry::AFewTimes => self.back_off(at, None),
            Retry::AfterChange => {
                self.trouble.refused_looks += 1;
                let believed = self.trouble.refused_looks >= self.rules.max_refused_looks;
                // A token that is not taken is not taken, also where a gateway says so in its own words.
                let by_itself =
                    matches!(failure.effect, Effect::Refused(_)) || failure.kind == ErrorKind::Unauthorized;
                match believed && by_itself {
                    true => self.close(),
                    false => self.back_off(at, None),
                }
            }
        }
    }

    /// Whether a failed look at the mottaksstatus shows that this environment has none, or does not take our id.
    pub(super) fn learn_inability(&mut self, id: &KravId, failure: &Failure) -> bool {
        let slug = if let Effect::Refused(slug) = &failure.effect { slugs::short(slug) } else { "" };
        let by_own_id = matches!(id, KravId::Oppdragsgivers(_));
        if by_own_id
            && self.can.own_id == Ability::Perhaps
            && failure.kind == ErrorKind::Refused
            && !slug.is_empty()
        {
            self.can.own_id = Ability::No;
        } else if self.can.mottaksstatus == Ability::Perhaps && failure.kind == ErrorKind::NotFound {
            self.trouble.missing_looks += 1;
            // «No such endpoint» is certain; a 404 without a word might be a gateway's.
            if slug != "DAS-002" && self.trouble.missing_looks < self.rules.max_refused_looks {
                return false;
            }
            self.can.mottaksstatus = Ability::No;
        } else if by_own_id && self.can.own_id == Ability::Perhaps && failure.kind == ErrorKind::NotFound {
            self.can.own_id = Ability::No;
        } else {
            return false;
        }
        self.next_look = None;
        let evidence = self.cannot_be_looked_up();
        let finds = self.finds_by_own_id();
        if !finds && self.creation().is_none() && self.theirs.is_none() {
            for operation in self.operations.iter_mut().filter(|operation| operation.end.is_none()) {
                operation.end = Some(OperationEnd::NotDone { message: ONLY_BY_THEIR_ID.to_owned() });
            }
        }
        if let Some(index) = self.pending()
            && !finds
            && self.operations[index].is_creation()
            && self.operations[index].doubt.is_some()
        {
            let evidence = match &self.operations[index].doubt {
                Some(Doubt::Refused { rule, message }) => format!(
                    "an earlier request got no answer and may have acted, and the last one was refused ({rule}); this environment cannot \
                     tell which holds. {message}"
                ),
                _ => evidence,
            };
            self.operations[index].end = Some(OperationEnd::Unproven { evidence });
        }
        true
    }
}
