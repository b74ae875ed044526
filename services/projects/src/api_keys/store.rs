use access::KeyHash;
use database::{Database, DatabaseError, Transaction, keyset::Place, on_database, on_transaction};
use domain::{ApiKeyId, DisplayName, ProjectId, Timestamp, UserId};
use uuid::Uuid;

use super::{
    KeyHolder, KeyUse, StoredKey,
    limits::store::{LimitsRow, words},
};
use crate::members::store::read_role;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, project_id, name, lookup_id, created_by_user_id, created_at_us, expires_at_us, ",
            "revoked_at_us, scopes, ip_ranges, rate_limit_per_minute, tools, last_used_at_us, last_used_ip ",
            "FROM api_keys ",
            $rest
        )
    };
}

/// A key whose creator left, or was switched off, is dead.
const FIND_LIVE: &str = "
    SELECT k.id, k.name, k.project_id, k.hash, k.created_by_user_id, k.last_used_at_us,
           (SELECT r.role FROM project_roles r
             WHERE r.project_id = k.project_id AND r.user_id = k.created_by_user_id) AS role,
           k.scopes, k.ip_ranges, k.rate_limit_per_minute, k.tools
      FROM api_keys k
      JOIN users u ON u.id = k.created_by_user_id AND u.is_active
     WHERE k.lookup_id = $1 AND k.revoked_at_us IS NULL AND (k.expires_at_us IS NULL OR k.expires_at_us > $2)";

const FIND_BY_ID: &str = select!("WHERE project_id = $1 AND id = $2");
const FIND_ANY: &str = select!("WHERE id = $1");
const LIST_NEWEST: &str = select!(
    "WHERE project_id = $1 AND ($2 IS NULL OR created_by_user_id = $2)
     ORDER BY created_at_us DESC, id DESC LIMIT $3"
);
const LIST_OLDER: &str = select!(
    "WHERE project_id = $1 AND ($2 IS NULL OR created_by_user_id = $2) AND (created_at_us, id) < ($4, $5)
     ORDER BY created_at_us DESC, id DESC LIMIT $3"
);
const LIST_NEWER: &str = select!(
    "WHERE project_id = $1 AND ($2 IS NULL OR created_by_user_id = $2) AND (created_at_us, id) > ($4, $5)
     ORDER BY created_at_us, id LIMIT $3"
);

const COUNT_LIVE: &str = "SELECT count(*) FROM api_keys
    WHERE project_id = $1 AND revoked_at_us IS NULL AND (expires_at_us IS NULL OR expires_at_us > $2)";

const INSERT: &str = "INSERT INTO api_keys (id, project_id, name, lookup_id, hash, created_by_user_id,
        created_at_us, expires_at_us, scopes, ip_ranges, rate_limit_per_minute, tools)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

const UPDATE: &str = "UPDATE api_keys SET name = $2, expires_at_us = $3, scopes = $4, ip_ranges = $5,
        rate_limit_per_minute = $6, tools = $7
    WHERE id = $1";

/// Two who note at once, or out of order, leave the later use.
const RECORD_USE: &str = "UPDATE api_keys SET last_used_at_us = $2, last_used_ip = $3
    WHERE id = $1 AND (last_used_at_us IS NULL OR last_used_at_us < $2)";

const REVOKE: &str = "UPDATE api_keys SET revoked_at_us = $2 WHERE id = $1";

#[derive(sqlx::FromRow)]
pub(crate) struct KeyRow {
    id: Uuid,
    project_id: Uuid,
    name: String,
    lookup_id: String,
    created_by_user_id: Uuid,
    created_at_us: i64,
    expires_at_us: Option<i64>,
    revoked_at_us: Option<i64>,
    #[sqlx(flatten)]
    limits: LimitsRow,
    last_used_at_us: Option<i64>,
    last_used_ip: Option<String>,
}

#[derive(sqlx::FromRow)]
struct LiveRow {
    id: Uuid,
    name: String,
    project_id: Uuid,
    hash: Vec<u8>,
    created_by_user_id: Uuid,
    last_used_at_us: Option<i64>,
    role: Option<String>,
    #[sqlx(flatten)]
    limits: LimitsRow,
}

#[derive(Debug, thiserror::Error)]
#[error("the hash of an API key is not 32 bytes")]
struct InvalidHash;

pub(super) async fn find_live(
    database: &Database,
    lookup_id: &str,
    now: Timestamp,
) -> Result<Option<(KeyHolder, KeyHash, Option<Timestamp>)>, DatabaseError> {
    let row: Option<LiveRow> = on_database!(database, |pool| sqlx::query_as(FIND_LIVE)
        .bind(lookup_id)
        .bind(now.as_micros())
        .fetch_optional(pool)
        .await)?;
    let Some(row) = row else { return Ok(None) };
    let Some(role) = row.role.as_deref().and_then(read_role) else {
        return Ok(None);
    };
    let hash = KeyHash::from_bytes(&row.hash).ok_or_else(|| DatabaseError::unreadable(InvalidHash))?;
    let holder = KeyHolder {
        id: ApiKeyId::from_uuid(row.id),
        name: row.name,
        project_id: ProjectId::from_uuid(row.project_id),
        user_id: UserId::from_uuid(row.created_by_user_id),
        role,
        limits: row.limits.read()?,
    };
    Ok(Some((
        holder,
        hash,
        row.last_used_at_us.map(Timestamp::from_micros),
    )))
}

pub(super) async fn find_for_change(
    transaction: &mut Transaction,
    project: ProjectId,
    id: ApiKeyId,
) -> Result<Option<StoredKey>, DatabaseError> {
    let row: Option<KeyRow> = on_transaction!(transaction, |connection| sqlx::query_as(FIND_BY_ID)
        .bind(project.uuid())
        .bind(id.uuid())
        .fetch_optional(connection)
        .await)?;
    row.map(KeyRow::read).transpose()
}

/// Of whatever project.
pub(super) async fn find_any_for_change(
    transaction: &mut Transaction,
    id: ApiKeyId,
) -> Result<Option<StoredKey>, DatabaseError> {
    let row: Option<KeyRow> = on_transaction!(transaction, |connection| sqlx::query_as(FIND_ANY)
        .bind(id.uuid())
        .fetch_optional(connection)
        .await)?;
    row.map(KeyRow::read).transpose()
}

pub(super) async fn list(
    database: &Database,
    project: ProjectId,
    creator: Option<UserId>,
    place: Place,
    limit: u32,
) -> Result<Vec<StoredKey>, DatabaseError> {
    let creator = creator.map(UserId::uuid);
    let limit = i64::from(limit);
    let (statement, key) = place.statement([LIST_NEWEST, LIST_OLDER, LIST_NEWER]);
    let rows: Vec<KeyRow> = on_database!(database, |pool| {
        let query = sqlx::query_as(statement)
            .bind(project.uuid())
            .bind(creator)
            .bind(limit);
        match key {
            None => query,
            Some(key) => query.bind(key.at).bind(key.id),
        }
        .fetch_all(pool)
        .await
    })?;
    rows.into_iter().map(KeyRow::read).collect()
}

pub(super) async fn count_live(
    transaction: &mut Transaction,
    project: ProjectId,
    now: Timestamp,
) -> Result<i64, DatabaseError> {
    Ok(on_transaction!(transaction, |connection| sqlx::query_scalar(
        COUNT_LIVE
    )
    .bind(project.uuid())
    .bind(now.as_micros())
    .fetch_one(connection)
    .await)?)
}

pub(super) async fn insert(
    transaction: &mut Transaction,
    key: &StoredKey,
    hash: &KeyHash,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(INSERT)
        .bind(key.id.uuid())
        .bind(key.project_id.uuid())
        .bind(key.name.as_str())
        .bind(&key.lookup_id)
        .bind(hash.as_bytes().as_slice())
        .bind(key.created_by.uuid())
        .bind(key.created_at.as_micros())
        .bind(key.expires_at.map(Timestamp::as_micros))
        .bind(words(key.limits.scopes.iter()))
        .bind(words(key.limits.ip_ranges.iter()))
        .bind(key.limits.rate_limit_per_minute.map(i64::from))
        .bind(words(key.limits.tools.iter()))
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn update(transaction: &mut Transaction, key: &StoredKey) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(UPDATE)
        .bind(key.id.uuid())
        .bind(key.name.as_str())
        .bind(key.expires_at.map(Timestamp::as_micros))
        .bind(words(key.limits.scopes.iter()))
        .bind(words(key.limits.ip_ranges.iter()))
        .bind(key.limits.rate_limit_per_minute.map(i64::from))
        .bind(words(key.limits.tools.iter()))
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn record_use(database: &Database, id: ApiKeyId, used: KeyUse) -> Result<(), DatabaseError> {
    on_database!(database, |pool| sqlx::query(RECORD_USE)
        .bind(id.uuid())
        .bind(used.at.as_micros())
        .bind(used.ip.map(|ip| ip.to_string()))
        .execute(pool)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn revoke(
    transaction: &mut Transaction,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(REVOKE)
        .bind(id.uuid())
        .bind(now.as_micros())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

impl KeyRow {
    pub(crate) fn read(self) -> Result<StoredKey, DatabaseError> {
        Ok(StoredKey {
            id: ApiKeyId::from_uuid(self.id),
            project_id: ProjectId::from_uuid(self.project_id),
            name: DisplayName::parse(&self.name).map_err(DatabaseError::unreadable)?,
            lookup_id: self.lookup_id,
            created_by: UserId::from_uuid(self.created_by_user_id),
            created_at: Timestamp::from_micros(self.created_at_us),
            expires_at: self.expires_at_us.map(Timestamp::from_micros),
            revoked_at: self.revoked_at_us.map(Timestamp::from_micros),
            limits: self.limits.read()?,
            last_used: self.last_used_at_us.map(|at| KeyUse {
                at: Timestamp::from_micros(at),
                ip: self.last_used_ip.as_deref().and_then(|ip| ip.parse().ok()),
            }),
        })
    }
}
