//! What Maskinporten means by a refusal, and what to do about it.

use super::settings::MaskinportenSettings;
use crate::signin::failed::Failed;
use crate::signin::key::KeyId;
use crate::signin::oauth::Refusal;
use skattebro_domain::Organisasjonsnummer;
use skattebro_ports::ErrorKind;

pub(super) fn failed(
    refusal: &Refusal,
    settings: &MaskinportenSettings,
    customer: Option<&Organisasjonsnummer>,
) -> Failed {
    let said = format!("Maskinporten refused: {}", refusal.quoted());
    match refusal.error.as_str() {
        "temporarily_unavailable" | "server_error" => {
            return Failed::for_now(ErrorKind::ServiceFailure, said, None);
        }
        _ => {}
    }
    let (kind, advice) = advice(refusal, settings, customer);
    Failed::for_good(kind, format!("{said}. {advice}"))
}

fn advice(
    refusal: &Refusal,
    settings: &MaskinportenSettings,
    customer: Option<&Organisasjonsnummer>,
) -> (ErrorKind, String) {
    let is_about = |words: &[&str]| refusal.speaks_of(words);
    match refusal.error.as_str() {
        "invalid_scope" => (
            ErrorKind::Unauthorized,
            format!(
                "The client may not use one of its scopes ({}): Skatteetaten or Digdir must grant it to your organisation, and it must be \
                 added to the client in Samarbeidsportalen",
                settings.scope
            ),
        ),
        // Maskinporten asks Altinn, and its code for this has changed before.
        error if customer.is_some() && is_about_system_user(error, refusal) => (
            ErrorKind::Forbidden,
            format!(
                "The customer {} has not approved the system user, or has withdrawn it: the customer must approve it in Altinn",
                customer.map_or("", Organisasjonsnummer::as_str)
            ),
        ),
        error if is_about_delegation(error, refusal, settings) => (
            ErrorKind::Forbidden,
            format!(
                "The organisation {} has not delegated this to yours: it must do so in Altinn",
                settings.consumer_org.as_ref().map_or("", Organisasjonsnummer::as_str)
            ),
        ),
        "invalid_client" | "unauthorized_client" => (
            ErrorKind::Unauthorized,
            "Check the client id, and whether the client is active and of this environment (test and production have their own)".to_owned(),
        ),
        _ if is_about(&["certificate", "sertifikat"]) => (
            ErrorKind::Unauthorized,
            "Check the company's certificate: whether it has expired or was revoked, and whether its organisation is the client's".to_owned(),
        ),
        _ if is_about(&["signature", "kid", "key ", "jwk", "unknown key", "signatur"]) => (ErrorKind::Unauthorized, wrong_key(&settings.key_id)),
        "invalid_grant" if is_about(&["iat", "exp", "issued", "expired", "time", "clock"]) => (
            ErrorKind::Unauthorized,
            "The time in the request is not accepted: check this machine's clock".to_owned(),
        ),
        "invalid_grant" => (ErrorKind::Unauthorized, wrong_key(&settings.key_id)),
        _ => (ErrorKind::Refused, "Check the client in Samarbeidsportalen".to_owned()),
    }
}

fn is_about_system_user(error: &str, refusal: &Refusal) -> bool {
    error == "invalid_authorization_details"
        || error.contains("altinn")
        || refusal.speaks_of(&[
            "system user",
            "systemuser",
            "system_user",
            "systembruker",
            "authorization_details",
        ])
}

fn is_about_delegation(error: &str, refusal: &Refusal, settings: &MaskinportenSettings) -> bool {
    settings.consumer_org.is_some()
        && (error.contains("consumer") || refusal.speaks_of(&["consumer", "delegat", "deleger"]))
}

fn wrong_key(key_id: &KeyId) -> String {
    match key_id {
        KeyId::Kid(kid) => format!(
            "The key does not fit the kid «{kid}», or no key of that name is registered with the client (keys expire there after a year): \
             register the public half of this key, and set its kid"
        ),
        KeyId::X5c(_) => {
            "The signature does not fit the company's certificate, or that organisation may not use this client".to_owned()
        }
    }
}
