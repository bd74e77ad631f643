//! The kvittering file: a line of JSON for each krav as soon as it is received, and when it has ended.

use super::outcome::{Origin, Outcome};
use crate::output::krav_json;
use serde_json::Value;
use skattebro::domain::Timestamp;
use skattebro::domain::flow::{Flow, Step};
use skattebro::domain::krav::Edition;
use skattebro::domain::krav::machine::{Krav, What};
use skattebro::krav::{KravReport, KravWatcher};
use std::collections::HashMap;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Holds personal numbers: readable for its owner only. What is written is on the disk before anything else is done.
pub(super) struct Kvittering {
    path: PathBuf,
    edition: Edition,
    inner: Mutex<Inner>,
}

struct Inner {
    /// `None` once it could not be written.
    file: Option<File>,
    /// Of each krav under way, a hash of its last line.
    last: HashMap<Key, u64>,
    failure: Option<String>,
}

/// Which krav of a run: the row or order, and whether it is the one that the row replaces.
pub(super) type Key = (u64, bool);

impl Kvittering {
    /// Opens it for appending.
    ///
    /// # Errors
    /// With a sentence for the user.
    pub(super) fn open(path: &Path, edition: Edition) -> Result<Self, String> {
        match open(path) {
            Ok(file) => {
                let inner = Inner { file: Some(file), last: HashMap::new(), failure: None };
                Ok(Self { path: path.to_owned(), edition, inner: Mutex::new(inner) })
            }
            Err(error) => Err(format!("--kvittering {}: {error}", path.display())),
        }
    }

    /// Writes what became of a krav, if anything of it was sent and that was not written before.
    pub(super) fn ended(&self, key: Option<Key>, outcome: &Outcome) {
        if outcome.was_sent() {
            self.write(key, self.line(outcome), true);
        }
        if let Some(key) = key {
            self.lock().last.remove(&key);
        }
    }

    /// Writes how far a krav has come that may go on.
    fn under_way(&self, key: Key, outcome: &Outcome, has_ended: bool) {
        let mut line = self.line(outcome);
        if !has_ended {
            // Why it has not ended well is not known yet.
            line["reasons"] = Value::Array(Vec::new());
            line["verdict"] = "open".into();
            line["underWay"] = true.into();
        }
        self.write(Some(key), line, false);
    }

    fn line(&self, outcome: &Outcome) -> Value {
        krav_json::kvittering(outcome, self.edition)
    }

    fn write(&self, key: Option<Key>, mut line: Value, is_last: bool) {
        let mut hasher = DefaultHasher::new();
        line.to_string().hash(&mut hasher);
        let hash = hasher.finish();
        line["time"] = Timestamp::now().to_string().into();
        let mut inner = self.lock();
        if key.is_some_and(|key| inner.last.get(&key) == Some(&hash)) {
            return;
        }
        if let Some(key) = key.filter(|_| !is_last) {
            inner.last.insert(key, hash);
        }
        let Some(file) = &mut inner.file else { return };
        let is_file = file.metadata().is_ok_and(|found| found.is_file());
        let written = file.write_all(format!("{line}\n").as_bytes());
        let kept = written.and_then(|()| if is_file { file.sync_data() } else { Ok(()) });
        if let Err(error) = kept {
            inner.file = None;
            inner.failure = Some(format!("--kvittering {} cannot be written: {error}", self.path.display()));
        }
    }

    /// Why it could not be written, told once.
    pub(super) fn take_failure(&self) -> Option<String> {
        self.lock().failure.take()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    let metadata = file.metadata()?;
    #[cfg(unix)]
    if metadata.is_file() {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o777 != 0o600 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
    }
    // A program that was killed may have left half a line.
    if metadata.is_file() && file.seek(SeekFrom::End(0))? > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last[0] != b'\n' {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

/// Knows where an order with this tag comes from.
pub(super) type FindOrigin = dyn Fn(u64) -> Option<Origin> + Send + Sync;

/// Writes the kvittering while krav are under way, so that a program that is killed leaves a record of what was received.
pub(super) struct Watcher {
    kvittering: Arc<Kvittering>,
    origin: Box<FindOrigin>,
    /// The tag of orders that have none themselves.
    tag: Option<u64>,
    /// Of each krav, how many of its operations have ended, and whether its kravidentifikator is known.
    seen: Mutex<HashMap<Key, (usize, bool)>>,
}

impl Watcher {
    pub(super) fn new(kvittering: Arc<Kvittering>, tag: Option<u64>, origin: Box<FindOrigin>) -> Self {
        Self { kvittering, origin, tag, seen: Mutex::default() }
    }
}

impl KravWatcher for Watcher {
    fn learned(&self, tag: Option<u64>, krav: &Krav) {
        let Some(tag) = tag.or(self.tag) else { return };
        let creates = matches!(krav.operations().first().map(|first| first.what()), Some(What::Opprett(_)));
        let key = (tag, self.tag.is_some() && !creates);
        let ended = krav.operations().iter().filter(|operation| operation.end().is_some()).count();
        let now = (ended, creates && krav.kravidentifikator().is_some());
        let has_ended = matches!(krav.next(Timestamp::now()), Step::End);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = seen.get(&key).copied().unwrap_or_default();
        if has_ended {
            seen.remove(&key);
        } else if before != now {
            seen.insert(key, now);
        }
        drop(seen);
        if before == now && !has_ended {
            return;
        }
        let Some(origin) = (self.origin)(tag) else { return };
        let origin = if key.1 { origin.of_replaced() } else { origin };
        let report =
            KravReport { tag: None, case: None, findings: Vec::new(), krav: krav.clone(), not_tried: None };
        let outcome = Outcome::reported(origin, report);
        if outcome.was_sent() {
            self.kvittering.under_way(key, &outcome, has_ended);
        }
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").finish_non_exhaustive()
    }
}
