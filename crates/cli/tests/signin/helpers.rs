//! A company that is registered with a sandbox, and what must never be seen of it.

use crate::support::{self, ORGANISASJON, skattebro, stderr, stdout};
use serde_json::Value;
use skattebro_sandbox::{DemoClient, Sandbox};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The month is raised by 80.
pub(crate) const PERSON: &str = "17887590168";
pub(crate) const PERSON_MASKED: &str = "178875*****";

/// A strict sandbox, a client of its Maskinporten, and a folder with the client's key.
pub(crate) struct Company {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: DemoClient,
    pub(crate) folder: tempfile::TempDir,
}

impl Company {
    pub(crate) async fn start() -> Self {
        Self::of(Sandbox::builder().strict_auth(true).start().await.unwrap()).await
    }

    pub(crate) async fn of(sandbox: Sandbox) -> Self {
        let client = sandbox.demo_client().await.unwrap();
        assert_eq!(client.systembruker, ORGANISASJON);
        let company = Self { sandbox, client, folder: tempfile::tempdir().unwrap() };
        company.write_key("key.jwk", &company.client.private_jwk.to_string(), 0o600);
        company
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write_key(&self, name: &str, content: &str, mode: u32) {
        std::fs::write(self.path(name), content).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// A command that signs in with the key.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = skattebro();
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("SKATTEBRO_SERVER", self.sandbox.url())
            .env("SKATTEBRO_INNLOGGING", "maskinporten")
            .env("SKATTEBRO_MASKINPORTEN_CLIENT_ID", &self.client.client_id)
            .env("SKATTEBRO_MASKINPORTEN_KEY_FILE", "key.jwk")
            .env("SKATTEBRO_SYSTEMBRUKER", "part")
            .env("SKATTEBRO_LOG", "debug");
        command
    }

    /// A command for a person, whose login is kept in a file of the folder.
    pub(crate) fn persons(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command
            .env("SKATTEBRO_INNLOGGING", "idporten")
            .env("SKATTEBRO_REFRESH_STORE", "fil:innlogging")
            .env("SKATTEBRO_IDPORTEN_PORT", "0");
        command
    }

    /// Runs a command, and looks that nothing secret was said.
    pub(crate) async fn run(&self, command: Command) -> Output {
        let output = support::run(command).await;
        self.assert_quiet(&output);
        output
    }

    /// Neither the key, nor a token, nor a person's number is in what a program said.
    pub(crate) fn assert_quiet(&self, output: &Output) {
        let said = stdout(output) + &stderr(output);
        for member in ["d", "p", "q", "dp", "dq", "qi"] {
            let secret = self.client.private_jwk[member].as_str().unwrap();
            assert!(secret.len() > 80 && !said.contains(secret), "{member} of the key: {said}");
        }
        assert_no_jwt(&said);
        assert!(!said.contains(PERSON), "{said}");
        if let Ok(login) = std::fs::read_to_string(self.path("innlogging")) {
            assert!(!said.contains(login.trim()), "the refresh token: {said}");
        }
    }
}

#[track_caller]
pub(crate) fn assert_no_jwt(said: &str) {
    // `{"alg…` and `{"typ…` in base64url.
    assert!(!said.contains("eyJ"), "a JWT: {said}");
}

pub(crate) fn json_of(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|error| panic!("{error}: {}", stdout(output)))
}

/// Whether a file is for its owner alone.
pub(crate) fn is_private(path: &Path) -> bool {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777 == 0o600
}
