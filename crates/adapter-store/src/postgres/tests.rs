//! What only shows within a connection.

use super::PostgresJournal;
use crate::StoreSettings;
use skattebro_testpg::TmpPg;

#[tokio::test]
async fn what_is_committed_is_on_the_disk_however_the_server_is_set() {
    let Some(server) = TmpPg::start().unwrap() else {
        assert!(std::env::var_os("CI").is_none(), "PostgreSQL is not installed");
        return eprintln!("LEFT OUT: PostgreSQL is not installed");
    };
    assert_eq!(server.sql("SHOW synchronous_commit").unwrap(), "off", "or this test proves nothing");
    let journal = PostgresJournal::connect(&server.url(), StoreSettings::default()).await.unwrap();
    for (setting, value) in [
        ("synchronous_commit", "on"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "1min"),
    ] {
        let shown: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&journal.shared.pool)
            .await
            .unwrap();
        assert_eq!(shown, value, "{setting}");
    }
    journal.close().await;
}
