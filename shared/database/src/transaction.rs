use crate::{Database, DatabaseError};

/// A transaction on either engine. Dropped without [`Transaction::commit`], it
/// never happened.
#[derive(Debug)]
pub enum Transaction {
    /// One that will write begins with `BEGIN IMMEDIATE`: it waits for SQLite's
    /// one writer here, and not in its middle, where waiting would be a deadlock.
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// Read committed, but for a snapshot.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

/// [`on_database!`](crate::on_database) within a `&mut` [`Transaction`].
#[macro_export]
macro_rules! on_transaction {
    ($transaction:expr, |$connection:ident| $body:expr) => {
        match $transaction {
            $crate::Transaction::Sqlite(inner) => {
                let $connection = &mut **inner;
                $body
            }
            $crate::Transaction::Postgres(inner) => {
                let $connection = &mut **inner;
                $body
            }
        }
    };
}

impl Database {
    /// Begins a transaction that will write.
    pub async fn begin(&self) -> Result<Transaction, DatabaseError> {
        match self {
            Self::Sqlite(pool) => Ok(Transaction::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?)),
            Self::Postgres(pool) => Ok(Transaction::Postgres(pool.begin().await?)),
        }
    }

    /// Begins a transaction that only reads, and sees all as it was at its first
    /// statement. It waits for nobody, and nobody for it.
    pub async fn snapshot(&self) -> Result<Transaction, DatabaseError> {
        match self {
            Self::Sqlite(pool) => Ok(Transaction::Sqlite(pool.begin().await?)),
            Self::Postgres(pool) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Ok(Transaction::Postgres(pool.begin_with(begin).await?))
            }
        }
    }
}

impl Transaction {
    /// Makes all of it so.
    pub async fn commit(self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(inner) => inner.commit().await?,
            Self::Postgres(inner) => inner.commit().await?,
        }
        Ok(())
    }

    /// Has none of it be. To drop it does so too, but somewhat later.
    pub async fn rollback(self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(inner) => inner.rollback().await?,
            Self::Postgres(inner) => inner.rollback().await?,
        }
        Ok(())
    }
}
