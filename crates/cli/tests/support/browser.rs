//! A real browser without a window, driven as the WebDriver standard says.
#![allow(dead_code, unreachable_pub, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

use super::tool;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a page may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What keeps Chromium from calling anybody by itself; and as root it runs in no box of its own.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser with a profile of its own, until it is dropped.
pub struct Browser {
    driver: Child,
    session: String,
    client: reqwest::Client,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// `None`, said loudly, where there is none; under CI that is a failure.
    pub async fn start() -> Option<Self> {
        tool("chromedriver", &["--version"])?;
        tool("chromium", &["--version"])?;
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let port = port_of(&mut driver);
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let profile_argument = format!("--user-data-dir={}", profile.path().display());
        let arguments: Vec<_> = ARGUMENTS.iter().copied().chain([profile_argument.as_str()]).collect();
        let options = json!({ "binary": "/usr/bin/chromium", "args": arguments });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let base = format!("http://127.0.0.1:{port}/session");
        let answer: Value = client.post(&base).json(&wanted).send().await.unwrap().json().await.unwrap();
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}"));
        let session = format!("{base}/{id}");
        Some(Self { driver, session, client, _profile: profile })
    }

    /// Opens a page.
    pub async fn open(&self, url: &str) {
        self.tell("url", &json!({ "url": url })).await;
    }

    /// Clicks on the element with this id, as soon as it is there.
    pub async fn click(&self, id: &str) {
        let element = self.find(&format!("#{id}")).await;
        self.tell(&format!("element/{element}/click"), &json!({})).await;
    }

    /// Writes into the field of this name, in place of what stands there.
    pub async fn write(&self, name: &str, text: &str) {
        let element = self.find(&format!("[name={name}]")).await;
        self.tell(&format!("element/{element}/clear"), &json!({})).await;
        self.tell(&format!("element/{element}/value"), &json!({ "text": text })).await;
    }

    /// Waits until the page shows this.
    pub async fn shows(&self, text: &str) {
        let began = Instant::now();
        loop {
            let body = self.find("body").await;
            let shown = self.ask(&format!("element/{body}/text")).await;
            let shown = shown.as_str().unwrap_or_default().to_owned();
            if shown.contains(text) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "the page does not show «{text}»: {shown}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn find(&self, css: &str) -> String {
        let began = Instant::now();
        loop {
            let wanted = json!({ "using": "css selector", "value": css });
            let answer = self.call(self.client.post(format!("{}/element", self.session)).json(&wanted)).await;
            // The name that the standard gives to a reference.
            if let Some(element) = answer["element-6066-11e4-a52e-4f735466cecf"].as_str() {
                return element.to_owned();
            }
            assert!(began.elapsed() < PATIENCE, "there is no {css} on the page: {answer}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn tell(&self, what: &str, how: &Value) {
        let answer = self.call(self.client.post(format!("{}/{what}", self.session)).json(how)).await;
        assert!(answer.get("error").is_none(), "{what}: {answer}");
    }

    async fn ask(&self, what: &str) -> Value {
        self.call(self.client.get(format!("{}/{what}", self.session))).await
    }

    async fn call(&self, request: reqwest::RequestBuilder) -> Value {
        let mut answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser when it is told to stop.
        let _ = Command::new("kill").arg(self.driver.id().to_string()).status();
        let _ = self.driver.wait();
    }
}

/// The port that the driver says it listens on.
fn port_of(driver: &mut Child) -> u16 {
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    for line in lines {
        let line = line.unwrap();
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return port.trim_end_matches('.').parse().unwrap();
        }
    }
    panic!("chromedriver did not start");
}
