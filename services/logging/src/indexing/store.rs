use std::collections::HashMap;

use database::{Database, DatabaseError, Transaction, on_transaction};
use uuid::Uuid;

use super::{UnindexedRow, threads::Threads};
use crate::{
    row::row,
    store::{CallTexts, Statement, Store, insert, texts_of},
    words::{ID_BYTES, Page, Volume},
};

mod forget;
mod postgres;
mod sqlite;

/// Calls of a volume, at most.
const VOLUME_CALLS: i64 = if cfg!(test) { 256 } else { 8_192 };

/// Calls that are read and cut at a time.
const READ: usize = if cfg!(test) { 64 } else { 512 };

/// So many are counted.
const MAX_COUNTED: i64 = 100_000;

row! {
    /// The calls of a project in a volume.
    #[derive(Eq, sqlx::FromRow)]
    struct SectionRow in "word_sections" {
        project_id: Uuid,
        volume: i64,
        first_id: Uuid,
        first_started_at: i64,
        last_started_at: i64,
        first_number: i64,
        /// One after another.
        ids: Vec<u8>,
    }
}

row! {
    struct PageRow in "word_pages" {
        volume: i64,
        first_word: Vec<u8>,
        page: Vec<u8>,
    }
}

impl SectionRow {
    fn ids(&self) -> impl Iterator<Item = Uuid> {
        let (ids, _) = self.ids.as_chunks::<ID_BYTES>();
        ids.iter().map(|id| Uuid::from_bytes(*id))
    }
}

impl Store {
    /// How many calls are in no volume yet, up to a hundred thousand.
    pub(super) async fn count_unindexed(&self) -> Result<u64, DatabaseError> {
        let statement = Statement::new(
            &self.database,
            &format!("SELECT COUNT(*) FROM (SELECT 1 FROM unindexed_calls LIMIT {MAX_COUNTED}) AS counted"),
        );
        let count: Option<(i64,)> = statement.fetch_optional(&self.database).await?;
        Ok(count.map_or(0, |(count,)| count.unsigned_abs()))
    }

    /// Clears away what is left of calls that waited, through which whoever looks
    /// for those that wait would have to go.
    pub(super) async fn tidy_unindexed(&self) -> Result<(), DatabaseError> {
        match &self.database {
            // It leaves nothing.
            Database::Sqlite(_) => Ok(()),
            Database::Postgres(pool) => postgres::tidy_unindexed(pool).await,
        }
    }

    /// Makes a volume of calls that are in none, if there are `at_least` so many
    /// that nobody else has in hand. Returns how many it took.
    pub(super) async fn index_calls(&self, at_least: u64, threads: &Threads) -> Result<usize, DatabaseError> {
        let are_enough = |calls: &[UnindexedRow]| calls.len() as u64 >= at_least;
        let (mut transaction, made) = match &self.database {
            Database::Sqlite(pool) => {
                let waiting = sqlite::waiting(pool).await?;
                if !are_enough(&waiting) {
                    return Ok(0);
                }
                let made = make_volume(&self.database, threads, &waiting).await?;
                let mut transaction = self.database.begin().await?;
                if !sqlite::take(&mut transaction, &waiting[..made.calls]).await? {
                    transaction.rollback().await?;
                    return Ok(0);
                }
                (transaction, made)
            }
            Database::Postgres(_) => {
                let mut transaction = self.database.begin().await?;
                let taken = postgres::take(&mut transaction).await?;
                if !are_enough(&taken) {
                    transaction.rollback().await?;
                    return Ok(0);
                }
                let made = make_volume(&self.database, threads, &taken).await?;
                insert(&mut transaction, &taken[made.calls..], "").await?;
                (transaction, made)
            }
        };
        let number = next_volume(&mut transaction).await?;
        write_volume(&mut transaction, number, made.sections, made.pages).await?;
        transaction.commit().await?;
        Ok(made.calls)
    }
}

/// A volume that has no number yet.
struct Made {
    /// So many calls are in it; it takes no more.
    calls: usize,
    sections: Vec<SectionRow>,
    pages: Vec<Page>,
}

/// Makes a volume of the first of some calls, which are by project and time.
async fn make_volume(
    database: &Database,
    threads: &Threads,
    calls: &[UnindexedRow],
) -> Result<Made, DatabaseError> {
    let mut volume = Volume::default();
    let mut sections = Vec::new();
    let (mut number, mut done) = (0, 0);
    for calls in calls.chunks(READ) {
        if volume.is_full() {
            break;
        }
        done += calls.len();
        let ids: Vec<Uuid> = calls.iter().map(|call| call.tool_call_id).collect();
        // Not one snapshot for all: what is written meanwhile would stay in the log
        // of SQLite until its end.
        let mut snapshot = database.snapshot().await?;
        let texts = texts_of(&mut snapshot, ids.clone()).await?;
        snapshot.rollback().await?;
        let mut texts: HashMap<Uuid, _> = texts.into_iter().map(|texts| (texts.id, texts)).collect();
        // One whose payload is gone has no words.
        let texts: Vec<_> = ids.iter().filter_map(|id| texts.remove(id)).collect();
        for texts in &texts {
            add(&mut sections, texts, number);
            number += 1;
        }
        let cut = move || {
            for texts in &texts {
                volume.add(&texts.words());
            }
            volume
        };
        volume = threads.run(cut).await?;
    }
    let pages = threads.run(move || volume.into_pages()).await?;
    Ok(Made {
        calls: done,
        sections,
        pages,
    })
}

/// Adds the next call, by project and time.
fn add(sections: &mut Vec<SectionRow>, call: &CallTexts, number: i64) {
    match sections.last_mut() {
        Some(section) if section.project_id == call.project_id => {
            section.first_id = section.first_id.min(call.id);
            section.last_started_at = call.started_at;
            section.ids.extend(call.id.as_bytes());
        }
        _ => sections.push(SectionRow {
            project_id: call.project_id,
            volume: 0,
            first_id: call.id,
            first_started_at: call.started_at,
            last_started_at: call.started_at,
            first_number: number,
            ids: call.id.as_bytes().to_vec(),
        }),
    }
}

async fn next_volume(transaction: &mut Transaction) -> Result<i64, DatabaseError> {
    let next = match transaction {
        Transaction::Sqlite(_) => sqlite::NEXT_VOLUME,
        Transaction::Postgres(_) => postgres::NEXT_VOLUME,
    };
    Ok(on_transaction!(transaction, |connection| {
        sqlx::query_scalar(next).fetch_one(connection).await?
    }))
}

async fn write_volume(
    transaction: &mut Transaction,
    volume: i64,
    mut sections: Vec<SectionRow>,
    pages: Vec<Page>,
) -> Result<(), DatabaseError> {
    for section in &mut sections {
        section.volume = volume;
    }
    insert(transaction, &sections, "").await?;
    let page = |page: Page| PageRow {
        volume,
        first_word: page.first_word,
        page: page.bytes,
    };
    let pages: Vec<PageRow> = pages.into_iter().map(page).collect();
    insert(transaction, &pages, "").await
}
