use std::collections::{HashMap, HashSet};

use database::{DatabaseError, Transaction};

use super::{
    Statement, Store,
    condition::{OF_FAILED_CALLS, OF_RUNNING_CALLS, push_filter, push_terms},
    statement::{Readable, Way, fetch_alike, insert, insert_new},
};
use crate::{
    figures::{Cell, Combination, Dimension},
    filter::{Range, ToolCallFilter},
    rollup::{self, BY_TOOL, CallerRow, OF_ALL, Part, RollupRow, Source, ToolCallersRow},
    row::Counter,
    tally::Tally,
    tool_call::ToolCallRow,
};

mod callers;
mod tools_and_callers;

/// Calls that are counted where rollups do not know what is asked for.
pub(crate) const MAX_COUNTED: u64 = if cfg!(test) { 1_000 } else { 100_000 };

/// How cells are told apart.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Grouping {
    /// Width of a bucket of time.
    pub(crate) step_us: Option<i64>,
    pub(crate) by: Option<Dimension>,
    /// By status too; else it is empty.
    pub(crate) with_status: bool,
    /// By status and latency too.
    pub(crate) with_latency: bool,
    /// Which values there are, whatever the counts: those need not be added up.
    pub(crate) is_of_values: bool,
    /// Whether the newest calls are enough where rollups do not know.
    pub(crate) is_limited: bool,
}

/// A row of rollups of tools, of the columns that a cell is made of.
#[derive(Debug, sqlx::FromRow)]
struct RolledUp {
    #[sqlx(default)]
    start: i64,
    #[sqlx(default)]
    label: String,
    #[sqlx(default)]
    detail: String,
    status: String,
    duration_us: i64,
    latencies: Vec<u8>,
}

/// Counts of calls, before they are added to what is stored.
#[derive(Debug)]
pub(super) struct Counts {
    tools: Vec<RollupRow>,
    callers: Vec<CallerRow>,
}

impl Counts {
    pub(super) fn of(ended: &[&ToolCallRow]) -> Self {
        Self {
            tools: RollupRow::count(ended.iter().copied()),
            callers: CallerRow::count(ended.iter().copied()),
        }
    }

    /// Adds them, of calls that ended in this transaction. Only one transaction at a
    /// time does so: what is added to must not change before it is written.
    pub(super) async fn write(
        self,
        transaction: &mut Transaction,
        ended: &[&ToolCallRow],
        way: Way,
    ) -> Result<(), DatabaseError> {
        let numbers = tools_and_callers::number(transaction, ended).await?;
        let tools_and_callers = ToolCallersRow::count(ended.iter().copied(), &numbers);
        add(transaction, tools_and_callers, way).await?;
        add(transaction, self.tools, way).await?;
        add(transaction, self.callers, way).await
    }
}

async fn add<R: Counter + Readable>(
    transaction: &mut Transaction,
    rows: Vec<R>,
    way: Way,
) -> Result<(), DatabaseError> {
    let (key, counts) = R::COLUMNS.split_at(R::KEY_COLUMNS);
    let key = key.join(", ");
    let counts: Vec<String> = counts
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let replace = format!("ON CONFLICT ({key}) DO UPDATE SET {}", counts.join(", "));
    let stored: Vec<R> = fetch_alike(transaction, R::COLUMNS, &rows, R::KEY_COLUMNS).await?;
    let alike: Vec<Option<&R>> = {
        let stored: HashMap<R::Key<'_>, &R> = stored.iter().map(|row| (row.key(), row)).collect();
        rows.iter().map(|row| stored.get(&row.key()).copied()).collect()
    };
    let (mut known, mut new) = (Vec::new(), Vec::new());
    for (mut row, stored) in rows.into_iter().zip(alike) {
        match stored {
            Some(stored) => {
                row.add(stored);
                known.push(row);
            }
            None => new.push(row),
        }
    }
    insert(transaction, &known, &replace).await?;
    insert_new(transaction, &new, way, &replace).await
}

impl Store {
    /// Counts of the calls of a filter, and whether they are of the newest
    /// calls only.
    pub(crate) async fn cells(
        &self,
        filter: &ToolCallFilter,
        grouping: Grouping,
    ) -> Result<(Vec<Cell>, bool), DatabaseError> {
        let source = rollup::source(filter, grouping);
        if source == Source::Calls {
            let cells = self.count_calls(filter, filter.range, grouping, false).await?;
            let counted: u64 = cells.iter().map(Cell::calls).sum();
            return Ok((cells, grouping.is_limited && counted > MAX_COUNTED));
        }
        let all = Grouping {
            is_limited: false,
            ..grouping
        };
        let (mut cells, mut rolled_up) = (Vec::new(), None);
        for part in rollup::parts(filter.range, &rollup::steps(source, grouping.step_us)) {
            let (step_us, from, to) = match part {
                Part::Calls(range) => {
                    cells.extend(self.count_calls(filter, range, all, false).await?);
                    continue;
                }
                Part::Rollups { step_us, from, to } => (step_us, from, to),
            };
            cells.extend(match source {
                Source::Callers => self.sum_callers(filter, step_us, from, to, grouping).await?,
                Source::ToolsAndCallers => self.sum_tools_and_callers(filter, from, to, grouping).await?,
                _ if grouping.with_latency => self.sum_latencies(filter, step_us, from, to, grouping).await?,
                _ => self.sum_tools(filter, step_us, from, to, grouping).await?,
            });
            // One part begins where the other ends.
            let (first, _) = rolled_up.unwrap_or((from, to));
            rolled_up = Some((first, to));
        }
        // Those that run are in no rollup.
        if let Some((from, to)) = rolled_up {
            let range = Range::between(from, to);
            cells.extend(self.count_calls(filter, range, all, true).await?);
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
        let select = format!("SELECT {columns}, COUNT(*) AS calls FROM (SELECT {columns} FROM tool_calls");
        let (mut found, mut counted) = (Vec::new(), 0);
        let mut pieces = self.pieces(filter, filter.range).await?;
        while counted <= MAX_COUNTED
            && let Some((range, words)) = pieces.next().await?
        {
            let mut statement = Statement::new(&self.database, &select);
            statement.words = words;
            push_filter(&mut statement, filter, range);
            push_newest(&mut statement, counted);
            push_groups(&mut statement, count);
            let of_piece: Vec<Combination> = statement.fetch_all(&self.database).await?;
            counted += of_piece.iter().map(Combination::calls).sum::<u64>();
            found.extend(of_piece);
        }
        Ok((found, counted > MAX_COUNTED))
    }

    async fn sum_tools(
        &self,
        filter: &ToolCallFilter,
        step_us: i64,
        from: i64,
        to: i64,
        grouping: Grouping,
    ) -> Result<Vec<Cell>, DatabaseError> {
        let (columns, count) = columns("at", grouping);
        let select = format!(
            "SELECT {columns}CAST(SUM(calls) AS BIGINT) AS calls,
             CAST(SUM(duration_us) AS DOUBLE PRECISION) AS duration_us"
        );
        let mut statement = self.select_tools(&select, filter, step_us, from, to, grouping);
        push_groups(&mut statement, count);
        statement.fetch_all(&self.database).await
    }

    async fn sum_latencies(
        &self,
        filter: &ToolCallFilter,
        step_us: i64,
        from: i64,
        to: i64,
        grouping: Grouping,
    ) -> Result<Vec<Cell>, DatabaseError> {
        let without = Grouping {
            with_status: false,
            with_latency: false,
            ..grouping
        };
        let (columns, _) = columns("at", without);
        let select = format!("SELECT {columns}status, duration_us, latencies");
        let statement = self.select_tools(&select, filter, step_us, from, to, grouping);
        let rows: Vec<RolledUp> = statement.fetch_all(&self.database).await?;
        let mut sums: HashMap<_, (f64, Tally)> = HashMap::new();
        for row in rows {
            let alike = (row.start, row.label, row.detail, row.status);
            let (duration_us, latencies) = sums.entry(alike).or_default();
            *duration_us += row.duration_us as f64;
            latencies.add_packed(&row.latencies);
        }
        let mut cells = Vec::new();
        for ((start, label, detail, status), (duration_us, latencies)) in sums {
            for (index, (bucket, calls)) in latencies.iter().enumerate() {
                cells.push(Cell {
                    start,
                    label: label.clone(),
                    detail: detail.clone(),
                    named_by: None,
                    status: status.clone(),
                    duration_bucket: i16::try_from(bucket).ok(),
                    calls: calls.cast_signed(),
                    // Of all buckets together: nobody asks for that of one.
                    duration_us: if index == 0 { duration_us } else { 0.0 },
                });
            }
        }
        Ok(cells)
    }

    pub(super) fn select_tools(
        &self,
        select: &str,
        filter: &ToolCallFilter,
        step_us: i64,
        from: i64,
        to: i64,
        grouping: Grouping,
    ) -> Statement {
        let needs_tools = rollup::needs_tools(filter) || grouping.by.is_some_and(Dimension::is_of_tool);
        let scope = if needs_tools { BY_TOOL } else { OF_ALL };
        let mut statement = Statement::new(&self.database, select);
        statement
            .push(" FROM tool_call_rollups WHERE project_id = ")
            .bind(filter.project_id);
        statement.push(" AND scope = ").bind(scope);
        push_buckets(&mut statement, filter, step_us, from, to);
        statement
    }

    async fn count_calls(
        &self,
        filter: &ToolCallFilter,
        range: Range,
        grouping: Grouping,
        is_running: bool,
    ) -> Result<Vec<Cell>, DatabaseError> {
        let (columns, count) = columns("started_at", grouping);
        let select = format!(
            "SELECT {columns}COUNT(*) AS calls,
             COALESCE(SUM(CAST(duration_us AS DOUBLE PRECISION)), 0.0) AS duration_us FROM "
        );
        let (mut cells, mut counted) = (Vec::new(), 0);
        let mut pieces = self.pieces(filter, range).await?;
        while (!grouping.is_limited || counted <= MAX_COUNTED)
            && let Some((range, words)) = pieces.next().await?
        {
            let mut statement = Statement::new(&self.database, &select);
            statement.words = words;
            statement.push(if grouping.is_limited {
                "(SELECT * FROM tool_calls"
            } else {
                "tool_calls"
            });
            push_filter(&mut statement, filter, range);
            if is_running {
                statement.push(OF_RUNNING_CALLS);
            }
            if grouping.by == Some(Dimension::ErrorMessage) {
                statement.push(OF_FAILED_CALLS).push(" AND error_message <> ''");
            }
            if grouping.is_limited {
                push_newest(&mut statement, counted);
            }
            push_groups(&mut statement, count);
            let of_piece: Vec<Cell> = statement.fetch_all(&self.database).await?;
            counted += of_piece.iter().map(Cell::calls).sum::<u64>();
            cells.extend(of_piece);
        }
        Ok(cells)
    }

    /// How many tools and how many sessions the calls of a filter are of.
    pub(crate) async fn count_unique(&self, filter: &ToolCallFilter) -> Result<(u64, u64), DatabaseError> {
        let mut counts = [0, 0];
        for (count, dimension) in counts.iter_mut().zip([Dimension::Tool, Dimension::Session]) {
            let grouping = Grouping {
                by: Some(dimension),
                is_of_values: true,
                ..Grouping::default()
            };
            let (cells, _) = self.cells(filter, grouping).await?;
            let unique: HashSet<_> = cells.iter().map(|cell| (cell.value(), &cell.detail)).collect();
            *count = unique.iter().filter(|(value, _)| !value.is_empty()).count() as u64;
        }
        Ok((counts[0], counts[1]))
    }
}

/// Which rows of rollups are of a range and a filter.
fn push_buckets(statement: &mut Statement, filter: &ToolCallFilter, step_us: i64, from: i64, to: i64) {
    statement.push(" AND step_us = ").bind(step_us);
    statement.push(" AND at >= ").bind(from);
    statement.push(" AND at < ").bind(to);
    push_terms(statement, filter);
}

/// The columns before the counts, with a comma behind each, and how many they are.
fn columns(at: &str, grouping: Grouping) -> (String, usize) {
    let mut columns = Vec::new();
    if let Some(step_us) = grouping.step_us {
        columns.push(format!("{at} / {step_us} * {step_us} AS start"));
    }
    if let Some(by) = grouping.by {
        columns.extend(by.columns().iter().map(|column| (*column).to_owned()));
    }
    if grouping.with_status || grouping.with_latency {
        columns.push("status".to_owned());
    }
    if grouping.with_latency {
        columns.push("duration_bucket".to_owned());
    }
    let count = columns.len();
    columns.push(String::new());
    (columns.join(", "), count)
}

/// The newest calls, where newer ones have been counted, and one more than are
/// counted.
fn push_newest(statement: &mut Statement, counted: u64) {
    let limit = MAX_COUNTED + 1 - counted;
    statement.push(&format!(
        " ORDER BY started_at DESC, id DESC LIMIT {limit}) AS newest"
    ));
}

fn push_groups(statement: &mut Statement, columns: usize) {
    let numbers: Vec<String> = (1..=columns).map(|number| number.to_string()).collect();
    if !numbers.is_empty() {
        statement.push(" GROUP BY ").push(&numbers.join(", "));
    }
}
