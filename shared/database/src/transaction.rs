use crate::{Database, DatabaseError};

/// A transaction on either engine. Dropped without [`Transaction::commit`], it
/// never happened.
#[derive(Debug)]
pub enum Transaction {
    /// `BEGIN IMMEDIATE`: it waits for SQLite's one writer here, and not in its
    /// middle, where waiting would be a deadlock.
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// Read committed.
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
}
