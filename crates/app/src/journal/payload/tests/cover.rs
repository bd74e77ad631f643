//! Which variants a record has in it. A variant that is not named here does not compile; one that has no stored record fails a test.

use super::super::flow::KINDS;
use super::*;
use skattebro_codec::Compression;
use skattebro_domain::altinn::{Prosess, Vedleggstype};
use skattebro_domain::flow::{Effect, ErrorKind, Failure, Retry};
use skattebro_domain::krav::{
    Avstemming, Endring, Identifikatortype, Innkrevingsoppdrag, KravId, Mottaksstatus, Mottatt,
    Tilleggsinformasjon,
};
use skattebro_domain::{
    Dokumenttype, Identifikator, Innsendingsformaal, Innsendingstype, JobbStatus, ResultatAvValidering,
};

macro_rules! variants {
    ($($of:ident($type:ty) { $($pattern:pat => $name:literal,)+ })+) => {
        $(fn $of(value: &$type) -> String {
            match value { $($pattern => concat!(stringify!($of), ": ", $name).to_owned(),)+ }
        })+

        /// All that there are, but for the kinds of errors.
        const NAMES: &[&str] = &[$($(concat!(stringify!($of), ": ", $name),)+)+];
    };
}

variants! {
    krav_ask(machine::Ask) {
        machine::Ask::Opprett(_) => "opprett",
        machine::Ask::Endre(_) => "endre",
        machine::Ask::Avskriv => "avskriv",
        machine::Ask::Stop => "stop",
        machine::Ask::Fortsett { follow: false } => "fortsett",
        machine::Ask::Fortsett { follow: true } => "fortsett and follow",
        machine::Ask::Avgjoer(_) => "avgjoer",
        machine::Ask::Restored { .. } => "restored",
    }
    krav_act(machine::Act) {
        machine::Act::Opprett(_) => "opprett",
        machine::Act::Endre(..) => "endre",
        machine::Act::Avskriv(_) => "avskriv",
    }
    krav_fact(machine::Fact) {
        machine::Fact::Opprettet(_) => "opprettet",
        machine::Fact::Accepted(Some(_)) => "accepted with a transaksjonsid",
        machine::Fact::Accepted(None) => "accepted",
        machine::Fact::Mottak(_) => "mottak",
        machine::Fact::NotThere => "not-there",
        machine::Fact::Valideringsfeil(_) => "valideringsfeil",
        machine::Fact::Avstemming(Some(_)) => "avstemming",
        machine::Fact::Avstemming(None) => "no avstemming yet",
        machine::Fact::Failed(_) => "failed",
        machine::Fact::LookFailed(..) => "look-failed",
    }
    look(machine::Read) {
        machine::Read::Mottaksstatus(_) => "mottaksstatus",
        machine::Read::Valideringsfeil(_) => "valideringsfeil",
        machine::Read::Avstemming(_) => "avstemming",
    }
    filing_ask(domain_filing::Ask) {
        domain_filing::Ask::Validate(_) => "validate",
        domain_filing::Ask::Cancel => "cancel",
        domain_filing::Ask::Fortsett => "fortsett",
        domain_filing::Ask::Restored { .. } => "restored",
    }
    filing_act(domain_filing::Act) {
        domain_filing::Act::Upload => "upload",
        domain_filing::Act::Start { referanse: Some(_), .. } => "start",
        domain_filing::Act::Start { referanse: None, .. } => "start without a referanse",
    }
    filing_fact(domain_filing::Fact) {
        domain_filing::Fact::Gjeldende(_) => "gjeldende",
        domain_filing::Fact::GjeldendeUnusable(_) => "gjeldende-unusable",
        domain_filing::Fact::Uploaded(_) => "uploaded",
        domain_filing::Fact::Started(..) => "started",
        domain_filing::Fact::Status(..) => "status",
        domain_filing::Fact::NoResult(_) => "no-result",
        domain_filing::Fact::Resultat(..) => "resultat",
        domain_filing::Fact::Failed(_) => "failed",
        domain_filing::Fact::LookFailed(_) => "look-failed",
    }
    innsending_ask(domain_innsending::Ask) {
        domain_innsending::Ask::SendInn(_) => "send-inn",
        domain_innsending::Ask::MedFeil => "med-feil",
        domain_innsending::Ask::Cancel => "cancel",
        domain_innsending::Ask::Fortsett => "fortsett",
        domain_innsending::Ask::Restored { .. } => "restored",
    }
    validering(domain_innsending::Validering) {
        domain_innsending::Validering::Jobb { .. } => "jobb",
        domain_innsending::Validering::Instans => "instans",
        domain_innsending::Validering::Synkron => "synkron",
        domain_innsending::Validering::Utfoert { .. } => "utfoert",
    }
    utfoerer(domain_innsending::Utfoerer) {
        domain_innsending::Utfoerer::Person => "person",
        domain_innsending::Utfoerer::Systembruker => "systembruker",
    }
    innsending_act(domain_innsending::Act) {
        domain_innsending::Act::Opprett => "opprett",
        domain_innsending::Act::SettMetadata(..) => "sett-metadata",
        domain_innsending::Act::LastOppVedlegg(..) => "last-opp-vedlegg",
        domain_innsending::Act::LastOppKonvolutt(..) => "last-opp-konvolutt",
        domain_innsending::Act::Slett(..) => "slett",
        domain_innsending::Act::Neste(..) => "neste",
        domain_innsending::Act::Validering(..) => "validering",
    }
    innsending_fact(domain_innsending::Fact) {
        domain_innsending::Fact::Gjeldende(_) => "gjeldende",
        domain_innsending::Fact::GjeldendeUnusable(_) => "gjeldende-unusable",
        domain_innsending::Fact::Validert(_) => "validert",
        domain_innsending::Fact::Opprettet(_) => "opprettet",
        domain_innsending::Fact::MetadataSatt => "metadata-satt",
        domain_innsending::Fact::VedleggLastetOpp(..) => "vedlegg-lastet-opp",
        domain_innsending::Fact::KonvoluttLastetOpp(_) => "konvolutt-lastet-opp",
        domain_innsending::Fact::Slettet => "slettet",
        domain_innsending::Fact::Flyttet(_) => "flyttet",
        domain_innsending::Fact::Aapne(_) => "aapne",
        domain_innsending::Fact::Instans(_) => "instans",
        domain_innsending::Fact::Kvittering(..) => "kvittering",
        domain_innsending::Fact::Validering(_) => "validering",
        domain_innsending::Fact::Failed(_) => "failed",
        domain_innsending::Fact::LookFailed(domain_innsending::Lest::Instans, _) => "look-failed at the instance",
        domain_innsending::Fact::LookFailed(domain_innsending::Lest::Annet, _) => "look-failed",
    }
    vei(innsending::Vei) {
        innsending::Vei::Jobb => "jobb",
        innsending::Vei::Instans => "instans",
        innsending::Vei::Synkron => "synkron",
        innsending::Vei::Utfoert(_) => "utfoert",
    }
    vedleggstype(Vedleggstype) {
        Vedleggstype::Pdf => "pdf",
        Vedleggstype::Jpeg => "jpeg",
        Vedleggstype::Png => "png",
        Vedleggstype::Xlsx => "xlsx",
    }
    prosess(Prosess) {
        Prosess::Data => "data",
        Prosess::Bekreftelse => "bekreftelse",
        Prosess::Revisor => "revisor",
        Prosess::Tilbakemelding => "tilbakemelding",
        Prosess::Avsluttet => "avsluttet",
        Prosess::Ukjent(_) => "ukjent",
    }
    effect(Effect) {
        Effect::Open => "open",
        Effect::NotSent => "not-sent",
        Effect::Refused(_) => "refused",
        Effect::Unknown => "unknown",
        Effect::Done => "done",
    }
    retry(Retry) {
        Retry::Later(Some(_)) => "later, not before",
        Retry::Later(None) => "later",
        Retry::AFewTimes => "a-few-times",
        Retry::AfterChange => "after-change",
    }
    endring(Endring) {
        Endring::Hovedstol(_) => "hovedstol",
        Endring::Renter(_) => "renter",
        Endring::Referanse(_) => "referanse",
    }
    tillegg(Tilleggsinformasjon) {
        Tilleggsinformasjon::Nav { .. } => "nav",
        Tilleggsinformasjon::Broennoeysund { .. } => "broennoeysund",
        Tilleggsinformasjon::Annet(_) => "annet",
    }
    identifikatortype(Identifikatortype) {
        Identifikatortype::Person => "person",
        Identifikatortype::Organisasjon => "organisasjon",
    }
    krav_id(KravId) {
        KravId::Skatteetatens(_) => "skatteetatens",
        KravId::Oppdragsgivers(_) => "oppdragsgivers",
    }
    edition(Edition) {
        Edition::Utgave2023 => "2023",
        Edition::V1 => "v1",
    }
    mottaksstatus(Mottaksstatus) {
        Mottaksstatus::MottattIkkeBehandlet => "mottatt, ikke behandlet",
        Mottaksstatus::MottattUnderBehandling => "under behandling",
        Mottaksstatus::Valideringsfeil => "valideringsfeil",
        Mottaksstatus::Reskontrofoert => "reskontrofoert",
        Mottaksstatus::Migrert => "migrert",
        Mottaksstatus::SkalIkkeReskontrofoeres => "skal ikke reskontrofoeres",
        Mottaksstatus::Ukjent(_) => "ukjent",
    }
    jobb_status(JobbStatus) {
        JobbStatus::Opprettet => "opprettet",
        JobbStatus::Ny => "ny",
        JobbStatus::Kjoerer => "kjoerer",
        JobbStatus::Pauset => "pauset",
        JobbStatus::Venter => "venter",
        JobbStatus::Avbrutt => "avbrutt",
        JobbStatus::Feilet => "feilet",
        JobbStatus::Ferdig => "ferdig",
        JobbStatus::Ukjent(_) => "ukjent",
    }
    resultat(ResultatAvValidering) {
        ResultatAvValidering::ValidertOk => "validertOK",
        ResultatAvValidering::ValidertMedFeil => "validertMedFeil",
        ResultatAvValidering::Ukjent(_) => "ukjent",
    }
    dokumenttype(Dokumenttype) {
        Dokumenttype::SkattemeldingPersonlig => "skattemeldingPersonlig",
        Dokumenttype::SkattemeldingUpersonlig => "skattemeldingUpersonlig",
        Dokumenttype::Naeringsspesifikasjon => "naeringsspesifikasjon",
        Dokumenttype::SelskapsmeldingSdf => "selskapsmeldingSdf",
    }
    identifikator(Identifikator) {
        Identifikator::Organisasjon(_) => "organisasjon",
        Identifikator::Person(_) => "person",
        Identifikator::PersonMedDNummer(_) => "person med D-nummer",
    }
    innsendingstype(Innsendingstype) {
        Innsendingstype::Komplett => "komplett",
        Innsendingstype::IkkeKomplett => "ikke komplett",
    }
    formaal(Innsendingsformaal) {
        Innsendingsformaal::Egenfastsetting => "egenfastsetting",
        Innsendingsformaal::Klage => "klage",
        Innsendingsformaal::Endringsanmodning => "endringsanmodning",
    }
    compression(Compression) {
        Compression::Auto => "auto",
        Compression::AutoOrBrotli => "auto or brotli",
        Compression::Gzip => "gzip",
        Compression::Brotli => "brotli",
        Compression::None => "none",
    }
}

fn error_kind(kind: ErrorKind) -> String {
    format!("kind: {kind:?}")
}

/// The variants that must have a record.
pub(super) fn expected() -> Vec<String> {
    let kinds = KINDS.iter().map(|(_, kind)| error_kind(*kind));
    NAMES.iter().map(|name| (*name).to_owned()).chain(kinds).collect()
}

/// The variants that are in `kept`.
pub(super) fn of(kept: &Kept) -> Vec<String> {
    let mut all = Vec::new();
    match kept {
        Kept::KravContent(content) => {
            all.push(edition(&content.edition));
            all.extend(content.existing.as_ref().map(krav_id));
        }
        Kept::KravAsk(ask, _, _) => {
            all.push(krav_ask(ask));
            match ask {
                machine::Ask::Opprett(krav) => of_krav(krav, &mut all),
                machine::Ask::Endre(change) => all.push(endring(change)),
                _ => {}
            }
        }
        Kept::KravAct(act) => {
            all.push(krav_act(act));
            if let machine::Act::Endre(id, change) = act {
                all.extend([krav_id(id), endring(change)]);
            }
        }
        Kept::KravFact(fact, _) => of_krav_fact(fact, &mut all),
        Kept::FilingContent(content) => {
            all.push(identifikator(&content.subject.identifikator));
            all.push(innsendingstype(&content.innsendingstype));
            all.extend(content.innsendingsformaal.as_ref().map(formaal));
            all.push(compression(&content.compression));
        }
        Kept::FilingAsk(ask, _) => all.push(filing_ask(ask)),
        Kept::FilingAct(act) => {
            all.push(filing_act(act));
            if let domain_filing::Act::Start { gjeldende, .. } = act {
                all.push(dokumenttype(&gjeldende.dokumenttype));
            }
        }
        Kept::FilingFact(fact) => of_filing_fact(fact, &mut all),
        Kept::InnsendingContent(content) => {
            all.extend([vei(&content.vei), utfoerer(&content.utfoerer)]);
            all.extend(content.vedlegg.iter().map(|vedlegg| vedleggstype(&vedlegg.kind)));
        }
        Kept::InnsendingAsk(ask, _) => {
            all.push(innsending_ask(ask));
            if let domain_innsending::Ask::SendInn(plan) = ask {
                all.extend([validering(&plan.validering), utfoerer(&plan.utfoerer)]);
            }
        }
        Kept::InnsendingAct(act) => {
            all.push(innsending_act(act));
            match act {
                domain_innsending::Act::Neste(_, from) => all.push(prosess(from)),
                domain_innsending::Act::Validering(act, ..) => all.push(filing_act(act)),
                _ => {}
            }
        }
        Kept::InnsendingFact(fact) => {
            all.push(innsending_fact(fact));
            match fact {
                domain_innsending::Fact::Flyttet(to) => all.push(prosess(to)),
                domain_innsending::Fact::Validering(fact) => of_filing_fact(fact, &mut all),
                _ => {}
            }
        }
    }
    all
}

fn of_krav(krav: &Innkrevingsoppdrag, all: &mut Vec<String>) {
    all.push(identifikatortype(&krav.skyldner.identifikatortype));
    all.extend(krav.tilleggsinformasjon.as_ref().map(tillegg));
}

fn of_krav_fact(fact: &machine::Fact, all: &mut Vec<String>) {
    all.push(krav_fact(fact));
    match fact {
        machine::Fact::Mottak(mottak) => all.push(mottaksstatus(&mottak.mottaksstatus)),
        machine::Fact::Avstemming(Some(avstemming)) => {
            let Avstemming { opprinnelig, endringer, .. } = &**avstemming;
            if let Some(Mottatt { innhold, .. }) = opprinnelig {
                of_krav(innhold, all);
            }
            all.extend(endringer.iter().map(|change| endring(&change.innhold)));
        }
        machine::Fact::Failed(failure) => of_failure(failure, all),
        machine::Fact::LookFailed(read, failure) => {
            all.push(look(read));
            of_failure(failure, all);
        }
        _ => {}
    }
}

fn of_filing_fact(fact: &domain_filing::Fact, all: &mut Vec<String>) {
    all.push(filing_fact(fact));
    match fact {
        domain_filing::Fact::Started(_, status) => all.push(jobb_status(status)),
        domain_filing::Fact::Status(_, tilstand) => all.push(jobb_status(&tilstand.jobb_status)),
        domain_filing::Fact::Resultat(_, verdict) => all.push(resultat(verdict)),
        domain_filing::Fact::Failed(failure) | domain_filing::Fact::LookFailed(failure) => {
            of_failure(failure, all);
        }
        _ => {}
    }
}

fn of_failure(failure: &Failure, all: &mut Vec<String>) {
    all.extend([error_kind(failure.kind), effect(&failure.effect), retry(&failure.retry)]);
}
