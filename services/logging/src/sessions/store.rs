use database::{DatabaseError, keyset::Place};
use uuid::Uuid;

use super::CountedSession;
use crate::store::{Statement, Store, push_place};

const SELECT: &str = "
    SELECT client_sessions.*, COALESCE(total, 0) AS total, COALESCE(successful, 0) AS successful,
           COALESCE(failed, 0) AS failed
    FROM client_sessions LEFT JOIN session_call_counts ON session_id = id
    WHERE project_id = ";

impl Store {
    /// The sessions of a place in the list, in the order of the place, at most
    /// `limit`.
    pub(crate) async fn list_sessions(
        &self,
        project_id: Uuid,
        place: Place,
        limit: u32,
    ) -> Result<Vec<CountedSession>, DatabaseError> {
        let mut statement = Statement::new(&self.database, SELECT);
        statement.bind(project_id);
        push_place(&mut statement, place, "started_at", limit);
        statement.fetch_all(&self.database).await
    }

    /// One session of a project.
    pub(crate) async fn find_session(
        &self,
        project_id: Uuid,
        id: Uuid,
    ) -> Result<Option<CountedSession>, DatabaseError> {
        let mut statement = Statement::new(&self.database, SELECT);
        statement.bind(project_id).push(" AND id = ").bind(id);
        statement.fetch_optional(&self.database).await
    }
}
