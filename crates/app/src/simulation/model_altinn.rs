//! A model of Altinn and the service around it, written from the contract: instances, their process, and the return in force.

use super::clock::on_the_wall;
use super::scenario::PARTIES;
use super::sent::{Effect, Reply, Return, Sent, What, lost_why};
use skattebro_domain::altinn::{DataId, Dataelement, Datatype, Instans, InstansId, Prosess, Skanning};
use skattebro_domain::flow::{Effect as Did, ErrorKind, Failure, Retry};
use skattebro_domain::innsending::{Act, Fact, Konvolutt};
use skattebro_domain::{Dokumentreferanse, Dokumenttype, ResultatAvValidering, Timestamp};
use std::time::Duration;

/// How Altinn and the service behind it treat a return. Numbers are seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct AltinnHabits {
    pub(super) scan_takes: u64,
    /// After so long a person confirms what a systembruker has brought so far; none: our own steps are the person's.
    pub(super) person_takes: Option<u64>,
    pub(super) receipt_takes: u64,
    /// Whether an instance takes the year at its creation; otherwise it has year 0 until its metadata are written.
    pub(super) takes_year: bool,
    /// Then somebody else changes the return in force.
    pub(super) changes_at: Option<u64>,
    /// The party has instances that somebody else made.
    pub(super) has_others: bool,
}

#[derive(Debug)]
pub(super) struct AltinnService {
    habits: AltinnHabits,
    pub(super) instanser: Vec<Served>,
    /// What was validated, for which case.
    pub(super) validated: Vec<(usize, Konvolutt)>,
    elements: usize,
}

/// An instance as Altinn has it.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) id: InstansId,
    /// None: somebody else's.
    pub(super) made_by: Option<usize>,
    /// Which case uses it: another one of ours if the first was over before it had put anything in.
    pub(super) case: Option<usize>,
    /// The network doubled the request.
    pub(super) again: bool,
    pub(super) of: Return,
    opprettet: Timestamp,
    has_year: bool,
    pub(super) elements: Vec<Element>,
    pub(super) steps: Vec<Taken>,
    pub(super) is_deleted: bool,
}

/// A step of the process that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) from: Prosess,
    pub(super) at: Duration,
    pub(super) by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Case(usize),
    /// The network doubled the request.
    Doubled,
    Person,
}

#[derive(Debug)]
pub(super) struct Element {
    id: DataId,
    pub(super) datatype: Datatype,
    /// Of an attachment.
    pub(super) navn: Option<String>,
    since: Duration,
    /// Of an envelope of ours: the case, and what is in it.
    pub(super) konvolutt: Option<(usize, Konvolutt)>,
}

/// The attachment that all scenarios have in common, and its size.
pub(super) const VEDLEGG: (&str, u64) = ("01-v.pdf", 10);

impl AltinnService {
    pub(super) fn new(habits: AltinnHabits) -> Self {
        let mut service = Self { habits, instanser: Vec::new(), validated: Vec::new(), elements: 0 };
        if habits.has_others {
            const DAY: i64 = 24 * 3600;
            // New, with an envelope; without one, and old; without one, of another year.
            for (year, age, has_envelope) in [(2024, -1, true), (2024, DAY, false), (2021, -1, false)] {
                let of = Return { party: 0, year };
                let place = service.create(of, None, false, Duration::ZERO);
                let made = on_the_wall(Duration::ZERO) - jiff::SignedDuration::from_secs(age);
                (service.instanser[place].opprettet, service.instanser[place].has_year) = (made, true);
                if has_envelope {
                    service.put_in(place, Datatype::Konvolutt, None, None, Duration::ZERO);
                }
            }
        }
        service
    }

    /// A request about an instance arrives. Answers also what it did.
    pub(super) fn act(&mut self, sent: &Sent, now: Duration) -> (Reply, Option<Effect>) {
        let What::Innsending(of, act) = &sent.what else { unreachable!("a request of another API") };
        self.settle(now);
        let done = match act {
            Act::Opprett => {
                let place = self.create(*of, Some(sent.case), sent.again, now);
                Ok((Fact::Opprettet(self.shown(&self.instanser[place], now)), place))
            }
            Act::Validering(..) => unreachable!("jobs are the other service's"),
            Act::SettMetadata(id, _)
            | Act::LastOppVedlegg(id, _)
            | Act::LastOppKonvolutt(id, _)
            | Act::Slett(id, _)
            | Act::Neste(id, _) => match self.place(id) {
                None => Err(refused(ErrorKind::NotFound, "NotFound")),
                Some(place) => self.act_on(place, sent, act, now).map(|fact| (fact, place)),
            },
        };
        match done {
            Ok((fact, place)) => (Reply::Innsending(fact), Some(Effect::InAltinn(place))),
            Err(failure) => (Reply::Innsending(Fact::Failed(failure)), None),
        }
    }

    fn act_on(&mut self, place: usize, sent: &Sent, act: &Act, now: Duration) -> Result<Fact, Failure> {
        let prosess = self.prosess(&self.instanser[place], now);
        self.instanser[place].case = Some(sent.case);
        if let Act::Neste(..) = act {
            return self.next(place, prosess, sent, now);
        }
        if prosess != Prosess::Data {
            return Err(refused(ErrorKind::Refused, "Conflict"));
        }
        Ok(match act {
            Act::SettMetadata(..) => {
                self.instanser[place].has_year = true;
                Fact::MetadataSatt
            }
            Act::LastOppVedlegg(_, n) => {
                let element = self.put_in(place, Datatype::Vedlegg, Some(VEDLEGG.0), None, now);
                Fact::VedleggLastetOpp(*n, element.id)
            }
            Act::LastOppKonvolutt(_, konvolutt) => {
                let konvolutt = Some((sent.case, konvolutt.clone()));
                Fact::KonvoluttLastetOpp(self.put_in(place, Datatype::Konvolutt, None, konvolutt, now))
            }
            Act::Slett(_, id) => {
                self.instanser[place].elements.retain(|element| element.id != *id);
                Fact::Slettet
            }
            Act::Opprett | Act::Neste(..) | Act::Validering(..) => unreachable!("seen to before"),
        })
    }

    /// Whoever asks for a step gets one, from wherever the process is.
    fn next(&mut self, place: usize, from: Prosess, sent: &Sent, now: Duration) -> Result<Fact, Failure> {
        let instans = &self.instanser[place];
        match from {
            Prosess::Data if !self.is_scanned_all(instans, now) => {
                let kept = Did::Refused("DataElementFileScanPending".parse().unwrap());
                return Err(lost_why(ErrorKind::Refused, kept, Retry::Later(None)));
            }
            Prosess::Data if !instans.has_year || instans.envelopes().count() != 1 => {
                return Err(refused(ErrorKind::Refused, "Conflict"));
            }
            Prosess::Data | Prosess::Bekreftelse => {}
            _ => return Err(refused(ErrorKind::Refused, "Conflict")),
        }
        let by = if sent.again { By::Doubled } else { By::Case(sent.case) };
        self.instanser[place].steps.push(Taken { from, at: now, by });
        Ok(Fact::Flyttet(self.prosess(&self.instanser[place], now)))
    }

    /// What persons have done by now.
    pub(super) fn settle(&mut self, now: Duration) {
        let Some(takes) = self.habits.person_takes else { return };
        for instans in self.instanser.iter_mut().filter(|instans| !instans.is_deleted) {
            if let [brought] = &instans.steps[..] {
                let at = brought.at + Duration::from_secs(takes);
                if now >= at {
                    instans.steps.push(Taken { from: Prosess::Bekreftelse, at, by: By::Person });
                }
            }
        }
    }

    pub(super) fn place(&self, id: &InstansId) -> Option<usize> {
        self.instanser.iter().position(|instans| instans.id == *id && !instans.is_deleted)
    }

    pub(super) fn prosess(&self, instans: &Served, now: Duration) -> Prosess {
        let receipt_takes = Duration::from_secs(self.habits.receipt_takes);
        match instans.submitted() {
            Some(at) if now >= at + receipt_takes => Prosess::Avsluttet,
            Some(_) => Prosess::Tilbakemelding,
            None if instans.steps.is_empty() => Prosess::Data,
            None => Prosess::Bekreftelse,
        }
    }

    /// All of a party that are not submitted.
    pub(super) fn open(&mut self, party: usize, now: Duration) -> Vec<Instans> {
        self.settle(now);
        let is_open = |instans: &&Served| {
            instans.of.party == party && instans.submitted().is_none() && !instans.is_deleted
        };
        self.instanser.iter().filter(is_open).map(|instans| self.shown(instans, now)).collect()
    }

    pub(super) fn look(&mut self, id: &InstansId, now: Duration) -> Result<Instans, Failure> {
        self.settle(now);
        let place = self.place(id).ok_or_else(|| refused(ErrorKind::NotFound, "NotFound"))?;
        Ok(self.shown(&self.instanser[place], now))
    }

    /// The receipt's verdict, and its reasons.
    pub(super) fn receipt(&self, instans: &Served) -> (ResultatAvValidering, Vec<String>) {
        let is_person = |taken: &Taken| {
            taken.by == By::Person || self.habits.person_takes.is_none() && taken.from == Prosess::Bekreftelse
        };
        match instans.steps.last().is_some_and(is_person) {
            true => (ResultatAvValidering::ValidertOk, Vec::new()),
            false => {
                let why = "innkommendeForespoerselManglerSporTilUtfoerende".to_owned();
                (ResultatAvValidering::ValidertMedFeil, vec![why])
            }
        }
    }

    /// The return in force: every submission replaces it.
    pub(super) fn gjeldende(&mut self, of: Return, now: Duration) -> Dokumentreferanse {
        self.settle(now);
        let submitted =
            self.instanser.iter().filter(|instans| instans.of == of && instans.submitted().is_some());
        let by_others = self.habits.changes_at.is_some_and(|at| now >= Duration::from_secs(at));
        let n = submitted.count() + usize::from(by_others);
        Dokumentreferanse {
            dokumenttype: Dokumenttype::SkattemeldingUpersonlig,
            dokumentidentifikator: format!("SKI:{}:{n}", of.year).parse().unwrap(),
        }
    }

    pub(super) fn is_submitted_for(&mut self, case: usize, now: Duration) -> bool {
        self.settle(now);
        self.instanser.iter().any(|instans| instans.case == Some(case) && instans.submitted().is_some())
    }

    pub(super) fn delete_all_of(&mut self, case: usize) {
        let of_case = self.instanser.iter_mut().filter(|instans| instans.case == Some(case));
        of_case.for_each(|instans| instans.is_deleted = true);
    }

    pub(super) fn habits(&self) -> &AltinnHabits {
        &self.habits
    }

    fn create(&mut self, of: Return, case: Option<usize>, again: bool, now: Duration) -> usize {
        let id = format!("500{}/instans-{}", of.party, self.instanser.len()).parse().unwrap();
        let (opprettet, has_year) = (on_the_wall(now), self.habits.takes_year);
        let (elements, steps, is_deleted) = (Vec::new(), Vec::new(), false);
        self.instanser.push(Served {
            id,
            made_by: case,
            case,
            again,
            of,
            opprettet,
            has_year,
            elements,
            steps,
            is_deleted,
        });
        self.instanser.len() - 1
    }

    fn put_in(
        &mut self,
        place: usize,
        datatype: Datatype,
        navn: Option<&str>,
        konvolutt: Option<(usize, Konvolutt)>,
        since: Duration,
    ) -> Dataelement {
        self.elements += 1;
        let id = format!("element-{}", self.elements).parse().unwrap();
        let element = Element { id, datatype, navn: navn.map(str::to_owned), since, konvolutt };
        let told = self.told(&element, since);
        self.instanser[place].elements.push(element);
        told
    }

    /// The envelope of ours that lies in an instance, if it is the only one.
    pub(super) fn only_envelope(&self, id: &InstansId) -> Option<(usize, Konvolutt)> {
        let envelopes: Vec<_> = self.instanser[self.place(id)?].envelopes().collect();
        let [envelope] = envelopes[..] else { return None };
        envelope.konvolutt.clone()
    }

    pub(super) fn is_scanned_all(&self, instans: &Served, now: Duration) -> bool {
        instans.elements.iter().all(|element| self.is_scanned(element, now))
    }

    fn is_scanned(&self, element: &Element, now: Duration) -> bool {
        now >= element.since + Duration::from_secs(self.habits.scan_takes)
    }

    fn told(&self, element: &Element, now: Duration) -> Dataelement {
        let skanning = if self.is_scanned(element, now) { Skanning::Clean } else { Skanning::Pending };
        Dataelement {
            id: element.id.clone(),
            datatype: element.datatype.clone(),
            filnavn: element.navn.clone(),
            stoerrelse: element.navn.is_some().then_some(VEDLEGG.1),
            skanning: Some(skanning),
        }
    }

    fn shown(&self, instans: &Served, now: Duration) -> Instans {
        let prosess = self.prosess(instans, now);
        let mut data: Vec<_> = instans.elements.iter().map(|element| self.told(element, now)).collect();
        if prosess == Prosess::Avsluttet {
            let (id, datatype) = ("kvittering".parse().unwrap(), Datatype::Tilbakemelding);
            data.push(Dataelement { id, datatype, filnavn: None, stoerrelse: None, skanning: None });
        }
        Instans {
            id: instans.id.clone(),
            opprettet: Some(instans.opprettet),
            inntektsaar: instans.has_year.then(|| instans.of.year.to_string().parse().unwrap()),
            eier: Some(PARTIES[instans.of.party].parse().unwrap()),
            prosess,
            metadata: Some("metadata".parse().unwrap()),
            data,
        }
    }
}

impl Served {
    pub(super) fn envelopes(&self) -> impl Iterator<Item = &Element> {
        self.elements.iter().filter(|element| element.datatype == Datatype::Konvolutt)
    }

    /// The ids of the attachments in it.
    pub(super) fn vedlegg(&self) -> Vec<&DataId> {
        let vedlegg = self.elements.iter().filter(|element| element.datatype == Datatype::Vedlegg);
        vedlegg.map(|element| &element.id).collect()
    }

    pub(super) fn submitted(&self) -> Option<Duration> {
        self.steps.iter().find(|taken| taken.from == Prosess::Bekreftelse).map(|taken| taken.at)
    }
}

pub(super) fn refused(kind: ErrorKind, slug: &str) -> Failure {
    lost_why(kind, Did::Refused(slug.parse().unwrap()), Retry::AfterChange)
}
