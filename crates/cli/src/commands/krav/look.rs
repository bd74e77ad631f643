//! `skattebro krav status` and `skattebro krav valideringsfeil`: single looks.

use super::connect;
use super::known::{Choice, Known, choose};
use super::stored::Besides;
use crate::args::krav::{Service, Status, Valideringsfeil as Arguments};
use crate::commands::{bad_input, failed_call};
use crate::exit::Exit;
use crate::output::krav::{counts, many};
use crate::output::krav_json::{self, JsonList};
use crate::output::{complain, print, print_json};
use crate::settings::Settings;
use futures_util::StreamExt;
use futures_util::future::ready;
use serde_json::json;
use skattebro::domain::Timestamp;
use skattebro::domain::flow::{ErrorKind, Retry};
use skattebro::domain::krav::machine::Verdict;
use skattebro::domain::krav::{Edition, KravId, Mottak, Mottaksstatus, Valideringsfeil};
use skattebro::krav::KravService;
use skattebro::ports::PortError;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::Mutex;

/// So many looks are under way at a time; the adapter bounds them as well.
pub(super) const AT_A_TIME: usize = 5;
/// After so many failures in a row the rest is not tried.
pub(super) const FAILURES: u32 = 20;

pub(super) async fn status(settings: &Settings, arguments: Status) -> Exit {
    let as_json = arguments.service.json;
    let prepare = async || Ok::<_, String>((connect(settings)?, choose(&arguments.chosen, settings).await?));
    let (service, choice) = match prepare().await {
        Ok(prepared) => prepared,
        Err(why) => return bad_input(&why, as_json),
    };
    let mut verdict = tell_unreadable(&choice);
    let (krav, total) = choice.krav.into_stream();
    let mut besides = Besides { dead: choice.dead, ..Besides::default() };
    let (edition, settle) = (settings.edition.value, arguments.bekreftet_etter);
    let looker = Looker { service, edition, settle, tells: Mutex::new(None) };
    let looks = krav.filter_map(|found| ready(besides.note(found))).map(|known| looker.look_at(known));
    let mut looks = looks.buffered(AT_A_TIME);
    let (mut list, mut tally, mut failures, mut done) = (JsonList::default(), BTreeMap::new(), 0, 0);
    while let Some(looked) = looks.next().await {
        done += 1;
        failures = if looked.failed { failures + 1 } else { 0 };
        verdict = verdict.max(looked.verdict);
        *tally.entry(looked.word.clone()).or_default() += 1;
        if as_json {
            list.push(&looked.json());
        } else {
            print(&looked.text());
        }
        if failures >= FAILURES {
            break;
        }
    }
    drop(looks);
    if failures >= FAILURES && total != Some(done) {
        verdict = verdict.max(not_tried(&mut tally, total.map(|total| total - done)));
    }
    if besides.is_not_whole {
        verdict = Verdict::Open;
    }
    if as_json {
        list.finish(krav_json::summary(&tally, verdict));
    } else if done > 1 || total.is_none() {
        print(&counts(&tally));
    }
    if !as_json && besides.dead > 0 {
        print(&format!("Left out, since they were rejected when they were created: {}", besides.dead));
    }
    Exit::from(verdict)
}

/// Tells that the rest was not tried, since nothing gets through.
pub(super) fn not_tried(tally: &mut BTreeMap<String, u64>, rest: Option<u64>) -> Verdict {
    let others = rest.map_or_else(|| "others".to_owned(), |rest| format!("other {rest} krav"));
    complain(&format!("the last {FAILURES} looks failed; the {others} were not tried"));
    tally.insert("not-tried".to_owned(), rest.unwrap_or(1));
    Verdict::Open
}

/// Complains of lines of the kvittering that cannot be read.
pub(super) fn tell_unreadable(choice: &Choice) -> Verdict {
    let Some(first) = choice.unreadable.first() else { return Verdict::Well };
    complain(&format!(
        "the kvittering file has {} that cannot be read, the first is line {first}; what they say is missing here",
        many(choice.unreadable.len() as u64, "line")
    ));
    Verdict::Open
}

struct Looked {
    known: Known,
    mottak: Option<Mottak>,
    feil: Vec<Valideringsfeil>,
    word: String,
    note: String,
    verdict: Verdict,
    failed: bool,
}

/// Looks at one krav after the other.
struct Looker {
    service: KravService,
    edition: Edition,
    settle: Duration,
    /// Whether this environment tells the mottaksstatus, once that is known.
    tells: Mutex<Option<bool>>,
}

impl Looker {
    async fn look_at(&self, known: Known) -> Looked {
        let mut looked = Looked {
            known,
            mottak: None,
            feil: Vec::new(),
            word: "failed".to_owned(),
            note: String::new(),
            verdict: Verdict::Open,
            failed: false,
        };
        let Some(id) = looked.known.id() else {
            "it has no id that can be asked for".clone_into(&mut looked.note);
            return looked;
        };
        match self.mottaksstatus(&id).await {
            Some(Ok(Some(mottak))) => looked.told(&self.service, mottak).await,
            Some(Ok(None)) => looked.is(
                Verdict::Wrong,
                "not-there",
                "Skatteetaten knows no krav with this id for this oppdragsgiver",
            ),
            Some(Err(error)) => looked.failed(&error),
            None => looked.told_by_errors(&self.service, &id, self.settle).await,
        }
        looked
    }

    /// `None` if nothing tells the status in this environment. Whether that is so is asked once, by one krav while others wait.
    async fn mottaksstatus(&self, id: &KravId) -> Option<Result<Option<Mottak>, PortError>> {
        let look = || patiently(|| self.service.mottaksstatus(id));
        if self.edition != Edition::Utgave2023 {
            return Some(look().await);
        }
        let mut tells = self.tells.lock().await;
        match *tells {
            Some(false) => return None,
            Some(true) => drop(tells),
            None => {
                let answer = look().await;
                match &answer {
                    Ok(_) => *tells = Some(true),
                    Err(error) if error.kind() == ErrorKind::NotFound => *tells = Some(false),
                    Err(_) => {}
                }
                return Some(answer).filter(|_| *tells != Some(false));
            }
        }
        match look().await {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            answer => Some(answer),
        }
    }
}

impl Looked {
    fn is(&mut self, verdict: Verdict, word: &str, note: &str) {
        self.verdict = verdict;
        self.word = word.to_owned();
        self.note = note.to_owned();
    }

    fn failed(&mut self, error: &PortError) {
        self.is(Verdict::Open, "failed", &error.with_causes());
        self.failed = true;
    }

    async fn told(&mut self, service: &KravService, mottak: Mottak) {
        let verdict = match &mottak.mottaksstatus {
            Mottaksstatus::Reskontrofoert | Mottaksstatus::Migrert => Verdict::Well,
            Mottaksstatus::Valideringsfeil | Mottaksstatus::SkalIkkeReskontrofoeres => Verdict::Wrong,
            _ => Verdict::Open,
        };
        self.is(verdict, mottak.mottaksstatus.as_str(), "");
        if mottak.mottaksstatus == Mottaksstatus::Valideringsfeil {
            let id = KravId::Skatteetatens(mottak.kravidentifikator.clone());
            match patiently(|| service.valideringsfeil(&id)).await {
                Ok(feil) => self.feil = feil,
                Err(error) => self.note = error.with_causes(),
            }
        }
        self.known.theirs = Some(mottak.kravidentifikator.as_str().to_owned());
        if let Some(ours) = &mottak.oppdragsgivers_kravidentifikator {
            self.known.ours = Some(ours.as_str().to_owned());
        }
        self.mottak = Some(mottak);
    }

    async fn told_by_errors(&mut self, service: &KravService, id: &KravId, settle: Duration) {
        match patiently(|| service.valideringsfeil(id)).await {
            Ok(feil) if !feil.is_empty() => {
                self.is(Verdict::Wrong, "VALIDERINGSFEIL", "");
                self.feil = feil;
            }
            Ok(_) => {
                let age = self.known.created.map(|created| Timestamp::now().duration_since(created));
                let age = age.and_then(|age| Duration::try_from(age).ok());
                if age.is_some_and(|age| age >= settle) {
                    let note = "no valideringsfeil, long enough after its creation: it counts as transferred; this environment does not tell \
                                the mottaksstatus";
                    self.is(Verdict::Well, "settle-time", note);
                } else {
                    let note =
                        "no valideringsfeil, or none yet; this environment does not tell the mottaksstatus";
                    self.is(Verdict::Open, "not-told", note);
                }
            }
            Err(error) => self.failed(&error),
        }
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "oppdragsgiversKravidentifikator": self.known.ours,
            "kravidentifikator": self.known.theirs,
            "mottaksstatus": self.mottak.as_ref().map(|mottak| mottak.mottaksstatus.as_str()),
            "statusOppdatert": self.mottak.as_ref().and_then(|mottak| mottak.status_oppdatert).map(|at| at.to_string()),
            "verdict": krav_json::word(self.verdict),
            "valideringsfeil": krav_json::valideringsfeil(&self.feil),
            "note": Some(&self.note).filter(|note| !note.is_empty()),
        })
    }

    fn text(&self) -> String {
        let since = self.mottak.as_ref().and_then(|mottak| mottak.status_oppdatert);
        let mut parts = vec![
            self.known.ours.clone().unwrap_or("–".to_owned()),
            self.known.theirs.clone().unwrap_or("–".to_owned()),
            self.word.clone(),
        ];
        parts.extend(since.map(|since| format!("since {since}")));
        parts.extend(Some(self.note.clone()).filter(|note| !note.is_empty()));
        let mut text = parts.join("  ");
        for feil in &self.feil {
            text.push_str(&format!("\n  {}: {}", feil.error, feil.message));
        }
        text
    }
}

pub(super) async fn valideringsfeil(settings: &Settings, arguments: Arguments) -> Exit {
    let Arguments { id, whose, service: Service { json: as_json, .. } } = &arguments;
    let id = &id.id(whose.egen_id);
    let service = match connect(settings) {
        Ok(service) => service,
        Err(why) => return bad_input(&why, *as_json),
    };
    let feil = match patiently(|| service.valideringsfeil(id)).await {
        Ok(feil) => feil,
        Err(error) => return failed_call(&error, *as_json),
    };
    if *as_json {
        print_json(&json!({
            "id": id.as_str(),
            "valideringsfeil": krav_json::valideringsfeil(&feil),
            "verdict": krav_json::word(if feil.is_empty() { Verdict::Well } else { Verdict::Wrong }),
        }));
    } else if feil.is_empty() {
        print(
            "No valideringsfeil. The validation takes up to a minute after the creation; before that, this proves nothing.",
        );
    } else {
        feil.iter().for_each(|feil| print(&format!("{}: {}", feil.error, feil.message)));
    }
    if feil.is_empty() { Exit::Ok } else { Exit::MedFeil }
}

/// Looks a few times, if looking again can help.
pub(super) async fn patiently<T, F>(look: impl Fn() -> F) -> Result<T, PortError>
where
    F: Future<Output = Result<T, PortError>>,
{
    let mut pause = Duration::from_millis(500);
    for _ in 0..2 {
        match look().await {
            Err(error) if error.retry() != Retry::AfterChange => {
                let asked_for = if let Retry::Later(asked_for) = error.retry() { asked_for } else { None };
                tokio::time::sleep(asked_for.unwrap_or(pause).min(Duration::from_secs(30))).await;
                pause *= 4;
            }
            told => return told,
        }
    }
    look().await
}
