use database::{DatabaseError, keyset::Place};
use uuid::Uuid;

use super::ServerLogRow;
use crate::store::{Statement, Store, push_place};

impl Store {
    /// The lines of a place in the list, in the order of the place, at most
    /// `limit`; of one server or of all.
    pub(crate) async fn list_server_logs(
        &self,
        project_id: Uuid,
        server_id: Option<Uuid>,
        place: Place,
        limit: u32,
    ) -> Result<Vec<ServerLogRow>, DatabaseError> {
        let mut statement = Statement::new(&self.database, "SELECT * FROM server_logs WHERE project_id = ");
        statement.bind(project_id);
        if let Some(server_id) = server_id {
            statement.push(" AND server_id = ").bind(server_id);
        }
        push_place(&mut statement, place, "at", limit);
        statement.fetch_all(&self.database).await
    }
}
