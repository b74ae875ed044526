use std::collections::HashSet;

use database::{DatabaseError, Transaction};
use uuid::Uuid;

use super::{
    Statement, Store,
    condition::{push_filter, push_terms},
    statement::insert,
};
use crate::{
    figures::{Cell, Combination, Dimension},
    filter::{Range, ToolCallFilter},
    rollup::{self, BY_TOOL, OF_ALL, Part, RollupRow},
    tool_call::ToolCallRow,
};

/// Calls that are counted where rollups do not know what is asked for.
pub(crate) const MAX_COUNTED: u64 = 100_000;

const ADD: &str = "ON CONFLICT (project_id, scope, step_us, at, server_id, server_name, tool_name,
    status, error_kind, duration_bucket) DO UPDATE SET
    calls = tool_call_rollups.calls + excluded.calls,
    duration_us = tool_call_rollups.duration_us + excluded.duration_us";

/// How cells are told apart.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Grouping {
    /// Width of a bucket of time.
    pub(crate) step_us: Option<i64>,
    pub(crate) by: Option<Dimension>,
    /// By status and latency too; else both are empty.
    pub(crate) with_latency: bool,
}

/// Counts calls that ended in this transaction, and sees to their sessions.
pub(super) async fn write(
    transaction: &mut Transaction,
    ended: &[&ToolCallRow],
    seen: &[&ToolCallRow],
) -> Result<(), DatabaseError> {
    let hours = rollup::session_hours(seen.iter().copied());
    insert(transaction, &hours, "ON CONFLICT DO NOTHING").await?;
    let rows: Vec<RollupRow> = rollup::count(ended.iter().copied());
    insert(transaction, &rows, ADD).await
}

impl Store {
    /// Counts of the calls of a filter, and whether they are of the newest
    /// calls only.
    pub(crate) async fn cells(
        &self,
        filter: &ToolCallFilter,
        grouping: Grouping,
    ) -> Result<(Vec<Cell>, bool), DatabaseError> {
        let by_rollups = grouping.by.is_none_or(Dimension::is_rolled_up) && rollup::can_answer(filter);
        if !by_rollups {
            let is_limited = grouping.step_us.is_none() && !grouping.with_latency;
            let cells = self
                .count_calls(filter, filter.range, grouping, is_limited, false)
                .await?;
            let counted: u64 = cells.iter().map(Cell::calls).sum();
            return Ok((cells, is_limited && counted > MAX_COUNTED));
        }
        let mut cells = Vec::new();
        for part in rollup::parts(filter.range, grouping.step_us) {
            cells.extend(match part {
                Part::Calls(range) => self.count_calls(filter, range, grouping, false, false).await?,
                Part::Rollups { step_us, from, to } => {
                    let range = Range::between(from, to);
                    let mut counted = self.sum_rollups(filter, step_us, from, to, grouping).await?;
                    // Those that run are in no rollup.
                    counted.extend(self.count_calls(filter, range, grouping, false, true).await?);
                    counted
                }
            });
        }
        Ok((cells, false))
    }

    /// Counts of the newest calls of a filter by all of these dimensions at once,
    /// and whether there are more calls than that.
    pub(crate) async fn combinations(
        &self,
        filter: &ToolCallFilter,
        dimensions: &[Dimension],
    ) -> Result<(Vec<Combination>, bool), DatabaseError> {
        let columns: Vec<&str> = dimensions
            .iter()
            .filter_map(|dimension| dimension.combined_column())
            .collect();
        let (count, columns) = (columns.len(), columns.join(", "));
        let mut statement = Statement::new(
            &self.database,
            &format!("SELECT {columns}, COUNT(*) AS calls FROM (SELECT {columns} FROM tool_calls"),
        );
        push_filter(&mut statement, filter, filter.range);
        let limit = MAX_COUNTED + 1;
        statement.push(&format!(
            " ORDER BY started_at DESC, id DESC LIMIT {limit}) AS newest"
        ));
        push_groups(&mut statement, count);
        let found: Vec<Combination> = statement.fetch_all(&self.database).await?;
        let counted: u64 = found.iter().map(Combination::calls).sum();
        Ok((found, counted > MAX_COUNTED))
    }

    async fn sum_rollups(
        &self,
        filter: &ToolCallFilter,
        step_us: i64,
        from: i64,
        to: i64,
        grouping: Grouping,
    ) -> Result<Vec<Cell>, DatabaseError> {
        let needs_tools = rollup::needs_tools(filter) || grouping.by.is_some_and(Dimension::is_of_tool);
        let scope = if needs_tools { BY_TOOL } else { OF_ALL };
        let (mut select, columns) = head("at", grouping);
        select.push_str(
            "CAST(SUM(calls) AS BIGINT) AS calls,
             CAST(SUM(duration_us) AS DOUBLE PRECISION) AS duration_us
             FROM tool_call_rollups WHERE project_id = ",
        );
        let mut statement = Statement::new(&self.database, &select);
        statement.bind(filter.project_id);
        statement.push(" AND scope = ").bind(scope);
        statement.push(" AND step_us = ").bind(step_us);
        statement.push(" AND at >= ").bind(from);
        statement.push(" AND at < ").bind(to);
        push_terms(&mut statement, filter);
        push_groups(&mut statement, columns);
        statement.fetch_all(&self.database).await
    }

    async fn count_calls(
        &self,
        filter: &ToolCallFilter,
        range: Range,
        grouping: Grouping,
        is_limited: bool,
        is_running: bool,
    ) -> Result<Vec<Cell>, DatabaseError> {
        let (mut select, columns) = head("started_at", grouping);
        select.push_str(
            "COUNT(*) AS calls,
             COALESCE(SUM(CAST(duration_us AS DOUBLE PRECISION)), 0.0) AS duration_us FROM ",
        );
        let mut statement = Statement::new(&self.database, &select);
        statement.push(if is_limited {
            "(SELECT * FROM tool_calls"
        } else {
            "tool_calls"
        });
        push_filter(&mut statement, filter, range);
        if is_running {
            statement.push(" AND status = 'running'");
        }
        if grouping.by == Some(Dimension::ErrorMessage) {
            statement.push(" AND error_message <> ''");
        }
        if is_limited {
            let limit = MAX_COUNTED + 1;
            statement.push(&format!(
                " ORDER BY started_at DESC, id DESC LIMIT {limit}) AS newest"
            ));
        }
        push_groups(&mut statement, columns);
        statement.fetch_all(&self.database).await
    }

    /// How many tools and how many sessions the calls of a filter are of.
    pub(crate) async fn count_unique(&self, filter: &ToolCallFilter) -> Result<(u64, u64), DatabaseError> {
        let mut tools = HashSet::new();
        for part in parts_for(filter, rollup::can_answer(filter), |range| {
            rollup::parts(range, None)
        }) {
            let columns = "SELECT DISTINCT server_name, tool_name FROM ";
            let statement = self.select_part(filter, part, columns, "tool_call_rollups");
            let found: Vec<(String, String)> = statement.fetch_all(&self.database).await?;
            tools.extend(found);
            if let Part::Rollups { from, to, .. } = part {
                let mut running = Statement::new(&self.database, columns);
                running.push("tool_calls");
                push_filter(&mut running, filter, Range::between(from, to));
                running.push(" AND status = 'running'");
                let found: Vec<(String, String)> = running.fetch_all(&self.database).await?;
                tools.extend(found);
            }
        }
        let mut sessions = HashSet::new();
        for part in parts_for(filter, filter.terms.is_empty(), rollup::hours) {
            let columns = "SELECT DISTINCT session_id FROM ";
            let statement = self.select_part(filter, part, columns, "session_hours");
            let found: Vec<(Option<Uuid>,)> = statement.fetch_all(&self.database).await?;
            sessions.extend(found.into_iter().filter_map(|(session,)| session));
        }
        Ok((tools.len() as u64, sessions.len() as u64))
    }

    fn select_part(&self, filter: &ToolCallFilter, part: Part, columns: &str, rolled_up: &str) -> Statement {
        let mut statement = Statement::new(&self.database, columns);
        match part {
            Part::Calls(range) => {
                statement.push("tool_calls");
                push_filter(&mut statement, filter, range);
            }
            Part::Rollups { step_us, from, to } => {
                statement
                    .push(rolled_up)
                    .push(" WHERE project_id = ")
                    .bind(filter.project_id);
                let at = if rolled_up == "session_hours" {
                    "hour"
                } else {
                    statement.push(" AND scope = ").bind(BY_TOOL);
                    statement.push(" AND step_us = ").bind(step_us);
                    "at"
                };
                statement.push(&format!(" AND {at} >= ")).bind(from);
                statement.push(&format!(" AND {at} < ")).bind(to);
                push_terms(&mut statement, filter);
            }
        }
        statement
    }
}

fn parts_for(filter: &ToolCallFilter, is_rolled_up: bool, parts: impl Fn(Range) -> Vec<Part>) -> Vec<Part> {
    if is_rolled_up {
        parts(filter.range)
    } else {
        vec![Part::Calls(filter.range)]
    }
}

/// The columns before the counts, and how many they are.
fn head(at: &str, grouping: Grouping) -> (String, usize) {
    let mut columns = Vec::new();
    if let Some(step_us) = grouping.step_us {
        columns.push(format!("{at} / {step_us} * {step_us} AS start"));
    }
    if let Some(by) = grouping.by {
        columns.extend(by.columns().iter().map(|column| (*column).to_owned()));
    }
    if grouping.with_latency {
        columns.push("status".to_owned());
        columns.push("duration_bucket".to_owned());
    }
    let count = columns.len();
    columns.push(String::new());
    (format!("SELECT {}", columns.join(", ")), count)
}

fn push_groups(statement: &mut Statement, columns: usize) {
    let numbers: Vec<String> = (1..=columns).map(|number| number.to_string()).collect();
    if !numbers.is_empty() {
        statement.push(" GROUP BY ").push(&numbers.join(", "));
    }
}
