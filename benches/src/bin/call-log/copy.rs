use std::time::Instant;

use futures::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, postgres::PgPoolCopyExt as _};

/// What a run of calls fills.
const TABLES: [&str; 10] = [
    "tool_calls",
    "tool_call_bodies",
    "word_sections",
    "word_pages",
    "tool_call_rollups",
    "caller_rollups",
    "tool_caller_rollups",
    "callers",
    "session_call_counts",
    "commits",
];

/// What a database takes on disk.
pub(crate) async fn database_bytes(url: &str) -> anyhow::Result<u64> {
    let mut database = PgConnection::connect(url).await?;
    let bytes: i64 = sqlx::query_scalar("SELECT pg_database_size(current_database())")
        .fetch_one(&mut database)
        .await?;
    Ok(bytes.unsigned_abs())
}

/// Takes all rows out, empties the tables, and measures how long `COPY` takes to
/// bring them back, in seconds.
pub(crate) async fn copy_again(url: &str) -> anyhow::Result<f64> {
    let pool = sqlx::PgPool::connect(url).await?;
    let mut seconds = 0.0;
    for table in TABLES {
        let columns = written_columns(&pool, table).await?;
        let file = tempfile::NamedTempFile::new()?;
        let out = format!("COPY (SELECT {columns} FROM {table}) TO STDOUT (FORMAT binary)");
        let mut rows = pool.copy_out_raw(&out).await?;
        let mut writer = tokio::fs::File::create(file.path()).await?;
        while let Some(bytes) = rows.try_next().await? {
            tokio::io::AsyncWriteExt::write_all(&mut writer, &bytes).await?;
        }
        tokio::io::AsyncWriteExt::flush(&mut writer).await?;
        pool.execute(AssertSqlSafe(format!("TRUNCATE {table}"))).await?;

        let begin = Instant::now();
        let into = format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)");
        let mut copy = pool.copy_in_raw(&into).await?;
        copy.read_from(tokio::fs::File::open(file.path()).await?).await?;
        copy.finish().await?;
        seconds += begin.elapsed().as_secs_f64();
    }
    Ok(seconds)
}

/// Those that the database does not make itself.
async fn written_columns(pool: &sqlx::PgPool, table: &str) -> anyhow::Result<String> {
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT column_name::text FROM information_schema.columns
         WHERE table_name = $1 AND table_schema = current_schema() AND is_generated = 'NEVER'
         ORDER BY ordinal_position",
    )
    .bind(table)
    .fetch_all(pool)
    .await?;
    Ok(columns.join(", "))
}
