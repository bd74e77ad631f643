//! What is written is read again, today and in years.

mod any;
mod bad;
mod cover;
mod round_trips;
mod samples;
mod stored;

use super::*;
use skattebro_domain::flow::Flow;
use skattebro_domain::krav::Edition;
use skattebro_domain::krav::machine::{self, Krav, KravRules};
use skattebro_domain::{Timestamp, filing as domain_filing, innsending as domain_innsending};

/// Whatever a journal keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    KravContent(krav::Content),
    KravAsk(machine::Ask, Edition, Option<Said>),
    KravAct(machine::Act),
    KravFact(machine::Fact, Edition),
    FilingContent(Box<filing::Content>),
    FilingAsk(domain_filing::Ask, Option<Said>),
    FilingAct(domain_filing::Act),
    FilingFact(domain_filing::Fact),
    InnsendingContent(Box<innsending::Content>),
    InnsendingAsk(domain_innsending::Ask, Option<Said>),
    InnsendingAct(domain_innsending::Act),
    InnsendingFact(domain_innsending::Fact),
}

impl Kept {
    fn write(&self) -> Payload {
        match self {
            Self::KravContent(content) => krav::write_content(content),
            Self::KravAsk(ask, edition, said) => krav::write_ask(ask, *edition, said.as_ref()),
            Self::KravAct(act) => krav::write_act(act),
            Self::KravFact(fact, edition) => krav::write_fact(fact, *edition),
            Self::FilingContent(content) => filing::write_content(content),
            Self::FilingAsk(ask, said) => filing::write_ask(ask, said.as_ref()),
            Self::FilingAct(act) => filing::write_act(act),
            Self::FilingFact(fact) => filing::write_fact(fact),
            Self::InnsendingContent(content) => innsending::write_content(content),
            Self::InnsendingAsk(ask, said) => innsending::write_ask(ask, said.as_ref()),
            Self::InnsendingAct(act) => innsending::write_act(act),
            Self::InnsendingFact(fact) => innsending::write_fact(fact),
        }
    }

    /// What is read from `payload` when it is taken for a record of the same kind.
    fn read_as(&self, payload: &Payload) -> Result<Self, Unreadable> {
        Ok(match self {
            Self::KravContent(_) => Self::KravContent(krav::read_content(payload)?),
            // The edition is not read again: whoever reads an ask has it from the content.
            Self::KravAsk(_, edition, _) => {
                Self::KravAsk(krav::read_ask(payload)?, *edition, read_said(payload))
            }
            Self::KravAct(act) => Self::KravAct(krav::read_act(payload, &flow(act))?),
            Self::KravFact(_, edition) => Self::KravFact(krav::read_fact(payload)?, *edition),
            Self::FilingContent(_) => Self::FilingContent(Box::new(filing::read_content(payload)?)),
            Self::FilingAsk(..) => Self::FilingAsk(filing::read_ask(payload)?, read_said(payload)),
            Self::FilingAct(_) => Self::FilingAct(filing::read_act(payload)?),
            Self::FilingFact(_) => Self::FilingFact(filing::read_fact(payload)?),
            Self::InnsendingContent(_) => {
                Self::InnsendingContent(Box::new(innsending::read_content(payload)?))
            }
            Self::InnsendingAsk(..) => {
                Self::InnsendingAsk(innsending::read_ask(payload)?, read_said(payload))
            }
            Self::InnsendingAct(_) => Self::InnsendingAct(innsending::read_act(payload)?),
            Self::InnsendingFact(_) => Self::InnsendingFact(innsending::read_fact(payload)?),
        })
    }
}

/// A krav of which nothing is known but that what this creates was asked for.
fn flow(act: &machine::Act) -> Krav {
    let mut flow = Krav::new(KravRules::default(), Edition::V1.capabilities());
    if let machine::Act::Opprett(krav) = act {
        flow.asked(machine::Ask::Opprett(krav.clone()), Timestamp::UNIX_EPOCH).unwrap();
    }
    flow
}
