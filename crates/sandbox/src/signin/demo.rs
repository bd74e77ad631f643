//! Clients that are there, or are made, so that a sandbox can be tried without registering anything.

use serde_json::json;

use super::clients::{IdportenClient, MaskinportenClient, Systembruker};
use super::rsa_key::NoKey;
use super::tokens::fresh_key;
use crate::world::World;
use crate::{DEFAULT_ORGANISATION, auth};

/// The client of ID-porten that every sandbox knows.
pub(crate) const IDPORTEN: &str = "skattebro-demo";
/// The client of Maskinporten that is made on demand.
const MASKINPORTEN: &str = "skattebro-demo-maskinporten";
/// Its customer, who has approved a systembruker.
const CUSTOMER: &str = "310817074";

/// A client of Maskinporten with the key that signs for it. It has no `Debug`: nothing shall print it.
#[derive(serde::Serialize)]
pub struct DemoClient {
    /// What assertions name in `iss`.
    pub client_id: String,
    /// Whose client it is.
    pub orgnr: String,
    /// The customer who has approved a systembruker for it.
    pub systembruker: String,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// The key, private members and all; its `kid` is in it.
    pub private_jwk: serde_json::Value,
}

pub(crate) fn idporten_client() -> IdportenClient {
    let scopes = ["openid", auth::SKATTEMELDING, auth::INSTANCES_READ, auth::INSTANCES_WRITE];
    IdportenClient {
        client_id: IDPORTEN.to_owned(),
        redirect_uris: vec!["http://localhost:*/token".to_owned()],
        scopes: scopes.map(str::to_owned).into(),
    }
}

/// Makes a key and registers it on the client of Maskinporten, which has no other.
pub(crate) async fn maskinporten_client(world: &World) -> Result<DemoClient, NoKey> {
    let key = fresh_key().await?;
    let scopes = [auth::INNKREVING, auth::SKATTEMELDING, auth::INSTANCES_READ, auth::INSTANCES_WRITE];
    let client = MaskinportenClient {
        jwks: Some(json!({ "keys": [key.public_jwk()] })),
        scopes: scopes.map(str::to_owned).into(),
        systembrukere: vec![Systembruker::of(CUSTOMER)],
        ..MaskinportenClient::new(MASKINPORTEN, DEFAULT_ORGANISATION)
    };
    // Nothing about it is unusable.
    world.register_maskinporten(client.clone()).map_err(|_| NoKey)?;
    Ok(DemoClient {
        client_id: client.client_id,
        orgnr: client.orgnr,
        systembruker: CUSTOMER.to_owned(),
        scopes: client.scopes,
        private_jwk: key.private_jwk(),
    })
}
