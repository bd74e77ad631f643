//! `skattebro token`: what an access token says of itself.

use crate::args::signin::Token as Arguments;
use crate::commands::{bad_input, failed_call};
use crate::exit::Exit;
use crate::output::time::local;
use crate::output::{print, print_json};
use crate::settings::{ApiKind, Innlogging, Settings, Systembruker};
use crate::signin::{self, Whose};
use serde_json::{Value, json};
use skattebro::SystemClock;
use skattebro::domain::Timestamp;
use skattebro::http::{AltinnExchange, ExchangeKind, claims};
use skattebro::ports::fakes::StaticToken;
use skattebro::ports::{Token, TokenSource};
use std::sync::Arc;

pub(super) async fn run(settings: &Settings, arguments: Arguments) -> Exit {
    let (source, whose) = match source(settings, &arguments) {
        Ok(found) => found,
        Err(why) => return bad_input(&why, arguments.json),
    };
    let token = match &arguments.part {
        Some(part) => source.token_for(part).await,
        None => source.token().await,
    };
    let token = match token {
        Ok(token) => token,
        Err(error) => return failed_call(&error, arguments.json),
    };
    let claims = claims(&token);
    if arguments.json {
        let shown = arguments.vis.then(|| token.expose());
        print_json(&json!({ "source": whose, "claims": claims, "token": shown }));
    } else if arguments.vis {
        print(token.expose());
    } else {
        print(&text(whose, claims.as_ref()));
    }
    Exit::Ok
}

/// Where the token comes from, and whose it is in a few words.
fn source(
    settings: &Settings,
    arguments: &Arguments,
) -> Result<(Arc<dyn TokenSource>, &'static str), String> {
    let (source, kind): (Arc<dyn TokenSource>, _) = match (
        signin::given_token(),
        settings.signin.innlogging.value,
    ) {
        (Some(token), _) => {
            let token = Token::parse(&token).ok_or("SKATTEBRO_TOKEN is not usable as a token")?;
            (Arc::new(StaticToken::new(token)), None)
        }
        (None, Innlogging::Token) => {
            return Err("there is no token to show: SKATTEBRO_TOKEN is not set, and the sign-in is token; give --innlogging \
                            maskinporten or idporten"
                    .to_owned());
        }
        (None, Innlogging::Idporten) => (Arc::new(signin::idporten(settings)?), Some(ExchangeKind::IdPorten)),
        (None, Innlogging::Maskinporten) => {
            needs_party(settings, arguments)?;
            let maskinporten = signin::maskinporten(settings, arguments.api, Whose::AsSet)?;
            (Arc::new(maskinporten), Some(ExchangeKind::Maskinporten))
        }
    };
    let of = match kind {
        None => "SKATTEBRO_TOKEN",
        Some(ExchangeKind::IdPorten) => "ID-porten",
        Some(ExchangeKind::Maskinporten) => "Maskinporten",
    };
    if !arguments.altinn {
        return Ok((source, of));
    }
    let kind = kind.ok_or("SKATTEBRO_TOKEN is not exchanged: Altinn is given it as it is")?;
    let platform = settings.altinn()?.platform;
    let http = signin::http(settings, &platform)?;
    let exchange = AltinnExchange::new(&http, source, kind, Arc::new(SystemClock));
    let exchange = exchange.map_err(|error| format!("{} ({}): {error}", platform.value, platform.from))?;
    Ok((Arc::new(exchange), "Altinn"))
}

fn needs_party(settings: &Settings, arguments: &Arguments) -> Result<(), String> {
    let systembruker = &settings.signin.maskinporten.systembruker;
    let is_per_party = systembruker.value == Systembruker::Part && arguments.api == ApiKind::Skattemelding;
    if is_per_party && arguments.part.is_none() {
        return Err(format!(
            "systembruker is part ({}), so that each customer has tokens of its own: give --for ORGNR",
            systembruker.from
        ));
    }
    Ok(())
}

fn text(whose: &str, claims: Option<&Value>) -> String {
    let Some(Value::Object(claims)) = claims else {
        return format!("A token of {whose}. It is no JWT and says nothing of itself; --vis prints it.");
    };
    let mut lines = vec![format!("A token of {whose} (--vis prints it):")];
    for (name, value) in claims {
        let shown = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let time = time(name, value).map(|at| format!("  ({})", local(at))).unwrap_or_default();
        lines.push(format!("  {name}: {shown}{time}"));
    }
    lines.join("\n")
}

/// The moment that a claim tells.
fn time(name: &str, value: &Value) -> Option<Timestamp> {
    let is_time = ["iat", "exp", "nbf", "auth_time"].contains(&name);
    Timestamp::from_second(value.as_i64().filter(|_| is_time)?).ok()
}
