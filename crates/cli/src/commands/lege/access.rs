//! The token: whether it can be had, and what it opens.

use super::Came;
use crate::output::time::local;
use crate::settings::{ApiKind, Innlogging, Settings, Systembruker};
use crate::signin::{self, Whose};
use serde_json::Value;
use skattebro::SystemClock;
use skattebro::domain::{Identifikator, Timestamp};
use skattebro::http::{ExchangeKind, IdPorten, Maskinporten, claims};
use skattebro::ports::fakes::StaticToken;
use skattebro::ports::{Clock, Token, TokenSource};
use std::sync::Arc;

/// Maskinporten takes a JWT that is ten seconds off, and half of that can be the journey.
const TOO_FAR: u64 = 5;

/// Where tokens come from, and how they are exchanged for Altinn's if they are.
pub(super) type Tokens = (Arc<dyn TokenSource>, Option<ExchangeKind>);

/// The source of tokens, opened as the company itself or the person, and the token that it gave.
pub(super) struct Access {
    source: Option<Issuer>,
    token: Result<Token, Came>,
}

enum Issuer {
    Maskinporten(Arc<Maskinporten>),
    IdPorten(Arc<IdPorten>),
    Given(Token),
}

impl Access {
    pub(super) async fn open(settings: &Settings, api: ApiKind, issuer: Innlogging) -> Self {
        let source = match find(settings, api, issuer) {
            Ok(source) => source,
            Err(came) => return Self { source: None, token: Err(came) },
        };
        let token = source.tokens().0.token().await;
        let token = token.map_err(|error| Came::failed(&error, "do as it says, or ask Digdir's support"));
        Self { source: Some(source), token }
    }

    /// Where tokens come from, and what kind they are, if they can be had.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        self.token.as_ref().ok()?;
        self.source.as_ref().map(Issuer::tokens)
    }

    pub(super) fn token_came(&self) -> Came {
        let token = match &self.token {
            Ok(token) => token,
            Err(came) => return came.clone(),
        };
        let of = self.source.as_ref().map_or("", Issuer::name);
        let until = claims(token).as_ref().and_then(|claims| claims["exp"].as_i64());
        let Some(until) = until.and_then(|seconds| Timestamp::from_second(seconds).ok()) else {
            return Came::ok(format!("{of}, which does not say how long it lives"));
        };
        if matches!(self.source, Some(Issuer::Given(_))) && until < SystemClock.now() {
            return Came::wrong(format!("{of} expired at {}", local(until)), "put a new one there");
        }
        Came::ok(format!("{of}, which lives until {}", local(until)))
    }

    pub(super) fn clock(&self) -> Came {
        let skew = match &self.source {
            Some(Issuer::Maskinporten(source)) => source.clock_skew(),
            Some(Issuer::IdPorten(source)) => source.clock_skew(),
            _ => None,
        };
        let Some(skew) = skew else {
            return Came::not_looked_at("no sign-in server has told the time");
        };
        let which_way = if skew.is_positive() { "ahead of" } else { "behind" };
        match skew.unsigned_abs().as_secs() {
            0..=TOO_FAR => Came::ok("it agrees with the sign-in server's"),
            seconds => Came::wrong(
                format!("this machine's clock is {seconds} s {which_way} the sign-in server's"),
                "set it, best by NTP: Maskinporten takes nothing that is 10 s off",
            ),
        }
    }

    pub(super) fn scopes(&self, settings: &Settings, api: ApiKind) -> Came {
        let wanted = match self.source {
            Some(Issuer::IdPorten(_)) => settings.idporten_scopes(),
            _ => settings.maskinporten_scopes(api),
        };
        let claims = match self.claims() {
            Ok(claims) => claims,
            Err(came) => return came,
        };
        let Some(granted) = claims["scope"].as_str() else {
            return Came::not_looked_at("the token does not say what it is for");
        };
        let has = |scope: &&str| granted.split_whitespace().any(|granted| granted == *scope);
        let missing: Vec<_> = wanted.value.as_strs().into_iter().filter(|scope| !has(scope)).collect();
        if missing.is_empty() {
            return Came::ok(granted);
        }
        Came::wrong(
            format!("the token lacks {}", missing.join(" ")),
            "have it granted to your organisation, and add it to the client in Samarbeidsportalen",
        )
    }

    /// Whether the token is of the organisation that delegated its access.
    pub(super) fn delegation(&self, settings: &Settings) -> Came {
        let Some(org) = &settings.signin.maskinporten.consumer_org else {
            return Came::ok("none is used (consumer-org is not set)");
        };
        let claims = match self.claims() {
            Ok(claims) => claims,
            Err(came) => return came,
        };
        if is_number_of(&claims["consumer"]["ID"], org.value.as_str()) {
            return Came::ok(format!("{} has delegated its access", org.value));
        }
        Came::wrong(
            format!("the token is not of {} ({})", org.value, org.from),
            "that organisation must delegate the scope to yours, in Altinn",
        )
    }

    fn claims(&self) -> Result<Value, Came> {
        let token = self.token.as_ref().map_err(|_| Came::not_looked_at("there is no token"))?;
        claims(token).ok_or_else(|| Came::not_looked_at("the token says nothing of itself"))
    }
}

impl Issuer {
    fn tokens(&self) -> Tokens {
        match self {
            Self::Maskinporten(source) => (source.clone(), Some(ExchangeKind::Maskinporten)),
            Self::IdPorten(source) => (source.clone(), Some(ExchangeKind::IdPorten)),
            Self::Given(token) => (Arc::new(StaticToken::new(token.clone())), None),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Maskinporten(_) => "one of Maskinporten's",
            Self::IdPorten(_) => "one of ID-porten's",
            Self::Given(_) => "the one in SKATTEBRO_TOKEN",
        }
    }
}

fn find(settings: &Settings, api: ApiKind, issuer: Innlogging) -> Result<Issuer, Came> {
    let not_set_up = |why: String| {
        Came::wrong(
            why,
            "«skattebro config vis» shows what is set; docs/configuration.md tells what is needed",
        )
    };
    match issuer {
        Innlogging::Maskinporten => {
            let source = signin::maskinporten(settings, api, Whose::Companys).map_err(not_set_up)?;
            Ok(Issuer::Maskinporten(Arc::new(source)))
        }
        Innlogging::Idporten if api == ApiKind::Innkreving => {
            let why = "krav are sent with a token of Maskinporten, and the sign-in is idporten".to_owned();
            Err(not_set_up(why))
        }
        Innlogging::Idporten => {
            Ok(Issuer::IdPorten(Arc::new(signin::idporten(settings).map_err(not_set_up)?)))
        }
        Innlogging::Token => match signin::given_token() {
            Some(token) => Token::parse(&token).map(Issuer::Given).ok_or_else(|| {
                Came::wrong(
                    "what is in SKATTEBRO_TOKEN cannot be a token",
                    "put a token there and nothing else",
                )
            }),
            None if settings.server(api).is_ok_and(|server| server.value.is_this_machine()) => {
                Err(Came::ok("a sandbox on this machine needs none, unless it is strict"))
            }
            None => Err(Came::wrong(
                "there is none in SKATTEBRO_TOKEN, and nothing to get one with",
                "set innlogging to maskinporten or idporten, or put a token into SKATTEBRO_TOKEN",
            )),
        },
    }
}

/// Whether the customer has approved the system user; and where its tokens come from, if one is used.
pub(super) async fn systembruker(
    settings: &Settings,
    api: ApiKind,
    part: Option<&Identifikator>,
) -> (Came, Option<Arc<dyn TokenSource>>) {
    let set = &settings.signin.maskinporten.systembruker;
    let part = match (&set.value, part) {
        (Systembruker::Nei, _) => return (Came::ok("none is used"), None),
        (Systembruker::Part, _) if api == ApiKind::Innkreving => {
            return (Came::ok("none is used: krav are the company's own"), None);
        }
        (Systembruker::Part, None) => {
            let why = "each customer has one of its own; --for ORGNR looks at that of one";
            return (Came::not_looked_at(why), None);
        }
        (Systembruker::Part, Some(part)) => part.clone(),
        (Systembruker::Fast(org), _) => Identifikator::Organisasjon(org.clone()),
    };
    let Ok(source) = signin::maskinporten(settings, api, Whose::AsSet) else {
        return (Came::not_looked_at("Maskinporten is not set up"), None);
    };
    let token = match source.token_for(&part).await {
        Ok(token) => token,
        Err(error) => {
            let to_do = "send the customer a request for the system user, to be approved in Altinn";
            return (Came::failed(&error, to_do), None);
        }
    };
    let claims = claims(&token).unwrap_or_default();
    if is_number_of(&claims["authorization_details"][0]["systemuser_org"]["ID"], part.as_str()) {
        return (Came::ok(format!("{part} has approved it")), Some(Arc::new(source)));
    }
    let wrong = Came::wrong(
        format!("Maskinporten's token is not of {part}'s system user"),
        "check the system user in Altinn, and systembruker-external-ref if the customer has several",
    );
    (wrong, None)
}

/// Whether an id such as `0192:974761076` is that of an organisation.
fn is_number_of(id: &Value, number: &str) -> bool {
    id.as_str().and_then(|id| id.rsplit(':').next()) == Some(number)
}
