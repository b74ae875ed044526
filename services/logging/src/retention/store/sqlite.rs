use database::DatabaseError;
use uuid::Uuid;

use super::STEP;
use crate::store::{Statement, Store, first_id};

impl Store {
    /// Bodies that are older, or whose call is gone, with their words.
    pub(super) async fn delete_bodies_sqlite(
        &self,
        project_id: Uuid,
        before: i64,
    ) -> Result<(), DatabaseError> {
        loop {
            let mut transaction = self.database.begin().await?;
            let mut statement = Statement::within(
                &transaction,
                "DELETE FROM tool_call_bodies WHERE number IN (
                 SELECT number FROM tool_call_bodies LEFT JOIN tool_calls ON id = tool_call_id
                 WHERE tool_call_id < ",
            );
            statement.bind(first_id(before));
            statement
                .push(" AND (id IS NULL OR project_id = ")
                .bind(project_id);
            statement.push(&format!(") LIMIT {STEP}) RETURNING number"));
            let gone: Vec<(i64,)> = statement.fetch_within(&mut transaction).await?;
            if !gone.is_empty() {
                let mut words =
                    Statement::within(&transaction, "DELETE FROM tool_call_words WHERE rowid IN ");
                words.bind_list(gone.iter().map(|(number,)| *number));
                words.execute(&mut transaction).await?;
            }
            transaction.commit().await?;
            if gone.len() < STEP as usize {
                return Ok(());
            }
        }
    }
}
