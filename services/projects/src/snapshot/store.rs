use access::KeyHash;
use database::{Database, DatabaseError, on_database};
use domain::{ApiKeyId, ProjectId, Timestamp, UserId};
use uuid::Uuid;

use super::LiveKey;
use crate::{api_keys::limits::store::LimitsRow, members::store::read_role, settings::store::PayloadsRow};

const FIND: &str = "
    SELECT slug, name, payload_mode, redacted_paths
      FROM projects WHERE id = $1 AND deleted_at_us IS NULL";

/// A key whose creator left, or was switched off, is dead.
const LIVE_KEYS: &str = "
    SELECT k.id, k.lookup_id, k.hash, k.created_by_user_id, k.expires_at_us,
           (SELECT r.role FROM project_roles r
             WHERE r.project_id = k.project_id AND r.user_id = k.created_by_user_id) AS role,
           k.scopes, k.ip_ranges, k.rate_limit_per_minute, k.tools
      FROM api_keys k
      JOIN users u ON u.id = k.created_by_user_id AND u.is_active
     WHERE k.project_id = $1 AND k.revoked_at_us IS NULL
       AND (k.expires_at_us IS NULL OR k.expires_at_us > $2)
     ORDER BY k.id";

#[derive(sqlx::FromRow)]
pub(super) struct ProjectRow {
    pub(super) slug: String,
    pub(super) name: String,
    #[sqlx(flatten)]
    pub(super) payloads: PayloadsRow,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: Uuid,
    lookup_id: String,
    hash: Vec<u8>,
    created_by_user_id: Uuid,
    expires_at_us: Option<i64>,
    role: Option<String>,
    #[sqlx(flatten)]
    limits: LimitsRow,
}

pub(super) async fn find(
    database: &Database,
    project: ProjectId,
) -> Result<Option<ProjectRow>, DatabaseError> {
    Ok(on_database!(database, |pool| sqlx::query_as(FIND)
        .bind(project.uuid())
        .fetch_optional(pool)
        .await)?)
}

pub(super) async fn live_keys(
    database: &Database,
    project: ProjectId,
    now: Timestamp,
) -> Result<Vec<LiveKey>, DatabaseError> {
    let rows: Vec<KeyRow> = on_database!(database, |pool| sqlx::query_as(LIVE_KEYS)
        .bind(project.uuid())
        .bind(now.as_micros())
        .fetch_all(pool)
        .await)?;
    Ok(rows.into_iter().filter_map(read).collect())
}

/// A key that cannot be read opens nothing, and does not take the others of
/// its project along.
fn read(row: KeyRow) -> Option<LiveKey> {
    let id = ApiKeyId::from_uuid(row.id);
    let role = read_role(row.role.as_deref()?)?;
    let Some(hash) = KeyHash::from_bytes(&row.hash) else {
        tracing::error!(api_key_id = %id, "the hash of an API key cannot be read, leaving the key out");
        return None;
    };
    let limits = match row.limits.read() {
        Ok(limits) => limits,
        Err(error) => {
            tracing::error!(api_key_id = %id, %error, "the limits of an API key cannot be read, leaving the key out");
            return None;
        }
    };
    Some(LiveKey {
        id,
        lookup_id: row.lookup_id,
        hash,
        expires_at: row.expires_at_us.map(Timestamp::from_micros),
        created_by: UserId::from_uuid(row.created_by_user_id),
        permissions: limits.permissions(role.permissions()),
        limits,
    })
}
