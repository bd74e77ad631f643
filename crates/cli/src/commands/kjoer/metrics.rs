//! The worker in the text format of Prometheus, version 0.0.4.

use skattebro::RunnerStatus;
use skattebro::domain::Timestamp;
use skattebro::domain::krav::Edition;
use skattebro::ports::journal::Counts;
use std::fmt::{self, Write};

/// What is known at one moment.
pub(super) struct Seen {
    pub(super) status: RunnerStatus,
    /// `None` if the store did not tell.
    pub(super) counts: Option<Counts>,
    pub(super) now: Timestamp,
    pub(super) edition: Edition,
}

/// Families of samples, ready to be written.
pub(super) struct Metrics(Vec<Family>);

struct Family {
    name: &'static str,
    help: &'static str,
    is_counter: bool,
    samples: Vec<(Vec<(&'static str, String)>, f64)>,
}

impl Metrics {
    pub(super) fn of(seen: &Seen) -> Self {
        let Seen { status, counts, now, edition } = seen;
        let mut families = vec![
            Family::of(
                "skattebro_build_info",
                "The version of this worker, and the edition of krav it carries out.",
            )
            .labelled(
                vec![
                    ("version", env!("CARGO_PKG_VERSION").to_owned()),
                    ("edition", edition.as_str().to_owned()),
                ],
                1.0,
            ),
            Family::of("skattebro_journal_up", "Whether the store answers: 1 or 0.")
                .plain(f64::from(u8::from(counts.is_some()))),
            Family::of("skattebro_worker_open_cases", "Cases under way in this worker.")
                .plain(status.open as f64),
            Family::of(
                "skattebro_worker_shunned_cases",
                "Cases that this worker cannot do and leaves to others.",
            )
            .plain(status.shunned as f64),
            Family::of("skattebro_worker_taken_total", "Cases that this worker has taken up.")
                .plain(status.taken as f64)
                .counter(),
            Family::of(
                "skattebro_worker_ended_total",
                "Cases that this worker has carried out to their end.",
            )
            .plain(status.ended as f64)
            .counter(),
        ];
        if let Some(last) = status.last_claim {
            let help = "When the store was last asked for cases with success.";
            let seconds = last.as_microsecond() as f64 / 1e6;
            families.push(Family::of("skattebro_worker_last_claim_timestamp_seconds", help).plain(seconds));
        }
        if let Some(counts) = counts {
            families.extend(of_store(counts, *now));
        }
        Self(families)
    }
}

fn of_store(counts: &Counts, now: Timestamp) -> [Family; 3] {
    let mut cases = Family::of("skattebro_cases", "Cases of this service in the store.");
    for (kind, state, status, count) in &counts.cases {
        let labels =
            vec![("kind", kind.to_string()), ("state", (*state).to_owned()), ("status", status.clone())];
        cases = cases.labelled(labels, *count as f64);
    }
    let age = counts.oldest_due.map_or(0.0, |due| now.duration_since(due).as_secs_f64().max(0.0));
    [
        cases,
        Family::of(
            "skattebro_oldest_due_age_seconds",
            "How long the longest overdue case has waited for a worker.",
        )
        .plain(age),
        Family::of("skattebro_workers_alive", "Workers that use the store.").plain(counts.workers as f64),
    ]
}

impl Family {
    fn of(name: &'static str, help: &'static str) -> Self {
        Self { name, help, is_counter: false, samples: Vec::new() }
    }

    fn counter(self) -> Self {
        Self { is_counter: true, ..self }
    }

    fn plain(self, value: f64) -> Self {
        self.labelled(Vec::new(), value)
    }

    fn labelled(mut self, labels: Vec<(&'static str, String)>, value: f64) -> Self {
        self.samples.push((labels, value));
        self
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Family { name, help, is_counter, samples } in &self.0 {
            let kind = if *is_counter { "counter" } else { "gauge" };
            writeln!(f, "# HELP {name} {help}\n# TYPE {name} {kind}")?;
            for (labels, value) in samples {
                f.write_str(name)?;
                for (index, (label, text)) in labels.iter().enumerate() {
                    let before = if index == 0 { '{' } else { ',' };
                    write!(f, "{before}{label}=\"{}\"", escaped(text))?;
                }
                if !labels.is_empty() {
                    f.write_char('}')?;
                }
                writeln!(f, " {value}")?;
            }
        }
        Ok(())
    }
}

/// A label's value: what would end it is written with a backslash.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let now: Timestamp = "2025-11-22T04:00:30Z".parse().unwrap();
        let krav = || "krav".parse().unwrap();
        let counts = Counts {
            cases: vec![
                (krav(), "due", String::new(), 2),
                (krav(), "settled", "a \"b\" \\ c\nd".to_owned(), 10_000),
            ],
            workers: 3,
            oldest_due: "2025-11-22T04:00:00Z".parse().ok(),
        };
        let status = RunnerStatus { open: 1, taken: 7, ended: 6, ..RunnerStatus::default() };
        let seen = Seen { status, counts: Some(counts), now, edition: Edition::V1 };
        let text = Metrics::of(&seen).to_string();
        for line in [
            "# TYPE skattebro_cases gauge",
            r#"skattebro_cases{kind="krav",state="due",status=""} 2"#,
            r#"skattebro_cases{kind="krav",state="settled",status="a \"b\" \\ c\nd"} 10000"#,
            "skattebro_oldest_due_age_seconds 30",
            "skattebro_workers_alive 3",
            "skattebro_journal_up 1",
            "# TYPE skattebro_worker_taken_total counter",
            "skattebro_worker_taken_total 7",
            "skattebro_worker_ended_total 6",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
        assert!(text.ends_with('\n') && text.contains("skattebro_build_info{version="), "{text}");
    }

    #[test]
    fn a_store_that_does_not_answer_is_down_and_the_rest_is_told() {
        let seen = Seen {
            status: RunnerStatus::default(),
            counts: None,
            now: Timestamp::now(),
            edition: Edition::V1,
        };
        let text = Metrics::of(&seen).to_string();
        assert!(text.contains("skattebro_journal_up 0\n") && !text.contains("skattebro_cases"), "{text}");
        assert!(text.contains("skattebro_worker_open_cases 0\n"), "{text}");
    }
}
