use crate::{PortError, Token, TokenSource};
use async_trait::async_trait;

/// Always the same token, from a setting or for the sandbox. A rejection changes nothing: there is no other, and a gateway that
/// said 401 once must not cost a job that runs.
#[derive(Debug, Clone)]
pub struct StaticToken(Token);

impl StaticToken {
    /// This token.
    pub fn new(token: Token) -> Self {
        Self(token)
    }
}

#[async_trait]
impl TokenSource for StaticToken {
    async fn token(&self) -> Result<Token, PortError> {
        Ok(self.0.clone())
    }
}
