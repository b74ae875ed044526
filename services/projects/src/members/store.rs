use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{ProjectId, Role, Timestamp, UserId};

const INSERT: &str =
    "INSERT INTO project_members (project_id, user_id, role, created_at_us) VALUES ($1, $2, $3, $4)";

const ROLE: &str = "SELECT role FROM project_members WHERE project_id = $1 AND user_id = $2";

pub(crate) async fn insert(
    transaction: &mut Transaction,
    project_id: ProjectId,
    user_id: UserId,
    role: Role,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query(INSERT)
            .bind(project_id.uuid())
            .bind(user_id.uuid())
            .bind(role.as_str())
            .bind(now.as_micros())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// What somebody is in a project; absent when they are not in it.
pub(crate) async fn role(
    database: &Database,
    project_id: ProjectId,
    user_id: UserId,
) -> Result<Option<Role>, DatabaseError> {
    let word: Option<String> = on_database!(database, |pool| {
        sqlx::query_scalar(ROLE)
            .bind(project_id.uuid())
            .bind(user_id.uuid())
            .fetch_optional(pool)
            .await
    })?;
    Ok(word.as_deref().and_then(read_role))
}

/// A role of a newer release gives no access here: nobody knows how much.
pub(crate) fn read_role(word: &str) -> Option<Role> {
    let role = word.parse();
    if let Err(error) = &role {
        tracing::warn!(%error, "a stored role is unknown, treating it as none");
    }
    role.ok()
}
