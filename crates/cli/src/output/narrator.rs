//! Progress of a validation on standard error: a live line on a terminal, plain lines elsewhere, nothing with `--json`.

use super::text::{self, size, span};
use indicatif::{ProgressBar, ProgressStyle};
use skattebro::domain::flow::WaitingFor;
use skattebro::ports::journal::CaseId;
use skattebro::{Event, Events};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Plain lines about the same thing come no more often than this.
const PLAIN_PAUSE: Duration = Duration::from_secs(15);

/// What was heard of a validation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// The case in the store.
    pub(crate) case: Option<CaseId>,
    /// Whether anything was sent that changes something at the other side.
    pub(crate) has_sent: bool,
}

/// Tells of `events` until they end. `is_kept` says that the case outlives the program, and is worth its name.
pub(crate) async fn narrate(mut events: Events, quiet: bool, is_kept: bool) -> Heard {
    let mut narrator = Narrator::new(quiet);
    let mut heard = Heard::default();
    while let Some(event) = events.next().await {
        match &event {
            Event::Case(case) if is_kept => {
                if heard.case.as_ref() != Some(case) {
                    narrator.line(&format!("Case: {case}"));
                }
                heard.case = Some(case.clone());
            }
            Event::Uploading { .. } | Event::Uploaded(_) | Event::Started(_) | Event::Instans(_) => {
                heard.has_sent = true;
            }
            _ => {}
        }
        narrator.tell(event);
    }
    narrator.live.finish_and_clear();
    heard
}

struct Narrator {
    quiet: bool,
    terminal: bool,
    live: ProgressBar,
    began: Instant,
    phase: Phase,
    last_plain: Option<Instant>,
    last_trouble: String,
    troubles: u32,
    last_status: String,
    last_step: String,
    last_link: String,
    /// Whether an instance was made.
    instance: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Other,
    Uploading { since: Instant },
    Waiting,
    Receiving { since: Instant },
}

impl Narrator {
    fn new(quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let live = if terminal && !quiet { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        // The time goes on between two looks, so that a person sees that the program does.
        let style = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]");
        live.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        live.enable_steady_tick(Duration::from_millis(200));
        let (last_trouble, last_status) = (String::new(), String::new());
        Self {
            quiet,
            terminal,
            live,
            began: Instant::now(),
            phase: Phase::Other,
            last_plain: None,
            last_trouble,
            troubles: 0,
            last_status,
            last_step: String::new(),
            last_link: String::new(),
            instance: false,
        }
    }

    fn tell(&mut self, event: Event) {
        match event {
            Event::Checked { warnings, packed } => {
                for warning in warnings {
                    self.line(&text::finding(&warning));
                }
                if let Some(packed) = packed {
                    self.line(&format!(
                        "Checked: {} of XML, {} as base64, {}: {}",
                        size(packed.xml_bytes),
                        size(packed.base64_bytes),
                        packed.how,
                        size(packed.packed_bytes)
                    ));
                }
            }
            Event::Gjeldende(id) => self.line(&format!("Current return: {id}")),
            Event::Uploading { sent, of } => self.transfer("Uploading", sent, Some(of)),
            Event::Uploaded(referanse) => {
                self.settle();
                self.line(&format!("Uploaded: referanse {referanse}"));
            }
            Event::Started(jobb) => {
                self.settle();
                self.began = Instant::now();
                self.line(&format!("Job started: {jobb}"));
            }
            Event::Job(_, tilstand) => {
                self.phase = Phase::Waiting;
                let status = tilstand.jobb_status.to_string();
                let mut line = format!("Job: {}", text::tilstand(&tilstand));
                if !self.terminal {
                    line.push_str(&format!(" (waited {})", span(self.began.elapsed())));
                }
                let news = status != self.last_status;
                self.last_status = status;
                self.update(&line, news);
            }
            Event::Waiting(_, WaitingFor::LateAction) if self.instance => self.update(
                "The answer to a request was lost. Waiting until it can no longer act, and looking then, so that nothing is done twice.",
                true,
            ),
            Event::Waiting(_, WaitingFor::LateAction) => self.update(
                "The answer to the start was lost. Waiting until that request can no longer act, so that two jobs do not abort each other.",
                true,
            ),
            Event::Waiting(_, WaitingFor::Skanning) => self.update("Waiting for the virus scan", false),
            Event::Waiting(_, WaitingFor::Kvittering) => {
                self.update("Submitted. Waiting for the receipt", false);
            }
            Event::Waiting(_, WaitingFor::Revisor) => {
                self.update("Waiting for the auditor to confirm", false);
            }
            Event::Validated(resultat) => self.line(&format!("Validated: {resultat}")),
            Event::Instans(instans) => {
                self.instance = true;
                self.line(&format!("Instance in Altinn: {instans}"));
            }
            Event::Prosess(prosess) => {
                let step = prosess.as_str();
                if self.last_step != step {
                    step.clone_into(&mut self.last_step);
                    self.line(&format!("The process is at: {step}"));
                }
            }
            Event::PersonMustConfirm { instans, link } => {
                let place = link.unwrap_or_else(|| format!("instance {instans} in Altinn"));
                if self.last_link != place {
                    self.line(&format!(
                        "A person must look at the return and confirm it, here:\n  {place}\nThis goes on by itself when that is done; it may be stopped until then."
                    ));
                    self.last_link = place;
                }
            }
            Event::Waiting(_, WaitingFor::Service) if self.last_status == "FEILET" => {
                self.update("The job failed at Skatteetaten. Waiting a while before the next one is started.", true);
            }
            Event::Waiting(..) => {}
            Event::Trouble(message) => self.trouble(&message),
            Event::Receiving { received, of } => self.transfer("Fetching", received, of),
            _ => {}
        }
    }

    /// The first failure is told whole, others like it are only counted.
    fn trouble(&mut self, message: &str) {
        let alike = message.split(" (korrelasjonsid").next().unwrap_or_default();
        if alike == self.last_trouble {
            self.troubles += 1;
            self.update(
                &format!("Failed again in the same way, {} times now; going on", self.troubles),
                false,
            );
        } else {
            self.line(&format!("Going on after a failure: {message}"));
            self.last_trouble = alike.to_owned();
            self.troubles = 1;
        }
    }

    fn settle(&mut self) {
        self.phase = Phase::Other;
        self.live.set_message("");
    }

    fn transfer(&mut self, what: &str, done: u64, of: Option<u64>) {
        // Small answers are not worth a line.
        if of.unwrap_or(done) < 1_000_000 {
            return;
        }
        let since = match (what, self.phase) {
            ("Uploading", Phase::Uploading { since }) | ("Fetching", Phase::Receiving { since }) => since,
            _ => {
                // A plain line is for transfers that take a while; the end of one is told in any case.
                self.last_plain = Some(Instant::now());
                Instant::now()
            }
        };
        self.phase =
            if what == "Uploading" { Phase::Uploading { since } } else { Phase::Receiving { since } };
        let rate = done as f64 / since.elapsed().as_secs_f64().max(0.001);
        let whole = of.map(|of| format!(" of {}", size(of))).unwrap_or_default();
        let percent =
            of.filter(|of| *of > 0).map(|of| format!(" ({} %)", done * 100 / of)).unwrap_or_default();
        let at_end = of == Some(done);
        self.update(&format!("{what}: {}{whole}{percent}, {}/s", size(done), size(rate as u64)), at_end);
    }

    /// Shows a state that replaces the one before. `news` is worth a plain line at once.
    fn update(&mut self, line: &str, news: bool) {
        if self.terminal {
            self.live.set_message(line.to_owned());
        } else if news || self.last_plain.is_none_or(|last| last.elapsed() >= PLAIN_PAUSE) {
            self.last_plain = Some(Instant::now());
            self.line(line);
        }
    }

    /// Shows a line that stays.
    fn line(&self, line: &str) {
        if self.quiet {
            return;
        }
        self.live.suspend(|| {
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        });
    }
}
