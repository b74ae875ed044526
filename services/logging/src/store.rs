use database::{Database, DatabaseError, Migrations, OpenError, on_database};

mod postgres;
mod read;
mod sqlite;
mod statement;
mod write;

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
    pub(crate) async fn open(url: &str) -> Result<Self, OpenError> {
        let database = Database::open(url, &MIGRATIONS).await?;
        Ok(Self { database })
    }

    /// Waits for the statements that run and closes.
    pub(crate) async fn close(&self) {
        self.database.close().await;
    }

    /// The position of the last commit. Those before it are committed too.
    pub(crate) async fn last_position(&self) -> Result<i64, DatabaseError> {
        let position = on_database!(&self.database, |pool| {
            sqlx::query_scalar("SELECT position FROM commit_counter")
                .fetch_one(pool)
                .await?
        });
        Ok(position)
    }
}

#[cfg(test)]
mod tests {
    use database::testing::assert_parity;

    use super::*;

    #[tokio::test]
    async fn both_engines_have_the_same_tables() {
        assert_parity(&MIGRATIONS, &[]).await;
    }
}
