use skattebro_domain::Finding;
use skattebro_domain::flow::ErrorKind;
use skattebro_domain::krav::Innkrevingsoppdrag;
use skattebro_domain::krav::machine::{Krav, OperationEnd, Standing, Verdict, What};
use skattebro_ports::journal::CaseId;
use std::sync::Arc;

/// What became of one order.
#[derive(Debug, Clone)]
pub struct KravReport {
    /// What the caller tagged the order with.
    pub tag: Option<u64>,
    /// The case in the journal, where there is one that outlives the process.
    pub case: Option<CaseId>,
    /// What is wrong with it, if anything. With an error among them, nothing was sent.
    pub findings: Vec<Finding>,
    /// The krav with its ids, its operations and their ends.
    pub krav: Krav,
    /// Why it was not even tried, if it was not.
    pub not_tried: Option<String>,
}

impl KravReport {
    /// Where the krav stands.
    pub fn standing(&self) -> Standing {
        self.krav.standing()
    }

    /// How the whole order has gone.
    pub fn verdict(&self) -> Verdict {
        match self.findings.iter().any(Finding::is_error) {
            true => Verdict::Wrong,
            false => self.krav.verdict(),
        }
    }

    /// The krav that was to be created, if that was part of the order.
    pub fn oppdrag(&self) -> Option<&Arc<Innkrevingsoppdrag>> {
        match self.krav.operations().first().map(|operation| operation.what()) {
            Some(What::Opprett(oppdrag)) => Some(oppdrag),
            _ => None,
        }
    }

    /// Why nothing got through to the service, if that is what became of it: no connection, or no access. Says nothing against the krav;
    /// many in a row mean that trying the next is in vain.
    pub fn nothing_got_through(&self) -> Option<&str> {
        let last = self.krav.last_failure().filter(|failure| failure.kind == ErrorKind::Unauthorized);
        self.krav.operations().iter().find_map(|operation| match operation.end()? {
            OperationEnd::NotDone { message } => Some(message.as_str()),
            OperationEnd::Unproven { .. } => last.map(|failure| failure.message.as_str()),
            _ => None,
        })
    }

    /// In one or a few sentences, for a person: what was refused, what could not be proven, what the service found wrong. Empty if all
    /// is well. The service's own words may name the skyldner.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons: Vec<String> = self.findings.iter().map(ToString::to_string).collect();
        reasons.extend(self.not_tried.clone());
        if self.findings.iter().any(Finding::is_error) {
            return reasons; // nothing was sent, so nothing became of it
        }
        for operation in self.krav.operations() {
            match operation.end() {
                Some(OperationEnd::Refused { rule, message }) => reasons.push(format!("{rule}: {message}")),
                Some(OperationEnd::NotDone { message }) => reasons.push(message.clone()),
                Some(OperationEnd::Unproven { evidence }) => reasons.push(evidence.clone()),
                Some(OperationEnd::Moot(because)) => {
                    reasons.push(format!("{} was not done: {}", name(operation.what()), because.as_str()));
                }
                Some(OperationEnd::Done(_)) => {}
                None if self.not_tried.is_none() => {
                    let last = self.krav.last_failure().map(|failure| failure.message.as_str());
                    let last = last.map(|message| format!(": {message}")).unwrap_or_default();
                    reasons.push(format!("{} is still open{last}", name(operation.what())));
                }
                None => {}
            }
        }
        match self.standing() {
            Standing::Rejected(feil) => {
                reasons.extend(feil.iter().map(|feil| format!("{}: {}", feil.error, feil.message)));
            }
            Standing::NotToBeBooked => {
                reasons.push("Skatteetaten says SKAL_IKKE_RESKONTROFOERES: it will not be booked".to_owned());
            }
            Standing::Received if reasons.is_empty() && self.verdict() == Verdict::Open => {
                let status = self.krav.mottak().map(|mottak| format!(" ({})", mottak.mottaksstatus));
                let status = status.unwrap_or_default();
                reasons.push(format!("received{status}; it was not settled in time, and may be later"));
            }
            _ => {}
        }
        reasons
    }
}

fn name(what: &What) -> &'static str {
    match what {
        What::Opprett(_) => "the creation",
        What::Endre(_) => "a change",
        What::Avskriv => "the write-off",
    }
}
