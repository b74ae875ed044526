use std::collections::HashMap;

use database::{Database, DatabaseError};
use sqlx::PgPool;
use uuid::Uuid;

use super::{Section, on_a_thread, write_volume};
use crate::{
    store::Store,
    words::{Page, renumber},
};

const FORGET_UNINDEXED: &str =
    "DELETE FROM unindexed_calls USING unnest($1, $2) AS kept(project_id, first_id)
    WHERE unindexed_calls.project_id = kept.project_id AND tool_call_id < kept.first_id";

const VOLUMES: &str = "SELECT DISTINCT volume FROM word_sections
    JOIN unnest($1, $2) AS kept(project_id, first_kept_id) USING (project_id) WHERE first_id < first_kept_id";

impl Store {
    /// Takes the words of old calls out of the index: of each of these projects,
    /// those whose id is smaller than the one that is given. Their bodies must be
    /// gone, so that nobody who reads them now brings them back later.
    pub(crate) async fn forget_words(&self, first_kept: HashMap<Uuid, Uuid>) -> Result<(), DatabaseError> {
        let Database::Postgres(pool) = &self.database else {
            return Ok(());
        };
        let (projects, ids): (Vec<Uuid>, Vec<Uuid>) = first_kept.iter().unzip();
        // It waits for who has some of them in hand.
        sqlx::query(FORGET_UNINDEXED)
            .bind(&projects)
            .bind(&ids)
            .execute(pool)
            .await?;
        let volumes: Vec<i64> = sqlx::query_scalar(VOLUMES)
            .bind(projects)
            .bind(ids)
            .fetch_all(pool)
            .await?;
        for volume in volumes {
            write_anew(pool, volume, &first_kept).await?;
        }
        Ok(())
    }
}

/// Writes a volume again without the calls that go.
async fn write_anew(
    pool: &PgPool,
    volume: i64,
    first_kept: &HashMap<Uuid, Uuid>,
) -> Result<(), DatabaseError> {
    let mut transaction = pool.begin().await?;
    let sections: Vec<Section> = sqlx::query_as(
        "SELECT project_id, first_id, first_started_at, last_started_at, first_number, ids FROM word_sections
         WHERE volume = $1 ORDER BY first_number FOR UPDATE",
    )
    .bind(volume)
    .fetch_all(&mut *transaction)
    .await?;
    // Somebody else wrote it meanwhile; what is left to do, the next sweep does.
    if sections.is_empty() {
        return transaction.rollback().await.map_err(DatabaseError::from);
    }
    let (sections, numbers) = without(sections, first_kept);
    let mut pages: Vec<Page> = Vec::new();
    if !sections.is_empty() {
        let there: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT page FROM word_pages WHERE volume = $1 ORDER BY first_word")
                .bind(volume)
                .fetch_all(&mut *transaction)
                .await?;
        let write = move || renumber(there.iter().map(Vec::as_slice), &numbers);
        pages = on_a_thread(write).await?;
    }
    for delete in [
        "DELETE FROM word_pages WHERE volume = $1",
        "DELETE FROM word_sections WHERE volume = $1",
    ] {
        sqlx::query(delete)
            .bind(volume)
            .execute(&mut *transaction)
            .await?;
    }
    write_volume(&mut transaction, volume, sections, pages).await?;
    transaction.commit().await?;
    Ok(())
}

/// The sections of what stays, and which number each call has in them.
fn without(sections: Vec<Section>, first_kept: &HashMap<Uuid, Uuid>) -> (Vec<Section>, Vec<Option<u32>>) {
    let mut numbers = Vec::new();
    let mut next = 0;
    let mut left = Vec::new();
    for section in sections {
        let first_kept = first_kept.get(&section.project_id).copied().unwrap_or_default();
        let mut ids = Vec::with_capacity(section.ids.len());
        let first_number = next;
        for id in section.ids() {
            let stays = id >= first_kept;
            numbers.push(stays.then_some(next));
            if stays {
                ids.extend(id.as_bytes());
                next += 1;
            }
        }
        if !ids.is_empty() {
            left.push(Section {
                first_id: section.first_id.max(first_kept),
                first_number: first_number.into(),
                ids,
                ..section
            });
        }
    }
    (left, numbers)
}
