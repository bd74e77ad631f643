//! skattebro's journal on SQLite and on PostgreSQL, and the limit of concurrent calls that machines share.
//!
//! | | for | where |
//! |---|---|---|
//! | [`SqliteJournal`] | one machine, any number of processes | a file, on a disk of this machine |
//! | [`PostgresJournal`] | many machines | a database |
//! | [`PostgresQuota`] | five calls at a time over all of them | the same database |
//!
//! What each promises:
//! - What is answered is on the disk; what is not on the disk is never answered as done.
//! - What becomes of a call is decided in one place for both (`desk`, in memory), under the locks of a transaction.
//! - With a [`StoreKey`], what may hold personal data is encrypted: titles, contents, records, and the keys of cases. Ids of cases and
//!   calls, kinds, environments, states, statuses, times and the names of workers are not, and fingerprints rest as they are given.
//!   A key cannot be changed for another in place.
//! - Tables are made and brought forward when a journal is opened. A newer one is refused.
//! - An error says what happened and what to do, and shows no personal number and no password.
//!
//! How the work is divided:
//! - `sqlite`: one writer with group commit; readers have connections of their own.
//! - `postgres`: one transaction a call, many rows a statement, locks in one order.
//! - `quota`: who waits in this process, and the rows that are leased.
//! - `crypt`, `place`, `schema`, `rows`, `errors`: what both share.

mod bell;
mod clock;
mod crypt;
mod desk;
mod errors;
mod place;
mod postgres;
mod quota;
mod rows;
mod schema;
mod settings;
mod sqlite;
mod times;

pub use crypt::StoreKey;
pub use postgres::PostgresJournal;
pub use quota::{PostgresQuota, QuotaProcess};
pub use settings::StoreSettings;
pub use sqlite::SqliteJournal;
