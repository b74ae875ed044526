use std::collections::BTreeMap;

use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{ApiKeyId, ProjectId, Timestamp, UserId};
use uuid::Uuid;

use super::{LivingKey, ProjectState};
use crate::{api_keys, members::store::read_role, servers::store::ServerRow};

#[derive(Debug, sqlx::FromRow)]
struct KeyRow {
    id: Uuid,
    project_id: Uuid,
    lookup_id: String,
    hash: Vec<u8>,
    created_by_user_id: Uuid,
    expires_at_us: Option<i64>,
    role: String,
}

const RAISE: &str = "
    UPDATE deployment SET snapshot_version = snapshot_version + 1 WHERE id = 1 RETURNING snapshot_version";

const MARK: &str = "UPDATE projects SET snapshot_version = $2 WHERE id = $1";

const VERSION: &str = "SELECT snapshot_version FROM deployment WHERE id = 1";

const PROJECTS: &str = "SELECT id, slug, name FROM projects WHERE snapshot_version > $1 ORDER BY id";

const SERVERS: &str = "
    SELECT s.* FROM servers s JOIN projects p ON p.id = s.project_id
     WHERE p.snapshot_version > $1 ORDER BY s.id";

const KEYS: &str = "
    SELECT k.id, k.project_id, k.lookup_id, k.hash, k.created_by_user_id, k.expires_at_us, m.role
      FROM api_keys k
      JOIN projects p ON p.id = k.project_id
      JOIN users u ON u.id = k.created_by_user_id AND u.is_active
      JOIN project_members m ON m.project_id = k.project_id AND m.user_id = k.created_by_user_id
     WHERE p.snapshot_version > $1 AND k.revoked_at_us IS NULL
       AND (k.expires_at_us IS NULL OR k.expires_at_us > $2)
     ORDER BY k.id";

/// Gives the project the deployment's next version. Others that change anything
/// wait from here to this transaction's end.
pub(crate) async fn raise_version(
    transaction: &mut Transaction,
    project_id: ProjectId,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        let version: i64 = sqlx::query_scalar(RAISE).fetch_one(&mut *connection).await?;
        sqlx::query(MARK)
            .bind(project_id.uuid())
            .bind(version)
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub(crate) async fn version(database: &Database) -> Result<i64, DatabaseError> {
    Ok(on_database!(database, |pool| {
        sqlx::query_scalar(VERSION).fetch_one(pool).await
    })?)
}

/// The projects whose version is above that one, as they are now.
pub(crate) async fn changed_after(
    database: &Database,
    version: i64,
    now: Timestamp,
) -> Result<Vec<ProjectState>, DatabaseError> {
    let rows: Vec<(Uuid, String, String)> = on_database!(database, |pool| {
        sqlx::query_as(PROJECTS).bind(version).fetch_all(pool).await
    })?;
    let mut projects: BTreeMap<Uuid, ProjectState> = rows
        .into_iter()
        .map(|(id, slug, name)| {
            let state = ProjectState {
                id: ProjectId::from_uuid(id),
                slug,
                name,
                servers: Vec::new(),
                keys: Vec::new(),
            };
            (id, state)
        })
        .collect();

    let servers: Vec<ServerRow> = on_database!(database, |pool| {
        sqlx::query_as(SERVERS).bind(version).fetch_all(pool).await
    })?;
    for row in servers {
        match row.read() {
            Ok(server) => {
                if let Some(project) = projects.get_mut(&server.project_id.uuid()) {
                    project.servers.push(server);
                }
            }
            // Others must not suffer for one of a newer release.
            Err(error) => tracing::error!(?error, "a server cannot be read, leaving it out of the snapshot"),
        }
    }

    let keys: Vec<KeyRow> = on_database!(database, |pool| {
        sqlx::query_as(KEYS)
            .bind(version)
            .bind(now.as_micros())
            .fetch_all(pool)
            .await
    })?;
    for row in keys {
        if let (Some(project), Some(role)) = (projects.get_mut(&row.project_id), read_role(&row.role)) {
            project.keys.push(LivingKey {
                id: ApiKeyId::from_uuid(row.id),
                lookup_id: row.lookup_id,
                hash: row.hash,
                expires_at: row.expires_at_us.map(Timestamp::from_micros),
                user_id: UserId::from_uuid(row.created_by_user_id),
                permissions: api_keys::permissions(role),
            });
        }
    }
    Ok(projects.into_values().collect())
}
