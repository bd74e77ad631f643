//! The file of refused rows, ready to be corrected and sent again.

use super::ids::NextIds;
use super::outcome::{Outcome, Went};
use skattebro::codec::krav::{Extras, Layout, PeriodNames, RowFormat, RowWriter};
use skattebro::domain::krav::Edition;
use skattebro::domain::krav::machine::Standing;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

type Out = BufWriter<NamedTempFile>;

/// Written under a temporary name, and renamed at the end. Holds personal numbers: readable for its owner only.
pub(super) struct Avviste {
    path: PathBuf,
    replaces: bool,
    rows: RowWriter<Out>,
    ids: NextIds,
}

impl Avviste {
    /// Whether the file may be replaced, if it is there already. One without a byte holds nobody's work.
    ///
    /// # Errors
    /// With a sentence for the user, if it is there and must stay.
    pub(super) fn may_replace(path: &Path, is_asked_for: bool) -> Result<bool, String> {
        let replaces = is_asked_for || path.metadata().is_ok_and(|found| found.is_file() && found.len() == 0);
        if !replaces && path.symlink_metadata().is_ok() {
            let path = path.display();
            return Err(format!(
                "--avviste {path} is there already, and may hold corrections; give another name, or --erstatt-avviste to replace it"
            ));
        }
        Ok(replaces)
    }

    /// Begins the file. It is laid out as the file that is sent, if that could be read.
    ///
    /// # Errors
    /// With a sentence for the user.
    pub(super) fn begin(
        path: &Path,
        replaces: bool,
        layout: Option<Layout>,
        edition: Edition,
        lag_id: bool,
    ) -> Result<Self, String> {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = NamedTempFile::new_in(dir)
            .map_err(|error| format!("--avviste {} cannot be written: {error}", path.display()))?;
        let layout = match layout {
            // The ids that were made need a column.
            Some(layout) if lag_id && layout.format() == RowFormat::Csv => Layout::csv(edition),
            Some(layout) => layout,
            None => Layout::json_lines(),
        };
        let rows = RowWriter::new(BufWriter::new(file), layout, edition, PeriodNames::FomTom);
        Ok(Self { path: path.to_owned(), replaces, rows, ids: NextIds::default() })
    }

    /// Writes the row, if it was refused or rejected. What is unproven or open is not, nor what has the id of a krav that may be in
    /// force: sent again under another id, it might be doubled.
    ///
    /// # Errors
    /// With a sentence for the user.
    pub(super) fn write(&mut self, outcome: &Outcome) -> Result<(), String> {
        let aarsaker = outcome.reasons();
        let written = match &outcome.went {
            Went::Bad(row) => {
                let extras = Extras { aarsaker, ..row.extras.clone() };
                match (&row.krav, &row.raw) {
                    (Some(krav), _) => {
                        let mut krav = krav.clone();
                        if row.id_was_made {
                            krav.oppdragsgivers_kravidentifikator = None;
                        }
                        self.rows.write(&krav, &extras).map_err(|error| error.to_string())
                    }
                    (None, Some(raw)) => self.rows.write_raw(raw, &extras).map_err(|error| error.to_string()),
                    // The file as a whole.
                    (None, None) => Ok(()),
                }
            }
            Went::Reported(report) => {
                let has_used_id = match report.standing() {
                    Standing::Rejected(_) => true,
                    // Under a new id it would be collected a second time.
                    Standing::Refused if outcome.is_id_in_use() => return Ok(()),
                    Standing::Refused => outcome.has_used_id(),
                    _ => return Ok(()),
                };
                let Some(oppdrag) = report.oppdrag() else { return Ok(()) };
                let mut krav = (**oppdrag).clone();
                let mut erstatter = outcome.origin.erstatter.clone();
                if let (true, Some(old)) = (has_used_id, krav.oppdragsgivers_kravidentifikator.clone()) {
                    krav.oppdragsgivers_kravidentifikator = Some(self.ids.after(&old, erstatter.as_deref()));
                    erstatter = Some(old);
                }
                self.rows.write(&krav, &Extras { erstatter, aarsaker }).map_err(|error| error.to_string())
            }
            Went::NotTried(..) | Went::Queued(_) => Ok(()),
        };
        written.map_err(|error| {
            let row = outcome.origin.row.map(|row| format!("row {row} of ")).unwrap_or_default();
            format!("{row}--avviste {}: {error}", self.path.display())
        })
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    /// With a sentence for the user.
    pub(super) fn finish(self) -> Result<(), String> {
        let finish = || {
            let file = self.rows.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            let unnamed = match self.replaces {
                true => file.persist(&self.path).err(),
                false => file.persist_noclobber(&self.path).err(),
            };
            let Some(unnamed) = unnamed else { return Ok(()) };
            // The rows are worth more than their name.
            let kept = unnamed.file.keep().map(|(_, path)| path)?;
            let why = format!("{}; the rows are in {}", unnamed.error, kept.display());
            Err::<(), _>(std::io::Error::other(why))
        };
        finish().map_err(|error| format!("--avviste {} cannot be written: {error}", self.path.display()))
    }
}
