use std::collections::HashMap;

use database::{Database, DatabaseError};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::{
    store::{CallTexts, Store, texts_of},
    words::{Page, Volume},
};

mod forget;

/// Calls of a volume, at most.
const VOLUME_CALLS: i64 = if cfg!(test) { 256 } else { 8_192 };

/// Calls that are read and cut at a time.
const READ: usize = if cfg!(test) { 64 } else { 512 };

/// So many are counted.
const MAX_COUNTED: i64 = 100_000;

/// Takes the calls of a project together, in their order. What another process
/// has in hand is its own.
const TAKE: &str = "DELETE FROM unindexed_calls WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM unindexed_calls
        ORDER BY project_id, started_at, tool_call_id LIMIT $1 FOR UPDATE SKIP LOCKED
    ))
    RETURNING project_id, started_at, tool_call_id";

const GIVE_BACK: &str =
    "INSERT INTO unindexed_calls (project_id, started_at, tool_call_id) SELECT * FROM unnest($1, $2, $3)";

/// Project, time and id of a call.
type Taken = (Uuid, i64, Uuid);

/// The calls of a project in a volume.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
struct Section {
    project_id: Uuid,
    first_id: Uuid,
    first_started_at: i64,
    last_started_at: i64,
    first_number: i64,
    /// One after another.
    ids: Vec<u8>,
}

impl Section {
    const ID_BYTES: usize = 16;

    fn ids(&self) -> impl Iterator<Item = Uuid> {
        let (ids, _) = self.ids.as_chunks::<{ Self::ID_BYTES }>();
        ids.iter().map(|id| Uuid::from_bytes(*id))
    }
}

impl Store {
    /// How many calls are in no volume yet, up to a hundred thousand.
    pub(super) async fn count_unindexed(&self) -> Result<u64, DatabaseError> {
        let Database::Postgres(pool) = &self.database else {
            return Ok(0);
        };
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM (SELECT 1 FROM unindexed_calls LIMIT $1) AS counted")
                .bind(MAX_COUNTED)
                .fetch_one(pool)
                .await?;
        Ok(count.unsigned_abs())
    }

    /// Clears away what is left of calls that waited, through which whoever looks
    /// for those that wait would have to go. The database would do so too, later.
    pub(super) async fn tidy_unindexed(&self) -> Result<(), DatabaseError> {
        if let Database::Postgres(pool) = &self.database {
            sqlx::query("VACUUM unindexed_calls").execute(pool).await?;
        }
        Ok(())
    }

    /// Makes a volume of calls that are in none, if there are `at_least` so many
    /// that nobody else has in hand. Returns how many it took.
    pub(super) async fn index_calls(&self, at_least: u64) -> Result<usize, DatabaseError> {
        match &self.database {
            Database::Sqlite(_) => Ok(0),
            Database::Postgres(pool) => index_calls(pool, at_least).await,
        }
    }
}

async fn index_calls(pool: &PgPool, at_least: u64) -> Result<usize, DatabaseError> {
    let mut transaction = pool.begin().await?;
    let mut taken: Vec<Taken> = sqlx::query_as(TAKE)
        .bind(VOLUME_CALLS)
        .fetch_all(&mut *transaction)
        .await?;
    if (taken.len() as u64) < at_least {
        transaction.rollback().await?;
        return Ok(0);
    }
    taken.sort_unstable();
    let mut volume = Volume::default();
    let mut sections: Vec<Section> = Vec::new();
    let (mut calls, mut done) = (0, 0);
    for taken in taken.chunks(READ) {
        if volume.is_full() {
            break;
        }
        done += taken.len();
        let ids: Vec<Uuid> = taken.iter().map(|(_, _, id)| *id).collect();
        let texts = texts_of(&mut transaction, &ids).await?;
        let mut texts: HashMap<Uuid, _> = texts.into_iter().map(|texts| (texts.id, texts)).collect();
        // One whose payload is gone has no words.
        let texts: Vec<_> = ids.iter().filter_map(|id| texts.remove(id)).collect();
        for texts in &texts {
            add(&mut sections, texts, calls);
            calls += 1;
        }
        let cut = move || {
            for texts in &texts {
                volume.add(&texts.words());
            }
            volume
        };
        volume = on_a_thread(cut).await?;
    }
    give_back(&mut transaction, &taken[done..]).await?;
    let pages = on_a_thread(move || volume.into_pages()).await?;
    let number: i64 = sqlx::query_scalar("SELECT nextval('word_volumes')")
        .fetch_one(&mut *transaction)
        .await?;
    write_volume(&mut transaction, number, sections, pages).await?;
    transaction.commit().await?;
    Ok(done)
}

/// Leaves calls to another volume.
async fn give_back(connection: &mut PgConnection, calls: &[Taken]) -> Result<(), DatabaseError> {
    let projects: Vec<Uuid> = calls.iter().map(|call| call.0).collect();
    let times: Vec<i64> = calls.iter().map(|call| call.1).collect();
    let ids: Vec<Uuid> = calls.iter().map(|call| call.2).collect();
    sqlx::query(GIVE_BACK)
        .bind(projects)
        .bind(times)
        .bind(ids)
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds the next call, by project and time.
fn add(sections: &mut Vec<Section>, call: &CallTexts, number: i64) {
    match sections.last_mut() {
        Some(section) if section.project_id == call.project_id => {
            section.first_id = section.first_id.min(call.id);
            section.last_started_at = call.started_at;
            section.ids.extend(call.id.as_bytes());
        }
        _ => sections.push(Section {
            project_id: call.project_id,
            first_id: call.id,
            first_started_at: call.started_at,
            last_started_at: call.started_at,
            first_number: number,
            ids: call.id.as_bytes().to_vec(),
        }),
    }
}

async fn write_volume(
    connection: &mut PgConnection,
    number: i64,
    sections: Vec<Section>,
    pages: Vec<Page>,
) -> Result<(), DatabaseError> {
    for section in sections {
        sqlx::query(
            "INSERT INTO word_sections
             (project_id, volume, first_id, first_started_at, last_started_at, first_number, ids)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(section.project_id)
        .bind(number)
        .bind(section.first_id)
        .bind(section.first_started_at)
        .bind(section.last_started_at)
        .bind(section.first_number)
        .bind(section.ids)
        .execute(&mut *connection)
        .await?;
    }
    let (words, pages): (Vec<_>, Vec<_>) = pages
        .into_iter()
        .map(|page| (page.first_word, page.bytes))
        .unzip();
    sqlx::query("INSERT INTO word_pages (volume, first_word, page) SELECT $1, * FROM unnest($2, $3)")
        .bind(number)
        .bind(words)
        .bind(pages)
        .execute(connection)
        .await?;
    Ok(())
}

/// Work for the processor, beside those who wait for answers.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DatabaseError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(DatabaseError::unreadable)
}
