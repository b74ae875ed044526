use database::{
    DatabaseError,
    keyset::{Key, Place},
};
use uuid::Uuid;

use super::{
    Statement, Store,
    condition::{self, OF_RUNNING_CALLS, push_filter},
    search::FoundWords,
    statement::WordLookup,
};
use crate::{
    filter::{Range, ToolCallFilter},
    row::{Row as _, Value},
    tool_call::{PayloadRow, ToolCallRow},
};

/// Changes that are read at a time.
const READ: usize = 500;

/// Changes behind a place among the commits, and up to one.
#[derive(Debug, Clone, Copy)]
struct Window {
    after: Key,
    up_to: Key,
}

impl Window {
    const fn new(after: Key, up_to: i64) -> Self {
        let up_to = Key {
            at: up_to,
            id: Uuid::max(),
        };
        Self { after, up_to }
    }
}

/// A call as it last changed.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Change {
    /// Of the commit.
    pub(crate) position: i64,
    #[sqlx(flatten)]
    pub(crate) call: ToolCallRow,
}

impl Store {
    /// The calls of a place in the list that are of a range, or those of them that run,
    /// by nothing but the indexes of the database.
    pub(super) async fn list_in(
        &self,
        filter: &ToolCallFilter,
        range: Range,
        is_running: bool,
        place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let mut statement = Statement::new(&self.database, &select_all());
        if is_running && !statement.is_postgres() {
            // By itself it goes through all calls, because those are in order.
            statement.push(" INDEXED BY tool_calls_running");
        }
        push_filter(&mut statement, filter, range);
        if is_running {
            statement.push(OF_RUNNING_CALLS);
        }
        push_place(&mut statement, place, "started_at", limit);
        statement.fetch_all(&self.database).await
    }

    /// One call of a project.
    pub(crate) async fn find_tool_call(
        &self,
        project_id: Uuid,
        id: Uuid,
    ) -> Result<Option<ToolCallRow>, DatabaseError> {
        let mut statement = Statement::new(&self.database, &select_all());
        statement
            .push(" WHERE id = ")
            .bind(id)
            .push(" AND project_id = ")
            .bind(project_id);
        statement.fetch_optional(&self.database).await
    }

    /// The payloads of some calls.
    pub(crate) async fn payloads(&self, ids: Vec<Uuid>) -> Result<Vec<PayloadRow>, DatabaseError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut statement = Statement::new(
            &self.database,
            "SELECT tool_call_id, arguments, result FROM tool_call_bodies WHERE tool_call_id IN ",
        );
        statement.bind_list(ids);
        statement.fetch_all(&self.database).await
    }

    /// The calls that changed behind a place among the commits and not behind a
    /// position, in the order of the commits.
    pub(crate) async fn changes(
        &self,
        filter: &ToolCallFilter,
        range: Range,
        after: Key,
        up_to: i64,
        limit: u32,
    ) -> Result<Vec<Change>, DatabaseError> {
        let columns = ToolCallRow::COLUMNS.join(", tool_calls.");
        let select = format!("SELECT position, tool_calls.{columns}");
        let mut changes: Vec<Change> = Vec::new();
        let mut window = Window::new(after, up_to);
        while let Some(step) = self.next_step(filter, range, &mut window).await? {
            let mut statement = self.select_changes(&select, filter, range, step);
            statement
                .push(" ORDER BY position, id LIMIT ")
                .bind(i64::from(limit) - changes.len() as i64);
            changes.extend(statement.fetch_all::<Change>(&self.database).await?);
            if changes.len() == limit as usize {
                break;
            }
        }
        Ok(changes)
    }

    /// How many calls [`Store::changes`] would give without a limit.
    pub(crate) async fn count_changes(
        &self,
        filter: &ToolCallFilter,
        range: Range,
        after: Key,
        up_to: i64,
    ) -> Result<u64, DatabaseError> {
        let mut all = 0;
        let mut window = Window::new(after, up_to);
        while let Some(step) = self.next_step(filter, range, &mut window).await? {
            let statement = self.select_changes("SELECT COUNT(*)", filter, range, step);
            let count: Option<(i64,)> = statement.fetch_optional(&self.database).await?;
            all += count.map_or(0, |(count,)| count.unsigned_abs());
        }
        Ok(all)
    }

    /// So much of a window as is looked at at once: all of it, but where calls must
    /// be read for their words.
    async fn next_step(
        &self,
        filter: &ToolCallFilter,
        range: Range,
        window: &mut Window,
    ) -> Result<Option<(Window, WordLookup)>, DatabaseError> {
        if window.after >= window.up_to {
            return Ok(None);
        }
        let searches = condition::all_searches(filter);
        let mut step = *window;
        let mut words = FoundWords::default();
        if !searches.is_empty() {
            let others = condition::without_any_words(filter);
            let any = (step, WordLookup::default());
            let mut statement = self.select_changes("SELECT position, id", &others, range, any);
            statement.push(&format!(" ORDER BY position, id LIMIT {READ}"));
            let changed: Vec<(i64, Uuid)> = statement.fetch_all(&self.database).await?;
            if changed.len() == READ
                && let Some((at, id)) = changed.last()
            {
                step.up_to = Key { at: *at, id: *id };
            }
            let ids = changed.into_iter().map(|(_, id)| id).collect();
            words = FoundWords::by_reading(&self.database, ids, &searches).await?;
        }
        window.after = step.up_to;
        Ok(Some((step, WordLookup::Compared(words))))
    }

    fn select_changes(
        &self,
        select: &str,
        filter: &ToolCallFilter,
        range: Range,
        (window, words): (Window, WordLookup),
    ) -> Statement {
        let mut statement = Statement::new(&self.database, select);
        // SQLite takes the tables of a CROSS JOIN in the order in which they
        // stand: it must not begin with all calls of the project.
        statement.push(" FROM commits CROSS JOIN tool_calls");
        statement.words = words;
        push_filter(&mut statement, filter, range);
        statement.push(" AND tool_calls.change = commits.change");
        statement
            .push(" AND position BETWEEN ")
            .bind(window.after.at)
            .push(" AND ")
            .bind(window.up_to.at);
        for (comparison, key) in [(">", window.after), ("<=", window.up_to)] {
            statement
                .push(&format!(" AND (position, id) {comparison} "))
                .bind_list([Value::from(key.at), key.id.into()]);
        }
        statement
    }
}

fn select_all() -> String {
    format!("{} FROM tool_calls", select_columns())
}

pub(super) fn select_columns() -> String {
    format!("SELECT {}", ToolCallRow::COLUMNS.join(", "))
}

/// Where the rows of a page begin, in which order they come, and how many.
pub(crate) fn push_place(statement: &mut Statement, place: Place, at: &str, limit: u32) {
    let beyond = match place {
        Place::Newest => None,
        Place::OlderThan(key) => Some(("<", key)),
        Place::NewerThan(key) => Some((">", key)),
    };
    if let Some((operator, key)) = beyond {
        statement.push(&format!(" AND ({at}, id) {operator} "));
        statement.bind_list([Value::from(key.at), key.id.into()]);
    }
    push_order(statement, place, at);
    statement.push(" LIMIT ").bind(i64::from(limit));
}

pub(super) fn push_order(statement: &mut Statement, place: Place, at: &str) {
    let order = match place {
        Place::Newest | Place::OlderThan(_) => "DESC",
        Place::NewerThan(_) => "ASC",
    };
    statement.push(&format!(" ORDER BY {at} {order}, id {order}"));
}
