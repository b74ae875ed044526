use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{Email, Timestamp, UserId};
use uuid::Uuid;

use super::User;

/// The columns of a user, for every statement that reads one.
#[derive(Debug, sqlx::FromRow)]
struct UserRow {
    id: Uuid,
    email: String,
    name: String,
    is_admin: bool,
    is_active: bool,
    created_at_us: i64,
    last_login_at_us: Option<i64>,
    password_hash: String,
}

const IS_CLAIMED: &str = "SELECT claimed_at_us IS NOT NULL FROM deployment WHERE id = 1";

const CLAIM: &str = "UPDATE deployment SET claimed_at_us = $1 WHERE id = 1 AND claimed_at_us IS NULL";

const INSERT: &str = "
    INSERT INTO users (id, email, name, password_hash, is_admin, is_active, created_at_us, last_login_at_us)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const FIND: &str = "SELECT * FROM users WHERE id = $1";

const FIND_BY_EMAIL: &str = "SELECT * FROM users WHERE email = $1";

const RECORD_LOGIN: &str = "UPDATE users SET last_login_at_us = $2 WHERE id = $1";

/// Whether the deployment has had its first account.
pub(crate) async fn is_claimed(database: &Database) -> Result<bool, DatabaseError> {
    Ok(on_database!(database, |pool| {
        sqlx::query_scalar(IS_CLAIMED).fetch_one(pool).await
    })?)
}

/// Whether this transaction is the one that makes the first account. Another
/// one that wants to be it waits for this one's end.
pub(crate) async fn claim(transaction: &mut Transaction, now: Timestamp) -> Result<bool, DatabaseError> {
    let rows = on_transaction!(transaction, |connection| {
        sqlx::query(CLAIM)
            .bind(now.as_micros())
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

pub(crate) async fn insert(
    transaction: &mut Transaction,
    user: &User,
    password_hash: &str,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query(INSERT)
            .bind(user.id.uuid())
            .bind(&user.email)
            .bind(&user.name)
            .bind(password_hash)
            .bind(user.is_admin)
            .bind(user.is_active)
            .bind(user.created_at.as_micros())
            .bind(user.last_login_at.map(Timestamp::as_micros))
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub(crate) async fn find(database: &Database, id: UserId) -> Result<Option<User>, DatabaseError> {
    let row: Option<UserRow> = on_database!(database, |pool| {
        sqlx::query_as(FIND).bind(id.uuid()).fetch_optional(pool).await
    })?;
    Ok(row.map(User::from))
}

/// A user and the hash of their password.
pub(crate) async fn find_by_email(
    database: &Database,
    email: &Email,
) -> Result<Option<(User, String)>, DatabaseError> {
    let row: Option<UserRow> = on_database!(database, |pool| {
        sqlx::query_as(FIND_BY_EMAIL)
            .bind(email.as_str())
            .fetch_optional(pool)
            .await
    })?;
    Ok(row.map(|mut row| {
        let hash = std::mem::take(&mut row.password_hash);
        (User::from(row), hash)
    }))
}

pub(crate) async fn record_login(
    transaction: &mut Transaction,
    id: UserId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query(RECORD_LOGIN)
            .bind(id.uuid())
            .bind(now.as_micros())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: UserId::from_uuid(row.id),
            email: row.email,
            name: row.name,
            is_admin: row.is_admin,
            is_active: row.is_active,
            created_at: Timestamp::from_micros(row.created_at_us),
            last_login_at: row.last_login_at_us.map(Timestamp::from_micros),
        }
    }
}
