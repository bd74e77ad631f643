//! Cases of [`TokenSource`].

use skattebro_domain::flow::Effect;
use skattebro_ports::{Token, TokenSource};
use std::sync::Arc;

suite! { $
    /// A test for each case of [`TokenSource`](skattebro_ports::TokenSource), given a [`Source`](crate::token_source::Source).
    token_source for &Source:
    a_token_is_the_same_until_it_is_rejected,
    a_rejected_token_is_not_given_again_where_there_is_another,
    the_rejection_of_another_token_changes_nothing,
    a_source_does_not_show_its_token,
}

/// A source of tokens, and what it can do.
#[derive(Debug)]
pub struct Source {
    /// The source.
    pub source: Arc<dyn TokenSource>,
    /// Whether it can get another token than the first.
    pub has_others: bool,
}

async fn a_token_is_the_same_until_it_is_rejected(given: &Source) {
    let first = given.source.token().await.unwrap();
    for _ in 0..3 {
        assert_eq!(given.source.token().await.unwrap().expose(), first.expose());
    }
}

async fn a_rejected_token_is_not_given_again_where_there_is_another(given: &Source) {
    let rejected = given.source.token().await.unwrap();
    given.source.rejected(&rejected).await;
    for _ in 0..2 {
        match given.source.token().await {
            Ok(token) => assert_eq!(token.expose() != rejected.expose(), given.has_others),
            Err(error) => assert_eq!(*error.effect(), Effect::NotSent, "{error:?}"),
        }
    }
}

/// A call may come back with its 401 after the token was replaced.
async fn the_rejection_of_another_token_changes_nothing(given: &Source) {
    let token = given.source.token().await.unwrap();
    given.source.rejected(&Token::parse("et-annet-token").unwrap()).await;
    assert_eq!(given.source.token().await.unwrap().expose(), token.expose());
}

async fn a_source_does_not_show_its_token(given: &Source) {
    let token = given.source.token().await.unwrap();
    assert!(!format!("{:?}", given.source).contains(token.expose()));
}
