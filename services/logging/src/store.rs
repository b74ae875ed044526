use database::{Database, DatabaseError, Migrations, OpenError};

mod postgres;
mod read;
mod sqlite;
mod statement;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use read::{Counts, StatusAndBucket, push_place};
pub(crate) use statement::Statement;
pub(crate) use write::Written;

/// What the database looks like.
pub(crate) static MIGRATIONS: Migrations = Migrations {
    sqlite: sqlx::migrate!("../../migrations/logging/sqlite"),
    postgres: sqlx::migrate!("../../migrations/logging/postgres"),
};

/// The call log as it is kept. All of its SQL is in files called `store`, or
/// under this one.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) database: Database,
}

impl Store {
    /// Opens a database and brings it up to date.
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        Self::over(Database::open(url, &MIGRATIONS).await?).await
    }

    /// The store of a database that is up to date.
    pub(crate) async fn over(database: Database) -> Result<Self, StoreError> {
        if let Database::Postgres(pool) = &database {
            postgres::renumber_after_restore(pool).await?;
        }
        Ok(Self { database })
    }

    /// Waits for the statements that run and closes.
    pub(crate) async fn close(&self) {
        self.database.close().await;
    }

    /// All changes up to this number are committed: no transaction that is still
    /// running will show one of them.
    pub(crate) async fn last_change(&self) -> Result<i64, DatabaseError> {
        match &self.database {
            Database::Sqlite(pool) => sqlite::last_change(pool).await,
            Database::Postgres(pool) => postgres::last_change(pool).await,
        }
    }
}

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
