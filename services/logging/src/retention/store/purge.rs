use database::{DatabaseError, Transaction};
use uuid::Uuid;

use super::STEP;
use crate::{
    rollup::{DAY_US, STEPS_US},
    store::{Statement, Store},
};

/// By the id of the call.
const BODIES: &str = "DELETE FROM tool_call_bodies WHERE tool_call_id IN ";

/// Names of tables whose rows are a session's, by its id.
const OF_SESSIONS: &str = "DELETE FROM session_call_counts WHERE session_id IN ";

impl Store {
    /// Takes away everything that there is of a project, in small steps. What
    /// gateways still send of it afterwards, the next sweep takes.
    pub(crate) async fn purge_project(&self, project_id: Uuid) -> Result<(), DatabaseError> {
        while self.purge_calls(project_id).await? {}
        self.forget_words([(project_id, Uuid::max())].into()).await?;
        while self.purge_sessions(project_id).await? {}
        self.delete_old("server_logs", "id", "at", Some(project_id), i64::MAX)
            .await?;
        for scope in [0, 1] {
            for step_us in STEPS_US {
                // By the key, which begins with these.
                let of = format!("tool_call_rollups WHERE scope = {scope} AND step_us = {step_us} AND");
                while self.purge_first_day(&of, project_id).await? {}
            }
        }
        for step_us in STEPS_US {
            let of = format!("caller_rollups WHERE step_us = {step_us} AND");
            while self.purge_first_day(&of, project_id).await? {}
        }
        while self
            .purge_first_day("tool_caller_rollups WHERE", project_id)
            .await?
        {}
        self.delete_old("callers", "number", "last_day", Some(project_id), i64::MAX)
            .await?;
        let mut transaction = self.database.begin().await?;
        let mut retention = Statement::within(&transaction, "DELETE FROM retention WHERE project_id = ");
        retention.bind(project_id);
        retention.execute(&mut transaction).await?;
        transaction.commit().await
    }

    /// A step of calls with their bodies. Whether there may be more.
    async fn purge_calls(&self, project_id: Uuid) -> Result<bool, DatabaseError> {
        let mut transaction = self.database.begin().await?;
        let mut calls = Statement::within(
            &transaction,
            "DELETE FROM tool_calls WHERE id IN (SELECT id FROM tool_calls WHERE project_id = ",
        );
        calls.bind(project_id);
        calls.push(&format!(
            " ORDER BY started_at LIMIT {STEP}) RETURNING id, session_id"
        ));
        let gone: Vec<(Uuid, Option<Uuid>)> = calls.fetch_within(&mut transaction).await?;
        if gone.is_empty() {
            return Ok(false);
        }
        let mut sessions: Vec<_> = gone.iter().filter_map(|(_, session)| *session).collect();
        sessions.sort_unstable();
        sessions.dedup();
        delete_listed(&mut transaction, OF_SESSIONS, sessions).await?;
        let ids = gone.iter().map(|(id, _)| *id).collect();
        delete_listed(&mut transaction, BODIES, ids).await?;
        transaction.commit().await?;
        Ok(gone.len() == STEP as usize)
    }

    /// A step of sessions with their counts, whether they are over or not.
    async fn purge_sessions(&self, project_id: Uuid) -> Result<bool, DatabaseError> {
        let mut transaction = self.database.begin().await?;
        let mut sessions = Statement::within(
            &transaction,
            "DELETE FROM client_sessions WHERE id IN (SELECT id FROM client_sessions WHERE project_id = ",
        );
        sessions.bind(project_id);
        sessions.push(&format!(" LIMIT {STEP}) RETURNING id"));
        let gone: Vec<(Uuid,)> = sessions.fetch_within(&mut transaction).await?;
        let ids = gone.iter().map(|(id,)| *id).collect();
        delete_listed(&mut transaction, OF_SESSIONS, ids).await?;
        transaction.commit().await?;
        Ok(gone.len() == STEP as usize)
    }

    /// The first day that some rows of a table have of the project. Whether there
    /// was one.
    async fn purge_first_day(&self, of: &str, project_id: Uuid) -> Result<bool, DatabaseError> {
        let mut transaction = self.database.begin().await?;
        let mut first = Statement::within(&transaction, &format!("SELECT MIN(at) FROM {of} project_id = "));
        first.bind(project_id);
        let first: Vec<(Option<i64>,)> = first.fetch_within(&mut transaction).await?;
        let Some(&(Some(first),)) = first.first() else {
            return Ok(false);
        };
        let mut day = Statement::within(&transaction, &format!("DELETE FROM {of} project_id = "));
        day.bind(project_id);
        day.push(" AND at < ").bind(first + DAY_US);
        day.execute(&mut transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

async fn delete_listed(
    transaction: &mut Transaction,
    delete: &str,
    ids: Vec<Uuid>,
) -> Result<(), DatabaseError> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut statement = Statement::within(transaction, delete);
    statement.bind_list(ids);
    statement.execute(transaction).await?;
    Ok(())
}
