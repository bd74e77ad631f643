//! The same program with its adapters swapped: a service in memory instead of Skatteetaten, on a clock that never waits. An
//! embedder's own tests can do so too; and any one port can be given an adapter of one's own.
//!
//! ```text
//! cargo run -p skattebro --example swap_adapter -- skattemelding.xml naeringsspesifikasjon.xml
//! ```

#![allow(clippy::print_stdout)]

use skattebro::ports::fakes::{FakeSkatteetaten, ManualClock};
use skattebro::{Skattebro, ValidationError, ValidationRequest};
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().ok_or("give a skattemelding and a næringsspesifikasjon");
    let clock = ManualClock::default();
    let service = FakeSkatteetaten::new(clock.clone());
    let bridge = Skattebro::builder().skatteetaten(Arc::new(service)).clock(Arc::new(clock)).build()?;
    let request = ValidationRequest::new("2023".parse()?, "974761076".parse()?)
        .skattemelding(argument()?)
        .naeringsspesifikasjon(argument()?);
    match bridge.validate(request).await.map(|validated| validated.outcome) {
        Ok(outcome) if outcome.is_ok() => println!("{}", outcome.resultat),
        Ok(outcome) => println!("{}: {:#?}", outcome.resultat, outcome.avvik_ved_validering),
        Err(ValidationError::Findings(findings)) => findings.iter().for_each(|found| println!("{found}")),
        Err(error) => return Err(error.to_string().into()),
    }
    Ok(())
}
