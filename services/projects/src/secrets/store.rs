use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{DataKeyId, ProjectId, ServerId, Timestamp, UserId};
use uuid::Uuid;

use super::{SecretInfo, sealing::OVERHEAD_BYTES};

const WRAPPING_KEY_IDS: &str = "SELECT DISTINCT wrapping_key_id FROM data_keys";

const DATA_KEYS: &str = "SELECT id, wrapping_key_id, wrapped FROM data_keys WHERE project_id = $1 ORDER BY created_at_us DESC, id DESC";

const INSERT_DATA_KEY: &str =
    "INSERT INTO data_keys (id, project_id, wrapping_key_id, wrapped, created_at_us)
    VALUES ($1, $2, $3, $4, $5)";

const DATA_KEYS_OF_OTHERS: &str =
    "SELECT project_id, id, wrapping_key_id, wrapped FROM data_keys WHERE wrapping_key_id <> $1 ORDER BY id";

const REPLACE_DATA_KEY: &str = "UPDATE data_keys SET wrapping_key_id = $2, wrapped = $3 WHERE id = $1";

const OF_PROJECT: &str = "SELECT s.server_id, s.name, s.data_key_id, s.sealed
      FROM server_secrets s JOIN servers v ON v.id = s.server_id
     WHERE v.project_id = $1";

const INFOS: &str =
    "SELECT s.server_id, s.name, s.set_at_us, s.set_by_user_id, length(s.sealed) AS sealed_bytes
      FROM server_secrets s JOIN servers v ON v.id = s.server_id
     WHERE v.project_id = $1 ORDER BY s.server_id, s.name";

const SET: &str =
    "INSERT INTO server_secrets (server_id, name, data_key_id, sealed, set_at_us, set_by_user_id)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (server_id, name) DO UPDATE SET data_key_id = excluded.data_key_id, sealed = excluded.sealed,
        set_at_us = excluded.set_at_us, set_by_user_id = excluded.set_by_user_id";

const DELETE: &str = "DELETE FROM server_secrets WHERE server_id = $1 AND name = $2";

/// A data key as it lies in the database.
pub(super) struct DataKeyRow {
    pub(super) id: DataKeyId,
    pub(super) wrapping_key_id: String,
    pub(super) wrapped: Vec<u8>,
}

/// A secret as it lies in the database.
pub(super) struct SealedRow {
    pub(super) server_id: ServerId,
    pub(super) name: String,
    pub(super) data_key_id: DataKeyId,
    pub(super) sealed: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct InfoRow {
    server_id: Uuid,
    name: String,
    set_at_us: i64,
    set_by_user_id: Option<Uuid>,
    sealed_bytes: i32,
}

/// Of every wrapping key that something is sealed with.
pub(super) async fn wrapping_key_ids(database: &Database) -> Result<Vec<String>, DatabaseError> {
    Ok(on_database!(database, |pool| sqlx::query_scalar(
        WRAPPING_KEY_IDS
    )
    .fetch_all(pool)
    .await)?)
}

/// Newest first.
pub(super) async fn data_keys(
    database: &Database,
    project: ProjectId,
) -> Result<Vec<DataKeyRow>, DatabaseError> {
    let rows: Vec<(Uuid, String, Vec<u8>)> = on_database!(database, |pool| sqlx::query_as(DATA_KEYS)
        .bind(project.uuid())
        .fetch_all(pool)
        .await)?;
    Ok(rows.into_iter().map(DataKeyRow::from).collect())
}

pub(super) async fn newest_data_key(
    transaction: &mut Transaction,
    project: ProjectId,
) -> Result<Option<DataKeyRow>, DatabaseError> {
    let row: Option<(Uuid, String, Vec<u8>)> =
        on_transaction!(transaction, |connection| sqlx::query_as(DATA_KEYS)
            .bind(project.uuid())
            .fetch_optional(connection)
            .await)?;
    Ok(row.map(DataKeyRow::from))
}

pub(super) async fn insert_data_key(
    transaction: &mut Transaction,
    project: ProjectId,
    key: &DataKeyRow,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(INSERT_DATA_KEY)
        .bind(key.id.uuid())
        .bind(project.uuid())
        .bind(&key.wrapping_key_id)
        .bind(&key.wrapped)
        .bind(now.as_micros())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

/// Of all projects, those that another wrapping key seals.
pub(super) async fn data_keys_of_others(
    transaction: &mut Transaction,
    wrapping_key_id: &str,
) -> Result<Vec<(ProjectId, DataKeyRow)>, DatabaseError> {
    let rows: Vec<(Uuid, Uuid, String, Vec<u8>)> =
        on_transaction!(transaction, |connection| sqlx::query_as(DATA_KEYS_OF_OTHERS)
            .bind(wrapping_key_id)
            .fetch_all(connection)
            .await)?;
    let read = |(project, id, wrapping_key_id, wrapped)| {
        let row = DataKeyRow::from((id, wrapping_key_id, wrapped));
        (ProjectId::from_uuid(project), row)
    };
    Ok(rows.into_iter().map(read).collect())
}

pub(super) async fn replace_data_key(
    transaction: &mut Transaction,
    key: &DataKeyRow,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(REPLACE_DATA_KEY)
        .bind(key.id.uuid())
        .bind(&key.wrapping_key_id)
        .bind(&key.wrapped)
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn of_project(
    database: &Database,
    project: ProjectId,
) -> Result<Vec<SealedRow>, DatabaseError> {
    let rows: Vec<(Uuid, String, Uuid, Vec<u8>)> = on_database!(database, |pool| sqlx::query_as(OF_PROJECT)
        .bind(project.uuid())
        .fetch_all(pool)
        .await)?;
    let rows = rows
        .into_iter()
        .map(|(server_id, name, data_key_id, sealed)| SealedRow {
            server_id: ServerId::from_uuid(server_id),
            name,
            data_key_id: DataKeyId::from_uuid(data_key_id),
            sealed,
        });
    Ok(rows.collect())
}

/// What may be known of all secrets of a project, by server.
pub(crate) async fn infos(
    database: &Database,
    project: ProjectId,
) -> Result<Vec<(ServerId, SecretInfo)>, DatabaseError> {
    let rows: Vec<InfoRow> = on_database!(database, |pool| sqlx::query_as(INFOS)
        .bind(project.uuid())
        .fetch_all(pool)
        .await)?;
    Ok(rows.into_iter().map(InfoRow::read).collect())
}

/// The same within a transaction.
pub(crate) async fn infos_for_change(
    transaction: &mut Transaction,
    project: ProjectId,
) -> Result<Vec<(ServerId, SecretInfo)>, DatabaseError> {
    let rows: Vec<InfoRow> = on_transaction!(transaction, |connection| sqlx::query_as(INFOS)
        .bind(project.uuid())
        .fetch_all(connection)
        .await)?;
    Ok(rows.into_iter().map(InfoRow::read).collect())
}

pub(super) async fn set(
    transaction: &mut Transaction,
    server: ServerId,
    name: &str,
    data_key: DataKeyId,
    sealed: &[u8],
    now: Timestamp,
    by: UserId,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(SET)
        .bind(server.uuid())
        .bind(name)
        .bind(data_key.uuid())
        .bind(sealed)
        .bind(now.as_micros())
        .bind(by.uuid())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn delete(
    transaction: &mut Transaction,
    server: ServerId,
    name: &str,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(DELETE)
        .bind(server.uuid())
        .bind(name)
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

impl From<(Uuid, String, Vec<u8>)> for DataKeyRow {
    fn from((id, wrapping_key_id, wrapped): (Uuid, String, Vec<u8>)) -> Self {
        Self {
            id: DataKeyId::from_uuid(id),
            wrapping_key_id,
            wrapped,
        }
    }
}

impl InfoRow {
    fn read(self) -> (ServerId, SecretInfo) {
        let sealed_bytes = usize::try_from(self.sealed_bytes).unwrap_or(0);
        let info = SecretInfo {
            name: self.name,
            set_at: Timestamp::from_micros(self.set_at_us),
            set_by: self.set_by_user_id.map(UserId::from_uuid),
            size_bytes: sealed_bytes.saturating_sub(OVERHEAD_BYTES),
        };
        (ServerId::from_uuid(self.server_id), info)
    }
}
