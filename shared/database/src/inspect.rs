use std::str::FromStr as _;

use sqlx::{
    Connection as _, PgConnection, SqliteConnection, migrate::Migrator, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};

use crate::{
    Migrations, OpenError,
    open::{OLDEST_POSTGRES, PATIENCE, is_postgres, is_sqlite, sqlite_options},
};

/// A migration that a database has not had yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMigration {
    /// Its number.
    pub version: i64,
    /// What its file is called behind the number.
    pub description: String,
}

/// What a look at a database has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The name of the engine, for people.
    pub engine: &'static str,
    /// The number of its last migration; 0 of a database that is empty, or whose
    /// file is not there.
    pub version: i64,
    /// What is to be done to it, in order.
    pub pending: Vec<PendingMigration>,
    /// What PostgreSQL says of itself; `None` for SQLite, which is this machine.
    pub server: Option<ServerInspection>,
}

/// What a server of databases says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerInspection {
    /// The time of its clock, in microseconds since 1970.
    pub now_us: i64,
    /// Whether what it has committed survives the loss of power.
    pub is_durable: bool,
}

/// Looks at a database without changing anything, not even making it.
///
/// What [`Database::open`](crate::Database::open) would refuse is refused here
/// too.
pub async fn inspect(url: &str, migrations: &Migrations) -> Result<Inspection, OpenError> {
    let (engine, server, applied, migrator) = if is_sqlite(url) {
        (SQLITE, None, look_at_sqlite(url).await?, &migrations.sqlite)
    } else if is_postgres(url) {
        let (server, applied) = look_at_postgres(url).await?;
        (POSTGRES, Some(server), applied, &migrations.postgres)
    } else {
        return Err(OpenError::UnknownUrl);
    };
    let (version, pending) = compare(migrator, &applied)?;
    Ok(Inspection {
        engine,
        version,
        pending,
        server,
    })
}

async fn look_at_sqlite(url: &str) -> Result<Vec<Applied>, OpenError> {
    let connect = |source| OpenError::Connect {
        engine: SQLITE,
        source,
    };
    let file = sqlite_options(url)?.get_filename().to_owned();
    // What may not be looked at is not taken for one that is not there.
    if !file.try_exists().map_err(|error| connect(error.into()))? {
        return Ok(Vec::new());
    }
    // Of one at rest, SQLite would leave files beside it that it needs for
    // those who write at the same time.
    let mut log = file.into_os_string();
    log.push("-wal");
    let is_at_rest = !std::path::Path::new(&log).exists();
    let options = SqliteConnectOptions::from_str(url)
        .map_err(connect)?
        .read_only(true)
        .immutable(is_at_rest)
        .busy_timeout(PATIENCE);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(connect)?;
    let has_had_any: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations')")
            .fetch_one(&mut connection)
            .await
            .map_err(connect)?;
    let mut applied = Vec::new();
    if has_had_any {
        let all = sqlx::query_as(APPLIED).fetch_all(&mut connection).await;
        applied = all.map_err(connect)?;
    }
    connection.close().await.map_err(connect)?;
    Ok(applied)
}

async fn look_at_postgres(url: &str) -> Result<(ServerInspection, Vec<Applied>), OpenError> {
    let connect = |source| OpenError::Connect {
        engine: POSTGRES,
        source,
    };
    let options = PgConnectOptions::from_str(url)
        .map_err(connect)?
        .application_name("mcp-orch");
    let connecting = tokio::time::timeout(PATIENCE, PgConnection::connect_with(&options));
    let mut connection = connecting
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
        .map_err(connect)?;
    let (server_version, now_us, is_durable): (i32, i64, bool) = sqlx::query_as(
        "SELECT current_setting('server_version_num')::int, \
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, \
         current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off'",
    )
    .fetch_one(&mut connection)
    .await
    .map_err(connect)?;
    if server_version < OLDEST_POSTGRES {
        return Err(OpenError::OldPostgres(server_version));
    }
    let has_had_any: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut connection)
        .await
        .map_err(connect)?;
    let mut applied = Vec::new();
    if has_had_any {
        let all = sqlx::query_as(APPLIED).fetch_all(&mut connection).await;
        applied = all.map_err(connect)?;
    }
    connection.close().await.map_err(connect)?;
    Ok((ServerInspection { now_us, is_durable }, applied))
}

const SQLITE: &str = "SQLite";
const POSTGRES: &str = "PostgreSQL";

/// Number and checksum of a migration that a database has had.
type Applied = (i64, Vec<u8>);

/// As the driver keeps them.
const APPLIED: &str = "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version";

/// The last migration of a database, and those of this release that it lacks.
fn compare(migrator: &Migrator, applied: &[Applied]) -> Result<(i64, Vec<PendingMigration>), OpenError> {
    for (version, checksum) in applied {
        match migrator.iter().find(|known| known.version == *version) {
            None => return Err(OpenError::NewerDatabase(*version)),
            Some(known) if *known.checksum != **checksum => {
                return Err(OpenError::ChangedMigration(*version));
            }
            Some(_) => {}
        }
    }
    let is_missing = |version: i64| applied.iter().all(|(had, _)| *had != version);
    let pending = migrator
        .iter()
        .filter(|known| is_missing(known.version))
        .map(|known| PendingMigration {
            version: known.version,
            description: known.description.clone().into_owned(),
        })
        .collect();
    Ok((applied.last().map_or(0, |(version, _)| *version), pending))
}
