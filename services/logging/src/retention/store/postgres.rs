use database::DatabaseError;
use domain::Timestamp;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use crate::{
    retention::{RetentionRow, days_ago},
    rollup::DAY_US,
    store::{Store, part_name},
};

impl Store {
    /// Drops the days that no project keeps any more.
    pub(super) async fn drop_days_postgres(
        &self,
        pool: &PgPool,
        now: Timestamp,
    ) -> Result<(), DatabaseError> {
        let (calls, bodies): (Option<i64>, Option<i64>) =
            sqlx::query_as("SELECT MAX(tool_calls_days), MAX(payloads_days) FROM retention")
                .fetch_one(pool)
                .await?;
        let default = RetentionRow::by_default(Uuid::nil());
        let longest = [
            ("tool_calls", calls.unwrap_or(0).max(default.tool_calls_days)),
            ("tool_call_bodies", bodies.unwrap_or(0).max(default.payloads_days)),
        ];
        for (table, days) in longest {
            let parts: Vec<String> = sqlx::query_scalar(
                "SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                 WHERE inhparent = CAST($1 AS REGCLASS)",
            )
            .bind(table)
            .fetch_all(pool)
            .await?;
            let prefix = part_name(table, "");
            let last_kept = days_ago(now, days) / DAY_US;
            for part in parts {
                let day = part.strip_prefix(&prefix).and_then(|day| day.parse::<i64>().ok());
                // A call may have started in the day beside that of its id.
                if let Some(day) = day
                    && day + 1 < last_kept
                {
                    self.known_days.forget(day.unsigned_abs());
                    drop_part(pool, &part).await?;
                }
            }
        }
        Ok(())
    }
}

async fn drop_part(pool: &PgPool, part: &str) -> Result<(), DatabaseError> {
    let mut transaction = pool.begin().await?;
    // It locks the whole table: rather another time than have all wait.
    sqlx::query("SET LOCAL lock_timeout = '2s'")
        .execute(&mut *transaction)
        .await?;
    sqlx::query(AssertSqlSafe(format!("DROP TABLE {part}")))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    tracing::info!(part, "dropped a day of the call log");
    Ok(())
}
