//! The HTTP client alone, for benchmarks: the lines of a file posted to one address, five at a time, with nothing checked, remembered or
//! written down. What this cannot reach, nothing that is built on it can.
//!
//! ```text
//! cargo run --release -p skattebro-adapter-http --example bare_posts -- http://127.0.0.1:8799/path krav.jsonl
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (url, file) = (arguments.next().unwrap(), arguments.next().unwrap());
    let lines: Vec<String> = std::fs::read_to_string(file).unwrap().lines().map(ToOwned::to_owned).collect();
    let (lines, next) = (Arc::new(lines), Arc::new(AtomicUsize::new(0)));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let tasks = (0..5).map(|_| {
        let (client, url, lines, next) = (client.clone(), url.clone(), lines.clone(), next.clone());
        tokio::spawn(async move {
            while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
                let request = client.post(&url).header(CONTENT_TYPE, "application/json");
                let request = request.header(AUTHORIZATION, "Bearer sandbox").body(line.clone());
                let answer = request.send().await.unwrap().error_for_status().unwrap();
                assert!(!answer.bytes().await.unwrap().is_empty());
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    println!("{}", lines.len());
}
