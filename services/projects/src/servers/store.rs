use std::collections::BTreeSet;

use database::{Database, DatabaseError, Transaction, keyset::Place, on_database, on_transaction};
use domain::{Isolation, ProjectId, ServerId, ServerName, Timestamp};
use uuid::Uuid;

use super::{Limits, Server, ServerDefinition, Transport, name_key};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, project_id, name, transport, settings, timeout_ms, init_timeout_ms, ",
            "max_in_flight, isolation, is_enabled, created_at_us, updated_at_us, version FROM servers ",
            $rest
        )
    };
}

const FIND_BY_ID: &str = select!("WHERE project_id = $1 AND id = $2");
const FIND_BY_NAME: &str = select!("WHERE project_id = $1 AND name_key = $2");
const OF_PROJECT: &str = select!("WHERE project_id = $1 ORDER BY id");
const LIST_NEWEST: &str = select!("WHERE project_id = $1 ORDER BY created_at_us DESC, id DESC LIMIT $2");
const LIST_OLDER: &str = select!(
    "WHERE project_id = $1 AND (created_at_us, id) < ($3, $4) ORDER BY created_at_us DESC, id DESC LIMIT $2"
);
const LIST_NEWER: &str =
    select!("WHERE project_id = $1 AND (created_at_us, id) > ($3, $4) ORDER BY created_at_us, id LIMIT $2");

const NAMES: &str = "SELECT name_key FROM servers WHERE project_id = $1";

const INSERT: &str = "INSERT INTO servers (id, project_id, name, name_key, transport, settings, timeout_ms,
        init_timeout_ms, max_in_flight, isolation, is_enabled, created_at_us, updated_at_us, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

const UPDATE: &str = "UPDATE servers SET name = $3, name_key = $4, transport = $5, settings = $6,
        timeout_ms = $7, init_timeout_ms = $8, max_in_flight = $9, isolation = $10, is_enabled = $11,
        updated_at_us = $12, version = $13
    WHERE id = $1 AND project_id = $2";

const DELETE: &str = "DELETE FROM servers WHERE project_id = $1 AND id = $2";

#[derive(sqlx::FromRow)]
struct ServerRow {
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
    version: i64,
}

/// A row whose way to the server this release does not know.
#[derive(Debug, thiserror::Error)]
#[error("the transport {0:?} is unknown")]
struct UnknownTransport(String);

pub(super) async fn find_by_id(
    database: &Database,
    project: ProjectId,
    id: ServerId,
) -> Result<Option<Server>, DatabaseError> {
    let row: Option<ServerRow> = on_database!(database, |pool| sqlx::query_as(FIND_BY_ID)
        .bind(project.uuid())
        .bind(id.uuid())
        .fetch_optional(pool)
        .await)?;
    row.map(read).transpose()
}

pub(super) async fn find_by_name(
    database: &Database,
    project: ProjectId,
    name_key: &str,
) -> Result<Option<Server>, DatabaseError> {
    let row: Option<ServerRow> = on_database!(database, |pool| sqlx::query_as(FIND_BY_NAME)
        .bind(project.uuid())
        .bind(name_key)
        .fetch_optional(pool)
        .await)?;
    row.map(read).transpose()
}

pub(super) async fn find_for_change(
    transaction: &mut Transaction,
    project: ProjectId,
    id: ServerId,
) -> Result<Option<Server>, DatabaseError> {
    let row: Option<ServerRow> = on_transaction!(transaction, |connection| sqlx::query_as(FIND_BY_ID)
        .bind(project.uuid())
        .bind(id.uuid())
        .fetch_optional(connection)
        .await)?;
    row.map(read).transpose()
}

/// All of a project, oldest first.
pub(super) async fn of_project(
    database: &Database,
    project: ProjectId,
) -> Result<Vec<Server>, DatabaseError> {
    let rows: Vec<ServerRow> = on_database!(database, |pool| sqlx::query_as(OF_PROJECT)
        .bind(project.uuid())
        .fetch_all(pool)
        .await)?;
    Ok(read_all(rows))
}

pub(super) async fn list(
    database: &Database,
    project: ProjectId,
    place: Place,
    limit: u32,
) -> Result<Vec<Server>, DatabaseError> {
    let limit = i64::from(limit);
    let (statement, key) = place.statement([LIST_NEWEST, LIST_OLDER, LIST_NEWER]);
    let rows: Vec<ServerRow> = on_database!(database, |pool| {
        let query = sqlx::query_as(statement).bind(project.uuid()).bind(limit);
        match key {
            None => query,
            Some(key) => query.bind(key.at).bind(key.id),
        }
        .fetch_all(pool)
        .await
    })?;
    Ok(read_all(rows))
}

/// The same, outside of a transaction.
pub(super) async fn names_now(database: &Database, project: ProjectId) -> Result<Vec<String>, DatabaseError> {
    Ok(on_database!(database, |pool| sqlx::query_scalar(NAMES)
        .bind(project.uuid())
        .fetch_all(pool)
        .await)?)
}

/// The names of a project's servers, as they are compared.
pub(super) async fn names(
    transaction: &mut Transaction,
    project: ProjectId,
) -> Result<Vec<String>, DatabaseError> {
    Ok(on_transaction!(transaction, |connection| sqlx::query_scalar(
        NAMES
    )
    .bind(project.uuid())
    .fetch_all(connection)
    .await)?)
}

pub(super) async fn insert(transaction: &mut Transaction, server: &Server) -> Result<(), DatabaseError> {
    let limits = server.definition.limits;
    on_transaction!(transaction, |connection| sqlx::query(INSERT)
        .bind(server.id.uuid())
        .bind(server.project_id.uuid())
        .bind(server.name.as_str())
        .bind(name_key(server.name.as_str()))
        .bind(server.definition.transport.as_str())
        .bind(settings(&server.definition.transport))
        .bind(i64::from(limits.timeout_ms()))
        .bind(i64::from(limits.init_timeout_ms()))
        .bind(i64::from(limits.max_in_flight()))
        .bind(server.definition.isolation.as_str())
        .bind(server.is_enabled)
        .bind(server.created_at.as_micros())
        .bind(server.updated_at.as_micros())
        .bind(server.version.cast_signed())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn update(transaction: &mut Transaction, server: &Server) -> Result<(), DatabaseError> {
    let limits = server.definition.limits;
    on_transaction!(transaction, |connection| sqlx::query(UPDATE)
        .bind(server.id.uuid())
        .bind(server.project_id.uuid())
        .bind(server.name.as_str())
        .bind(name_key(server.name.as_str()))
        .bind(server.definition.transport.as_str())
        .bind(settings(&server.definition.transport))
        .bind(i64::from(limits.timeout_ms()))
        .bind(i64::from(limits.init_timeout_ms()))
        .bind(i64::from(limits.max_in_flight()))
        .bind(server.definition.isolation.as_str())
        .bind(server.is_enabled)
        .bind(server.updated_at.as_micros())
        .bind(server.version.cast_signed())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

/// Whether it was there.
pub(super) async fn delete(
    transaction: &mut Transaction,
    project: ProjectId,
    id: ServerId,
) -> Result<bool, DatabaseError> {
    let deleted = on_transaction!(transaction, |connection| sqlx::query(DELETE)
        .bind(project.uuid())
        .bind(id.uuid())
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(deleted == 1)
}

/// A row that cannot be read does not take the others of its project along.
fn read_all(rows: Vec<ServerRow>) -> Vec<Server> {
    let mut servers = Vec::with_capacity(rows.len());
    for row in rows {
        let id = ServerId::from_uuid(row.id);
        match read(row) {
            Ok(server) => servers.push(server),
            Err(error) => tracing::error!(
                server_id = %id,
                error = %std::error::Error::source(&error).map_or_else(String::new, ToString::to_string),
                "a server cannot be read, leaving it out"
            ),
        }
    }
    servers
}

fn read(row: ServerRow) -> Result<Server, DatabaseError> {
    let settings = row.settings.as_str();
    let transport = match row.transport.as_str() {
        "stdio" => serde_json::from_str(settings).map(Transport::Stdio),
        "streamable_http" => serde_json::from_str(settings).map(Transport::StreamableHttp),
        "sse" => serde_json::from_str(settings).map(Transport::Sse),
        _ => return Err(DatabaseError::unreadable(UnknownTransport(row.transport))),
    }
    .map_err(DatabaseError::unreadable)?;
    let number = |value: i64| u32::try_from(value).map_err(DatabaseError::unreadable);
    Ok(Server {
        id: ServerId::from_uuid(row.id),
        project_id: ProjectId::from_uuid(row.project_id),
        name: ServerName::parse(&row.name).map_err(DatabaseError::unreadable)?,
        definition: ServerDefinition {
            transport,
            limits: Limits::parse(
                number(row.timeout_ms)?,
                number(row.init_timeout_ms)?,
                number(row.max_in_flight)?,
            )
            .map_err(DatabaseError::unreadable)?,
            // A word of a newer release: the value that fits any client.
            isolation: row.isolation.parse().unwrap_or(Isolation::Auto),
        },
        is_enabled: row.is_enabled,
        created_at: Timestamp::from_micros(row.created_at_us),
        updated_at: Timestamp::from_micros(row.updated_at_us),
        version: row.version.unsigned_abs(),
        secrets: Vec::new(),
        disabled_tools: BTreeSet::new(),
    })
}

fn settings(transport: &Transport) -> String {
    match transport {
        Transport::Stdio(stdio) => serde_json::to_string(stdio),
        Transport::StreamableHttp(http) | Transport::Sse(http) => serde_json::to_string(http),
    }
    .expect("texts, lists and maps of texts are JSON")
}
