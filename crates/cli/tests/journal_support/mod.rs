//! What the tests share in which the program is killed, runs on many machines, or has a broken store.
#![allow(dead_code, unreachable_pub, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

pub mod breaking;
pub mod chance;
pub mod check;
pub mod child;
pub mod killing;
pub mod krav;
pub mod place;
pub mod postgres;
pub mod records;

/// How often something is done here: the usual number, or what `cargo xtask soak` wants.
pub fn rounds(usual: u32) -> u32 {
    std::env::var("SKATTEBRO_KILL_ROUNDS").map_or(usual, |text| text.parse().unwrap())
}
