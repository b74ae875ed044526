use std::collections::HashSet;

use database::{Database, DatabaseError, Transaction, on_transaction};
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    Statement, Store, Turns, postgres,
    rollup::Counts,
    sqlite,
    statement::{Way, insert},
};
use crate::batch::Batch;

use calls::Calls;

mod calls;
mod progress;
mod sessions;

const KEEP: &str = "ON CONFLICT DO NOTHING";

/// What a transaction changed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// Calls that were not there before.
    pub(crate) new_calls: u64,
    /// Calls that were running before and have ended.
    pub(crate) finished_calls: u64,
    /// Records that said nothing new.
    pub(crate) repeated_calls: u64,
    /// Whether each run continues the one before it.
    pub(crate) is_continuous: bool,
}

/// A transaction that has written the calls of a batch, and nothing else yet.
struct Begun<'batch> {
    transaction: Transaction,
    /// The number under which it changes rows.
    change: i64,
    batch: &'batch Batch,
    calls: Calls<'batch>,
    counts: Counts,
    way: Way,
}

impl Store {
    /// Writes a batch in one transaction. Returns after the commit, when it is
    /// durable.
    pub(crate) async fn write(&self, mut batch: Batch, turns: &Turns) -> Result<Written, DatabaseError> {
        if let Database::Postgres(pool) = &self.database {
            match self.write_beside(pool, &mut batch, turns).await {
                Ok(None) => {}
                Ok(Some(written)) => return Ok(written),
                // Somebody stored one of its calls just now, or a body is there
                // whose call is not.
                Err(error) if error.is_taken() => {}
                Err(error) => return Err(error),
            }
        }
        let _calls = turns.calls().await;
        let _rest = turns.rest().await;
        let begun = Begun::write_calls(&self.database, &mut batch, Way::Inserted).await?;
        begun.finish().await
    }

    /// Writes the calls while the transaction before is finished. `None` where that
    /// takes too long.
    async fn write_beside(
        &self,
        pool: &PgPool,
        batch: &mut Batch,
        turns: &Turns,
    ) -> Result<Option<Written>, DatabaseError> {
        let ids: HashSet<Uuid> = batch.calls.iter().map(|call| call.row.id).collect();
        let mut before = turns.calls().await;
        postgres::make_parts(pool, &self.known_days, ids.iter().copied()).await?;
        // Where a call began in that one, it is to be seen here.
        let mut rest = None;
        if !before.is_disjoint(&ids) {
            rest = Some(turns.rest().await);
        }
        let begun = Begun::write_calls(&self.database, batch, Way::Copied).await?;
        if rest.is_none() {
            rest = turns.rest_soon().await;
        }
        if rest.is_none() {
            begun.transaction.rollback().await?;
            return Ok(None);
        }
        *before = ids;
        drop(before);
        begun.finish().await.map(Some)
    }

    /// How many holes there are in what gateways have sent.
    pub(crate) async fn holes(&self) -> Result<u64, DatabaseError> {
        // Each run that does not begin at the beginning has one before it.
        let statement = Statement::new(
            &self.database,
            "SELECT COUNT(*) FROM ingest_progress WHERE first_seq > 1",
        );
        let counts: Vec<(i64,)> = statement.fetch_all(&self.database).await?;
        Ok(counts.first().map_or(0, |(count,)| count.unsigned_abs()))
    }
}

impl<'batch> Begun<'batch> {
    async fn write_calls(
        database: &Database,
        batch: &'batch mut Batch,
        way: Way,
    ) -> Result<Self, DatabaseError> {
        let mut transaction = database.begin().await?;
        let change = match &mut transaction {
            Transaction::Sqlite(connection) => sqlite::next_change(connection).await?,
            Transaction::Postgres(connection) => postgres::next_change(connection).await?,
        };
        for call in &mut batch.calls {
            call.row.change = change;
        }
        let calls = Calls::write(&mut transaction, &batch.calls, way).await?;
        Ok(Self {
            transaction,
            change,
            batch,
            counts: Counts::of(&calls.ended),
            calls,
            way,
        })
    }

    async fn finish(mut self) -> Result<Written, DatabaseError> {
        let (transaction, batch) = (&mut self.transaction, self.batch);
        self.calls.leave_to_the_index(transaction, self.way).await?;
        self.calls.count(transaction).await?;
        sessions::write(transaction, &batch.sessions).await?;
        insert(transaction, &batch.server_logs, KEEP).await?;
        insert(transaction, &batch.dead_letters, KEEP).await?;
        let mut written = self.calls.written;
        for run in &batch.runs {
            written.is_continuous &= progress::advance(transaction, run).await?;
        }
        // The lock that this takes is held until the commit: nothing after it but
        // what needs it.
        publish(transaction, self.change).await?;
        self.counts
            .write(transaction, &self.calls.ended, self.way)
            .await?;
        self.transaction.commit().await?;
        Ok(written)
    }
}

/// Takes the next position for the changes of this transaction.
async fn publish(transaction: &mut Transaction, change: i64) -> Result<(), DatabaseError> {
    let position: i64 = on_transaction!(&mut *transaction, |connection| {
        sqlx::query_scalar("UPDATE commit_counter SET position = position + 1 RETURNING position")
            .fetch_one(connection)
            .await?
    });
    on_transaction!(transaction, |connection| {
        sqlx::query("INSERT INTO commits (position, change) VALUES ($1, $2)")
            .bind(position)
            .bind(change)
            .execute(connection)
            .await?;
    });
    Ok(())
}
