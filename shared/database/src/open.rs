use std::{path::PathBuf, str::FromStr as _, time::Duration};

use sqlx::{
    PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::Migrations;

/// Connections at a time. On SQLite one of them writes while the others read.
const CONNECTIONS: u32 = 10;

/// Of a database that is made now. In smaller ones, rows of a call log leave a
/// tenth of each empty.
const SQLITE_PAGE_BYTES: u32 = 8_192;

/// What a connection keeps of a SQLite database, in KiB (with the sign that says
/// so). Taken as it is needed; the system's cache stands behind it.
const SQLITE_CACHE_KIB: &str = "-16384";

/// After how many pages of 8 KiB the log of SQLite goes into its database. What
/// changes often, such as the ends of an index, is written once for all.
const SQLITE_CHECKPOINT_PAGES: &str = "4000";

/// How long a request waits for a connection, or for SQLite's one writer,
/// before it is told that the database is not available.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The oldest PostgreSQL that is tested against.
pub(crate) const OLDEST_POSTGRES: i32 = 150_000;

/// A database that is open and up to date.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file on this machine.
    Sqlite(SqlitePool),
    /// A server.
    Postgres(PgPool),
}

/// Why a service cannot start on its database. Never shows the URL's password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither of the two kinds.
    #[error(
        "database_url must read sqlite://path/to/file.db or postgres://user:password@host/database; this one does not"
    )]
    UnknownUrl,
    /// SQLite's folder cannot be made.
    #[error("cannot make the folder {}: choose another data folder or change its permissions", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The engine refuses or does not answer.
    #[error("cannot open the {engine} database: check that it runs, its address, and its permissions")]
    Connect {
        /// Which of the two.
        engine: &'static str,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// PostgreSQL is too old.
    #[error("this PostgreSQL is too old (server_version_num {0}): version 15 or newer is needed")]
    OldPostgres(i32),
    /// A newer release of ours was here.
    #[error(
        "the database was made by a newer release (its migration {0} is unknown here): \
         start that release, or restore the backup from before the upgrade"
    )]
    NewerDatabase(i64),
    /// The tables are not what this release made.
    #[error("migration {0} of this database is not the one of this release: it was changed after it ran")]
    ChangedMigration(i64),
    /// A migration did not run.
    #[error("cannot bring the database up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
}

/// Compiles one statement for both engines and runs it on a pool:
///
/// ```ignore
/// on_database!(&self.database, |pool| sqlx::query_as(FIND_USER).bind(id.uuid()).fetch_optional(pool).await)?
/// ```
#[macro_export]
macro_rules! on_database {
    ($database:expr, |$pool:ident| $body:expr) => {
        match $database {
            $crate::Database::Sqlite($pool) => $body,
            $crate::Database::Postgres($pool) => $body,
        }
    };
}

impl Database {
    /// Opens `sqlite://path` (making the file and its folder) or
    /// `postgres://...`, and brings its tables up to date.
    ///
    /// Of several processes that start at once one does it and the others wait.
    pub async fn open(url: &str, migrations: &Migrations) -> Result<Self, OpenError> {
        let database = if is_sqlite(url) {
            Self::open_sqlite(url).await?
        } else if is_postgres(url) {
            Self::open_postgres(url).await?
        } else {
            return Err(OpenError::UnknownUrl);
        };
        migrations.run(&database).await?;
        Ok(database)
    }

    /// The name of the engine, for people.
    pub const fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// Waits for the statements that run and closes all connections.
    pub async fn close(&self) {
        on_database!(self, |pool| pool.close().await);
    }

    async fn open_sqlite(url: &str) -> Result<Self, OpenError> {
        let connect = |source| OpenError::Connect {
            engine: "SQLite",
            source,
        };
        let options = sqlite_options(url)?
            .create_if_missing(true)
            .page_size(SQLITE_PAGE_BYTES)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit that was answered for survives the loss of power.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("cache_size", SQLITE_CACHE_KIB)
            .pragma("wal_autocheckpoint", SQLITE_CHECKPOINT_PAGES)
            .busy_timeout(PATIENCE);
        if let Some(folder) = options
            .get_filename()
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            make_folder(folder).map_err(|source| OpenError::Folder {
                path: folder.to_owned(),
                source,
            })?;
        }
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await
            .map_err(connect)?;
        Ok(Self::Sqlite(pool))
    }

    async fn open_postgres(url: &str) -> Result<Self, OpenError> {
        let connect = |source| OpenError::Connect {
            engine: "PostgreSQL",
            source,
        };
        let options = PgConnectOptions::from_str(url)
            .map_err(connect)?
            .application_name("mcp-orch");
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await
            .map_err(connect)?;
        let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
            .fetch_one(&pool)
            .await
            .map_err(connect)?;
        if version < OLDEST_POSTGRES {
            return Err(OpenError::OldPostgres(version));
        }
        Ok(Self::Postgres(pool))
    }
}

pub(crate) fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite://")
}

pub(crate) fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// Of a file; a database in memory would be gone with the process.
pub(crate) fn sqlite_options(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    let path = url.strip_prefix("sqlite://").unwrap_or_default();
    if path.is_empty() || path.starts_with(':') {
        return Err(OpenError::UnknownUrl);
    }
    SqliteConnectOptions::from_str(url).map_err(|source| OpenError::Connect {
        engine: "SQLite",
        source,
    })
}

/// The database holds what its users would not show to others on the machine.
fn make_folder(folder: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}
