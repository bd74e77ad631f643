//! A batch of krav: what is asked for, in four commands, and what must be true in the end.

use super::place::Place;
use crate::support::skattebro;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// The commands of a batch, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Opprett,
    /// The hovedstol of some, and the referanse of every second of them.
    Endre,
    /// The hovedstol of half of those again: it must not be overtaken by what is left of the first change.
    EndreIgjen,
    /// Some that were changed, some that were not.
    Avskriv,
}

pub const PHASES: [Phase; 4] = [Phase::Opprett, Phase::Endre, Phase::EndreIgjen, Phase::Avskriv];

/// How many krav, and how many of them are changed and written off.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub rows: u32,
    pub changed: u32,
    pub written_off: u32,
    /// How many krav may be in doubt after a kill.
    pub window: usize,
}

impl Plan {
    /// A fifth is changed, a fifth is written off.
    pub fn of(rows: u32) -> Self {
        Self { rows, changed: rows / 5, written_off: rows / 5, window: 10 }
    }

    /// Krav that are created and nothing else.
    pub fn only_created(rows: u32) -> Self {
        Self { rows, changed: 0, written_off: 0, window: 10 }
    }

    pub fn with_window(self, window: usize) -> Self {
        Self { window, ..self }
    }

    pub fn id(row: u32) -> String {
        format!("K-{row:05}")
    }

    fn is_changed_again(self, row: u32) -> bool {
        row < self.changed / 2
    }

    fn is_written_off(self, row: u32) -> bool {
        let first = self.changed / 2;
        (first..first + self.written_off).contains(&row)
    }

    /// Everything that is done to a krav, in order, once each.
    pub fn acts(self, row: u32) -> Vec<String> {
        let mut acts = vec![format!("opprettet {}", 1000 + row)];
        if row < self.changed {
            acts.push(format!("hovedstol {}", 5000 + row));
            if row.is_multiple_of(2) {
                acts.push(format!("referanse SAK-{row}"));
            }
        }
        if self.is_changed_again(row) {
            acts.push(format!("hovedstol {}", 9000 + row));
        }
        if self.is_written_off(row) {
            acts.push("avskrevet".to_owned());
        }
        acts
    }

    /// How many acts a phase takes.
    pub fn acts_in(self, phase: Phase) -> u32 {
        match phase {
            Phase::Opprett => self.rows,
            Phase::Endre => self.changed + self.changed.div_ceil(2),
            Phase::EndreIgjen => self.changed / 2,
            Phase::Avskriv => self.written_off,
        }
    }

    /// Writes the files that the commands read.
    pub fn write(self, folder: &Path) {
        let (mut rows, mut again, mut off) =
            (String::new(), "id;hovedstol;referanse\n".to_owned(), String::new());
        let mut changes = again.clone();
        for row in 0..self.rows {
            let id = Self::id(row);
            let krav = json!({
                "kravtype": "RETTSGEBYR_UTLEGGSBEGJAERING",
                "skyldner": {"identifikatortype": "ORGANISASJON", "identifikator": "974761076"},
                "hovedstol": {"valuta": "NOK", "beloep": 1000 + row},
                "oppdragsgiversReferanse": "SAK",
                "oppdragsgiversKravidentifikator": id,
                "fastsettelsesdato": "2024-03-02",
            });
            rows.push_str(&format!("{krav}\n"));
            if row < self.changed {
                let referanse = if row.is_multiple_of(2) { format!("SAK-{row}") } else { String::new() };
                changes.push_str(&format!("{id};{};{referanse}\n", 5000 + row));
            }
            if self.is_changed_again(row) {
                again.push_str(&format!("{id};{};\n", 9000 + row));
            }
            if self.is_written_off(row) {
                off.push_str(&format!("{id}\n"));
            }
        }
        for (name, text) in
            [("krav.jsonl", rows), ("endringer.csv", changes), ("igjen.csv", again), ("avskriv.txt", off)]
        {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
}

/// The program with a store and a server, so patient that what a killed process has left in doubt is over in some seconds: a call has one
/// second, a permit four.
pub fn program(server: &str, place: &Place, folder: &Path) -> Command {
    let mut command = skattebro();
    place.tell(&mut command);
    command
        .env("SKATTEBRO_SERVER", server)
        .env("SKATTEBRO_CALL_TIMEOUT", "1s")
        .env("SKATTEBRO_SENT_KAN_VIRKE", "1s")
        // A store that is waited for is told of there, and nowhere else so far.
        .env("SKATTEBRO_LOG", "warn")
        .current_dir(folder);
    command
}

/// The command of a phase.
pub fn command(phase: Phase, server: &str, place: &Place, folder: &Path) -> Command {
    let mut command = program(server, place, folder);
    command.arg("krav").args(match phase {
        Phase::Opprett => ["opprett", "krav.jsonl"].as_slice(),
        Phase::Endre => &["endre", "--fra", "endringer.csv"],
        Phase::EndreIgjen => &["endre", "--fra", "igjen.csv"],
        Phase::Avskriv => &["avskriv", "--fra", "avskriv.txt"],
    });
    command.arg("--json");
    command
}
