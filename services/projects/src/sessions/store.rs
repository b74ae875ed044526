use access::TokenHash;
use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{Timestamp, UserId, WebSessionId};
use uuid::Uuid;

use super::{OwnSession, Session};
use crate::{activities::Origin, users::User};

#[derive(sqlx::FromRow)]
struct OwnRow {
    id: Uuid,
    created_at_us: i64,
    last_used_at_us: i64,
    expires_at_us: i64,
    client_address: Option<String>,
    user_agent: String,
    is_current: bool,
}

#[derive(Debug, sqlx::FromRow)]
struct SessionRow {
    session_id: Uuid,
    last_used_at_us: i64,
    expires_at_us: i64,
    user_id: Uuid,
    email: String,
    name: String,
    is_admin: bool,
    is_active: bool,
    created_at_us: i64,
    last_login_at_us: Option<i64>,
}

const INSERT: &str = "
    INSERT INTO web_sessions (id, user_id, token_hash, created_at_us, last_used_at_us, expires_at_us,
        client_address, user_agent)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const FIND: &str = "
    SELECT s.id AS session_id, s.last_used_at_us, s.expires_at_us,
           u.id AS user_id, u.email, u.name, u.is_admin, u.is_active, u.created_at_us, u.last_login_at_us
      FROM web_sessions s JOIN users u ON u.id = s.user_id
     WHERE s.token_hash = $1";

const RECORD_USE: &str =
    "UPDATE web_sessions SET last_used_at_us = $2 WHERE id = $1 AND last_used_at_us < $2";

const DELETE: &str = "DELETE FROM web_sessions WHERE token_hash = $1";

const DELETE_BY_ID: &str = "DELETE FROM web_sessions WHERE user_id = $1 AND id = $2";

const DELETE_OF_USER: &str = "DELETE FROM web_sessions WHERE user_id = $1 AND token_hash <> $2";

const OF_USER: &str = "
    SELECT id, created_at_us, last_used_at_us, expires_at_us, client_address, user_agent,
           token_hash = $2 AS is_current
      FROM web_sessions WHERE user_id = $1 ORDER BY last_used_at_us DESC, id DESC";

const DELETE_OVER: &str =
    "DELETE FROM web_sessions WHERE user_id = $1 AND (expires_at_us <= $2 OR last_used_at_us <= $3)";

pub(crate) async fn insert(
    transaction: &mut Transaction,
    user_id: UserId,
    session: &Session,
    token: TokenHash,
    now: Timestamp,
    origin: &Origin,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query(INSERT)
            .bind(session.id.uuid())
            .bind(user_id.uuid())
            .bind(token.as_bytes().as_slice())
            .bind(now.as_micros())
            .bind(session.last_used_at.as_micros())
            .bind(session.expires_at.as_micros())
            .bind(origin.address.map(|address| address.to_string()))
            .bind(&origin.user_agent)
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// The session of a token, living or not, and its user.
pub(crate) async fn find(
    database: &Database,
    token: TokenHash,
) -> Result<Option<(Session, User)>, DatabaseError> {
    let row: Option<SessionRow> = on_database!(database, |pool| {
        sqlx::query_as(FIND)
            .bind(token.as_bytes().as_slice())
            .fetch_optional(pool)
            .await
    })?;
    Ok(row.map(|row| {
        let session = Session {
            id: WebSessionId::from_uuid(row.session_id),
            last_used_at: Timestamp::from_micros(row.last_used_at_us),
            expires_at: Timestamp::from_micros(row.expires_at_us),
        };
        let user = User {
            id: UserId::from_uuid(row.user_id),
            email: row.email,
            name: row.name,
            is_admin: row.is_admin,
            is_active: row.is_active,
            created_at: Timestamp::from_micros(row.created_at_us),
            last_login_at: row.last_login_at_us.map(Timestamp::from_micros),
        };
        (session, user)
    }))
}

pub(crate) async fn record_use(
    database: &Database,
    id: WebSessionId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    on_database!(database, |pool| {
        sqlx::query(RECORD_USE)
            .bind(id.uuid())
            .bind(now.as_micros())
            .execute(pool)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Whether it was there.
pub(crate) async fn delete(transaction: &mut Transaction, token: TokenHash) -> Result<bool, DatabaseError> {
    let rows = on_transaction!(transaction, |connection| {
        sqlx::query(DELETE)
            .bind(token.as_bytes().as_slice())
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// Whether it was there.
pub(super) async fn delete_by_id(
    transaction: &mut Transaction,
    user_id: UserId,
    id: WebSessionId,
) -> Result<bool, DatabaseError> {
    let rows = on_transaction!(transaction, |connection| {
        sqlx::query(DELETE_BY_ID)
            .bind(user_id.uuid())
            .bind(id.uuid())
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// How many there were, without the one that stays.
pub(crate) async fn delete_of_user(
    transaction: &mut Transaction,
    user_id: UserId,
    keep: Option<TokenHash>,
) -> Result<u64, DatabaseError> {
    // No hash is empty.
    let keep: &[u8] = keep.as_ref().map_or(&[], |hash| hash.as_bytes().as_slice());
    Ok(on_transaction!(transaction, |connection| {
        sqlx::query(DELETE_OF_USER)
            .bind(user_id.uuid())
            .bind(keep)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })?)
}

/// All of them, last used first, living or not.
pub(super) async fn of_user(
    database: &Database,
    user_id: UserId,
    current: TokenHash,
) -> Result<Vec<OwnSession>, DatabaseError> {
    let rows: Vec<OwnRow> = on_database!(database, |pool| {
        sqlx::query_as(OF_USER)
            .bind(user_id.uuid())
            .bind(current.as_bytes().as_slice())
            .fetch_all(pool)
            .await
    })?;
    let read = |row: OwnRow| OwnSession {
        session: Session {
            id: WebSessionId::from_uuid(row.id),
            last_used_at: Timestamp::from_micros(row.last_used_at_us),
            expires_at: Timestamp::from_micros(row.expires_at_us),
        },
        created_at: Timestamp::from_micros(row.created_at_us),
        origin: Origin {
            address: row.client_address.and_then(|address| address.parse().ok()),
            user_agent: row.user_agent,
        },
        is_current: row.is_current,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Removes a user's sessions that ended by `now` or were last used by `idle_since`.
pub(crate) async fn delete_over(
    transaction: &mut Transaction,
    user_id: UserId,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query(DELETE_OVER)
            .bind(user_id.uuid())
            .bind(now.as_micros())
            .bind(idle_since.as_micros())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}
