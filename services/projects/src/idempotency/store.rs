use database::{Database, DatabaseError, on_database};
use domain::Timestamp;

use super::{Known, RequestKey};

const INSERT: &str = "INSERT INTO idempotent_requests (caller_id, key, fingerprint, created_at_us)
    VALUES ($1, $2, $3, $4) ON CONFLICT (caller_id, key) DO NOTHING";

const FIND: &str = "SELECT fingerprint, status, answer, wrapping_key_id FROM idempotent_requests
    WHERE caller_id = $1 AND key = $2";

const COUNT: &str = "SELECT count(*) FROM idempotent_requests WHERE caller_id = $1";

const COMPLETE: &str = "UPDATE idempotent_requests SET status = $3, wrapping_key_id = $4, answer = $5
    WHERE caller_id = $1 AND key = $2 AND status IS NULL";

const RELEASE: &str = "DELETE FROM idempotent_requests WHERE caller_id = $1 AND key = $2 AND status IS NULL";

const DELETE_OLD: &str = "DELETE FROM idempotent_requests WHERE created_at_us <= $1";

#[derive(sqlx::FromRow)]
struct KnownRow {
    fingerprint: Vec<u8>,
    status: Option<i64>,
    answer: Option<Vec<u8>>,
    wrapping_key_id: Option<String>,
}

/// Whether it is the first with that key.
pub(super) async fn insert(
    database: &Database,
    key: &RequestKey,
    fingerprint: &[u8],
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    let rows = on_database!(database, |pool| sqlx::query(INSERT)
        .bind(key.caller_id)
        .bind(&key.text)
        .bind(fingerprint)
        .bind(now.as_micros())
        .execute(pool)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

pub(super) async fn find(database: &Database, key: &RequestKey) -> Result<Option<Known>, DatabaseError> {
    let row: Option<KnownRow> = on_database!(database, |pool| sqlx::query_as(FIND)
        .bind(key.caller_id)
        .bind(&key.text)
        .fetch_optional(pool)
        .await)?;
    Ok(row.map(|row| Known {
        fingerprint: row.fingerprint,
        status: row.status.and_then(|status| u16::try_from(status).ok()),
        sealed: row.wrapping_key_id.zip(row.answer),
    }))
}

/// How many that caller has.
pub(super) async fn count(database: &Database, key: &RequestKey) -> Result<i64, DatabaseError> {
    Ok(on_database!(database, |pool| sqlx::query_scalar(COUNT)
        .bind(key.caller_id)
        .fetch_one(pool)
        .await)?)
}

pub(super) async fn complete(
    database: &Database,
    key: &RequestKey,
    status: u16,
    sealed: Option<(String, Vec<u8>)>,
) -> Result<(), DatabaseError> {
    let (key_id, answer) = sealed.unzip();
    on_database!(database, |pool| sqlx::query(COMPLETE)
        .bind(key.caller_id)
        .bind(&key.text)
        .bind(i64::from(status))
        .bind(&key_id)
        .bind(&answer)
        .execute(pool)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn release(database: &Database, key: &RequestKey) -> Result<(), DatabaseError> {
    on_database!(database, |pool| sqlx::query(RELEASE)
        .bind(key.caller_id)
        .bind(&key.text)
        .execute(pool)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn delete_old(database: &Database, until: Timestamp) -> Result<(), DatabaseError> {
    on_database!(database, |pool| sqlx::query(DELETE_OLD)
        .bind(until.as_micros())
        .execute(pool)
        .await
        .map(drop))?;
    Ok(())
}
