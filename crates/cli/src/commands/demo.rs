//! `skattebro demo`: the whole way on one machine, with no account anywhere.

use crate::args::Demo;
use crate::commands::generer::{self, PARTSNUMMER};
use crate::commands::sandbox::signin;
use crate::commands::validate::validate;
use crate::exit::Exit;
use crate::output::text::{self, size, span};
use crate::output::{complain, json, print, print_json};
use skattebro::domain::filing::{FilingRules, Polling};
use skattebro::http::{
    Customer, HttpSettings, Maskinporten, MaskinportenMode, MaskinportenSettings, SigningKey,
};
use skattebro::ports::TokenSource;
use skattebro::{Skattebro, SystemClock, Validated, ValidationRequest};
use skattebro_sandbox::{Sandbox, VirtualClock};
use skattebro_testdata::{Naeringsspesifikasjon, skattemelding_upersonlig};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The sandbox's hours in the demo's seconds.
const TIME_SCALE: f64 = 240.0;

pub(crate) async fn run(arguments: Demo) -> Exit {
    match demo(&arguments).await {
        Ok(exit) => exit,
        Err(error) => {
            complain(&format!("the demo failed: {error}"));
            Exit::Unavailable
        }
    }
}

async fn demo(arguments: &Demo) -> Result<Exit, Box<dyn Error>> {
    let say = |line: &str| {
        if !arguments.json {
            print(line);
        }
    };
    let began = Instant::now();
    let scratch = tempfile::tempdir()?;
    let out = arguments.out.clone().unwrap_or_else(|| scratch.path().join("resultat"));

    let sandbox = Sandbox::builder().clock(VirtualClock::scaled(TIME_SCALE));
    let sandbox = sandbox.strict_auth(true).signin(signin(TIME_SCALE)).start().await?;
    say(&format!(
        "A sandbox plays Skatteetaten and Maskinporten at {}; its clock runs {TIME_SCALE} times as fast as yours.",
        sandbox.url()
    ));
    let (client_id, tokens) = sign_in(&sandbox).await?;
    say(&format!("Signs in with Maskinporten as {client_id}, with a key that was made just now."));

    let xml = scratch.path().join("naeringsspesifikasjon.xml");
    let document = Naeringsspesifikasjon::of_megabytes(arguments.megabytes).partsreferanse(PARTSNUMMER);
    let bytes = generer::write(&document, &xml)?;
    let skattemelding = scratch.path().join("skattemelding.xml");
    std::fs::write(&skattemelding, skattemelding_upersonlig(2023, PARTSNUMMER))?;
    say(&format!("Generated the næringsspesifikasjon of a power company for 2023: {}.", size(bytes)));

    let bridge = Skattebro::builder().server(sandbox.url()).tokens(tokens).build()?;
    let polling = Polling { min: Duration::from_millis(200), max: Duration::from_secs(1) };
    let request = ValidationRequest::new("2023".parse()?, "310817074".parse()?)
        .skattemelding(&skattemelding)
        .naeringsspesifikasjon(&xml)
        .rules(FilingRules { polling, ..FilingRules::default() })
        .out(&out);
    let validated = validate(&bridge, request, arguments.json).await?;
    let same = is_returned_unchanged(&validated, &xml, &out)?;
    sandbox.shutdown().await;

    if arguments.json {
        print_json(&json::outcome(
            &validated.outcome,
            Some(&validated.jobb),
            validated.referanse.as_ref(),
            &[],
        ));
    } else {
        let kept = arguments.out.as_deref();
        print(&text::outcome(&validated.outcome, kept));
        let verdict = if same { "byte for byte the one that was sent" } else { "NOT the one that was sent" };
        print(&format!("The næringsspesifikasjon that came back is {verdict}."));
        print(&format!("Done in {}. Next: README.md, «Five minutes further».", span(began.elapsed())));
    }
    Ok(if same { Exit::from(&validated.outcome.resultat) } else { Exit::Unavailable })
}

/// A client of the sandbox's Maskinporten, and its tokens for the customer's system user. The key is in memory only.
async fn sign_in(sandbox: &Sandbox) -> Result<(String, Arc<dyn TokenSource>), Box<dyn Error>> {
    let client = sandbox.demo_client().await?;
    let key = SigningKey::from_bytes(client.private_jwk.to_string().as_bytes(), None)?;
    let key_id = key.key_id().ok_or("the key has no name")?;
    let scopes: Vec<_> = client.scopes.iter().map(String::as_str).collect();
    let mode = MaskinportenMode::Systembruker { kunde: Customer::PerParty, external_ref: None };
    let settings = MaskinportenSettings::new(&client.client_id, key, key_id, &scopes)?.mode(mode);
    let http = HttpSettings::new(&format!("{}/maskinporten/", sandbox.url()))?;
    Ok((client.client_id, Arc::new(Maskinporten::new(&http, settings, Arc::new(SystemClock))?)))
}

fn is_returned_unchanged(validated: &Validated, sent: &Path, out: &Path) -> Result<bool, Box<dyn Error>> {
    let returned = validated
        .outcome
        .dokumenter
        .iter()
        .find(|dokument| dokument.dokumenttype == "naeringsspesifikasjonEtterBeregning")
        .ok_or("the result has no næringsspesifikasjon")?;
    Ok(same_bytes(sent, &out.join(&returned.stored.name))?)
}

fn same_bytes(one: &Path, other: &Path) -> std::io::Result<bool> {
    use std::io::{BufReader, Read};
    let mut one = BufReader::with_capacity(64 << 10, std::fs::File::open(one)?);
    let mut other = BufReader::with_capacity(64 << 10, std::fs::File::open(other)?);
    let (mut a, mut b) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        let count = one.read(&mut a)?;
        if count == 0 {
            return Ok(other.read(&mut b[..1])? == 0);
        }
        if other.read_exact(&mut b[..count]).is_err() || a[..count] != b[..count] {
            return Ok(false);
        }
    }
}
