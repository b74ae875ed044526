use sqlx::migrate::{MigrateError, Migrator};

use crate::{Database, OpenError};

/// The two folders of a service's migrations, compiled into its binary:
///
/// ```ignore
/// pub static MIGRATIONS: Migrations = Migrations {
///     sqlite: sqlx::migrate!("../../migrations/projects/sqlite"),
///     postgres: sqlx::migrate!("../../migrations/projects/postgres"),
/// };
/// ```
///
/// The crate's build script must say `cargo::rerun-if-changed` of the folder,
/// or a new file in it is not seen.
#[derive(Debug)]
pub struct Migrations {
    /// For SQLite.
    pub sqlite: Migrator,
    /// For PostgreSQL.
    pub postgres: Migrator,
}

impl Migrations {
    pub(crate) async fn run(&self, database: &Database) -> Result<(), OpenError> {
        let outcome = match database {
            Database::Sqlite(pool) => run_sqlite(&self.sqlite, pool).await,
            // Holds an advisory lock of the server meanwhile.
            Database::Postgres(pool) => self.postgres.run(pool).await,
        };
        outcome.map_err(|error| match error {
            MigrateError::VersionMissing(version) => OpenError::NewerDatabase(version),
            MigrateError::VersionMismatch(version) => OpenError::ChangedMigration(version),
            other => OpenError::Migrate(other),
        })
    }
}

/// The driver takes no lock on SQLite. The write lock of one transaction around
/// all migrations is as good, and lets them happen all or not at all.
async fn run_sqlite(migrator: &Migrator, pool: &sqlx::SqlitePool) -> Result<(), MigrateError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    migrator.run_direct(None, &mut *transaction, false).await?;
    transaction.commit().await?;
    Ok(())
}
