use database::{Database, database_test, testing::assert_parity};

use super::*;
use crate::fixtures::{Gateway, records, running};

#[tokio::test]
async fn both_engines_have_the_same_tables() {
    // PostgreSQL numbers its transactions itself.
    assert_parity(&MIGRATIONS, &["change_counter"]).await;
}

database_test! {
    &MIGRATIONS;

    async fn a_log_of_another_server_is_numbered_anew(database: Database) {
        let mut gateway = Gateway::over(database.clone()).await;
        gateway.send(records([running(1, 1)])).await;
        let Database::Postgres(pool) = &database else {
            // Its counter is in the file with the rest.
            return;
        };
        sqlx::query("UPDATE tool_calls SET change = 9000000000000000")
            .execute(pool)
            .await
            .unwrap();
        let store = Store::over(database.clone()).await.unwrap();
        let newest: i64 = sqlx::query_scalar("SELECT MAX(change) FROM tool_calls")
            .fetch_one(pool)
            .await
            .unwrap();
        assert!(newest <= store.last_change().await.unwrap());
    }
}
