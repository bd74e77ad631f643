//! What happened to a krav, in a line each.

use skattebro_domain::flow::{Effect, Failure};
use skattebro_domain::krav::machine::{Act, Ask, Fact, Read};
use skattebro_domain::krav::{Endring, KravId};

pub(crate) fn ask(ask: &Ask) -> String {
    match ask {
        Ask::Opprett(oppdrag) => format!("wanted: create it ({} kr)", oppdrag.hovedstol),
        Ask::Endre(endring) => format!("wanted: change {}", change(endring)),
        Ask::Avskriv => "wanted: write it off".to_owned(),
        Ask::Stop => "given up".to_owned(),
        Ask::Fortsett { .. } => "wanted: go on".to_owned(),
        Ask::Avgjoer(said) => {
            let did = if said.happened { "was done" } else { "was not done" };
            let id = said.kravidentifikator.as_ref().map(|id| format!(": krav {id}")).unwrap_or_default();
            format!("settled by a person: operation {} {did}{id}", said.operation + 1)
        }
        Ask::Restored { since } => format!("restored from a copy: since {since} anything may have been sent"),
    }
}

pub(crate) fn act(act: &Act) -> String {
    match act {
        Act::Opprett(_) => "about to create it".to_owned(),
        Act::Endre(id, endring) => format!("about to change {} of {}", change(endring), named(id)),
        Act::Avskriv(id) => format!("about to write off {}", named(id)),
    }
}

pub(crate) fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Opprettet(id) => format!("created: kravidentifikator {id}"),
        Fact::Accepted(None) => "accepted".to_owned(),
        Fact::Accepted(Some(id)) => format!("accepted: transaksjonsid {id}"),
        Fact::Mottak(mottak) => {
            format!("mottaksstatus {} ({})", mottak.mottaksstatus, mottak.kravidentifikator)
        }
        Fact::NotThere => "Skatteetaten knows no such krav".to_owned(),
        Fact::Valideringsfeil(feil) if feil.is_empty() => "no valideringsfeil".to_owned(),
        Fact::Valideringsfeil(feil) => {
            let feil: Vec<String> =
                feil.iter().map(|feil| format!("{}: {}", feil.error, feil.message)).collect();
            format!("valideringsfeil {}", feil.join("; "))
        }
        Fact::Avstemming(None) => "no reconciliation yet".to_owned(),
        Fact::Avstemming(Some(_)) => "read back from the reconciliation".to_owned(),
        Fact::Failed(failure) => failed(failure),
        Fact::LookFailed(read, failure) => format!("looking at {}: {}", look(read), failure.message),
    }
}

/// How a request failed, and what it did at the other side.
pub(crate) fn failed(failure: &Failure) -> String {
    let effect = match &failure.effect {
        Effect::NotSent => "not sent",
        Effect::Refused(_) => "refused, nothing changed",
        Effect::Open | Effect::Unknown | Effect::Done => "it may have acted",
    };
    format!("{effect}: {}", failure.message)
}

fn look(read: &Read) -> &'static str {
    match read {
        Read::Mottaksstatus(_) => "its mottaksstatus",
        Read::Valideringsfeil(_) => "its valideringsfeil",
        Read::Avstemming(_) => "its reconciliation",
    }
}

fn change(endring: &Endring) -> String {
    match endring {
        Endring::Hovedstol(kroner) => format!("hovedstol to {kroner} kr"),
        Endring::Renter(renter) => format!("interest ({} amounts)", renter.len()),
        Endring::Referanse(referanse) => format!("reference to «{referanse}»"),
    }
}

fn named(id: &KravId) -> String {
    match id {
        KravId::Oppdragsgivers(id) => id.to_string(),
        KravId::Skatteetatens(id) => id.to_string(),
    }
}
