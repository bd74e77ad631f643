//! Text for people: short lines, plain words, what the service said as it said it.

use skattebro::domain::{Avvik, Finding, Gjeldende, JobbTilstand, LaastFelt, ValidationOutcome, Veiledning};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// How many avvik or pieces of guidance are shown before the rest is only counted; all are in resultat.json.
const SHOWN: usize = 20;

/// A number of bytes: `15 503 559 bytes`, or shorter in MB (1 MB = 1 000 000 bytes).
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..=99_999 => format!("{bytes} bytes"),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// A span of time: `42 s`, `3 min 05 s`, `1 h 12 min`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A finding over three lines: where and what, then what to do.
pub(crate) fn finding(finding: &Finding) -> String {
    let mut text = String::new();
    if !finding.source.is_empty() {
        let _ = write!(text, "{}: ", finding.source);
    }
    if let Some(place) = &finding.place {
        let _ = write!(text, "{place}: ");
    }
    let _ = write!(
        text,
        "{} [{}]\n  {}\n  → {}",
        finding.severity, finding.code, finding.message, finding.advice
    );
    text
}

/// An outcome.
pub(crate) fn outcome(outcome: &ValidationOutcome, dir: Option<&Path>) -> String {
    let mut text = format!("Result: {}\n", outcome.resultat);
    for aarsak in &outcome.aarsaker {
        let _ = writeln!(text, "  because: {aarsak}");
    }
    list(&mut text, "Avvik ved validering", &outcome.avvik_ved_validering, avvik);
    list(&mut text, "Avvik etter beregning", &outcome.avvik_etter_beregning, avvik);
    list(&mut text, "Veiledning etter kontroll", &outcome.veiledning_etter_kontroll, veiledning);
    if !outcome.ukjente_elementer.is_empty() {
        let _ =
            writeln!(text, "Elements that this program does not know: {}", outcome.ukjente_elementer.len());
    }
    if !outcome.dokumenter.is_empty() {
        let _ = writeln!(text, "Documents:");
        for dokument in &outcome.dokumenter {
            let place = match dir {
                Some(dir) => dir.join(&dokument.stored.name).display().to_string(),
                None => "not kept; --out DIR keeps them".to_owned(),
            };
            let _ = writeln!(text, "  {} ({}) – {place}", dokument.dokumenttype, size(dokument.stored.bytes));
        }
    }
    text.trim_end().to_owned()
}

fn list<T>(text: &mut String, heading: &str, items: &[T], show: impl Fn(&T) -> String) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(text, "{heading}: {}", items.len());
    for item in items.iter().take(SHOWN) {
        let _ = writeln!(text, "  - {}", show(item));
    }
    if items.len() > SHOWN {
        let _ = writeln!(text, "  … and {} more, all in the JSON", items.len() - SHOWN);
    }
}

fn avvik(avvik: &Avvik) -> String {
    let mut text = avvik.avvikstype.clone();
    let amount = |amount: Option<skattebro::domain::Decimal>| amount.map(|amount| amount.to_string());
    let parts = [
        ("at", avvik.sti.clone()),
        ("forekomst", avvik.forekomstidentifikator.clone()),
        ("mottatt", amount(avvik.mottatt_verdi).or(avvik.mottatt_tekst.clone())),
        ("beregnet", amount(avvik.beregnet_verdi).or(avvik.beregnet_tekst.clone())),
        ("avvik", amount(avvik.avvik_i_verdi)),
        ("–", avvik.oevrig_informasjon.clone()),
    ];
    for (label, value) in parts {
        if let Some(value) = value {
            let _ = write!(text, " {label} {value}");
        }
    }
    text
}

fn veiledning(veiledning: &Veiledning) -> String {
    let mut text = veiledning.veiledningstype.clone();
    if let Some(sti) = &veiledning.sti {
        let _ = write!(text, " at {sti}");
    }
    if let Some(hjelp) = &veiledning.hjelpetekst {
        let _ = write!(text, " – {hjelp}");
    }
    text
}

/// A return in force.
pub(crate) fn gjeldende(gjeldende: &Gjeldende, dir: &Path) -> String {
    let mut text = format!("Dokumentidentifikator: {}\n", gjeldende.skattemelding.id);
    if let Some(dokumenttype) = &gjeldende.skattemelding.dokumenttype {
        let _ = writeln!(text, "Type: {dokumenttype}");
    }
    let documents = std::iter::once(&gjeldende.skattemelding)
        .chain(&gjeldende.naeringsspesifikasjon)
        .chain(&gjeldende.utvidet_veiledning);
    for dokument in documents {
        let path = dir.join(&dokument.stored.name);
        let _ = writeln!(text, "  {} ({})", path.display(), size(dokument.stored.bytes));
    }
    list(&mut text, "Locked fields in the skattemelding", &gjeldende.laast_i_skattemelding, laast_felt);
    list(
        &mut text,
        "Locked fields in the næringsspesifikasjon",
        &gjeldende.laast_i_naeringsspesifikasjon,
        laast_felt,
    );
    text.trim_end().to_owned()
}

fn laast_felt(felt: &LaastFelt) -> String {
    let parts = [&felt.sti, &felt.forekomstidentifikator, &felt.verdi, &felt.oevrig_informasjon];
    parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(" – ")
}

/// A look at a job.
pub(crate) fn tilstand(tilstand: &JobbTilstand) -> String {
    let mut text = tilstand.jobb_status.to_string();
    if let Some(seconds) = tilstand.sekunder_siden_endring {
        let _ = write!(text, " for {}", span(Duration::from_secs(seconds)));
    }
    if let Some(before) = &tilstand.forrige_status {
        let _ = write!(text, ", {before} before that");
    }
    if let Some(seconds) = tilstand.sekunder_siden_opprettelse {
        let _ = write!(text, "; created {} ago", span(Duration::from_secs(seconds)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans_are_readable() {
        assert_eq!(size(99_999), "99999 bytes");
        assert_eq!(size(15_503_559), "15.5 MB");
        assert_eq!(span(Duration::from_secs(59)), "59 s");
        assert_eq!(span(Duration::from_secs(185)), "3 min 05 s");
        assert_eq!(span(Duration::from_secs(4320)), "1 h 12 min");
    }
}
