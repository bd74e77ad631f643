//! `skattebro jobb rydd`: first everything is in the file, then it is removed from the store.

use super::{Store, export, fail, failed, open};
use crate::args::jobb::Rydd;
use crate::commands::bad_input;
use crate::exit::Exit;
use crate::output::krav::many;
use crate::output::{complain, print};
use crate::settings::Settings;
use skattebro::CaseError;
use skattebro::domain::Timestamp;
use skattebro::ports::journal::{CaseId, Filter, JournalError, Version};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// So many are read or removed at a time.
const PAGE: usize = 200;

/// What is removed, and nothing else: a case that has changed since it was exported stays.
type Exported = Vec<(CaseId, Version)>;

pub(super) async fn run(settings: &Settings, arguments: Rydd) -> Exit {
    let before = match Timestamp::now().checked_sub(arguments.eldre_enn) {
        Ok(before) => before,
        Err(_) => return bad_input("--eldre-enn goes back before all time", false),
    };
    let mut store = match open(settings).await {
        Ok(store) => store,
        Err(why) => return bad_input(&why, false),
    };
    if arguments.alle_miljoer {
        store.environment = None;
    }
    match (arguments.bekreft, &arguments.til) {
        (true, Some(til)) => tidy(&store, before, til).await,
        _ => match count(&store, before).await {
            Ok(count) => {
                print(&format!(
                    "{} not changed since {before}. Nothing was written or removed: --til FILE --bekreft does it.",
                    many(count, "settled case")
                ));
                Exit::Ok
            }
            Err(error) => failed(&CaseError::Journal(error), false),
        },
    }
}

async fn tidy(store: &Store, before: Timestamp, til: &Path) -> Exit {
    if til.symlink_metadata().is_ok() {
        let why = format!("{} is there already, and is not overwritten; give another name", til.display());
        return bad_input(&why, false);
    }
    let exported = match export(store, before, til).await {
        Ok(exported) => exported,
        Err(Broke::File(error)) => {
            let why = format!("{} cannot be written: {error}. Nothing was removed.", til.display());
            return fail(&why, Exit::Unavailable, false);
        }
        Err(Broke::Journal(error)) => {
            return fail(&format!("{error}. Nothing was removed."), Exit::Unavailable, false);
        }
    };
    if exported.is_empty() {
        print("There is nothing so old that is settled. No file was written.");
        return Exit::Ok;
    }
    let mut removed = 0;
    for some in exported.chunks(PAGE) {
        match store.journal.remove(some.to_vec()).await {
            Ok(gone) => removed += gone.len() as u64,
            Err(error) => {
                complain(&format!(
                    "{error}. {} removed so far; all {} are in {}. Run the command again, with another file, for the rest.",
                    many(removed, "case"),
                    exported.len(),
                    til.display()
                ));
                return Exit::Unavailable;
            }
        }
    }
    print(&format!(
        "{} written to {} and removed from the store. The file holds personal numbers: keep it as you keep the store.",
        many(exported.len() as u64, "case"),
        til.display()
    ));
    let stayed = exported.len() as u64 - removed;
    if stayed > 0 {
        print(&format!(
            "Of these, {stayed} changed meanwhile, or somebody has them under way: they stay in the store."
        ));
    }
    Exit::Ok
}

enum Broke {
    File(io::Error),
    Journal(JournalError),
}

impl From<io::Error> for Broke {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl From<JournalError> for Broke {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// Writes them under a temporary name; the file has its name when it is whole and on the disk.
async fn export(store: &Store, before: Timestamp, til: &Path) -> Result<Exported, Broke> {
    let dir = til.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Readable for its owner only, from the beginning.
    let file = tempfile::Builder::new().prefix(".skattebro-rydd-").tempfile_in(dir)?;
    let mut file = BufWriter::new(file);
    let (mut exported, mut pages) = (Exported::new(), Pages::new(store, before));
    while let Some(page) = pages.next().await? {
        for (id, version) in page {
            let Some(case) = store.journal.read(&id).await? else { continue };
            // One that changed since is not old any more.
            if case.summary.version == version {
                writeln!(file, "{}", export::case(&case))?;
                exported.push((id, version));
            }
        }
    }
    let file: NamedTempFile = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    if exported.is_empty() {
        return Ok(exported);
    }
    file.as_file().sync_all()?;
    file.persist_noclobber(til).map_err(|error| error.error)?;
    #[cfg(unix)]
    std::fs::File::open(dir)?.sync_all()?;
    Ok(exported)
}

async fn count(store: &Store, before: Timestamp) -> Result<u64, JournalError> {
    let (mut count, mut pages) = (0, Pages::new(store, before));
    while let Some(page) = pages.next().await? {
        count += page.len() as u64;
    }
    Ok(count)
}

/// Settled cases that have not changed since, a page at a time.
struct Pages<'s> {
    store: &'s Store,
    filter: Filter,
    is_over: bool,
}

impl<'s> Pages<'s> {
    fn new(store: &'s Store, before: Timestamp) -> Self {
        let filter = Filter {
            environment: store.environment.clone(),
            state: Some("settled"),
            changed_before: Some(before),
            ..Filter::all(PAGE)
        };
        Self { store, filter, is_over: false }
    }

    async fn next(&mut self) -> Result<Option<Exported>, JournalError> {
        if self.is_over {
            return Ok(None);
        }
        let page = self.store.cases.list(self.filter.clone()).await?;
        self.is_over = page.len() < PAGE;
        self.filter.after = page.last().map(|case| case.id.clone());
        Ok(Some(page.into_iter().map(|case| (case.id, case.version)).collect()))
    }
}
