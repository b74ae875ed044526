use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{Email, ProjectId, Timestamp, UserId};
use uuid::Uuid;

use super::User;

/// The columns of a user, for every statement that reads one.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct UserRow {
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

const UPDATE: &str = "UPDATE users SET name = $2, is_active = $3, is_admin = $4 WHERE id = $1";

const SET_PASSWORD: &str = "UPDATE users SET password_hash = $2 WHERE id = $1";

const DELETE: &str = "DELETE FROM users WHERE id = $1";

const COUNT_ADMINISTRATORS: &str = "SELECT count(*) FROM users WHERE is_active AND is_admin";

/// Where somebody is, by whatever way, or made a key.
const PROJECTS_OF: &str = "SELECT project_id FROM project_paths WHERE user_id = $1
    UNION SELECT project_id FROM api_keys WHERE created_by_user_id = $1";

/// Names of what has no other owner who can sign in.
const OWNED_ALONE: &str = "
    SELECT t.name FROM team_members m JOIN teams t ON t.id = m.team_id AND t.deleted_at_us IS NULL
     WHERE m.user_id = $1 AND m.role = 'owner' AND NOT EXISTS (
        SELECT 1 FROM team_members o JOIN users u ON u.id = o.user_id AND u.is_active
         WHERE o.team_id = m.team_id AND o.role = 'owner' AND o.user_id <> $1)
    UNION ALL
    SELECT p.name FROM project_members m JOIN projects p ON p.id = m.project_id AND p.deleted_at_us IS NULL
     WHERE m.user_id = $1 AND m.role = 'owner' AND NOT EXISTS (
        SELECT 1 FROM project_members o JOIN users u ON u.id = o.user_id AND u.is_active
         WHERE o.project_id = m.project_id AND o.role = 'owner' AND o.user_id <> $1)";

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

pub(super) async fn find_for_change(
    transaction: &mut Transaction,
    id: UserId,
) -> Result<Option<User>, DatabaseError> {
    let row: Option<UserRow> = on_transaction!(transaction, |connection| sqlx::query_as(FIND)
        .bind(id.uuid())
        .fetch_optional(connection)
        .await)?;
    Ok(row.map(User::from))
}

pub(super) async fn update(transaction: &mut Transaction, user: &User) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(UPDATE)
        .bind(user.id.uuid())
        .bind(&user.name)
        .bind(user.is_active)
        .bind(user.is_admin)
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn set_password(
    transaction: &mut Transaction,
    id: UserId,
    hash: &str,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(SET_PASSWORD)
        .bind(id.uuid())
        .bind(hash)
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn delete(transaction: &mut Transaction, id: UserId) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(DELETE)
        .bind(id.uuid())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

/// Of those who can sign in.
pub(super) async fn count_administrators(transaction: &mut Transaction) -> Result<i64, DatabaseError> {
    Ok(on_transaction!(transaction, |connection| sqlx::query_scalar(
        COUNT_ADMINISTRATORS
    )
    .fetch_one(connection)
    .await)?)
}

/// Where a change of somebody matters to gateways.
pub(super) async fn projects_of(
    transaction: &mut Transaction,
    id: UserId,
) -> Result<Vec<ProjectId>, DatabaseError> {
    let ids: Vec<Uuid> = on_transaction!(transaction, |connection| sqlx::query_scalar(PROJECTS_OF)
        .bind(id.uuid())
        .fetch_all(connection)
        .await)?;
    Ok(ids.into_iter().map(ProjectId::from_uuid).collect())
}

/// The names of teams and projects that nobody else owns.
pub(super) async fn owned_alone(
    transaction: &mut Transaction,
    id: UserId,
) -> Result<Vec<String>, DatabaseError> {
    Ok(on_transaction!(transaction, |connection| sqlx::query_scalar(
        OWNED_ALONE
    )
    .bind(id.uuid())
    .fetch_all(connection)
    .await)?)
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
