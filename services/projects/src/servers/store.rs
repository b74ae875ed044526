use database::{Database, DatabaseError, Transaction, keyset::Place, on_database, on_transaction};
use domain::{Isolation, ProjectId, ServerId, ServerName, Timestamp};
use uuid::Uuid;

use super::{
    Server,
    definition::{Definition, Transport},
};

/// The columns of a server, for every statement that reads one.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ServerRow {
    id: Uuid,
    project_id: Uuid,
    name: String,
    transport: String,
    settings: String,
    timeout_ms: i64,
    init_timeout_ms: i64,
    max_in_flight: i64,
    isolation: String,
    is_enabled: bool,
    created_at_us: i64,
    updated_at_us: i64,
}

const COUNT: &str = "SELECT count(*) FROM servers WHERE project_id = $1";

const INSERT: &str = "
    INSERT INTO servers (id, project_id, name, name_key, transport, settings, timeout_ms, init_timeout_ms,
                         max_in_flight, isolation, is_enabled, created_at_us, updated_at_us)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

const UPDATE: &str = "
    UPDATE servers
       SET name = $3, name_key = $4, transport = $5, settings = $6, timeout_ms = $7, init_timeout_ms = $8,
           max_in_flight = $9, isolation = $10, is_enabled = $11, updated_at_us = $12
     WHERE id = $1 AND project_id = $2";

const DELETE: &str = "DELETE FROM servers WHERE id = $1 AND project_id = $2";

const FIND: &str = "SELECT * FROM servers WHERE project_id = $1 AND id = $2";

const FIND_BY_NAME: &str = "SELECT * FROM servers WHERE project_id = $1 AND name_key = $2";

const LIST_NEWEST: &str = "
    SELECT * FROM servers WHERE project_id = $1 ORDER BY created_at_us DESC, id DESC LIMIT $2";

const LIST_OLDER: &str = "
    SELECT * FROM servers WHERE project_id = $1 AND (created_at_us, id) < ($3, $4)
     ORDER BY created_at_us DESC, id DESC LIMIT $2";

const LIST_NEWER: &str = "
    SELECT * FROM servers WHERE project_id = $1 AND (created_at_us, id) > ($3, $4)
     ORDER BY created_at_us, id LIMIT $2";

pub(crate) async fn count(
    transaction: &mut Transaction,
    project_id: ProjectId,
) -> Result<i64, DatabaseError> {
    Ok(on_transaction!(transaction, |connection| {
        sqlx::query_scalar(COUNT)
            .bind(project_id.uuid())
            .fetch_one(connection)
            .await
    })?)
}

pub(crate) async fn insert(transaction: &mut Transaction, server: &Server) -> Result<(), DatabaseError> {
    let settings = settings(&server.definition.transport)?;
    on_transaction!(transaction, |connection| {
        sqlx::query(INSERT)
            .bind(server.id.uuid())
            .bind(server.project_id.uuid())
            .bind(&server.name)
            .bind(name_key(&server.name))
            .bind(server.definition.transport.word())
            .bind(&settings)
            .bind(i64::from(server.definition.timeout_ms))
            .bind(i64::from(server.definition.init_timeout_ms))
            .bind(i64::from(server.definition.max_in_flight))
            .bind(server.definition.isolation.as_str())
            .bind(server.is_enabled)
            .bind(server.created_at.as_micros())
            .bind(server.updated_at.as_micros())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Whether the server was still there.
pub(crate) async fn update(transaction: &mut Transaction, server: &Server) -> Result<bool, DatabaseError> {
    let settings = settings(&server.definition.transport)?;
    let rows = on_transaction!(transaction, |connection| {
        sqlx::query(UPDATE)
            .bind(server.id.uuid())
            .bind(server.project_id.uuid())
            .bind(&server.name)
            .bind(name_key(&server.name))
            .bind(server.definition.transport.word())
            .bind(&settings)
            .bind(i64::from(server.definition.timeout_ms))
            .bind(i64::from(server.definition.init_timeout_ms))
            .bind(i64::from(server.definition.max_in_flight))
            .bind(server.definition.isolation.as_str())
            .bind(server.is_enabled)
            .bind(server.updated_at.as_micros())
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// Whether the server was still there.
pub(crate) async fn delete(
    transaction: &mut Transaction,
    project_id: ProjectId,
    id: ServerId,
) -> Result<bool, DatabaseError> {
    let rows = on_transaction!(transaction, |connection| {
        sqlx::query(DELETE)
            .bind(id.uuid())
            .bind(project_id.uuid())
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

pub(crate) async fn find(
    database: &Database,
    project_id: ProjectId,
    id: ServerId,
) -> Result<Option<Server>, DatabaseError> {
    let row: Option<ServerRow> = on_database!(database, |pool| {
        sqlx::query_as(FIND)
            .bind(project_id.uuid())
            .bind(id.uuid())
            .fetch_optional(pool)
            .await
    })?;
    row.map(ServerRow::read).transpose()
}

pub(crate) async fn find_by_name(
    database: &Database,
    project_id: ProjectId,
    name: &ServerName,
) -> Result<Option<Server>, DatabaseError> {
    let row: Option<ServerRow> = on_database!(database, |pool| {
        sqlx::query_as(FIND_BY_NAME)
            .bind(project_id.uuid())
            .bind(name_key(name.as_str()))
            .fetch_optional(pool)
            .await
    })?;
    row.map(ServerRow::read).transpose()
}

/// One more than `limit` of a project's servers, in the order of the place.
pub(crate) async fn list(
    database: &Database,
    project_id: ProjectId,
    place: Place,
    limit: u32,
) -> Result<Vec<Server>, DatabaseError> {
    let (statement, key) = match place {
        Place::Newest => (LIST_NEWEST, None),
        Place::OlderThan(key) => (LIST_OLDER, Some(key)),
        Place::NewerThan(key) => (LIST_NEWER, Some(key)),
    };
    let rows: Vec<ServerRow> = on_database!(database, |pool| {
        let mut query = sqlx::query_as(statement)
            .bind(project_id.uuid())
            .bind(i64::from(limit) + 1);
        if let Some(key) = key {
            query = query.bind(key.at).bind(key.id);
        }
        query.fetch_all(pool).await
    })?;
    rows.into_iter().map(ServerRow::read).collect()
}

fn name_key(name: &str) -> String {
    name.to_lowercase()
}

fn settings(transport: &Transport) -> Result<String, DatabaseError> {
    match transport {
        Transport::Stdio(stdio) => serde_json::to_string(stdio).map_err(DatabaseError::unreadable),
    }
}

impl ServerRow {
    /// A transport of a newer release cannot be read: nobody knows how to reach
    /// it. An isolation of one is left to the gateway.
    pub(crate) fn read(self) -> Result<Server, DatabaseError> {
        let transport = match self.transport.as_str() {
            "stdio" => {
                Transport::Stdio(serde_json::from_str(&self.settings).map_err(DatabaseError::unreadable)?)
            }
            other => return Err(DatabaseError::unreadable(UnknownTransport(other.to_owned()))),
        };
        let number = |value: i64| u32::try_from(value).map_err(DatabaseError::unreadable);
        Ok(Server {
            id: ServerId::from_uuid(self.id),
            project_id: ProjectId::from_uuid(self.project_id),
            name: self.name,
            definition: Definition {
                transport,
                timeout_ms: number(self.timeout_ms)?,
                init_timeout_ms: number(self.init_timeout_ms)?,
                max_in_flight: number(self.max_in_flight)?,
                isolation: self.isolation.parse().unwrap_or(Isolation::Auto),
            },
            is_enabled: self.is_enabled,
            created_at: Timestamp::from_micros(self.created_at_us),
            updated_at: Timestamp::from_micros(self.updated_at_us),
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no transport of this release")]
struct UnknownTransport(String);
