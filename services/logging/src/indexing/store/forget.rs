use std::collections::{BTreeSet, HashMap};

use database::{Database, DatabaseError};
use uuid::Uuid;

use super::{SectionRow, Threads, write_volume};
use crate::{
    row::Row as _,
    store::{Statement, Store},
    words::renumber,
};

impl Store {
    /// Takes the words of old calls out of the index: of each of these projects,
    /// those whose id is smaller than the one that is given. Their bodies must be
    /// gone, so that nobody who reads them now brings them back later: then who
    /// makes a volume of some of them is waited for here, or finds that they no
    /// longer wait.
    pub(crate) async fn forget_words(&self, first_kept: HashMap<Uuid, Uuid>) -> Result<(), DatabaseError> {
        let mut transaction = self.database.begin().await?;
        for (project_id, id) in &first_kept {
            let mut statement =
                Statement::within(&transaction, "DELETE FROM unindexed_calls WHERE project_id = ");
            statement.bind(*project_id).push(" AND tool_call_id < ").bind(*id);
            statement.execute(&mut transaction).await?;
        }
        transaction.commit().await?;
        let mut volumes = BTreeSet::new();
        for (project_id, id) in &first_kept {
            let mut statement = Statement::new(
                &self.database,
                "SELECT volume FROM word_sections WHERE project_id = ",
            );
            statement.bind(*project_id).push(" AND first_id < ").bind(*id);
            let found: Vec<(i64,)> = statement.fetch_all(&self.database).await?;
            volumes.extend(found.into_iter().map(|(volume,)| volume));
        }
        for volume in volumes {
            while !write_anew(&self.database, volume, &first_kept).await? {}
        }
        Ok(())
    }
}

/// Writes a volume again without the calls that go. Whether it was still what it
/// was before: nobody has to wait while the words that stay are put together.
async fn write_anew(
    database: &Database,
    volume: i64,
    first_kept: &HashMap<Uuid, Uuid>,
) -> Result<bool, DatabaseError> {
    let mut snapshot = database.snapshot().await?;
    let columns = SectionRow::COLUMNS.join(", ");
    let mut statement = Statement::within(
        &snapshot,
        &format!("SELECT {columns} FROM word_sections WHERE volume = "),
    );
    statement.bind(volume).push(" ORDER BY first_number");
    let before: Vec<SectionRow> = statement.fetch_within(&mut snapshot).await?;
    let (sections, numbers) = without(before.clone(), first_kept);
    let mut there: Vec<(Vec<u8>,)> = Vec::new();
    if !sections.is_empty() {
        let mut statement = Statement::within(&snapshot, "SELECT page FROM word_pages WHERE volume = ");
        statement.bind(volume).push(" ORDER BY first_word");
        there = statement.fetch_within(&mut snapshot).await?;
    }
    snapshot.rollback().await?;
    let write = move || renumber(there.iter().map(|(page,)| page.as_slice()), &numbers);
    let pages = Threads::Beside.run(write).await?;

    let mut transaction = database.begin().await?;
    let mut statement = Statement::within(&transaction, "DELETE FROM word_sections WHERE volume = ");
    statement.bind(volume).push(&format!(" RETURNING {columns}"));
    let mut now: Vec<SectionRow> = statement.fetch_within(&mut transaction).await?;
    now.sort_unstable_by_key(|section| section.first_number);
    if now != before {
        transaction.rollback().await?;
        return Ok(false);
    }
    let mut statement = Statement::within(&transaction, "DELETE FROM word_pages WHERE volume = ");
    statement.bind(volume);
    statement.execute(&mut transaction).await?;
    write_volume(&mut transaction, volume, sections, pages).await?;
    transaction.commit().await?;
    Ok(true)
}

/// The sections of what stays, and which number each call has in them.
fn without(
    sections: Vec<SectionRow>,
    first_kept: &HashMap<Uuid, Uuid>,
) -> (Vec<SectionRow>, Vec<Option<u32>>) {
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
            left.push(SectionRow {
                first_id: section.first_id.max(first_kept),
                first_number: first_number.into(),
                ids,
                ..section
            });
        }
    }
    (left, numbers)
}
