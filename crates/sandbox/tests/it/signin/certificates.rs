//! Assertions that are signed with a business certificate.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{Certificate, CertificateParams, date_time_ymd};
use skattebro_sandbox::VirtualClock;

use super::machine::{Assertion, assert_refused, client, key_pair};
use crate::service::Service;

/// From the first of March to the first of April 2026.
fn certificate() -> Certificate {
    numbered(1)
}

/// The same, told from others of the same key by its number.
fn numbered(serial: u64) -> Certificate {
    let mut params = CertificateParams::new(vec!["virksomhet.example".to_owned()]).unwrap();
    params.serial_number = Some(serial.into());
    params.not_before = date_time_ymd(2026, 3, 1);
    params.not_after = date_time_ymd(2026, 4, 1);
    params.self_signed(key_pair()).unwrap()
}

async fn sandbox(certificates: &[&Certificate], now: &str) -> Service {
    let mut client = client();
    client.jwks = None;
    client.certificates = certificates.iter().map(|certificate| certificate.pem()).collect();
    let clock = VirtualClock::stepped_from(now.parse().unwrap());
    Service::with(|builder| builder.maskinporten_client(client).clock(clock)).await
}

fn with_chain(service: &Service, chain: &[&[u8]]) -> Assertion {
    let mut assertion = Assertion::new(service);
    assertion.header.kid = None;
    assertion.header.x5c = Some(chain.iter().map(|der| STANDARD.encode(der)).collect());
    assertion
}

#[tokio::test]
async fn a_registered_one_will_do_until_it_expires() {
    let certificate = certificate();
    let service = sandbox(&[&certificate], "2026-03-31T23:59:00Z").await;
    let issuer = numbered(2);
    let ask = async || service.assert(&with_chain(&service, &[certificate.der(), issuer.der()])).await;
    assert_eq!(ask().await.status, 200);
    service.pass(61);
    assert_refused(&ask().await, "invalid_grant", "invalid certificate: it has expired");
}

#[tokio::test]
async fn not_before_it_is_valid() {
    let certificate = certificate();
    let service = sandbox(&[&certificate], "2026-02-28T23:59:59Z").await;
    let early = service.assert(&with_chain(&service, &[certificate.der()])).await;
    assert_refused(&early, "invalid_grant", "not valid yet");
    service.pass(1);
    assert_eq!(service.assert(&with_chain(&service, &[certificate.der()])).await.status, 200);
}

#[tokio::test]
async fn it_must_be_registered_and_come_first() {
    let (certificate, other) = (certificate(), numbered(2));
    let service = sandbox(&[&certificate], "2026-03-10T12:00:00Z").await;
    for chain in [&[other.der().as_ref()][..], &[other.der(), certificate.der()]] {
        let answer = service.assert(&with_chain(&service, chain)).await;
        assert_refused(&answer, "invalid_grant", "invalid certificate: it is not registered");
    }
    assert_refused(&service.assert(&with_chain(&service, &[])).await, "invalid_grant", "x5c is empty");
    let mut damaged = with_chain(&service, &[]);
    damaged.header.x5c = Some(vec!["%".to_owned()]);
    assert_refused(&service.assert(&damaged).await, "invalid_grant", "list of certificates");
}

#[tokio::test]
async fn its_key_must_have_signed() {
    let certificate = certificate();
    let service = sandbox(&[&certificate], "2026-03-10T12:00:00Z").await;
    let mut assertion = with_chain(&service, &[certificate.der()]);
    let other = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    assertion.key = jsonwebtoken::EncodingKey::from_rsa_pem(other.serialize_pem().as_bytes()).unwrap();
    assert_refused(&service.assert(&assertion).await, "invalid_grant", "signature");
}

#[tokio::test]
async fn either_a_kid_or_a_certificate() {
    let certificate = certificate();
    let service = sandbox(&[&certificate], "2026-03-10T12:00:00Z").await;
    let mut both = with_chain(&service, &[certificate.der()]);
    both.header.kid = Some("k1".to_owned());
    assert_refused(&service.assert(&both).await, "invalid_grant", "either kid or x5c");
}
