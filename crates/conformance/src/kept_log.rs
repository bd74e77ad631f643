//! The whole log of a test's process, in a file: `cargo xtask test` searches them all for secrets when the tests are done.

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, Once};

/// The variable that names the folder of the logs.
pub const FOLDER: &str = "SKATTEBRO_TEST_LOGS";

/// From here on, everything that is logged in this process goes into a file of the folder that `SKATTEBRO_TEST_LOGS` names. Without one,
/// nothing is kept. To be called by whatever many tests of a crate begin with.
///
/// # Panics
/// If the file cannot be made.
#[expect(clippy::unwrap_used, reason = "a test that cannot keep its log must fail")]
pub fn keep_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Some(folder) = std::env::var_os(FOLDER) else { return };
        let file = File::create(Path::new(&folder).join(format!("{}.log", std::process::id()))).unwrap();
        let log = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
        // A test that looks at the log itself has its own subscriber.
        let _ = log.with_ansi(false).with_writer(Mutex::new(file)).try_init();
    });
}
