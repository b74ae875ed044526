use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{ProjectId, ServerId};
use uuid::Uuid;

const OF_PROJECT: &str =
    "SELECT t.server_id, t.tool FROM disabled_tools t JOIN servers v ON v.id = t.server_id
     WHERE v.project_id = $1";

const INSERT: &str =
    "INSERT INTO disabled_tools (server_id, tool) VALUES ($1, $2) ON CONFLICT (server_id, tool) DO NOTHING";

const DELETE: &str = "DELETE FROM disabled_tools WHERE server_id = $1 AND tool = $2";

/// What is off, of all servers of a project.
pub(in crate::servers) async fn of_project(
    database: &Database,
    project: ProjectId,
) -> Result<Vec<(ServerId, String)>, DatabaseError> {
    let rows: Vec<(Uuid, String)> = on_database!(database, |pool| sqlx::query_as(OF_PROJECT)
        .bind(project.uuid())
        .fetch_all(pool)
        .await)?;
    Ok(read(rows))
}

/// The same within a transaction.
pub(in crate::servers) async fn of_project_for_change(
    transaction: &mut Transaction,
    project: ProjectId,
) -> Result<Vec<(ServerId, String)>, DatabaseError> {
    let rows: Vec<(Uuid, String)> = on_transaction!(transaction, |connection| sqlx::query_as(OF_PROJECT)
        .bind(project.uuid())
        .fetch_all(connection)
        .await)?;
    Ok(read(rows))
}

pub(in crate::servers) async fn switch(
    transaction: &mut Transaction,
    server: ServerId,
    tool: &str,
    is_enabled: bool,
) -> Result<(), DatabaseError> {
    let statement = if is_enabled { DELETE } else { INSERT };
    on_transaction!(transaction, |connection| sqlx::query(statement)
        .bind(server.uuid())
        .bind(tool)
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

fn read(rows: Vec<(Uuid, String)>) -> Vec<(ServerId, String)> {
    rows.into_iter()
        .map(|(server, tool)| (ServerId::from_uuid(server), tool))
        .collect()
}
