use database::{Database, DatabaseError, on_database};
use domain::ProjectId;

const SLUG_AND_NAME: &str = "SELECT slug, name FROM projects WHERE id = $1";

pub(super) async fn slug_and_name(
    database: &Database,
    project: ProjectId,
) -> Result<Option<(String, String)>, DatabaseError> {
    Ok(on_database!(database, |pool| sqlx::query_as(SLUG_AND_NAME)
        .bind(project.uuid())
        .fetch_optional(pool)
        .await)?)
}
