use database::{DatabaseError, Transaction, on_transaction};

use crate::batch::Run;

/// Notes that a run is stored. Joins it with the runs that it touches; `true`
/// when it continues one of them and no hole is opened or closed.
pub(super) async fn advance(transaction: &mut Transaction, run: &Run) -> Result<bool, DatabaseError> {
    let touched: Vec<(i64, i64)> = on_transaction!(&mut *transaction, |connection| {
        sqlx::query_as(
            "SELECT first_seq, last_seq FROM ingest_progress
             WHERE gateway_id = $1 AND epoch = $2 AND last_seq >= $3 AND first_seq <= $4
             ORDER BY first_seq",
        )
        .bind(run.gateway_id)
        .bind(run.epoch)
        .bind(run.first_seq.saturating_sub(1))
        .bind(run.last_seq.saturating_add(1))
        .fetch_all(connection)
        .await?
    });
    let first_seq = touched.iter().map(|run| run.0).fold(run.first_seq, i64::min);
    let last_seq = touched.iter().map(|run| run.1).fold(run.last_seq, i64::max);
    for (absorbed, _) in touched.iter().filter(|(first, _)| *first != first_seq) {
        on_transaction!(&mut *transaction, |connection| {
            sqlx::query(
                "DELETE FROM ingest_progress WHERE gateway_id = $1 AND epoch = $2 AND first_seq = $3",
            )
            .bind(run.gateway_id)
            .bind(run.epoch)
            .bind(absorbed)
            .execute(connection)
            .await?;
        });
    }
    on_transaction!(transaction, |connection| {
        sqlx::query(
            "INSERT INTO ingest_progress (gateway_id, epoch, first_seq, last_seq, updated_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (gateway_id, epoch, first_seq) DO UPDATE SET updated_at = excluded.updated_at,
                last_seq = CASE WHEN ingest_progress.last_seq < excluded.last_seq
                THEN excluded.last_seq ELSE ingest_progress.last_seq END",
        )
        .bind(run.gateway_id)
        .bind(run.epoch)
        .bind(first_seq)
        .bind(last_seq)
        .bind(run.received_at)
        .execute(connection)
        .await?;
    });
    Ok(touched.len() == 1 && touched[0].0 == first_seq || touched.is_empty() && first_seq == 1)
}
