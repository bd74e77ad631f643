//! `skattebro jobb list`.

use super::{Store, fail, open, show};
use crate::args::jobb::{Kind, List, Tilstand};
use crate::commands::bad_input;
use crate::exit::Exit;
use crate::output::krav::{many, table};
use crate::output::krav_json::JsonList;
use crate::output::print;
use crate::settings::Settings;
use serde_json::{Map, json};
use skattebro::ports::journal::{CaseState, CaseSummary, Filter, JournalError};

/// So many are read at a time.
const PAGE: usize = 200;

pub(super) async fn run(settings: &Settings, arguments: List) -> Exit {
    let mut store = match open(settings).await {
        Ok(store) => store,
        Err(why) => return bad_input(&why, arguments.json),
    };
    if arguments.alle_miljoer {
        store.environment = None;
    }
    let listed =
        if arguments.json { as_json(&store, &arguments).await } else { as_text(&store, &arguments).await };
    match listed {
        Ok(()) => Exit::Ok,
        Err(error) => fail(&error.to_string(), Exit::Unavailable, false),
    }
}

async fn as_json(store: &Store, arguments: &List) -> Result<(), JournalError> {
    let mut list = JsonList::of("cases");
    let mut pages = Pages::new(store, arguments);
    let mut count = 0u64;
    let mut ended = Ok(());
    loop {
        match pages.next().await {
            Ok(None) => break,
            Ok(Some(page)) => page.iter().for_each(|case| {
                count += 1;
                list.push(&show::summary(case));
            }),
            Err(error) => {
                ended = Err(error);
                break;
            }
        }
    }
    // What is printed is JSON also when it is not whole.
    let mut rest = Map::from_iter([("count".to_owned(), json!(count))]);
    rest.extend(ended.as_ref().err().map(|error| ("error".to_owned(), error.to_string().into())));
    list.finish(rest);
    ended
}

async fn as_text(store: &Store, arguments: &List) -> Result<(), JournalError> {
    let mut pages = Pages::new(store, arguments);
    let (mut count, mut unproven) = (0, false);
    while let Some(page) = pages.next().await? {
        let header =
            ["case", "kind", "title", "state", "status", "changed", "owner"].map(str::to_owned).to_vec();
        let header = (count == 0).then_some(header);
        print(&table(header.into_iter().chain(page.iter().map(show::line)).collect()));
        count += page.len() as u64;
        unproven |= page.iter().any(|case| case.status == "unproven" && case.state != CaseState::Settled);
    }
    let word = if arguments.alle || arguments.tilstand.is_some() { "case" } else { "open case" };
    print(&if count == 0 { format!("No {word}s.") } else { format!("\n{}", many(count, word)) });
    if unproven {
        print(
            "What is unproven needs a person: «skattebro jobb vis ID» tells what is known, «skattebro jobb avgjoer ID» settles it.",
        );
    }
    let elsewhere = elsewhere(store).await?;
    if elsewhere > 0 {
        print(&format!(
            "This store also has {} of other services; --alle-miljoer shows them.",
            many(elsewhere, "open case")
        ));
    }
    Ok(())
}

/// How many open cases of other services there are.
async fn elsewhere(store: &Store) -> Result<u64, JournalError> {
    let Some(environment) = &store.environment else { return Ok(0) };
    let mut open = [0; 2];
    for (sum, of) in open.iter_mut().zip([None, Some(environment)]) {
        let counts = store.journal.counts(of).await?.cases;
        *sum = counts.iter().filter(|(_, state, ..)| *state != "settled").map(|(.., count)| count).sum();
    }
    Ok(open[0].saturating_sub(open[1]))
}

/// Cases a page at a time.
struct Pages<'s> {
    store: &'s Store,
    filter: Filter,
    with_settled: bool,
    is_over: bool,
}

impl<'s> Pages<'s> {
    fn new(store: &'s Store, arguments: &List) -> Self {
        let kind = arguments.kind.map(|kind| match kind {
            Kind::Krav => "krav",
            Kind::Filing => "filing",
            Kind::Innsending => "innsending",
        });
        let state = arguments.tilstand.map(|state| match state {
            Tilstand::Due => "due",
            Tilstand::Waiting => "waiting",
            Tilstand::Settled => "settled",
        });
        let filter = Filter {
            environment: store.environment.clone(),
            kind: kind.and_then(|kind| kind.parse().ok()),
            state,
            status: arguments.status.clone(),
            ..Filter::all(PAGE)
        };
        Self { store, filter, with_settled: arguments.alle || state.is_some(), is_over: false }
    }

    /// The next page that has something; `None` after the last.
    async fn next(&mut self) -> Result<Option<Vec<CaseSummary>>, JournalError> {
        while !self.is_over {
            let mut page = self.store.cases.list(self.filter.clone()).await?;
            self.is_over = page.len() < PAGE;
            self.filter.after = page.last().map(|case| case.id.clone());
            if !self.with_settled {
                page.retain(|case| case.state != CaseState::Settled);
            }
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }
}
