//! Keys from every kind of file, and what is wrong with those that give none.

use crate::signin::issuer::{fixture, read};
use skattebro_adapter_http::{
    CertificateChain, KeyError, KeyId, MaskinportenSettings, SettingsError, SigningKey,
};
use std::fmt::Write;

const PASSWORD: &str = "hemmelig-passord";

fn error(content: &[u8], password: Option<&str>) -> KeyError {
    let password = password.map(|password| password.to_owned().into());
    SigningKey::from_bytes(content, password.as_ref()).unwrap_err()
}

#[test]
fn a_key_is_the_same_from_every_kind_of_file() {
    let certificates = CertificateChain::from_pem(&read("certificates.pem")).unwrap();
    for (file, password, kid, has_certificates) in [
        ("key-pkcs8.pem", None, None, false),
        ("key-pkcs1.pem", None, None, false),
        ("key.jwk", None, Some("praktisk-test"), false),
        ("virksomhet.p12", Some(PASSWORD), None, true),
        ("virksomhet-gammel.p12", Some(PASSWORD), None, true),
    ] {
        let password = password.map(|password| password.to_owned().into());
        let key = SigningKey::load(&fixture(file), password.as_ref())
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(key.kid(), kid, "{file}");
        assert_eq!(key.certificates().is_some(), has_certificates, "{file}");
        // Only the key that the certificates belong to takes them.
        let settings = MaskinportenSettings::new("x", key, KeyId::X5c(certificates.clone()), &["a:b"]);
        assert!(settings.is_ok(), "{file}");
    }
}

#[test]
fn certificates_beside_a_key_are_kept_in_the_order_in_which_they_are_sent() {
    let both = [read("certificates.pem"), read("key-pkcs8.pem")].concat();
    let key = SigningKey::from_bytes(&both, None).unwrap();
    let until = key.certificates().unwrap().expires().unwrap().to_string();
    assert!(until.starts_with("2036-"), "the company's own comes first, though it stood last: {until}");
    assert!(matches!(key.key_id(), Some(KeyId::X5c(_))));
    let jwk = SigningKey::load(&fixture("key.jwk"), None).unwrap();
    assert!(matches!(jwk.key_id(), Some(KeyId::Kid(kid)) if kid == "praktisk-test"));
}

#[test]
fn a_set_with_one_key_is_that_key() {
    let set = [b"{\"keys\":[".as_slice(), &read("key.jwk"), b"]}"].concat();
    assert_eq!(SigningKey::from_bytes(&set, None).unwrap().kid(), Some("praktisk-test"));
}

#[test]
fn what_is_wrong_with_a_file_is_said_and_nothing_of_it_is_shown() {
    let jwk = String::from_utf8(read("key.jwk")).unwrap();
    let without = |name: &str| jwk.replace(&format!("\"{name}\""), "\"annet\"").into_bytes();
    let two = [read("key-pkcs8.pem"), read("other-key.pem")].concat();
    let foreign = [read("certificates.pem"), read("other-key.pem")].concat();
    let half = read("key-pkcs8.pem")[..600].to_vec();
    let line =
        |at: usize| String::from_utf8(read("key-pkcs8.pem")).unwrap().lines().nth(at).unwrap().to_owned();
    let damaged = String::from_utf8(read("key-pkcs8.pem")).unwrap().replace(&line(9), &line(8)).into_bytes();
    let cut = read("virksomhet.p12")[..2000].to_vec();
    for (what, content, password, says) in [
        ("empty", b" \n".to_vec(), None, "the file is empty"),
        ("text", b"hemmelig tekst".to_vec(), None, "none of the kinds that are understood"),
        ("encrypted", read("key-encrypted-pkcs8.pem"), None, "encrypted PEM; decrypt it with"),
        ("encrypted, old", read("key-encrypted-pkcs1.pem"), None, "encrypted PEM; decrypt it with"),
        ("no password", read("virksomhet.p12"), None, "needs its password"),
        ("wrong password", read("virksomhet.p12"), Some("hemmelig-feil"), "does not open the file"),
        (
            "wrong password, old",
            read("virksomhet-gammel.p12"),
            Some("hemmelig-feil"),
            "does not open the file",
        ),
        ("half a PKCS#12", cut, Some(PASSWORD), "no PKCS#12"),
        ("no key in it", read("certificates-only.p12"), Some(PASSWORD), "has no private key"),
        ("certificates", read("certificates.pem"), None, "certificates only"),
        ("public", read("public.pem"), None, "public half only"),
        ("public JWK", without("d"), None, "public half only"),
        ("other kind", read("ec-pkcs8.pem"), None, "another algorithm than RSA"),
        (
            "other kind of JWK",
            jwk.replace("\"RSA\"", "\"EC\"").into_bytes(),
            None,
            "of another kind than RSA",
        ),
        ("no JWK", b"{\"a\":1}".to_vec(), None, "no JWK"),
        ("JWK without p", without("p"), None, "has no p"),
        (
            "JWK with another n",
            jwk.replacen("\"n\": \"", "\"n\": \"0", 1).into_bytes(),
            None,
            "cannot be used",
        ),
        ("half a JWK", jwk.as_bytes()[..500].to_vec(), None, "not JSON to its end"),
        ("short", read("small.pem"), None, "shorter than 2048 bits"),
        ("two", two, None, "2 private keys"),
        ("half", half, None, "not whole"),
        ("damaged", damaged, None, "cannot be used"),
        ("foreign certificates", foreign, None, "none of the certificates belongs to the key"),
    ] {
        let error = error(&content, password);
        let mut shown = error.to_string();
        assert!(shown.contains(says), "{what}: {shown}");
        write!(shown, "{error:?}").unwrap();
        for secret in ["hemmelig", "MII", "BEGIN RSA", "Test"] {
            assert!(!shown.contains(secret), "{what}: {shown}");
        }
    }
}

#[test]
fn a_file_that_is_not_there_or_too_large_is_told() {
    let missing = SigningKey::load(&fixture("finnes-ikke.pem"), None).unwrap_err();
    assert!(matches!(missing, KeyError::File(_)), "{missing}");
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("x");
    std::fs::write(&large, vec![b'-'; (1 << 20) + 1]).unwrap();
    assert!(SigningKey::load(&large, None).unwrap_err().to_string().contains("too large"));
}

#[test]
fn a_key_is_not_shown() {
    let key = SigningKey::load(&fixture("virksomhet.p12"), Some(&PASSWORD.to_owned().into())).unwrap();
    let shown = format!("{key:?}");
    assert!(shown.contains("certificates: 2") && shown.len() < 200, "{shown}");
}

#[test]
fn settings_that_do_not_fit_together_are_refused() {
    let key = || SigningKey::load(&fixture("key-pkcs8.pem"), None).unwrap();
    let kid = || KeyId::Kid("k".to_owned());
    let other = SigningKey::load(&fixture("other-key.pem"), None).unwrap();
    let chain = KeyId::X5c(CertificateChain::from_pem(&read("certificates.pem")).unwrap());
    for (what, settings, says) in [
        ("client", MaskinportenSettings::new(" ", key(), kid(), &["a:b"]), "client id"),
        ("scope", MaskinportenSettings::new("c", key(), kid(), &[]), "scope"),
        ("scopes in one", MaskinportenSettings::new("c", key(), kid(), &["a b"]), "scope"),
        ("kid", MaskinportenSettings::new("c", key(), KeyId::Kid(" ".to_owned()), &["a:b"]), "kid"),
        ("chain", MaskinportenSettings::new("c", other, chain, &["a:b"]), "belongs to the key"),
    ] {
        let error = settings.unwrap_err();
        assert!(matches!(error, SettingsError::Signin(_)), "{what}: {error}");
        assert!(error.to_string().contains(says), "{what}: {error}");
    }
    assert!(CertificateChain::from_pem(&read("key-pkcs8.pem")).is_err(), "there is no certificate in it");
}
