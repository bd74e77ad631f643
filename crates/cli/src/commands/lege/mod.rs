//! `skattebro lege` (doctor): whether everything is in place, and what to do where it is not. It goes on after a failure.

mod access;
mod files;
mod report;
mod services;

use crate::args::signin::Lege;
use crate::exit::Exit;
use crate::settings::{ApiKind, Flags, Innlogging, inspect};
use crate::signin;
use access::Access;
use report::{Came, Report};
use skattebro::http::ExchangeKind;

pub(super) async fn run(flags: &Flags, arguments: Lege) -> Exit {
    let Lege { part, api, json } = arguments;
    let mut report = Report::new(json);
    let inspection = inspect(flags);
    let settings = &inspection.settings;
    report.tell("config file", files::config(&inspection.located));
    report.tell("settings", files::settings(&inspection, api));

    // A token in the environment goes before every sign-in.
    let innlogging = settings.signin.innlogging.value;
    let issuer = if signin::given_token().is_some() { Innlogging::Token } else { innlogging };
    if issuer == Innlogging::Maskinporten {
        report.tell("key file", files::key(settings));
        report.tell("certificate", files::certificate(settings, api));
    }
    if issuer == Innlogging::Idporten {
        report.tell("refresh store", files::refresh_store(settings).await);
    }

    let access = Access::open(settings, api, issuer).await;
    report.tell("token", access.token_came());
    if issuer != Innlogging::Token {
        report.tell("clock", access.clock());
    }
    report.tell("scopes", access.scopes(settings, api));
    let (part, mut tokens) = (part.as_ref(), access.tokens());
    if issuer == Innlogging::Maskinporten {
        let (came, of_systembruker) = access::systembruker(settings, api, part).await;
        report.tell("systembruker", came);
        report.tell("delegation", access.delegation(settings));
        if let Some(source) = of_systembruker {
            tokens = Some((source, Some(ExchangeKind::Maskinporten)));
        }
    }
    match api {
        ApiKind::Skattemelding => {
            report.tell("Skatteetaten", services::ping(settings).await);
            let (exchange, tokens) = services::exchange(settings, tokens, part).await;
            report.tell("Altinn's token", exchange);
            report.tell("Altinn", services::altinn(settings, tokens, part).await);
        }
        ApiKind::Innkreving => report.tell("Skatteetaten", services::krav(settings, tokens).await),
    }
    report.tell("store", files::store(settings).await);
    report.end()
}
