//! What was sent of krav, as far as is known here: from the command line, from a kvittering file (its lines folded into one entry a krav),
//! or from the store.

use super::lines::Lines;
use super::source::Source;
use super::stored::{Krav, Stored};
use crate::args::krav::Chosen;
use crate::settings::Settings;
use serde_json::Value;
use skattebro::codec::krav::read_opprett;
use skattebro::domain::Timestamp;
use skattebro::domain::krav::{Edition, Endring, Innkrevingsoppdrag, KravId, Kroner, RenteBeloep};
use skattebro::krav::Sent;
use std::collections::HashMap;
use std::path::Path;

/// A krav, as far as is known here.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// The oppdragsgiver's id.
    pub(super) ours: Option<String>,
    /// Skatteetaten's id.
    pub(super) theirs: Option<String>,
    /// When it was created, or somewhat later.
    pub(super) created: Option<Timestamp>,
    /// Whether it was seen not to be collected: rejected, or not to be booked.
    pub(super) is_dead: bool,
    pub(super) oppdrag: Option<Innkrevingsoppdrag>,
    pub(super) endringer: Vec<Endring>,
    pub(super) avskrevet: bool,
}

impl Known {
    pub(super) fn of_id(id: &KravId) -> Self {
        let text = Some(id.as_str().to_owned());
        match id {
            KravId::Skatteetatens(_) => Self { theirs: text, ..Self::default() },
            KravId::Oppdragsgivers(_) => Self { ours: text, ..Self::default() },
        }
    }

    pub(super) fn of_row(oppdrag: Innkrevingsoppdrag) -> Self {
        Self {
            ours: oppdrag.oppdragsgivers_kravidentifikator.clone(),
            oppdrag: Some(oppdrag),
            ..Self::default()
        }
    }

    /// What it is addressed by.
    pub(super) fn id(&self) -> Option<KravId> {
        let theirs = self.theirs.as_deref().and_then(|id| id.parse().ok()).map(KravId::Skatteetatens);
        theirs.or_else(|| self.ours.as_deref()?.parse().ok().map(KravId::Oppdragsgivers))
    }

    /// What was sent of it. What the file does not tell is left open, if `is_all` does not say that it tells everything.
    pub(super) fn sent(&self, is_all: bool) -> Sent {
        let knows_all = is_all && self.oppdrag.is_some();
        Sent {
            oppdrag: self.oppdrag.clone(),
            endringer: (knows_all || !self.endringer.is_empty()).then(|| self.endringer.clone()),
            avskrevet: (knows_all || self.avskrevet).then_some(self.avskrevet),
        }
    }

    /// Whether anything is known that could be compared.
    pub(super) fn can_be_compared(&self) -> bool {
        self.oppdrag.is_some() || !self.endringer.is_empty() || self.avskrevet
    }
}

/// What was chosen on the command line.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) krav: Krav,
    /// Krav of the file that are left out, since they were rejected.
    pub(super) dead: u64,
    /// Lines of the file that cannot be read.
    pub(super) unreadable: Vec<u64>,
    /// Rows of the file that was sent that have errors.
    pub(super) bad_rows: u64,
}

/// Reads the kvittering file, if one was given, and picks what was asked for. Without one, all are those of the store.
///
/// # Errors
/// With a sentence for the user.
pub(super) async fn choose(chosen: &Chosen, settings: &Settings) -> Result<Choice, String> {
    if chosen.alle && chosen.kvittering.is_none() {
        let krav = Krav::Stored(Box::new(Stored::open(settings).await?));
        return Ok(Choice { krav, ..Choice::default() });
    }
    if !chosen.alle && chosen.ids.is_empty() {
        return Err(
            "give the ids of krav; or --alle, for every krav of the store or of --kvittering FILE".to_owned()
        );
    }
    let mut fold = Fold::default();
    if let Some(path) = &chosen.kvittering {
        fold.read(path)?;
    }
    let unreadable = std::mem::take(&mut fold.unreadable);
    if chosen.alle {
        let (dead, krav): (Vec<_>, Vec<_>) = fold.into_known().partition(|known| known.is_dead);
        return Ok(Choice { krav: Krav::Here(krav), dead: dead.len() as u64, unreadable, bad_rows: 0 });
    }
    let known = |id: KravId| {
        let is_ours = matches!(id, KravId::Oppdragsgivers(_));
        let at = fold.by_id.get(&(is_ours, id.as_str().to_owned())).copied();
        at.and_then(|at| fold.known.get(at)?.clone()).unwrap_or_else(|| Known::of_id(&id))
    };
    let ids = chosen.ids.iter().map(|id| id.id(chosen.whose.egen_id));
    Ok(Choice { krav: Krav::Here(ids.map(known).collect()), unreadable, ..Choice::default() })
}

#[derive(Default)]
struct Fold {
    known: Vec<Option<Known>>,
    /// By whether the id is ours, and the id.
    by_id: HashMap<(bool, String), usize>,
    unreadable: Vec<u64>,
}

impl Fold {
    fn read(&mut self, path: &Path) -> Result<(), String> {
        let source = Source::open(path)?;
        let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", source.name);
        for line in Lines::new(source.reader().map_err(unreadable)?) {
            let (number, line) = line.map_err(unreadable)?;
            let is_blank = line.as_ref().is_ok_and(|line| line.trim_ascii().is_empty());
            if !is_blank && line.ok().and_then(|line| self.line(&line)).is_none() {
                self.unreadable.push(number);
            }
        }
        Ok(())
    }

    fn into_known(self) -> impl Iterator<Item = Known> {
        self.known.into_iter().flatten()
    }

    /// `None` if the line cannot be read.
    fn line(&mut self, line: &[u8]) -> Option<()> {
        let line: Value = serde_json::from_slice(line).ok()?;
        let edition: Edition = line.get("edition")?.as_str()?.parse().ok()?;
        let operations = line.get("operations")?.as_array()?;
        let creation = operations.iter().find(|operation| operation["operation"] == "opprett");
        let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
        let (ours, theirs) = (text("oppdragsgiversKravidentifikator"), text("kravidentifikator"));
        // A creation that was refused made no krav; another may have its id.
        let made_one = |creation: &Value| match creation["end"].as_str() {
            Some("done" | "unproven") => true,
            Some(_) => false,
            None => theirs.is_some(), // a line that was written while it was under way
        };
        if creation.is_some_and(|creation| !made_one(creation)) {
            return Some(());
        }
        let oppdrag = match line.get("oppdrag") {
            None | Some(Value::Null) => None,
            Some(oppdrag) => Some(read_opprett(oppdrag.to_string().as_bytes(), edition).ok()?),
        };
        let endringer: Vec<Endring> = operations
            .iter()
            .filter(|operation| operation["end"] == "done" && !operation["endring"].is_null())
            .map(|operation| endring(&operation["endring"]))
            .collect::<Option<_>>()?;
        let known = self.entry(ours, theirs)?;
        if let Some(creation) = creation {
            let time = line.get("time").and_then(Value::as_str).and_then(|time| time.parse().ok());
            // Of several lines the first is nearest to it, as later ones may tell of the same krav sent again.
            known.created = known.created.or(time.filter(|_| creation["end"] == "done"));
            known.is_dead = matches!(line["standing"].as_str(), Some("rejected" | "not-to-be-booked"));
        }
        known.oppdrag = oppdrag.or(known.oppdrag.take());
        for endring in endringer {
            // A line that was written while the krav was under way tells what its last line tells again.
            let last = known.endringer.iter().rfind(|before| before.name() == endring.name());
            if last != Some(&endring) {
                known.endringer.push(endring);
            }
        }
        known.avskrevet |= operations
            .iter()
            .any(|operation| operation["operation"] == "avskriv" && operation["end"] == "done");
        Some(())
    }

    /// The entry of a krav with these ids. If they led to two, those become one.
    fn entry(&mut self, ours: Option<String>, theirs: Option<String>) -> Option<&mut Known> {
        let ids = [theirs.clone().map(|id| (false, id)), ours.clone().map(|id| (true, id))];
        let mut places = ids.iter().flatten().filter_map(|id| self.by_id.get(id).copied());
        let (first, second) = (places.next(), places.next());
        let at = first.unwrap_or(self.known.len());
        if first.is_none() {
            self.known.push(Some(Known::default()));
        }
        if let Some(other) =
            second.filter(|other| *other != at).and_then(|other| self.known.get_mut(other)?.take())
        {
            let known = self.known.get_mut(at)?.as_mut()?;
            known.oppdrag = known.oppdrag.take().or(other.oppdrag);
            known.created = known.created.or(other.created);
            known.endringer.extend(other.endringer);
            known.avskrevet |= other.avskrevet;
            known.is_dead |= other.is_dead;
        }
        let known = self.known.get_mut(at)?.as_mut()?;
        known.ours = ours.or(known.ours.take());
        known.theirs = theirs.or(known.theirs.take());
        for (is_ours, id) in [(true, &known.ours), (false, &known.theirs)] {
            if let Some(id) = id {
                self.by_id.insert((is_ours, id.clone()), at);
            }
        }
        Some(known)
    }
}

/// A change as the kvittering has it: the body of edition v1.
fn endring(body: &Value) -> Option<Endring> {
    let kroner = |of: &Value| of["beloep"].as_i64().map(Kroner::new);
    if let Some(hovedstol) = body.get("hovedstol") {
        return kroner(hovedstol).map(Endring::Hovedstol);
    }
    if let Some(referanse) = body.get("nyOppdragsgiversReferanse") {
        return Some(Endring::Referanse(referanse.as_str()?.to_owned()));
    }
    let rente = |rente: &Value| {
        let text = |name: &str| rente.get(name).and_then(Value::as_str);
        let renter_ilagt_dato = match text("renterIlagtDato") {
            Some(date) => Some(date.parse().ok()?),
            None => None,
        };
        let rentetype = text("rentetype").map(str::to_owned);
        Some(RenteBeloep { beloep: kroner(rente)?, renter_ilagt_dato, rentetype })
    };
    body.get("renter")?.as_array()?.iter().map(rente).collect::<Option<_>>().map(Endring::Renter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const THEIRS: &str = "3f1c9f3e-6f0e-4a59-9a40-0e6a3b1f8c11";

    fn fold(lines: &[Value]) -> Fold {
        let mut fold = Fold::default();
        for line in lines {
            assert!(fold.line(line.to_string().as_bytes()).is_some(), "{line}");
        }
        fold
    }

    fn line(ours: Option<&str>, theirs: Option<&str>, operations: Value) -> Value {
        json!({"edition": "v1", "oppdragsgiversKravidentifikator": ours, "kravidentifikator": theirs, "operations": operations})
    }

    fn hovedstol(beloep: i64, end: &str) -> Value {
        json!({"operation": "hovedstol", "end": end, "endring": {"hovedstol": {"beloep": beloep}}})
    }

    #[test]
    fn lines_of_one_krav_become_one_entry_whichever_id_they_have() {
        let fold = fold(&[
            line(None, Some(THEIRS), json!([hovedstol(5, "done")])),
            line(Some("K-1"), None, json!([hovedstol(4, "done"), hovedstol(3, "refused")])),
            line(Some("K-1"), Some(THEIRS), json!([{"operation": "avskriv", "end": "done"}])),
            line(Some("K-2"), None, json!([{"operation": "opprett", "end": "refused"}])),
        ]);
        let known: Vec<_> = fold.into_known().collect();
        assert_eq!(known.len(), 1, "{known:?}");
        assert_eq!((known[0].ours.as_deref(), known[0].theirs.as_deref()), (Some("K-1"), Some(THEIRS)));
        assert_eq!(known[0].endringer, [5, 4].map(|kroner| Endring::Hovedstol(Kroner::new(kroner))));
        assert!(known[0].avskrevet);
    }

    #[test]
    fn half_a_line_is_noticed() {
        let mut fold = Fold::default();
        assert!(fold.line(b"{\"edition\":\"v1\",\"oper").is_none());
        assert!(fold.line(b"{}").is_none());
    }
}
