//! A proxy from the environment. Changing a process's own environment is not safe while other tests run, so the calls are made
//! by this program started again with another one.

use crate::client::{call, client, jobb, subject};
use crate::far::{Far, json};
use skattebro_ports::{Availability, Jobs};
use std::process::{Command, Output};

/// What the child process is to call.
const TARGET: &str = "SKATTEBRO_TEST_TARGET";

/// Makes one call with a token and one without.
#[tokio::test]
#[ignore = "is started by the tests below, in a process of its own"]
async fn child() {
    let Ok(target) = std::env::var(TARGET) else { return };
    let client = client(&target);
    client.ping(&call()).await.unwrap();
    client.status(&call(), &subject(), &jobb()).await.unwrap();
}

async fn run(target: &str, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--ignored", "proxy::child"]).env(TARGET, target);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.envs(environment.iter().copied());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

const ANSWER: &str = r#"{"ping":"pong","jobbStatus":"NY"}"#;

#[tokio::test]
async fn a_proxy_from_the_environment_is_used() {
    let proxy = Far::answering(json(ANSWER)).await;
    for variable in ["HTTP_PROXY", "http_proxy"] {
        let before = proxy.received().len();
        let output = run("http://skatt.example", &[(variable, &proxy.url())]).await;
        assert!(output.status.success(), "{output:?}");
        let received = proxy.received().split_off(before);
        assert_eq!(received.len(), 2);
        assert_eq!(received[0].line(), "GET http://skatt.example/api/skattemelding/v2/ping HTTP/1.1");
        assert_eq!(received[0].header("host"), "skatt.example");
    }
}

#[tokio::test]
async fn a_host_that_the_environment_exempts_is_called_without_the_proxy() {
    let proxy = Far::answering(json(ANSWER)).await;
    let environment = [("HTTP_PROXY", proxy.url()), ("NO_PROXY", "skatt.invalid".to_owned())];
    let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
    let output = run("http://skatt.invalid", &environment).await;
    assert!(!output.status.success(), "there is no such host");
    assert!(proxy.received().is_empty());
}

#[tokio::test]
async fn this_machine_is_called_without_the_proxy() {
    let (proxy, far) = (Far::answering(json(ANSWER)).await, Far::answering(json(ANSWER)).await);
    for host in ["127.0.0.1", "localhost"] {
        let before = far.received().len();
        let target = format!("http://{host}:{}", far.addr.port());
        let output = run(&target, &[("HTTP_PROXY", &proxy.url()), ("ALL_PROXY", &proxy.url())]).await;
        assert!(output.status.success(), "{output:?}");
        assert_eq!(far.received().len() - before, 2, "{host}");
        assert!(proxy.received().is_empty(), "{host}");
    }
}
