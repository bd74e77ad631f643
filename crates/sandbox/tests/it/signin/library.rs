//! ID-porten as a library sees it that knows nothing of this project.

use oauth2::basic::BasicClient;
use oauth2::{
    AsyncHttpClient, AuthUrl, AuthorizationCode, ClientId, CsrfToken, HttpRequest, HttpResponse,
    PkceCodeChallenge, RedirectUrl, RequestTokenError, Scope, TokenResponse, TokenUrl,
};

use super::browser::{CLIENT, PERSON, REDIRECT, told};
use super::machine::payload;
use crate::http::{self, Answer};
use crate::service::Service;

/// The library's HTTP client. It follows no redirects.
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = reqwest::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.0.execute(request.try_into()?).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut response = HttpResponse::new(answer.bytes().await?.to_vec());
            (*response.status_mut(), *response.headers_mut()) = (status, headers);
            Ok(response)
        })
    }
}

#[tokio::test]
async fn code_with_pkce_and_refresh() {
    let service = Service::new().await;
    let discovery = service.get("/idporten/.well-known/openid-configuration").await.json();
    let address = |name: &str| discovery[name].as_str().unwrap().to_owned();
    let client = BasicClient::new(ClientId::new(CLIENT.to_owned()))
        .set_auth_uri(AuthUrl::new(address("authorization_endpoint")).unwrap())
        .set_token_uri(TokenUrl::new(address("token_endpoint")).unwrap())
        .set_redirect_uri(RedirectUrl::new(REDIRECT.to_owned()).unwrap());
    let http = Http(reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap());

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = client
        .authorize_url(CsrfToken::new_random)
        .add_scope(Scope::new("openid".to_owned()))
        .add_scope(Scope::new("altinn:instances.read".to_owned()))
        .add_extra_param("nonce", "en-nonce")
        .set_pkce_challenge(challenge)
        .url();
    let back = log_in(&service, &url).await;
    assert_eq!(&told(&back, REDIRECT, "state"), state.secret());

    let code = AuthorizationCode::new(told(&back, REDIRECT, "code"));
    let tokens = client.exchange_code(code).set_pkce_verifier(verifier).request_async(&http).await.unwrap();
    assert_eq!(payload(tokens.access_token().secret())["pid"], PERSON);
    assert_eq!(tokens.expires_in().unwrap().as_secs(), 8 * 3600);
    assert_eq!(tokens.scopes().unwrap().len(), 2);

    let first = tokens.refresh_token().unwrap();
    let renewed = client.exchange_refresh_token(first).request_async(&http).await.unwrap();
    assert_ne!(renewed.access_token().secret(), tokens.access_token().secret());
    let again = client.exchange_refresh_token(first).request_async(&http).await.unwrap_err();
    let RequestTokenError::ServerResponse(error) = again else { panic!("{again:?}") };
    assert_eq!(error.error().as_ref(), "invalid_grant");
    assert!(error.error_description().unwrap().contains("used before"));
}

async fn log_in(service: &Service, url: &oauth2::url::Url) -> Answer {
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    let page = http::call(service.sandbox.addr(), "GET", &path, &[], b"").await;
    assert_eq!(page.status, 200, "{}", page.text());
    service.press(&page, "logg-inn", PERSON).await
}
