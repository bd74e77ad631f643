use super::service::Outside;
use skattebro_domain::Kravidentifikator;
use skattebro_domain::krav::machine::{Difference, describe, differences};
use skattebro_domain::krav::{Avstemming, Endring, Innkrevingsoppdrag, KravId, Mottaksstatus};
use skattebro_ports::{Call, PortError};

/// What we sent of a krav, as far as we know.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// The krav as it was created.
    pub oppdrag: Option<Innkrevingsoppdrag>,
    /// The changes that were accepted, in order; `None` if nobody kept them.
    pub endringer: Option<Vec<Endring>>,
    /// Whether it was written off; `None` if nobody kept that.
    pub avskrevet: Option<bool>,
}

/// What comparing came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconciled {
    /// They have what we sent.
    Equal,
    /// They have something else.
    Different(Vec<Difference>),
    /// They have no such krav.
    NotThere,
    /// They do not tell yet, or never will, with this status.
    NotTold(Option<Mottaksstatus>),
    /// This edition of the API has no reconciliation.
    NotInThisEdition,
}

/// A krav as the service knows it, against what we sent.
#[derive(Debug, Clone)]
pub struct Reconciliation {
    /// Skatteetaten's id, if they have it.
    pub kravidentifikator: Option<Kravidentifikator>,
    /// What comparing came to.
    pub result: Reconciled,
    /// What they have, where they tell.
    pub theirs: Option<Avstemming>,
}

pub(super) async fn reconcile(
    outside: &Outside,
    id: &KravId,
    sent: &Sent,
    call: impl Fn() -> Call,
) -> Result<Reconciliation, PortError> {
    let nothing = |result| Reconciliation { kravidentifikator: None, result, theirs: None };
    if !outside.capabilities().avstemming {
        return Ok(nothing(Reconciled::NotInThisEdition));
    }
    let Some(mottak) = outside.lookup.mottaksstatus(&call(), id).await? else {
        return Ok(nothing(Reconciled::NotThere));
    };
    let kravidentifikator = Some(mottak.kravidentifikator.clone());
    let theirs = outside.lookup.avstemming(&call(), &KravId::Skatteetatens(mottak.kravidentifikator)).await?;
    let result = match &theirs {
        None => Reconciled::NotTold(Some(mottak.mottaksstatus)),
        Some(theirs) => match compare(sent, theirs) {
            found if found.is_empty() => Reconciled::Equal,
            found => Reconciled::Different(found),
        },
    };
    Ok(Reconciliation { kravidentifikator, result, theirs })
}

/// What differs. Of the changes of one kind only the last counts, since the service may list a repeated change twice, or once.
fn compare(sent: &Sent, theirs: &Avstemming) -> Vec<Difference> {
    let mut found = match (&sent.oppdrag, &theirs.opprinnelig) {
        (Some(sent), Some(received)) => differences(sent, &received.innhold),
        (Some(_), None) => {
            vec![Difference {
                field: "opprinneligInnkrevingsoppdrag",
                sent: "sent".into(),
                received: String::new(),
            }]
        }
        (None, _) => Vec::new(),
    };
    if let Some(sent) = &sent.endringer {
        let received: Vec<_> = theirs.endringer.iter().map(|received| &received.innhold).collect();
        for kind in ["hovedstol", "renter", "oppdragsgiversreferanse"] {
            let ours = sent.iter().rfind(|endring| endring.name() == kind);
            let last = received.iter().rfind(|endring| endring.name() == kind).copied();
            let is_same = match (ours, last) {
                (Some(ours), Some(last)) => ours.is_same(last),
                // A change to what the krav was created with changes nothing, and is not listed.
                (Some(ours), None) => theirs
                    .opprinnelig
                    .as_ref()
                    .is_some_and(|original| ours.is_same(&ours.as_created(&original.innhold))),
                (None, last) => last.is_none(),
            };
            if !is_same {
                let shown = |endring: Option<&Endring>| endring.map(describe).unwrap_or_default();
                found.push(Difference { field: kind, sent: shown(ours), received: shown(last) });
            }
        }
    }
    if let Some(sent) = sent.avskrevet
        && sent != theirs.avskriving.is_some()
    {
        let word = |written_off: bool| if written_off { "written off" } else { "not written off" }.to_owned();
        let received = word(theirs.avskriving.is_some());
        found.push(Difference { field: "avskriving", sent: word(sent), received });
    }
    found
}
