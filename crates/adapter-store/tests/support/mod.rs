//! A PostgreSQL server for all tests of a program, with a database for each, and what is written there.

#![allow(dead_code, reason = "each test needs some of it")]
#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

pub(crate) mod things;

use skattebro_testpg::TmpPg;
use std::sync::LazyLock;

static SERVER: LazyLock<Option<TmpPg>> = LazyLock::new(|| TmpPg::start().unwrap());

/// The server; `None` where PostgreSQL is not installed, which is said loudly, and fails under CI.
pub(crate) fn server() -> Option<&'static TmpPg> {
    let server = SERVER.as_ref();
    if server.is_none() {
        assert!(std::env::var_os("CI").is_none(), "PostgreSQL is not installed");
        eprintln!("LEFT OUT: PostgreSQL is not installed, so nothing here was tested with it");
    }
    server
}

/// The URL of a new, empty database.
pub(crate) fn new_database() -> Option<String> {
    Some(server()?.new_database().unwrap())
}
