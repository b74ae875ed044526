use std::collections::BTreeSet;

use database::{Database, DatabaseError, on_database};
use domain::Timestamp;
use uuid::Uuid;

use super::{RetentionRow, days_ago};
use crate::{
    rollup::{CallerRow, DAY_US, HOUR_US, RollupRow, ToolCallersRow},
    row::Row as _,
    store::{Statement, Store, first_id, insert},
};

mod postgres;
mod purge;

/// Rows that one statement takes away: no writer waits long for it.
const STEP: i64 = 1_000;

const DEAD_LETTERS_DAYS: i64 = 90;

/// After so long nobody sends the records that a hole is made of.
const PROGRESS_DAYS: i64 = 90;

/// Commits that a tail can still go on from.
const KEPT_COMMITS: i64 = 200_000;

impl Store {
    /// How long a project's things are kept.
    pub(crate) async fn retention(&self, project_id: Uuid) -> Result<RetentionRow, DatabaseError> {
        let mut statement = Statement::new(&self.database, "SELECT * FROM retention WHERE project_id = ");
        statement.bind(project_id);
        let found = statement.fetch_optional(&self.database).await?;
        Ok(found.unwrap_or(RetentionRow::by_default(project_id)))
    }

    /// Changes it, of each of these projects.
    pub(super) async fn set_retention(&self, retention: &[RetentionRow]) -> Result<(), DatabaseError> {
        let mut transaction = self.database.begin().await?;
        insert(
            &mut transaction,
            retention,
            "ON CONFLICT (project_id) DO UPDATE SET
             tool_calls_days = excluded.tool_calls_days, payloads_days = excluded.payloads_days,
             server_logs_days = excluded.server_logs_days, sessions_days = excluded.sessions_days",
        )
        .await?;
        transaction.commit().await
    }

    /// Takes away what is older than it is to be kept, in small steps.
    pub(crate) async fn sweep(&self, now: Timestamp) -> Result<(), DatabaseError> {
        self.drop_days(now).await?;
        let retentions = self.retentions().await?;
        for retention in &retentions {
            self.sweep_project(retention, now).await?;
        }
        // Of all projects at once: one volume has calls of many.
        let kept = |retention: &RetentionRow| {
            let before = days_ago(now, retention.payloads_days);
            (retention.project_id, first_id(before))
        };
        self.forget_words(retentions.iter().map(kept).collect()).await?;
        self.trim_commits().await?;
        self.trim_progress(now).await?;
        self.delete_old(
            "dead_letters",
            "sha256",
            "received_at",
            None,
            days_ago(now, DEAD_LETTERS_DAYS),
        )
        .await
    }

    /// Of every project that has something.
    async fn retentions(&self) -> Result<Vec<RetentionRow>, DatabaseError> {
        let mut retentions = Vec::new();
        for project_id in self.projects().await? {
            retentions.push(self.retention(project_id).await?);
        }
        Ok(retentions)
    }

    /// Every project that has something.
    pub(super) async fn projects(&self) -> Result<BTreeSet<Uuid>, DatabaseError> {
        let mut projects = BTreeSet::new();
        for table in [
            "tool_call_rollups",
            "tool_calls",
            "server_logs",
            "client_sessions",
            "unindexed_calls",
            "word_sections",
        ] {
            projects.extend(self.projects_in(table).await?.into_iter().map(|(id,)| id));
        }
        Ok(projects)
    }

    /// One step of the index per project, not one per row.
    async fn projects_in(&self, table: &str) -> Result<Vec<(Uuid,)>, DatabaseError> {
        let mut projects: Vec<(Uuid,)> = Vec::new();
        loop {
            let mut statement = Statement::new(
                &self.database,
                &format!("SELECT project_id FROM {table} WHERE project_id > "),
            );
            statement.bind(projects.last().map_or(Uuid::nil(), |(id,)| *id));
            statement.push(" ORDER BY project_id LIMIT 1");
            match statement.fetch_optional(&self.database).await? {
                Some(project) => projects.push(project),
                None => return Ok(projects),
            }
        }
    }

    async fn sweep_project(&self, retention: &RetentionRow, now: Timestamp) -> Result<(), DatabaseError> {
        let project = Some(retention.project_id);
        let calls_before = days_ago(now, retention.tool_calls_days);
        self.delete_bodies(retention.project_id, days_ago(now, retention.payloads_days))
            .await?;
        self.delete_old("tool_calls", "id", "started_at", project, calls_before)
            .await?;
        for table in [RollupRow::TABLE, CallerRow::TABLE, ToolCallersRow::TABLE] {
            self.delete_rollups(table, retention.project_id, calls_before)
                .await?;
        }
        self.delete_old("callers", "number", "last_day", project, calls_before - DAY_US)
            .await?;
        let logs_before = days_ago(now, retention.server_logs_days);
        self.delete_old("server_logs", "id", "at", project, logs_before)
            .await?;
        let sessions_before = days_ago(now, retention.sessions_days);
        self.delete_sessions(retention.project_id, sessions_before).await
    }

    async fn delete_rollups(&self, table: &str, project_id: Uuid, before: i64) -> Result<(), DatabaseError> {
        let mut transaction = self.database.begin().await?;
        let mut statement =
            Statement::within(&transaction, &format!("DELETE FROM {table} WHERE project_id = "));
        statement.bind(project_id);
        if table == ToolCallersRow::TABLE {
            statement.push(" AND at <= ").bind(before - HOUR_US);
        } else {
            // By the key, which begins with these.
            if table == RollupRow::TABLE {
                statement.push(" AND scope IN (0, 1)");
            }
            statement.push(" AND step_us IN (60000000, 3600000000, 86400000000)");
            statement.push(" AND at + step_us <= ").bind(before);
            statement.push(" AND at < ").bind(before);
        }
        statement.execute(&mut transaction).await?;
        transaction.commit().await
    }

    async fn delete_old(
        &self,
        table: &str,
        key: &str,
        at: &str,
        project_id: Option<Uuid>,
        before: i64,
    ) -> Result<(), DatabaseError> {
        loop {
            let mut transaction = self.database.begin().await?;
            let mut statement = Statement::within(
                &transaction,
                &format!("DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {at} < "),
            );
            statement.bind(before);
            if let Some(project_id) = project_id {
                statement.push(" AND project_id = ").bind(project_id);
            }
            statement.push(&format!(" LIMIT {STEP}) RETURNING 1"));
            let gone: Vec<(i32,)> = statement.fetch_within(&mut transaction).await?;
            transaction.commit().await?;
            if gone.len() < STEP as usize {
                return Ok(());
            }
        }
    }

    /// Sessions that are over, with their counts.
    async fn delete_sessions(&self, project_id: Uuid, before: i64) -> Result<(), DatabaseError> {
        loop {
            let mut transaction = self.database.begin().await?;
            let mut statement = Statement::within(
                &transaction,
                "DELETE FROM client_sessions WHERE id IN (SELECT id FROM client_sessions
                 WHERE ended_at IS NOT NULL AND last_seen_at < ",
            );
            statement.bind(before);
            statement.push(" AND project_id = ").bind(project_id);
            statement.push(&format!(" LIMIT {STEP}) RETURNING id"));
            let gone: Vec<(Uuid,)> = statement.fetch_within(&mut transaction).await?;
            if !gone.is_empty() {
                let mut counts = Statement::within(
                    &transaction,
                    "DELETE FROM session_call_counts WHERE session_id IN ",
                );
                counts.bind_list(gone.iter().map(|(id,)| *id));
                counts.execute(&mut transaction).await?;
            }
            transaction.commit().await?;
            if gone.len() < STEP as usize {
                return Ok(());
            }
        }
    }

    /// A tail that was away for longer begins anew. Calls keep the number of
    /// their commit, which nobody looks up any more.
    async fn trim_commits(&self) -> Result<(), DatabaseError> {
        let last = self.last_position().await?;
        on_database!(&self.database, |pool| {
            sqlx::query("DELETE FROM commits WHERE position < $1")
                .bind(last - KEPT_COMMITS)
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// Of the lives of gateways before their last one: what that has got to must
    /// be known when it goes on.
    async fn trim_progress(&self, now: Timestamp) -> Result<(), DatabaseError> {
        on_database!(&self.database, |pool| {
            sqlx::query(
                "DELETE FROM ingest_progress WHERE updated_at < $1 AND epoch < (
                 SELECT MAX(epoch) FROM ingest_progress AS later
                 WHERE later.gateway_id = ingest_progress.gateway_id)",
            )
            .bind(days_ago(now, PROGRESS_DAYS))
            .execute(pool)
            .await?;
        });
        Ok(())
    }

    /// Bodies that are older, or whose call is gone.
    async fn delete_bodies(&self, project_id: Uuid, before: i64) -> Result<(), DatabaseError> {
        loop {
            let mut transaction = self.database.begin().await?;
            let mut statement = Statement::within(
                &transaction,
                "DELETE FROM tool_call_bodies WHERE tool_call_id IN (
                 SELECT tool_call_id FROM tool_call_bodies LEFT JOIN tool_calls ON id = tool_call_id
                 WHERE tool_call_id < ",
            );
            statement.bind(first_id(before));
            statement
                .push(" AND (id IS NULL OR project_id = ")
                .bind(project_id)
                .push(&format!(") LIMIT {STEP})"));
            let gone = statement.execute(&mut transaction).await?;
            transaction.commit().await?;
            if gone < STEP.unsigned_abs() {
                return Ok(());
            }
        }
    }

    async fn drop_days(&self, now: Timestamp) -> Result<(), DatabaseError> {
        match &self.database {
            Database::Sqlite(_) => Ok(()),
            Database::Postgres(pool) => {
                let pool = pool.clone();
                self.drop_days_postgres(&pool, now).await
            }
        }
    }
}
