use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{PayloadMode, ProjectId};
use uuid::Uuid;

use super::{PayloadSettings, Retention, Settings};

const FIND: &str = "
    SELECT settings_version, payload_mode, redacted_paths, reporters_read_payloads,
           tool_calls_days, payloads_days, server_logs_days, sessions_days
      FROM projects WHERE id = $1";

const UPDATE: &str = "
    UPDATE projects
       SET settings_version = $2, payload_mode = $3, redacted_paths = $4, reporters_read_payloads = $5,
           tool_calls_days = $6, payloads_days = $7, server_logs_days = $8, sessions_days = $9
     WHERE id = $1";

const RETENTION: &str = "
    SELECT id, tool_calls_days, payloads_days, server_logs_days, sessions_days
      FROM projects WHERE id > $1 ORDER BY id LIMIT $2";

#[derive(sqlx::FromRow)]
struct SettingsRow {
    settings_version: i64,
    #[sqlx(flatten)]
    payloads: PayloadsRow,
    reporters_read_payloads: bool,
    #[sqlx(flatten)]
    retention: RetentionRow,
}

#[derive(sqlx::FromRow)]
pub(crate) struct PayloadsRow {
    payload_mode: String,
    redacted_paths: String,
}

#[derive(sqlx::FromRow)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name")]
struct RetentionRow {
    tool_calls_days: i32,
    payloads_days: i32,
    server_logs_days: i32,
    sessions_days: i32,
}

#[derive(sqlx::FromRow)]
struct ProjectRetentionRow {
    id: Uuid,
    #[sqlx(flatten)]
    retention: RetentionRow,
}

pub(super) async fn find(database: &Database, project: ProjectId) -> Result<Option<Settings>, DatabaseError> {
    let row: Option<SettingsRow> = on_database!(database, |pool| {
        sqlx::query_as(FIND)
            .bind(project.uuid())
            .fetch_optional(pool)
            .await
    })?;
    Ok(row.map(Settings::from))
}

pub(super) async fn find_for_change(
    transaction: &mut Transaction,
    project: ProjectId,
) -> Result<Option<Settings>, DatabaseError> {
    let row: Option<SettingsRow> = on_transaction!(transaction, |connection| {
        sqlx::query_as(FIND)
            .bind(project.uuid())
            .fetch_optional(connection)
            .await
    })?;
    Ok(row.map(Settings::from))
}

pub(super) async fn update(
    transaction: &mut Transaction,
    project: ProjectId,
    settings: &Settings,
) -> Result<(), DatabaseError> {
    let retention = settings.retention;
    on_transaction!(transaction, |connection| {
        sqlx::query(UPDATE)
            .bind(project.uuid())
            .bind(settings.version)
            .bind(settings.payloads.mode.as_str())
            .bind(serde_json::json!(settings.payloads.redacted_paths).to_string())
            .bind(settings.reporters_read_payloads)
            .bind(i64::from(retention.tool_calls_days))
            .bind(i64::from(retention.payloads_days))
            .bind(i64::from(retention.server_logs_days))
            .bind(i64::from(retention.sessions_days))
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub(super) async fn retention(
    database: &Database,
    after: Option<ProjectId>,
    limit: u32,
) -> Result<Vec<(ProjectId, Retention)>, DatabaseError> {
    let rows: Vec<ProjectRetentionRow> = on_database!(database, |pool| {
        sqlx::query_as(RETENTION)
            .bind(after.map_or(Uuid::nil(), ProjectId::uuid))
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await
    })?;
    let read = |row: ProjectRetentionRow| (ProjectId::from_uuid(row.id), row.retention.into());
    Ok(rows.into_iter().map(read).collect())
}

impl From<SettingsRow> for Settings {
    fn from(row: SettingsRow) -> Self {
        Self {
            version: row.settings_version,
            payloads: row.payloads.into(),
            reporters_read_payloads: row.reporters_read_payloads,
            retention: row.retention.into(),
        }
    }
}

impl From<PayloadsRow> for PayloadSettings {
    /// What cannot be read keeps as little as there is: without the paths too,
    /// which say what must not be kept.
    fn from(row: PayloadsRow) -> Self {
        let nothing = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "what a project keeps cannot be read, keeping no payloads");
            PayloadMode::Metadata
        };
        let mode = row.payload_mode.parse().unwrap_or_else(|error| nothing(&error));
        match serde_json::from_str(&row.redacted_paths) {
            Ok(redacted_paths) => Self { mode, redacted_paths },
            Err(error) => Self {
                mode: nothing(&error),
                redacted_paths: Vec::new(),
            },
        }
    }
}

impl From<RetentionRow> for Retention {
    fn from(row: RetentionRow) -> Self {
        Self {
            tool_calls_days: row.tool_calls_days.unsigned_abs(),
            payloads_days: row.payloads_days.unsigned_abs(),
            server_logs_days: row.server_logs_days.unsigned_abs(),
            sessions_days: row.sessions_days.unsigned_abs(),
        }
    }
}
