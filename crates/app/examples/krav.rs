//! A whole program: send every krav of a file, follow each until it is settled, and say what became of it.
//!
//! ```text
//! export SKATTEBRO_TOKEN=…
//! cargo run -p skattebro --example krav -- https://api-test.sits.no krav.jsonl
//! ```

#![allow(clippy::print_stdout)]

use futures_util::stream;
use skattebro::Skattebro;
use skattebro::codec::krav::Rows;
use skattebro::domain::krav::Edition;
use skattebro::krav::KravOrder;
use std::{fs::File, io::BufReader};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().ok_or("give a server and a file of krav");
    let bridge = Skattebro::builder().server(argument()?).token(std::env::var("SKATTEBRO_TOKEN")?).build()?;
    let rows = Rows::new(BufReader::new(File::open(argument()?)?), None, Edition::V1);
    let orders = rows.map_while(Result::ok).filter_map(|row| {
        let oppdrag = row.content.inspect_err(|findings| println!("{findings:#?}")).ok()?;
        Some(KravOrder::opprett(*oppdrag).tagged(row.number))
    });
    let mut run = bridge.krav()?.carry_out_all(stream::iter(orders));
    while let Some(report) = run.next().await {
        println!("row {:?}: {} {:?}", report.tag, report.standing().as_str(), report.reasons());
    }
    Ok(())
}
