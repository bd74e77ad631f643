//! A server whose certificate comes from a company's own authority: refused, unless `--ca-bundle` trusts it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use support::*;

const CERTIFICATES: &str = r#"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj "/CN=Test CA" &&
openssl req -newkey rsa:2048 -nodes -keyout key.pem -out leaf.csr -subj "/CN=localhost" &&
printf "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n" > extensions &&
openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days 2 -extfile extensions
"#;

const SERVER: &str = r#"
import http.server, ssl
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"jobbStatus":"KJOERER","forrigeStatus":"NY","sekunderSidenOpprettelse":10,"sekunderSidenEndring":9}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("leaf.pem", "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
"#;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(dir: &Path) -> (Server, String) {
    let mut server =
        Command::new("python3").args(["-c", SERVER]).current_dir(dir).stdout(Stdio::piped()).spawn().unwrap();
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    (Server(server), format!("https://localhost:{}", port.trim()))
}

fn status(server: &str, extra: &[&str], dir: &Path) -> Output {
    let mut command = skattebro();
    command.args([
        "status",
        "j1",
        "--inntektsaar",
        "2023",
        "--identifikator",
        ORGANISASJON,
        "--server",
        server,
    ]);
    command.args(extra).current_dir(dir).output().unwrap()
}

#[test]
fn a_companys_own_certificates_are_trusted_when_they_are_given() {
    let (Some(()), Some(())) = (tool("openssl", &["version"]), tool("python3", &["-c", "import ssl"])) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let made = Command::new("sh").args(["-c", CERTIFICATES]).current_dir(dir.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (_server, url) = start(dir.path());

    let refused = status(&url, &["--ca-bundle", "leaf.csr"], dir.path());
    assert_exit(&refused, 2);
    let trusted = status(&url, &["--ca-bundle", "ca.pem"], dir.path());
    assert_exit(&trusted, 0);
    assert!(stdout(&trusted).starts_with("KJOERER"));
    // With another authority's certificate instead, so that it does not matter whether the system has any.
    let unknown =
        Command::new("sh").args(["-c", CERTIFICATES]).current_dir(subdir(dir.path())).output().unwrap();
    assert!(unknown.status.success());
    let unknown = status(&url, &["--ca-bundle", "other/ca.pem"], dir.path());
    assert_exit(&unknown, 3);
    assert!(
        stderr(&unknown).contains("certificate") && stderr(&unknown).contains("Nothing was sent"),
        "{}",
        stderr(&unknown)
    );
}

fn subdir(dir: &Path) -> std::path::PathBuf {
    let other = dir.join("other");
    std::fs::create_dir(&other).unwrap();
    other
}
