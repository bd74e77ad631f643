//! The login page, and the way to it and back.

use skattebro_sandbox::IdportenClient;

use super::browser::{PERSON, REDIRECT, Wanted, told};
use crate::service::{Service, between};

#[tokio::test]
async fn it_is_a_form_that_needs_no_scripts() {
    let service = Service::new().await;
    let page = service.authorize(&Wanted::new()).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let html = page.text();
    assert!(html.contains("<html lang=\"nb\">") && !html.contains("<script"));
    assert!(
        html.contains("<label for=\"pid\">")
            && html.contains("<form method=\"post\" action=\"/idporten/login\">")
    );
    assert!(between(html, "<input id=\"pid\"", ">").contains(&format!(
        "name=\"pid\" type=\"text\" inputmode=\"numeric\" autocomplete=\"off\" required value=\"{PERSON}\""
    )));
    // Enter presses the first button.
    let (login, cancel) = (html.find("id=\"logg-inn\"").unwrap(), html.find("id=\"avbryt\"").unwrap());
    assert!(login < cancel);
}

#[tokio::test]
async fn who_enters_no_personal_number_may_try_again() {
    let service = Service::new().await;
    let page = service.authorize(&Wanted::new()).await;
    for wrong in ["17887590169", "974761076", "", "\"><b>"] {
        let again = service.press(&page, "logg-inn", wrong).await;
        assert_eq!(again.status, 400, "{wrong}");
        assert!(again.text().contains("role=\"alert\"") && again.text().contains("aria-invalid=\"true\""));
        assert!(!again.text().contains("<b>"));
    }
    told(&service.press(&page, "logg-inn", &format!(" {PERSON} ")).await, REDIRECT, "code");
    // And then it is over.
    assert_eq!(service.press(&page, "logg-inn", PERSON).await.status, 400);
}

#[tokio::test]
async fn who_cancels_is_sent_back_with_that() {
    let service = Service::new().await;
    let page = service.authorize(&Wanted::new()).await;
    let back = service.press(&page, "avbryt", "").await;
    assert_eq!(told(&back, REDIRECT, "error"), "access_denied");
    assert_eq!(told(&back, REDIRECT, "state"), "tilstand&mer");
    assert_eq!(service.press(&page, "logg-inn", PERSON).await.status, 400);
}

#[tokio::test]
async fn the_page_is_good_for_a_quarter_of_an_hour() {
    let service = Service::new().await;
    let page = service.authorize(&Wanted::new()).await;
    service.pass(15 * 60 - 1);
    assert_eq!(service.press(&page, "logg-inn", "").await.status, 400);
    let late = service.authorize(&Wanted::new()).await;
    service.pass(15 * 60);
    let refused = service.press(&late, "logg-inn", PERSON).await;
    assert!(refused.status == 400 && refused.text().contains("Begynn på nytt"));
}

#[tokio::test]
async fn nobody_is_sent_where_no_client_is_registered() {
    let service = Service::new().await;
    let registered = IdportenClient {
        client_id: "fast".to_owned(),
        redirect_uris: vec!["http://localhost:8765/token".to_owned()],
        scopes: vec!["openid".to_owned()],
    };
    service.sandbox.register_idporten_client(registered).unwrap();
    let fast = Wanted::new().with("client_id", "fast").with("scope", "openid");
    for wanted in [
        Wanted::new().with("client_id", "en-annen"),
        Wanted::new().without("client_id"),
        Wanted::new().without("redirect_uri"),
        Wanted::new().with("redirect_uri", "http://localhost:43210/annet"),
        Wanted::new().with("redirect_uri", "http://ond.example:80/token"),
        fast.clone(),
    ] {
        let answer = service.authorize(&wanted).await;
        assert_eq!((answer.status, answer.header("location")), (400, None));
        assert!(answer.text().contains("ikke registrert"), "{}", answer.text());
    }
    assert_eq!(
        service.authorize(&fast.with("redirect_uri", "http://localhost:8765/token")).await.status,
        200
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_to_the_client() {
    let service = Service::new().await;
    for (wanted, error) in [
        (Wanted::new().with("response_type", "token"), "unsupported_response_type"),
        (Wanted::new().without("response_type"), "invalid_request"),
        (Wanted::new().without("nonce"), "invalid_request"),
        (Wanted::new().without("code_challenge"), "invalid_request"),
        (Wanted::new().with("code_challenge", "kort"), "invalid_request"),
        (Wanted::new().without("code_challenge_method"), "invalid_request"),
        (Wanted::new().with("code_challenge_method", "plain"), "invalid_request"),
        (Wanted::new().with("acr_values", "idporten-loa-low"), "invalid_request"),
        (Wanted::new().without("scope"), "invalid_request"),
        (Wanted::new().with("scope", "skatteetaten:formueinntekt/skattemelding"), "invalid_scope"),
        (Wanted::new().with("scope", "openid skatteetaten:innkrevingsoppdrag"), "invalid_scope"),
    ] {
        let answer = service.authorize(&wanted).await;
        assert_eq!(told(&answer, REDIRECT, "error"), error);
        assert_eq!(told(&answer, REDIRECT, "state"), "tilstand&mer");
    }
    let stateless = service.authorize(&Wanted::new().without("state")).await;
    assert_eq!(told(&stateless, REDIRECT, "error"), "invalid_request");
}
