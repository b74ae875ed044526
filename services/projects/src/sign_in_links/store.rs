use access::TokenHash;
use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{SignInLinkId, Timestamp, UserId};
use uuid::Uuid;

const INSERT: &str = "
    INSERT INTO sign_in_links (id, user_id, token_hash, created_at_us, expires_at_us)
    VALUES ($1, $2, $3, $4, $5)";

const TAKE: &str = "DELETE FROM sign_in_links WHERE token_hash = $1 RETURNING user_id, expires_at_us";

const DELETE_OVER: &str = "DELETE FROM sign_in_links WHERE user_id = $1 AND expires_at_us <= $2";

pub(crate) async fn insert(
    transaction: &mut Transaction,
    id: SignInLinkId,
    user_id: UserId,
    token: TokenHash,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query(INSERT)
            .bind(id.uuid())
            .bind(user_id.uuid())
            .bind(token.as_bytes().as_slice())
            .bind(now.as_micros())
            .bind(expires_at.as_micros())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Removes the link and says whose it was and when it ends, or ended.
pub(crate) async fn take(
    database: &Database,
    token: TokenHash,
) -> Result<Option<(UserId, Timestamp)>, DatabaseError> {
    let row: Option<(Uuid, i64)> = on_database!(database, |pool| {
        sqlx::query_as(TAKE)
            .bind(token.as_bytes().as_slice())
            .fetch_optional(pool)
            .await
    })?;
    Ok(row
        .map(|(user_id, expires_at_us)| (UserId::from_uuid(user_id), Timestamp::from_micros(expires_at_us))))
}

pub(crate) async fn delete_over(
    transaction: &mut Transaction,
    user_id: UserId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query(DELETE_OVER)
            .bind(user_id.uuid())
            .bind(now.as_micros())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}
