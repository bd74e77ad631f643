//! Whether a call is let in; `organisation` says who makes it.
//!
//! By default any token will do. A strict sandbox takes only tokens of its own issuers, and looks at their
//! kind, their life and their scope.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::effects::Visit;
use crate::problem::Problem;
use crate::signin::tokens::{NotGood, Token, TokenKind};
use crate::world::{Shared, World};

/// The scope of the tax return's API.
pub(crate) const SKATTEMELDING: &str = "skatteetaten:formueinntekt/skattemelding";
/// The scope of the krav API.
pub(crate) const INNKREVING: &str = "skatteetaten:innkrevingsoppdrag";
/// The scopes of Altinn's instances.
pub(crate) const INSTANCES_READ: &str = "altinn:instances.read";
pub(crate) const INSTANCES_WRITE: &str = "altinn:instances.write";

/// Whose route it is: each asks for tokens of its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Skattemelding,
    Innkreving,
    /// The apps, which know Altinn's tokens only.
    Altinn,
}

impl Api {
    fn takes(self, kind: TokenKind) -> bool {
        match self {
            Api::Skattemelding | Api::Innkreving => {
                matches!(kind, TokenKind::Maskinporten | TokenKind::Idporten)
            }
            Api::Altinn => kind == TokenKind::Altinn,
        }
    }

    fn scope(self, method: &Method) -> &'static str {
        match self {
            Api::Skattemelding => SKATTEMELDING,
            Api::Innkreving => INNKREVING,
            Api::Altinn if method.is_safe() => INSTANCES_READ,
            Api::Altinn => INSTANCES_WRITE,
        }
    }
}

/// A route that needs a token.
#[derive(Clone)]
pub(crate) struct Lock {
    pub(crate) world: Shared,
    pub(crate) api: Api,
}

/// Middleware that refuses calls without a token, in a strict sandbox also those whose token is not good.
pub(crate) async fn check(State(lock): State<Lock>, request: Request, next: Next) -> Response {
    match admit(&lock, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn admit(lock: &Lock, request: &Request) -> Result<(), Problem> {
    let token = bearer(request.headers()).ok_or_else(|| unauthorized("Tilgangstoken mangler", "Bearer"))?;
    if !lock.world.signin.strict {
        return Ok(());
    }
    let token = good(&lock.world, request, token).map_err(|why| {
        invalid(match why {
            NotGood::Foreign => "Tilgangstokenet er ikke utstedt for denne tjenesten",
            NotGood::Expired => "Tilgangstokenet er utløpt",
            NotGood::Revoked => "Tilgangstokenet er trukket tilbake",
        })
    })?;
    if !lock.api.takes(token.kind) {
        return Err(invalid("Tilgangstokenet er av en annen utsteder enn tjenesten krever"));
    }
    let scope = lock.api.scope(request.method());
    if token.has_scope(scope) {
        return Ok(());
    }
    let challenge = HeaderValue::try_from(format!(r#"Bearer error="insufficient_scope", scope="{scope}""#));
    let problem =
        Problem::new(StatusCode::FORBIDDEN, "DAS-008", format!("Tilgangstokenet mangler scope {scope}"));
    Err(match challenge {
        Ok(challenge) => problem.with_header(header::WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    })
}

/// The token, if it was good when the request came: work that is done late was let in long before.
fn good(world: &World, request: &Request, token: &str) -> Result<Token, NotGood> {
    let arrived =
        request.extensions().get::<Visit>().map_or_else(|| world.clock.now(), |visit| visit.arrived);
    world.signin.tokens.verify(token, world.clock.timestamp_at(arrived))
}

fn invalid(melding: &'static str) -> Problem {
    unauthorized(melding, r#"Bearer error="invalid_token""#)
}

fn unauthorized(melding: &'static str, challenge: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "SANDBOX-TOKEN", melding)
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

/// The token of `Authorization: Bearer <token>`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_api_has_its_kinds_of_tokens_and_its_scope() {
        let kinds = [TokenKind::Maskinporten, TokenKind::Idporten, TokenKind::Altinn];
        let takes = |api: Api| kinds.map(|kind| api.takes(kind));
        assert_eq!(takes(Api::Skattemelding), [true, true, false]);
        assert_eq!(takes(Api::Innkreving), [true, true, false]);
        assert_eq!(takes(Api::Altinn), [false, false, true]);
        assert_eq!(Api::Altinn.scope(&Method::GET), "altinn:instances.read");
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            assert_eq!(Api::Altinn.scope(&method), "altinn:instances.write");
        }
    }
}
