//! What was measured, as a table for people and as JSON to compare with later.

use super::measure::Cost;
use crate::Result;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Everything that was measured.
#[derive(Default)]
pub(super) struct Report {
    rows: Vec<Row>,
    sections: Vec<Section>,
    goals: Vec<Goal>,
    notes: Vec<String>,
}

/// One program at one task.
struct Row {
    task: String,
    who: String,
    /// What it made, in words: «14.9 MB», «28 900/s».
    made: String,
    cost: Cost,
    to_peers: String,
    to_limit: String,
}

/// A table of its own.
struct Section {
    name: String,
    columns: Vec<String>,
    lines: Vec<Vec<String>>,
}

/// What is to be reached.
struct Goal {
    what: String,
    measured: f64,
    bound: Bound,
}

#[derive(Clone, Copy)]
pub(super) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Report {
    pub(super) fn row(&mut self, task: &str, who: &str, made: impl Into<String>, cost: Cost) {
        let (to_peers, to_limit) = (String::new(), String::new());
        self.rows.push(Row {
            task: task.into(),
            who: who.into(),
            made: made.into(),
            cost,
            to_peers,
            to_limit,
        });
    }

    /// How the row just added stands beside somebody else's: so many times as good.
    pub(super) fn beside(&mut self, peer: &str, ratio: f64) {
        if let Some(row) = self.rows.last_mut() {
            let comma = if row.to_peers.is_empty() { "" } else { ", " };
            let _ = write!(row.to_peers, "{comma}{ratio:.2}× {peer}");
        }
    }

    /// How the row just added stands beside what the machine can do.
    pub(super) fn beside_limit(&mut self, limit: &str, ratio: f64) {
        if let Some(row) = self.rows.last_mut() {
            row.to_limit = format!("{ratio:.2}× {limit}");
        }
    }

    /// Begins a table of its own.
    pub(super) fn section(&mut self, name: &str, columns: &[&str]) {
        let columns = columns.iter().map(ToString::to_string).collect();
        self.sections.push(Section { name: name.into(), columns, lines: Vec::new() });
    }

    /// A line of the table just begun.
    pub(super) fn line(&mut self, cells: impl IntoIterator<Item = String>) {
        if let Some(section) = self.sections.last_mut() {
            section.lines.push(cells.into_iter().collect());
        }
    }

    pub(super) fn goal(&mut self, what: &str, measured: f64, bound: Bound) {
        self.goals.push(Goal { what: what.into(), measured, bound });
    }

    /// What was left out, or must be known to read the table.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The tables in Markdown.
    pub(super) fn to_markdown(&self, baseline: Option<&Value>) -> String {
        let mut text = String::from(
            "| task | who | made | CPU s | wall s | peak MiB | beside peers | beside the limit |\n|---|---|---|---|---|---|---|---|\n",
        );
        for row in &self.rows {
            let Row { task, who, made, cost, to_peers, to_limit } = row;
            let Cost { cpu, wall, peak, .. } = cost;
            let _ = writeln!(
                text,
                "| {task} | {who} | {made} | {cpu:.3} | {wall:.3} | {peak:.1} | {to_peers} | {to_limit} |"
            );
        }
        for Section { name, columns, lines } in &self.sections {
            let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
            let _ = write!(text, "\n{name}:\n\n{}|{}\n", line(columns), "---|".repeat(columns.len()));
            text.extend(lines.iter().map(|cells| line(cells)));
        }
        text.push_str("\n| goal | at least, or at most | measured | |\n|---|---|---|---|\n");
        for goal in &self.goals {
            let (bound, met) = (goal.bound, goal.bound.is_met_by(goal.measured));
            let _ = writeln!(
                text,
                "| {} | {bound} | {:.3} | {} |",
                goal.what,
                goal.measured,
                if met { "met" } else { "**missed**" }
            );
        }
        for note in &self.notes {
            let _ = write!(text, "\n- {note}");
        }
        if let Some(baseline) = baseline {
            text.push_str(&self.beside_baseline(baseline));
        }
        text
    }

    pub(super) fn to_json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let Cost { cpu, wall, peak, made } = row.cost;
            json!({ "task": row.task, "who": row.who, "cpu_s": cpu, "wall_s": wall, "peak_mib": peak, "made": made })
        });
        let goals = self.goals.iter().map(|goal| {
            json!({ "goal": goal.what, "measured": goal.measured, "bound": goal.bound.to_string(),
                "met": goal.bound.is_met_by(goal.measured) })
        });
        json!({ "rows": rows.collect::<Vec<_>>(), "goals": goals.collect::<Vec<_>>() })
    }

    /// How much more, or less, each row costs than it did.
    fn beside_baseline(&self, baseline: &Value) -> String {
        let mut text =
            String::from("\n\n| task | who | CPU s, and before | wall s, and before |\n|---|---|---|---|\n");
        for row in &self.rows {
            let mut then = baseline["rows"].as_array().into_iter().flatten();
            let Some(then) =
                then.find(|then| then["task"] == row.task.as_str() && then["who"] == row.who.as_str())
            else {
                continue;
            };
            let beside = |now: f64, then: &Value| match then.as_f64().filter(|then| *then > 0.0) {
                Some(then) => format!("{now:.3}, {then:.3} ({:+.1} %)", 100.0 * (now / then - 1.0)),
                None => format!("{now:.3}"),
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                row.task,
                row.who,
                beside(row.cost.cpu, &then["cpu_s"]),
                beside(row.cost.wall, &then["wall_s"])
            );
        }
        text
    }
}

impl Bound {
    fn is_met_by(self, measured: f64) -> bool {
        match self {
            Self::AtLeast(bound) => measured >= bound,
            Self::AtMost(bound) => measured <= bound,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "≥ {bound}"),
            Self::AtMost(bound) => write!(f, "≤ {bound}"),
        }
    }
}

pub(super) fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// A count of bytes in words.
pub(super) fn megabytes(bytes: f64) -> String {
    format!("{:.2} MB", bytes / 1e6)
}
