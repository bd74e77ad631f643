use crate::settings::SettingsError;
use std::time::Duration;

/// Which client logs a person in, and how.
#[derive(Debug, Clone)]
pub struct IdPortenSettings {
    pub(super) client_id: String,
    pub(super) scope: String,
    pub(super) port: u16,
    pub(super) path: String,
    pub(super) wait: Duration,
    pub(super) min_life: Duration,
}

impl IdPortenSettings {
    /// The client of that id, for these scopes; `openid` is added.
    ///
    /// # Errors
    /// If there is no client id, or a scope that is none.
    pub fn new(client_id: &str, scopes: &[&str]) -> Result<Self, SettingsError> {
        let client_id = client_id.trim();
        if client_id.is_empty() {
            return Err(SettingsError::Signin("ID-porten's client id is missing".to_owned()));
        }
        if let Some(bad) = scopes.iter().find(|scope| scope.is_empty() || scope.contains(char::is_whitespace))
        {
            return Err(SettingsError::Signin(format!("«{bad}» is no scope")));
        }
        let others = scopes.iter().copied().filter(|scope| *scope != "openid");
        Ok(Self {
            client_id: client_id.to_owned(),
            scope: std::iter::once("openid").chain(others).collect::<Vec<_>>().join(" "),
            port: 12345,
            path: "/token".to_owned(),
            wait: Duration::from_secs(5 * 60),
            min_life: Duration::from_secs(60),
        })
    }

    /// Where the browser comes back to: `http://localhost:{port}{path}`, as it was registered with the client. Default 12345 and `/token`.
    /// Port 0 is any that is free, for servers that take those.
    ///
    /// # Errors
    /// If the path does not begin with `/`, or has a query.
    pub fn redirect(mut self, port: u16, path: &str) -> Result<Self, SettingsError> {
        let is_path =
            path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic() && !b"?#%\"<>".contains(&b));
        if !is_path {
            return Err(SettingsError::Signin(
                "the redirect's path must begin with / and be plain, such as /token".to_owned(),
            ));
        }
        self.port = port;
        path.clone_into(&mut self.path);
        Ok(self)
    }

    /// How long a login waits for the person. Default 5 minutes.
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// How long a token must live yet to be given; at most half of its life is asked for. Default 1 minute.
    pub fn min_life(mut self, min_life: Duration) -> Self {
        self.min_life = min_life;
        self
    }
}
