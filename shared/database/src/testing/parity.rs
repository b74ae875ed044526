use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use crate::{
    Database, Migrations,
    testing::{Engine, TestDatabase},
};

type Schema = BTreeMap<String, Table>;

#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    /// Kind and whether it may be NULL, by name.
    columns: BTreeMap<String, (String, bool)>,
    /// Columns of each unique key, the primary one included.
    unique: BTreeSet<Vec<String>>,
}

/// Compares what both folders of migrations make: tables, columns with their
/// kinds, what may be NULL, what is unique.
///
/// `of_one_engine` names tables that only one engine has: whole names, or
/// beginnings of names that end in `*`.
pub async fn assert_parity(migrations: &Migrations, of_one_engine: &[&str]) {
    let mut schemas = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let home = TestDatabase::create(engine).await;
        let database = Database::open(home.url(), migrations).await.expect("it opens");
        let mut schema = match &database {
            Database::Sqlite(pool) => sqlite_schema(pool).await,
            Database::Postgres(pool) => postgres_schema(pool).await,
        }
        .expect("a schema can be read");
        schema.retain(|table, _| !of_one_engine.iter().any(|pattern| matches(pattern, table)));
        assert!(!schema.is_empty(), "{engine:?} has tables");
        schemas.push(schema);
        database.close().await;
        home.remove().await;
    }
    let [sqlite, postgres] = schemas.as_slice() else {
        panic!("two engines")
    };
    let names = |schema: &Schema| schema.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(sqlite),
        names(postgres),
        "tables of SQLite and of PostgreSQL"
    );
    for (name, table) in sqlite {
        assert_eq!(*table, postgres[name], "table {name} on SQLite and on PostgreSQL");
    }
}

fn matches(pattern: &str, table: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == table, |beginning| table.starts_with(beginning))
}

/// What a column's type is to us: ids and times look different on the engines.
fn kind(declared: &str) -> String {
    let declared = declared.to_lowercase();
    match declared.as_str() {
        "bigint" | "integer" | "smallint" | "boolean" => "integer",
        "uuid" | "bytea" | "blob" => "blob",
        "text" | "jsonb" | "json" => "text",
        "double precision" | "real" => "real",
        other => other,
    }
    .to_owned()
}

async fn sqlite_schema(pool: &SqlitePool) -> sqlx::Result<Schema> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'",
    )
    .fetch_all(pool)
    .await?;
    let mut schema = Schema::new();
    for name in tables {
        let mut table = Table::default();
        let columns: Vec<(String, String, i64, i64)> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT name, type, \"notnull\", pk FROM pragma_table_info('{name}') ORDER BY pk"
        )))
        .fetch_all(pool)
        .await?;
        let primary: Vec<String> = columns
            .iter()
            .filter(|column| column.3 > 0)
            .map(|column| column.0.clone())
            .collect();
        if !primary.is_empty() {
            table.unique.insert(primary);
        }
        for (column, declared, not_null, _) in columns {
            table.columns.insert(column, (kind(&declared), not_null == 0));
        }
        let indexes: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT name FROM pragma_index_list('{name}') WHERE \"unique\" = 1"
        )))
        .fetch_all(pool)
        .await?;
        for index in indexes {
            let columns: Vec<Option<String>> = sqlx::query_scalar(AssertSqlSafe(format!(
                "SELECT name FROM pragma_index_info('{index}') ORDER BY seqno"
            )))
            .fetch_all(pool)
            .await?;
            table.unique.insert(
                columns
                    .into_iter()
                    .map(|column| column.unwrap_or_else(|| "(expression)".into()))
                    .collect(),
            );
        }
        schema.insert(name, table);
    }
    Ok(schema)
}

async fn postgres_schema(pool: &PgPool) -> sqlx::Result<Schema> {
    let columns: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), NOT a.attnotnull
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
          WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> '_sqlx_migrations'",
    )
    .fetch_all(pool)
    .await?;
    let mut schema = Schema::new();
    for (table, column, declared, nullable) in columns {
        let table = schema.entry(table).or_default();
        table.columns.insert(column, (kind(&declared), nullable));
    }
    let unique: Vec<(String, Vec<String>)> = sqlx::query_as(
        "SELECT c.relname::text,
                ARRAY(SELECT coalesce(a.attname::text, '(expression)')
                        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
                        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum AND k.attnum > 0
                       ORDER BY k.place)
           FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
          WHERE i.indisunique AND c.relnamespace = current_schema()::regnamespace AND NOT c.relispartition",
    )
    .fetch_all(pool)
    .await?;
    for (table, columns) in unique {
        if let Some(table) = schema.get_mut(&table) {
            table.unique.insert(columns);
        }
    }
    Ok(schema)
}
