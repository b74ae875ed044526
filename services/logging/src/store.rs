use uuid::Uuid;

use database::{Database, DatabaseError, Migrations, OpenError, on_database};

mod condition;
mod postgres;
mod read;
mod rollup;
mod search;
mod sqlite;
mod statement;
mod stretches;
mod turns;
mod write;

pub(crate) use postgres::part_name;
pub(crate) use read::push_place;
pub(crate) use rollup::Grouping;
#[cfg(test)]
pub(crate) use rollup::MAX_COUNTED;
pub(crate) use search::{CallTexts, texts_of};
#[cfg(test)]
pub(crate) use statement::Readable;
pub(crate) use statement::{Statement, insert};
pub(crate) use turns::Turns;
pub(crate) use write::Written;

/// What makes the tables of the service.
pub static MIGRATIONS: Migrations = Migrations {
    sqlite: sqlx::migrate!("../../migrations/logging/sqlite"),
    postgres: sqlx::migrate!("../../migrations/logging/postgres"),
};

/// The call log as it is kept. All of its SQL is in files called `store`, or
/// under this one.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) database: Database,
    pub(crate) known_days: postgres::KnownDays,
}

impl Store {
    /// Opens a database and brings it up to date.
    pub(crate) async fn open(url: &str) -> Result<Self, OpenError> {
        let database = Database::open(url, &MIGRATIONS).await?;
        Ok(Self::over(database))
    }

    /// Over a database that is up to date.
    pub(crate) fn over(database: Database) -> Self {
        Self {
            database,
            known_days: postgres::KnownDays::default(),
        }
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

/// The smallest UUIDv7 of a time in microseconds.
pub(crate) fn first_id(at_us: i64) -> Uuid {
    let ms = u64::try_from(at_us / 1_000).unwrap_or(0).min((1 << 48) - 1);
    Uuid::from_u128(u128::from(ms) << 80)
}

#[cfg(test)]
mod tests {
    use database::testing::assert_parity;

    use super::*;

    #[tokio::test]
    async fn both_engines_have_the_same_tables() {
        // By the number of a body, and by what is unique of a call that waits.
        let not_alike = ["tool_call_bodies", "unindexed_calls"];
        assert_parity(&MIGRATIONS, &not_alike).await;
    }
}
