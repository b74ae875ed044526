use super::{postgres, search::FoundWords};
use crate::{
    row::{Row, Value},
    words::Search,
};
use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use futures::TryStreamExt as _;
use sqlx::{AssertSqlSafe, FromRow, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

/// The most rows that are bound one by one: more would save little, and SQLite
/// takes at most 32,766 values.
const MAX_ROWS: usize = 64;

/// A row that both databases can give.
pub(crate) trait Readable:
    for<'row> FromRow<'row, SqliteRow> + for<'row> FromRow<'row, PgRow> + Send + Unpin
{
}

impl<T> Readable for T where
    T: for<'row> FromRow<'row, SqliteRow> + for<'row> FromRow<'row, PgRow> + Send + Unpin
{
}

/// A statement that is put together of parts. Its text is always ours: what
/// comes from outside is bound.
#[derive(Debug)]
pub(crate) struct Statement {
    text: String,
    values: Vec<Value>,
    is_postgres: bool,
    pub(super) words: WordLookup,
}

/// The calls that have the words of a filter, found before, and what a statement
/// is to do with them. PostgreSQL knows by itself what is better.
#[derive(Debug, Clone)]
pub(super) enum WordLookup {
    /// SQLite compares each call that it comes by otherwise.
    Compared(FoundWords),
    /// SQLite begins with them, where each call must have the words.
    LookedUp(FoundWords),
}

impl WordLookup {
    pub(super) const fn is_looked_up(&self) -> bool {
        matches!(self, Self::LookedUp(_))
    }

    pub(super) fn ids(&self, search: &Search) -> Vec<Uuid> {
        let (Self::Compared(found) | Self::LookedUp(found)) = self;
        found.ids(search).to_vec()
    }
}

impl Default for WordLookup {
    fn default() -> Self {
        Self::Compared(FoundWords::default())
    }
}

/// Runs the statement with each value bound. One with an array is planned each
/// time: what is a good plan for one array is a bad one for another.
macro_rules! bound {
    ($query:expr, $statement:expr) => {{
        let has_arrays = $statement
            .values
            .iter()
            .any(|value| matches!(value, Value::Ids(_)));
        let mut query = $query.persistent(!has_arrays);
        for value in $statement.values {
            query = query.bind(value);
        }
        query
    }};
}

impl Statement {
    pub(crate) fn new(database: &Database, text: &str) -> Self {
        Self {
            text: text.to_owned(),
            values: Vec::new(),
            is_postgres: matches!(database, Database::Postgres(_)),
            words: WordLookup::default(),
        }
    }

    pub(crate) fn within(transaction: &Transaction, text: &str) -> Self {
        Self {
            text: text.to_owned(),
            values: Vec::new(),
            is_postgres: matches!(transaction, Transaction::Postgres(_)),
            words: WordLookup::default(),
        }
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// SQLite looks numbered placeholders up one by one, which costs seconds
    /// where there are thousands; it counts nameless ones.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.push_placeholder(self.values.len())
    }

    pub(super) const fn is_postgres(&self) -> bool {
        self.is_postgres
    }

    /// `(a, b, c)`
    pub(crate) fn bind_list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        self.push("(");
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.bind(value);
        }
        self.push(")")
    }

    /// Any number of ids, bound as one value: `(SELECT …)`
    pub(crate) fn push_ids(&mut self, ids: Vec<Uuid>) -> &mut Self {
        let (before, after) = if self.is_postgres {
            ("(SELECT unnest(", "))")
        } else {
            ("(SELECT unhex(atom) FROM json_each(", "))")
        };
        self.push(before).bind(ids).push(after)
    }

    /// `(a, b), (c, d)`
    pub(super) fn bind_rows(&mut self, rows: impl Iterator<Item = Vec<Value>>) -> &mut Self {
        for (index, values) in rows.enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.bind_list(values);
        }
        self
    }

    fn push_placeholder(&mut self, number: usize) -> &mut Self {
        if self.is_postgres {
            self.push("$").push(&number.to_string())
        } else {
            self.push("?")
        }
    }

    pub(crate) async fn fetch_all<T: Readable>(self, database: &Database) -> Result<Vec<T>, DatabaseError> {
        Ok(on_database!(database, |pool| {
            bound!(sqlx::query_as::<_, T>(AssertSqlSafe(self.text)), self)
                .fetch_all(pool)
                .await?
        }))
    }

    pub(crate) async fn fetch_optional<T: Readable>(
        self,
        database: &Database,
    ) -> Result<Option<T>, DatabaseError> {
        Ok(on_database!(database, |pool| {
            bound!(sqlx::query_as::<_, T>(AssertSqlSafe(self.text)), self)
                .fetch_optional(pool)
                .await?
        }))
    }

    pub(crate) async fn fetch_within<T: Readable>(
        self,
        transaction: &mut Transaction,
    ) -> Result<Vec<T>, DatabaseError> {
        Ok(on_transaction!(transaction, |connection| {
            bound!(sqlx::query_as::<_, T>(AssertSqlSafe(self.text)), self)
                .fetch_all(connection)
                .await?
        }))
    }

    /// Has each row looked at as it comes: there may be many, and large ones.
    pub(super) async fn visit_within<T: Readable>(
        self,
        transaction: &mut Transaction,
        mut visit: impl FnMut(T) + Send,
    ) -> Result<(), DatabaseError> {
        on_transaction!(transaction, |connection| {
            let mut rows = bound!(sqlx::query_as::<_, T>(AssertSqlSafe(self.text)), self).fetch(connection);
            while let Some(row) = rows.try_next().await? {
                visit(row);
                // It is work, and others wait.
                tokio::task::consume_budget().await;
            }
        });
        Ok(())
    }

    /// Returns how many rows it changed.
    pub(crate) async fn execute(self, transaction: &mut Transaction) -> Result<u64, DatabaseError> {
        Ok(on_transaction!(transaction, |connection| {
            bound!(sqlx::query(AssertSqlSafe(self.text)), self)
                .execute(connection)
                .await?
                .rows_affected()
        }))
    }
}

/// How rows that are most likely not there yet are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// PostgreSQL copies them, which fails where one is there
    /// ([`DatabaseError::Taken`]).
    Copied,
    /// As any others.
    Inserted,
}

/// Writes rows that are most likely not there yet; `then` says what to do with
/// those that are.
pub(super) async fn insert_new<'row, R: Row + 'row>(
    transaction: &mut Transaction,
    rows: impl IntoIterator<Item = &'row R>,
    way: Way,
    then: &str,
) -> Result<(), DatabaseError> {
    match transaction {
        Transaction::Postgres(connection) if way == Way::Copied => postgres::copy(connection, rows).await,
        _ => insert(transaction, rows, then).await,
    }
}

/// Inserts rows; `then` says what to do with those that are there already.
pub(crate) async fn insert<'row, R: Row + 'row>(
    transaction: &mut Transaction,
    rows: impl IntoIterator<Item = &'row R>,
    then: &str,
) -> Result<(), DatabaseError> {
    for statement in inserts(transaction, rows, then) {
        statement.execute(transaction).await?;
    }
    Ok(())
}

/// The same with a `RETURNING` in `then`.
pub(super) async fn insert_returning<'row, R: Row + 'row, T: Readable>(
    transaction: &mut Transaction,
    rows: impl IntoIterator<Item = &'row R>,
    then: &str,
) -> Result<Vec<T>, DatabaseError> {
    let mut returned = Vec::new();
    for statement in inserts(transaction, rows, then) {
        returned.extend(statement.fetch_within(transaction).await?);
    }
    Ok(returned)
}

/// These columns of the rows that are stored under the same key as some others:
/// so many of their first columns.
///
/// PostgreSQL is told to look each of them up: by itself it may read the whole
/// table and compare.
pub(super) async fn fetch_alike<R: Row, T: Readable>(
    transaction: &mut Transaction,
    columns: &[&str],
    rows: &[R],
    key_columns: usize,
) -> Result<Vec<T>, DatabaseError> {
    let key = &R::COLUMNS[..key_columns];
    let rows: Vec<&R> = rows.iter().collect();
    let mut found = Vec::new();
    for rows in pieces(transaction, &rows) {
        let head = format!("SELECT stored.{} FROM ", columns.join(", stored."));
        let mut statement = Statement::within(transaction, &head);
        if statement.is_postgres {
            let alike = key
                .iter()
                .map(|column| format!("{0}.{column} = wanted.{column}", R::TABLE));
            let alike = alike.collect::<Vec<_>>().join(" AND ");
            let wanted = R::columns(rows).into_iter().take(key_columns);
            statement.push("unnest").bind_list(wanted).push(&format!(
                " AS wanted ({}) CROSS JOIN LATERAL (SELECT * FROM {} WHERE {alike} LIMIT 1) AS stored",
                key.join(", "),
                R::TABLE,
            ));
        } else {
            let key = key.join(", ");
            let wanted = rows
                .iter()
                .map(|row| row.values().into_iter().take(key_columns).collect());
            statement.push(&format!("{} AS stored WHERE ({key}) IN (VALUES ", R::TABLE));
            statement.bind_rows(wanted).push(")");
        }
        found.extend(statement.fetch_within(transaction).await?);
    }
    Ok(found)
}

/// Rows that are bound in one statement. PostgreSQL takes all of them, a column in
/// an array: to read 2,000 values one by one costs it more than to store them.
fn pieces<'rows, T>(transaction: &Transaction, rows: &'rows [T]) -> Vec<&'rows [T]> {
    let mut rest = rows;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let count = match transaction {
            Transaction::Postgres(_) => rest.len(),
            // Powers of two: a few texts per table, which stay prepared.
            Transaction::Sqlite(_) => (1 << rest.len().ilog2()).min(MAX_ROWS),
        };
        let (piece, later) = rest.split_at(count);
        pieces.push(piece);
        rest = later;
    }
    pieces
}

fn inserts<'row, R: Row + 'row>(
    transaction: &Transaction,
    rows: impl IntoIterator<Item = &'row R>,
    then: &str,
) -> Vec<Statement> {
    let rows: Vec<&R> = rows.into_iter().collect();
    let pieces = pieces(transaction, &rows).into_iter();
    pieces.map(|rows| insert_of(transaction, rows, then)).collect()
}

fn insert_of<R: Row>(transaction: &Transaction, rows: &[&R], then: &str) -> Statement {
    let head = format!("INSERT INTO {} ({}) ", R::TABLE, R::COLUMNS.join(", "));
    let mut statement = Statement::within(transaction, &head);
    if statement.is_postgres {
        statement.push("SELECT * FROM unnest").bind_list(R::columns(rows));
    } else {
        let rows = rows.iter().map(|row| row.values());
        statement.push("VALUES ").bind_rows(rows);
    }
    statement.push(" ").push(then);
    statement
}
