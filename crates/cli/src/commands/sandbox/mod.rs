//! `skattebro sandbox`.

mod demo_key;

use crate::args::Sandbox as Arguments;
use crate::exit::Exit;
use crate::output::{complain, print};
use skattebro_sandbox::{DemoClient, Edition2023, Sandbox, SigninSettings, VirtualClock};
use std::path::Path;
use std::time::Duration;

pub(crate) async fn run(arguments: Arguments) -> Exit {
    let clock = VirtualClock::scaled(arguments.time_scale);
    let edition_2023 = Edition2023 { mottaksstatus: !arguments.uten_mottaksstatus, ..Edition2023::default() };
    let builder = Sandbox::builder().listen(arguments.listen).clock(clock).edition_2023(edition_2023);
    let builder = builder.strict_auth(arguments.strict_auth).signin(signin(arguments.time_scale));
    let sandbox = match builder.start().await {
        Ok(sandbox) => sandbox,
        Err(error) => {
            complain(&format!("cannot listen on {}: {error}", arguments.listen));
            return Exit::BadInput;
        }
    };
    print(&sandbox.url());
    if let Some(file) = &arguments.demo_nokkel
        && let Err(why) = hand_out(&sandbox, file).await
    {
        complain(&why);
        sandbox.shutdown().await;
        return Exit::BadInput;
    }
    if arguments.strict_auth {
        print(&how_to_log_in(&sandbox, arguments.demo_nokkel.is_none()));
    }
    // Stopping by a signal must still remove the documents it keeps in temporary files.
    stop_signal().await;
    sandbox.shutdown().await;
    Exit::Ok
}

/// How the issuers behave beside a clock that runs so many times as fast as their clients'. Those believe that a token lives as long as it
/// says; at another speed that would be over in a moment.
pub(super) fn signin(time_scale: f64) -> SigninSettings {
    // The longest that a JWT can be good here: numbers of seconds must stay ones that everybody can read.
    const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    let usual = SigninSettings::default();
    if time_scale == 1.0 {
        return usual;
    }
    let for_real = |life: Duration| {
        Duration::try_from_secs_f64(life.as_secs_f64() * time_scale.max(1.0)).unwrap_or(LONGEST).min(LONGEST)
    };
    let mut signin = usual.clone();
    signin.any_clock = true;
    signin.maskinporten_token = for_real(usual.idporten_token);
    signin.idporten_token = for_real(usual.idporten_token);
    signin.altinn_token = for_real(usual.idporten_token);
    signin.refresh_token = for_real(usual.refresh_token);
    signin.code = for_real(usual.code);
    signin
}

/// Writes the key of a fresh demo client, and tells the settings that go with it.
async fn hand_out(sandbox: &Sandbox, file: &Path) -> Result<(), String> {
    let client = sandbox.demo_client().await.map_err(|error| format!("no key can be made: {error}"))?;
    demo_key::write(file, &client.private_jwk)
        .map_err(|why| format!("--demo-nokkel {}: {why}", file.display()))?;
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    print(&how_to_sign_in(sandbox, &client, &file));
    Ok(())
}

fn how_to_sign_in(sandbox: &Sandbox, client: &DemoClient, file: &Path) -> String {
    let DemoClient { client_id, orgnr, systembruker, .. } = client;
    format!(
        "\nA company signs in ({orgnr}; its customer {systembruker} has approved a system user):\n\
         export SKATTEBRO_SERVER={}\n\
         export SKATTEBRO_INNLOGGING=maskinporten\n\
         export SKATTEBRO_MASKINPORTEN_CLIENT_ID={client_id}\n\
         export SKATTEBRO_MASKINPORTEN_KEY_FILE='{}'\n\
         export SKATTEBRO_SYSTEMBRUKER=part\n\
         skattebro lege --for {systembruker}",
        sandbox.url(),
        file.display()
    )
}

fn how_to_log_in(sandbox: &Sandbox, without_key: bool) -> String {
    let person = format!(
        "\nA person logs in:\n\
         export SKATTEBRO_SERVER={}\n\
         export SKATTEBRO_INNLOGGING=idporten\n\
         export SKATTEBRO_REFRESH_STORE=fil:innlogging\n\
         skattebro logg-inn",
        sandbox.url()
    );
    let company = "\n\nFor a company, --demo-nokkel FILE writes a key and tells how to sign in with it.";
    if without_key { person + company } else { person }
}

#[cfg(unix)]
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn stop_signal() {
    let _ = tokio::signal::ctrl_c().await;
}
