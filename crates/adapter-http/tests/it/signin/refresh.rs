//! What follows a login: refreshing, as long as that goes, and the logout.

use crate::client::shown;
use crate::signin::idporten::{Memory, idporten, login};
use crate::signin::issuer::{Answer, Issuer, refusal};
use async_trait::async_trait;
use futures_util::future::join_all;
use secrecy::SecretString;
use serde_json::json;
use skattebro_adapter_http::{FileStore, RefreshStore, StoreError};
use skattebro_ports::TokenSource;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[tokio::test]
async fn a_token_is_refreshed_before_it_expires_and_the_new_refresh_token_kept() {
    let issuer = Issuer::start().await;
    issuer.life(3600);
    let store = Arc::new(Memory::default());
    let idporten = Arc::new(idporten(&issuer, store.clone()));
    login(&issuer, &idporten).await;
    issuer.clock.advance(Duration::from_secs(3539));
    assert_eq!(idporten.token().await.unwrap().expose(), "hemmelig-token-1");
    issuer.clock.advance(Duration::from_secs(1));
    issuer.extra(json!({ "refresh_token": "hemmelig-fornyelse-2" }));
    let tokens = join_all((0..20).map(|_| idporten.token())).await;
    assert!(tokens.into_iter().all(|token| token.unwrap().expose() == "hemmelig-token-2"));
    let asked = issuer.asked();
    assert_eq!(asked.len(), 2, "one refresh for all");
    assert_eq!(asked[1].form["grant_type"], "refresh_token");
    assert_eq!(asked[1].form["refresh_token"], "hemmelig-fornyelse");
    assert_eq!(store.kept().as_deref(), Some("hemmelig-fornyelse-2"));
    issuer.clock.advance(Duration::from_secs(3600));
    idporten.token().await.unwrap();
    assert_eq!(issuer.asked()[2].form["refresh_token"], "hemmelig-fornyelse-2");
}

#[tokio::test]
async fn another_process_goes_on_with_what_is_in_the_store() {
    let issuer = Issuer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let store = || Arc::new(FileStore::new(folder.path().join("login")));
    login(&issuer, &idporten(&issuer, store())).await;
    issuer.extra(json!({}));
    assert_eq!(idporten(&issuer, store()).token().await.unwrap().expose(), "hemmelig-token-2");
    assert_eq!(issuer.asked()[1].form["refresh_token"], "hemmelig-fornyelse");
}

#[tokio::test]
async fn a_refresh_token_that_cannot_be_kept_is_not_lost() {
    let issuer = Issuer::start().await;
    let store = Memory::with("gammel");
    let idporten = idporten(&issuer, store.clone());
    issuer.extra(json!({ "refresh_token": "ny" }));
    *store.full.lock().unwrap() = true;
    let outcome = idporten.token().await;
    assert_eq!(shown(&outcome), "Local not-sent after-change");
    assert!(outcome.unwrap_err().to_string().contains("the store is full"));
    *store.full.lock().unwrap() = false;
    issuer.clock.advance(Duration::from_secs(1));
    issuer.extra(json!({ "refresh_token": "nyest" }));
    idporten.token().await.unwrap();
    assert_eq!(issuer.asked()[1].form["refresh_token"], "ny");
    assert_eq!(store.kept().as_deref(), Some("nyest"));
}

#[tokio::test]
async fn a_login_that_has_run_out_is_told_with_what_to_do() {
    let issuer = Issuer::start().await;
    let nobody = idporten(&issuer, Arc::new(Memory::default()));
    let outcome = nobody.token().await;
    assert_eq!(shown(&outcome), "Unauthorized not-sent after-change");
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("nobody is logged in; log in again: skattebro logg-inn"), "{error}");
    assert!(issuer.asked().is_empty());

    let expired = idporten(&issuer, Memory::with("hemmelig-gammel"));
    issuer.next(refusal("invalid_grant", "Refresh token hemmelig-gammel is expired"));
    let outcome = expired.token().await;
    assert_eq!(shown(&outcome), "Unauthorized not-sent after-change");
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("log in again: skattebro logg-inn") && !error.contains("hemmelig"), "{error}");
}

#[tokio::test]
async fn a_refresh_that_another_process_was_first_with_is_made_with_what_that_got() {
    /// Gives the old one once, as if another process had written between.
    #[derive(Debug)]
    struct Raced(Arc<Memory>, Mutex<usize>);

    #[async_trait]
    impl RefreshStore for Raced {
        async fn load(&self) -> Result<Option<SecretString>, StoreError> {
            let mut loads = self.1.lock().unwrap();
            *loads += 1;
            Ok(Some(if *loads == 1 { "gammel" } else { "den-andres" }.to_owned().into()))
        }

        async fn save(&self, token: &SecretString) -> Result<(), StoreError> {
            self.0.save(token).await
        }

        async fn delete(&self) -> Result<(), StoreError> {
            self.0.delete().await
        }
    }

    let issuer = Issuer::start().await;
    let idporten = idporten(&issuer, Arc::new(Raced(Arc::default(), Mutex::default())));
    issuer.next(refusal("invalid_grant", "used"));
    idporten.token().await.unwrap();
    let used: Vec<_> = issuer.asked().into_iter().map(|asked| asked.form["refresh_token"].clone()).collect();
    assert_eq!(used, ["gammel", "den-andres"]);
}

#[tokio::test]
async fn a_rejected_token_is_replaced_and_one_of_before_is_not() {
    let issuer = Issuer::start().await;
    let idporten = idporten(&issuer, Memory::with("fornyelse"));
    let first = idporten.token().await.unwrap();
    idporten.rejected(&first).await;
    let second = idporten.token().await.unwrap();
    assert_ne!(first.expose(), second.expose());
    idporten.rejected(&first).await;
    assert_eq!(idporten.token().await.unwrap().expose(), second.expose());
}

#[tokio::test]
async fn who_logs_out_is_forgotten() {
    let issuer = Issuer::start().await;
    let store = Arc::new(Memory::default());
    let idporten = idporten(&issuer, store.clone());
    login(&issuer, &idporten).await;
    idporten.logout().await.unwrap();
    idporten.logout().await.unwrap();
    assert_eq!(store.kept(), None);
    assert!(idporten.token().await.unwrap_err().to_string().contains("nobody is logged in"));
}

#[tokio::test]
async fn a_failure_that_may_pass_asks_nobody_to_log_in() {
    let issuer = Issuer::start().await;
    let idporten = idporten(&issuer, Memory::with("fornyelse"));
    issuer.next(Answer::Text(503, "<html>".into()));
    let outcome = idporten.token().await;
    assert_eq!(shown(&outcome), "ServiceFailure not-sent later");
    assert!(!outcome.unwrap_err().to_string().contains("logg-inn"));
}
