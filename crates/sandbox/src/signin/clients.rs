//! Who may sign in: clients of Maskinporten and ID-porten, as they are registered in advance.

use std::collections::{BTreeMap, HashMap};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::certificate::Certificate;
use crate::organisation::is_organisation;

/// An organisation's client of Maskinporten. As JSON all but the first two may be left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskinportenClient {
    /// What assertions name in `iss`.
    pub client_id: String,
    /// Whose client it is.
    pub orgnr: String,
    /// Public RSA keys, each with its `kid`: `{"keys": […]}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Business certificates as PEM, for assertions with `x5c`.
    #[serde(default)]
    pub certificates: Vec<String>,
    /// What it may ask for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The customers who have approved a systembruker for it.
    #[serde(default)]
    pub systembrukere: Vec<Systembruker>,
    /// The organisations that have delegated their rights to it, for `consumer_org`.
    #[serde(default)]
    pub delegations: Vec<String>,
}

/// A customer's approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Systembruker {
    /// The customer.
    pub orgnr: String,
    /// Tells several of one customer from each other; without it the customer's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
}

/// A public client of ID-porten: it has no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdportenClient {
    /// Its name to ID-porten.
    pub client_id: String,
    /// Where a login may lead back to, letter by letter. `*` as the port stands for any, which only the
    /// sandbox knows.
    pub redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<String>,
}

/// Why a client cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnusableClient(pub(super) String);

impl MaskinportenClient {
    /// A client that has no keys, may ask for nothing, and acts for nobody else.
    pub fn new(client_id: impl Into<String>, orgnr: impl Into<String>) -> Self {
        MaskinportenClient {
            client_id: client_id.into(),
            orgnr: orgnr.into(),
            jwks: None,
            certificates: Vec::new(),
            scopes: Vec::new(),
            systembrukere: Vec::new(),
            delegations: Vec::new(),
        }
    }
}

impl Systembruker {
    /// The customer's approval, with the customer's number as its reference.
    pub fn of(orgnr: impl Into<String>) -> Self {
        Systembruker { orgnr: orgnr.into(), external_ref: None }
    }

    /// What tells it from others of the same customer.
    pub(crate) fn reference(&self) -> &str {
        self.external_ref.as_deref().unwrap_or(&self.orgnr)
    }
}

impl IdportenClient {
    pub(crate) fn may_return_to(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| match registered.split_once(":*") {
            None => registered == uri,
            Some((before, after)) => uri
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(after)?.strip_prefix(':'))
                // Digits only: `parse` takes a plus sign as well.
                .is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()),
        })
    }
}

/// A client of Maskinporten with its keys understood.
pub(crate) struct Registered {
    pub(crate) client: MaskinportenClient,
    pub(crate) keys: HashMap<String, DecodingKey>,
    pub(crate) certificates: Vec<Certificate>,
    /// The ids of the customers' systembrukere, in the order of the client's list.
    ids: Vec<Uuid>,
}

impl Registered {
    pub(crate) fn new(client: MaskinportenClient, ids: impl Fn() -> Uuid) -> Result<Self, UnusableClient> {
        let customers = client.systembrukere.iter().map(|customer| &customer.orgnr);
        let right = client
            .delegations
            .iter()
            .chain(customers)
            .chain([&client.orgnr])
            .all(|number| is_organisation(number));
        if client.client_id.is_empty() || !right {
            return Err(UnusableClient(
                "client_id mangler, eller et organisasjonsnummer er ikke riktig".into(),
            ));
        }
        let keys = client.jwks.as_ref().map_or_else(|| Ok(HashMap::new()), keys)?;
        let certificates = client.certificates.iter().map(|pem| {
            Certificate::from_pem(pem)
                .ok_or_else(|| UnusableClient("ikke et RSA-sertifikat i PEM-format".into()))
        });
        let certificates = certificates.collect::<Result<_, _>>()?;
        let ids = client.systembrukere.iter().map(|_| ids()).collect();
        Ok(Registered { client, keys, certificates, ids })
    }

    /// The id of the customer's systembruker, if there is one with this reference.
    pub(crate) fn systembruker(&self, wanted: &Systembruker) -> Option<Uuid> {
        let same =
            |known: &Systembruker| known.orgnr == wanted.orgnr && known.reference() == wanted.reference();
        self.client.systembrukere.iter().zip(&self.ids).find(|(known, _)| same(known)).map(|(_, id)| *id)
    }

    fn approve(&mut self, systembruker: Systembruker, id: Uuid) {
        if self.systembruker(&systembruker).is_none() {
            self.client.systembrukere.push(systembruker);
            self.ids.push(id);
        }
    }

    fn withdraw(&mut self, systembruker: &Systembruker) {
        let Some(id) = self.systembruker(systembruker) else { return };
        if let Some(place) = self.ids.iter().position(|known| *known == id) {
            self.ids.remove(place);
            self.client.systembrukere.remove(place);
        }
    }
}

fn keys(jwks: &Value) -> Result<HashMap<String, DecodingKey>, UnusableClient> {
    let unusable = |why: &str| UnusableClient(why.to_owned());
    let listed = jwks.get("keys").and_then(Value::as_array);
    if listed.into_iter().flatten().any(|key| key.get("d").is_some()) {
        return Err(unusable("jwks skal bare ha offentlige nøkler"));
    }
    let set: JwkSet =
        serde_json::from_value(jwks.clone()).map_err(|_| unusable("jwks skal være {\"keys\": […]}"))?;
    let key = |jwk: &jsonwebtoken::jwk::Jwk| {
        let rsa = matches!(jwk.algorithm, AlgorithmParameters::RSA(_));
        let kid = jwk.common.key_id.clone().filter(|_| rsa)?;
        Some((kid, DecodingKey::from_jwk(jwk).ok()?))
    };
    set.keys.iter().map(|jwk| key(jwk).ok_or_else(|| unusable("nøkler skal være RSA og ha kid"))).collect()
}

/// All of them.
#[derive(Default)]
pub(crate) struct Clients {
    maskinporten: BTreeMap<String, Registered>,
    idporten: BTreeMap<String, IdportenClient>,
}

impl Clients {
    pub(crate) fn maskinporten(&self, client_id: &str) -> Option<&Registered> {
        self.maskinporten.get(client_id)
    }

    pub(crate) fn idporten(&self, client_id: &str) -> Option<&IdportenClient> {
        self.idporten.get(client_id)
    }

    /// One that was there by the same name is replaced.
    pub(crate) fn add_maskinporten(&mut self, client: Registered) {
        self.maskinporten.insert(client.client.client_id.clone(), client);
    }

    /// One that was there by the same name is replaced.
    pub(crate) fn add_idporten(&mut self, client: IdportenClient) -> Result<(), UnusableClient> {
        let absolute = |uri: &String| Url::parse(&uri.replacen(":*", ":1", 1)).is_ok();
        if client.client_id.is_empty() || !client.redirect_uris.iter().all(absolute) {
            return Err(UnusableClient("client_id mangler, eller en redirect_uri er ikke en adresse".into()));
        }
        self.idporten.insert(client.client_id.clone(), client);
        Ok(())
    }

    pub(crate) fn approve(
        &mut self,
        client_id: &str,
        systembruker: Systembruker,
        id: Uuid,
    ) -> Result<(), UnusableClient> {
        if !is_organisation(&systembruker.orgnr) {
            return Err(UnusableClient("et organisasjonsnummer er ikke riktig".into()));
        }
        self.known(client_id)?.approve(systembruker, id);
        Ok(())
    }

    pub(crate) fn withdraw(
        &mut self,
        client_id: &str,
        systembruker: &Systembruker,
    ) -> Result<(), UnusableClient> {
        self.known(client_id)?.withdraw(systembruker);
        Ok(())
    }

    fn known(&mut self, client_id: &str) -> Result<&mut Registered, UnusableClient> {
        let unknown = || UnusableClient("client_id er ikke registrert hos Maskinporten".into());
        self.maskinporten.get_mut(client_id).ok_or_else(unknown)
    }

    pub(crate) fn all(&self) -> (Vec<&MaskinportenClient>, Vec<&IdportenClient>) {
        (self.maskinporten.values().map(|known| &known.client).collect(), self.idporten.values().collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn redirect_uris_match_letter_by_letter_but_for_a_port_left_open() {
        let client = |uri: &str| IdportenClient {
            client_id: "c".to_owned(),
            redirect_uris: vec![uri.to_owned()],
            scopes: vec![],
        };
        let exact = client("http://localhost:8765/token");
        assert!(exact.may_return_to("http://localhost:8765/token"));
        for other in
            ["http://localhost:8766/token", "http://localhost:8765/token/", "http://127.0.0.1:8765/token"]
        {
            assert!(!exact.may_return_to(other), "{other}");
        }
        let open = client("http://localhost:*/token");
        assert!(
            open.may_return_to("http://localhost:1/token")
                && open.may_return_to("http://localhost:65535/token")
        );
        for other in ["", "+1", "65536", "1:2", "1@ond.example", "1/x"] {
            assert!(!open.may_return_to(&format!("http://localhost:{other}/token")), "{other}");
        }
        assert!(!open.may_return_to("http://localhost/token"));
    }

    #[test]
    fn keys_are_public_rsa_keys_with_a_kid() {
        let rsa = json!({"kty": "RSA", "kid": "k", "n": "AQAB", "e": "AQAB"});
        assert!(keys(&json!({ "keys": [rsa] })).unwrap().contains_key("k"));
        let mut private = rsa.clone();
        private["d"] = json!("AQAB");
        let mut nameless = rsa;
        nameless.as_object_mut().unwrap().remove("kid");
        let secret = json!({"kty": "oct", "kid": "k", "k": "AQAB"});
        for bad in [private, nameless, secret] {
            assert!(keys(&json!({ "keys": [bad] })).is_err(), "{bad}");
        }
        assert!(keys(&json!([])).is_err());
    }
}
