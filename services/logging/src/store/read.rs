use database::{
    DatabaseError,
    keyset::{Key, Place},
};
use uuid::Uuid;

use super::{
    Statement, Store,
    condition::{self, push_filter},
};
use crate::{
    filter::{Range, ToolCallFilter},
    row::{Row as _, Value},
    tool_call::{PayloadRow, ToolCallRow},
};

/// A call as it last changed.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Change {
    /// Of the commit.
    pub(crate) position: i64,
    #[sqlx(flatten)]
    pub(crate) call: ToolCallRow,
}

impl Store {
    /// The calls of a place in the list, in the order of the place, at most
    /// `limit`.
    pub(crate) async fn list_tool_calls(
        &self,
        filter: &ToolCallFilter,
        place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let searches = condition::searches(filter);
        if searches.is_empty() {
            self.list_by_condition(filter, place, limit).await
        } else {
            self.search_tool_calls(filter, &searches, place, limit).await
        }
    }

    /// The same, by nothing but the indexes of the database.
    pub(super) async fn list_by_condition(
        &self,
        filter: &ToolCallFilter,
        place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let mut statement = Statement::new(&self.database, &select_all());
        push_filter(&mut statement, filter, filter.range);
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
        let mut statement = self.select_changes(&select, filter, range, after, up_to);
        statement
            .push(" ORDER BY position, id LIMIT ")
            .bind(i64::from(limit));
        statement.fetch_all(&self.database).await
    }

    /// How many calls [`Store::changes`] would give without a limit.
    pub(crate) async fn count_changes(
        &self,
        filter: &ToolCallFilter,
        range: Range,
        after: Key,
        up_to: i64,
    ) -> Result<u64, DatabaseError> {
        let statement = self.select_changes("SELECT COUNT(*)", filter, range, after, up_to);
        let count: Option<(i64,)> = statement.fetch_optional(&self.database).await?;
        Ok(count.map_or(0, |(count,)| count.unsigned_abs()))
    }

    fn select_changes(
        &self,
        select: &str,
        filter: &ToolCallFilter,
        range: Range,
        after: Key,
        up_to: i64,
    ) -> Statement {
        let mut statement = Statement::new(&self.database, select);
        // SQLite takes the tables of a CROSS JOIN in the order in which they
        // stand: it must not begin with all calls of the project.
        statement.push(" FROM commits CROSS JOIN tool_calls");
        // Few calls change between two looks.
        statement.words.is_by_call = true;
        push_filter(&mut statement, filter, range);
        statement.push(" AND tool_calls.change = commits.change");
        statement
            .push(" AND position BETWEEN ")
            .bind(after.at)
            .push(" AND ")
            .bind(up_to);
        statement
            .push(" AND (position, id) > ")
            .bind_list([Value::from(after.at), after.id.into()]);
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
    let (comparison, order) = match place {
        Place::Newest => (None, "DESC"),
        Place::OlderThan(key) => (Some(("<", key)), "DESC"),
        Place::NewerThan(key) => (Some((">", key)), "ASC"),
    };
    if let Some((operator, key)) = comparison {
        statement.push(&format!(" AND ({at}, id) {operator} "));
        statement.bind_list([Value::from(key.at), key.id.into()]);
    }
    statement.push(&format!(" ORDER BY {at} {order}, id {order} LIMIT "));
    statement.bind(i64::from(limit));
}
