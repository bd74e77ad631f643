//! Signing in: Maskinporten for machines, ID-porten for people, and Altinn, which takes the token of either
//! for one of its own. `authorize` and `sessions` are ID-porten's two halves.

use std::sync::Mutex;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::routing::issuer;
use crate::world::{Shared, lock};

pub(crate) mod admin;
mod assertion;
mod authorize;
mod certificate;
pub(crate) mod clients;
mod demo;
mod der;
mod exchange;
mod idporten;
mod login_page;
mod maskinporten;
mod oauth;
mod rsa_key;
mod sessions;
pub(crate) mod settings;
pub(crate) mod tokens;

pub use demo::DemoClient;

use assertion::Used;
use clients::{Clients, IdportenClient, MaskinportenClient, Registered, Systembruker, UnusableClient};
use sessions::Sessions;
use settings::SigninSettings;
use tokens::{KINDS, TokenKind, Tokens};

/// More than any form or assertion needs.
const LARGEST_BODY: usize = 1 << 20;

/// What the issuers remember.
pub(crate) struct Signin {
    /// Whether the service looks at tokens at all.
    pub(crate) strict: bool,
    pub(crate) tokens: Tokens,
    settings: Mutex<SigninSettings>,
    clients: Mutex<Clients>,
    used: Mutex<Used>,
    sessions: Mutex<Sessions>,
}

/// What a sandbox is told about them before it starts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beginning {
    pub(crate) strict: bool,
    pub(crate) settings: SigninSettings,
    pub(crate) maskinporten: Vec<MaskinportenClient>,
    pub(crate) idporten: Vec<IdportenClient>,
}

impl Signin {
    /// The issuers at this address, which has no final slash.
    pub(crate) fn new(
        base: &str,
        ids: &crate::ids::Ids,
        beginning: Beginning,
    ) -> Result<Self, UnusableClient> {
        let mut clients = Clients::default();
        for client in [demo::idporten_client()].into_iter().chain(beginning.idporten) {
            clients.add_idporten(client)?;
        }
        for client in beginning.maskinporten {
            clients.add_maskinporten(Registered::new(client, || ids.next_uuid("systembruker"))?);
        }
        Ok(Signin {
            strict: beginning.strict,
            tokens: Tokens::new(base),
            settings: Mutex::new(beginning.settings),
            clients: Mutex::new(clients),
            used: Mutex::default(),
            sessions: Mutex::default(),
        })
    }

    pub(crate) fn settings(&self) -> SigninSettings {
        lock(&self.settings).clone()
    }

    pub(crate) fn set(&self, settings: SigninSettings) {
        *lock(&self.settings) = settings;
    }

    /// Makes the tokens that were given out so far worthless: those of a kind, or all.
    pub(crate) fn revoke(&self, kind: Option<TokenKind>) {
        for kind in KINDS.into_iter().filter(|known| kind.is_none_or(|kind| kind == *known)) {
            match kind {
                TokenKind::Refresh => lock(&self.sessions).forget_refresh_tokens(),
                _ => self.tokens.revoke(kind),
            }
        }
    }
}

/// What is changed of the clients while the sandbox runs.
impl crate::world::World {
    pub(crate) fn register_maskinporten(&self, client: MaskinportenClient) -> Result<(), UnusableClient> {
        let client = Registered::new(client, || self.ids.next_uuid("systembruker"))?;
        lock(&self.signin.clients).add_maskinporten(client);
        Ok(())
    }

    pub(crate) fn register_idporten(&self, client: IdportenClient) -> Result<(), UnusableClient> {
        lock(&self.signin.clients).add_idporten(client)
    }

    pub(crate) fn approve(&self, client_id: &str, customer: Systembruker) -> Result<(), UnusableClient> {
        let id = self.ids.next_uuid("systembruker");
        lock(&self.signin.clients).approve(client_id, customer, id)
    }

    pub(crate) async fn demo_client(&self) -> std::io::Result<DemoClient> {
        demo::maskinporten_client(self).await.map_err(std::io::Error::other)
    }

    pub(crate) fn withdraw(&self, client_id: &str, customer: &Systembruker) -> Result<(), UnusableClient> {
        lock(&self.signin.clients).withdraw(client_id, customer)
    }
}

pub(crate) fn router(world: &Shared) -> Router<Shared> {
    let exchange = "/authentication/api/v1/exchange";
    Router::new()
        .route("/maskinporten/.well-known/oauth-authorization-server", get(maskinporten::discovery))
        .route("/maskinporten/jwk", get(jwks))
        .route("/maskinporten/token", issuer(world, "maskinporten-token", post(maskinporten::token)))
        .route("/idporten/.well-known/openid-configuration", get(idporten::discovery))
        .route("/idporten/jwks", get(jwks))
        .route("/idporten/authorize", get(authorize::authorize))
        .route("/idporten/login", post(authorize::login))
        .route("/idporten/token", issuer(world, "idporten-token", post(idporten::token)))
        .route(
            &format!("{exchange}/maskinporten"),
            issuer(world, "altinn-exchange", get(exchange::maskinporten)),
        )
        .route(&format!("{exchange}/id-porten"), issuer(world, "altinn-exchange", get(exchange::idporten)))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
}

async fn jwks(State(world): State<Shared>) -> Response {
    match world.signin.tokens.jwks().await {
        Ok(keys) => axum::Json(keys).into_response(),
        Err(error) => crate::problem::Problem::internal(error).into_response(),
    }
}
