//! A whole program: configure, validate a file, read the findings.
//!
//! ```text
//! export SKATTEBRO_TOKEN=…
//! cargo run -p skattebro --example validate -- https://idporten-api-test.sits.no skattemelding.xml naeringsspesifikasjon.xml
//! ```

#![allow(clippy::print_stdout)]

use skattebro::{Skattebro, ValidationError, ValidationRequest};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().ok_or("give a server, a skattemelding and a næringsspesifikasjon");
    let bridge = Skattebro::builder().server(argument()?).token(std::env::var("SKATTEBRO_TOKEN")?).build()?;
    let request = ValidationRequest::new("2023".parse()?, "974761076".parse()?)
        .skattemelding(argument()?)
        .naeringsspesifikasjon(argument()?)
        .out("resultat");
    match bridge.validate(request).await.map(|validated| validated.outcome) {
        Ok(outcome) if outcome.is_ok() => println!("{}", outcome.resultat),
        Ok(outcome) => println!("{}: {:#?}", outcome.resultat, outcome.avvik_ved_validering),
        Err(ValidationError::Findings(findings)) => findings.iter().for_each(|found| println!("{found}")),
        Err(error) => return Err(error.to_string().into()),
    }
    Ok(())
}
