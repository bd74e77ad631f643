//! skattebro's journal on SQLite and on PostgreSQL.
//!
//! [`SqliteJournal`] keeps it in a file, for one machine. [`PostgresJournal`] keeps it in a database, for many.

mod bell;
mod crypt;
mod desk;
mod errors;
mod place;
mod postgres;
mod rows;
mod schema;
mod settings;
mod sqlite;
mod times;

pub use crypt::StoreKey;
pub use postgres::PostgresJournal;
pub use settings::StoreSettings;
pub use sqlite::SqliteJournal;
