use std::{collections::HashMap, sync::Arc};

use database::{Database, DatabaseError, Transaction, on_transaction};
use uuid::Uuid;

use super::{slices::bounds, texts};
use crate::{
    filter::Range,
    row::Value,
    store::{
        Statement,
        condition::{push_days, push_range},
    },
    words::{ID_BYTES, Places, Search, look_up},
};

const SECTIONS: &str = "SELECT volume, first_number, CAST(length(ids) AS BIGINT) FROM word_sections
    WHERE project_id = $1 AND last_started_at >= $2 AND first_started_at < $3";

/// Volumes that are looked into at a time.
const MOST_VOLUMES: usize = 256;

/// Sorts behind each word that begins with another one: no text has this byte.
const BEHIND: u8 = 0xff;

/// The calls that have what a filter looks for in their words.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct FoundWords(Arc<HashMap<Search, Vec<Uuid>>>);

impl FoundWords {
    pub(in crate::store) fn ids(&self, search: &Search) -> &[Uuid] {
        self.0.get(search).map_or(&[], Vec::as_slice)
    }

    /// The calls that have all of it.
    pub(in crate::store) fn of_all(&self, searches: &[Search]) -> Vec<Uuid> {
        let mut searches = searches.iter();
        let mut ids = searches
            .next()
            .map_or(Vec::new(), |search| self.ids(search).to_vec());
        ids.sort_unstable();
        for search in searches {
            let mut others = self.ids(search).to_vec();
            others.sort_unstable();
            ids.retain(|id| others.binary_search(id).is_ok());
        }
        ids
    }

    /// Looks by reading calls.
    pub(in crate::store) async fn by_reading(
        database: &Database,
        ids: Vec<Uuid>,
        searches: &[Search],
    ) -> Result<Self, DatabaseError> {
        let mut transaction = database.snapshot().await?;
        let found = texts::read(&mut transaction, ids, searches).await?;
        Ok(Self(Arc::new(found)))
    }

    /// Looks through the volumes of a range, and reads what is in none. Of several
    /// words in a row, volumes know only which calls have all of them: those calls
    /// are read too, unless they are `read_later`.
    pub(super) async fn in_range(
        database: &Database,
        project_id: Uuid,
        range: Range,
        searches: &[Search],
        read_later: &[Search],
    ) -> Result<Self, DatabaseError> {
        let mut snapshot = Snapshot::take(database, project_id, range).await?;
        let unindexed = snapshot.unindexed(range).await?;
        let mut found = texts::read(&mut snapshot.transaction, unindexed, searches).await?;
        for search in searches {
            let mut ids = snapshot.in_volumes(search).await?;
            if search.is_of_several_words() && !read_later.contains(search) {
                let searches = std::slice::from_ref(search);
                let read = texts::read(&mut snapshot.transaction, ids, searches).await?;
                ids = read.into_values().flatten().collect();
            }
            found.entry(search.clone()).or_default().extend(ids);
        }
        Ok(Self(Arc::new(found)))
    }
}

/// The database as it is at one moment, so that no call is missed on its way into
/// a volume, or while its volume is written anew.
struct Snapshot {
    transaction: Transaction,
    project_id: Uuid,
    sections: Vec<Section>,
}

/// The calls of a project in a volume.
#[derive(Debug, Clone, Copy)]
struct Section {
    volume: i64,
    first_number: u32,
    calls: usize,
}

/// Where a word stands in each call of a section.
type Standing = Vec<Places>;

impl Snapshot {
    async fn take(database: &Database, project_id: Uuid, range: Range) -> Result<Self, DatabaseError> {
        let mut transaction = database.snapshot().await?;
        let (from, to) = bounds(range);
        let sections: Vec<(i64, i64, i64)> = on_transaction!(&mut transaction, |connection| {
            sqlx::query_as(SECTIONS)
                .bind(project_id)
                .bind(from)
                .bind(to)
                .fetch_all(connection)
                .await?
        });
        let section = |(volume, first_number, bytes): (i64, i64, i64)| Section {
            volume,
            first_number: u32::try_from(first_number).unwrap_or_default(),
            calls: usize::try_from(bytes).unwrap_or_default() / ID_BYTES,
        };
        Ok(Self {
            transaction,
            project_id,
            sections: sections.into_iter().map(section).collect(),
        })
    }

    /// Calls that change yet, and ended ones that are in no volume.
    async fn unindexed(&mut self, range: Range) -> Result<Vec<Uuid>, DatabaseError> {
        let mut statement = Statement::within(&self.transaction, "SELECT tool_call_id FROM unindexed_calls");
        push_range(&mut statement, self.project_id, range);
        statement.push(" UNION ALL SELECT id FROM tool_calls");
        push_range(&mut statement, self.project_id, range);
        push_days(&mut statement, range);
        statement.push(" AND status = 'running'");
        let ids: Vec<(Uuid,)> = statement.fetch_within(&mut self.transaction).await?;
        Ok(ids.into_iter().map(|(id,)| id).collect())
    }

    /// The calls that have all words, each in the same place.
    async fn in_volumes(&mut self, search: &Search) -> Result<Vec<Uuid>, DatabaseError> {
        let wanted = Places::from(search.part);
        let mut left: Vec<(Section, Standing)> = Vec::new();
        let words = &search.phrase.words;
        for (index, word) in words.iter().enumerate() {
            let is_open = search.phrase.is_open && index == words.len() - 1;
            let sections = match index {
                0 => self.sections.clone(),
                _ => left.iter().map(|(section, _)| *section).collect(),
            };
            let standing = standing(&mut self.transaction, &sections, word, is_open).await?;
            if index == 0 {
                left = sections.into_iter().zip(standing).collect();
            } else {
                for ((_, left), standing) in left.iter_mut().zip(standing) {
                    for (places, others) in left.iter_mut().zip(standing) {
                        *places = places.and(others);
                    }
                }
            }
            let is_there = |places: &Places| !places.and(wanted).is_nowhere();
            left.retain(|(_, standing)| standing.iter().any(is_there));
        }
        self.ids(&left, wanted).await
    }

    async fn ids(
        &mut self,
        found: &[(Section, Standing)],
        wanted: Places,
    ) -> Result<Vec<Uuid>, DatabaseError> {
        let mut ids = Vec::new();
        for found in found.chunks(MOST_VOLUMES) {
            let mut numbers: HashMap<i64, Vec<usize>> = HashMap::new();
            // Where the ids of each volume begin and how long they are, in bytes.
            let mut runs: Vec<Vec<Value>> = Vec::new();
            for (section, standing) in found {
                let is_there = |(_, places): &(usize, &Places)| !places.and(wanted).is_nowhere();
                let there = standing.iter().enumerate().filter(is_there);
                let there: Vec<usize> = there.map(|(number, _)| number).collect();
                let (Some(first), Some(last)) = (there.first(), there.last()) else {
                    continue;
                };
                let place = |bytes: usize| Value::from(bytes as i64);
                runs.push(vec![
                    section.volume.into(),
                    place(first * ID_BYTES + 1),
                    place((last - first + 1) * ID_BYTES),
                ]);
                numbers.insert(section.volume, there);
            }
            if runs.is_empty() {
                continue;
            }
            let mut statement = Statement::within(
                &self.transaction,
                "SELECT volume, substr(ids, CAST(column2 AS INTEGER), CAST(column3 AS INTEGER)) FROM (VALUES ",
            );
            statement.bind_rows(runs.into_iter());
            statement.push(") AS runs CROSS JOIN word_sections WHERE volume = column1 AND project_id = ");
            statement.bind(self.project_id);
            let there: Vec<(i64, Vec<u8>)> = statement.fetch_within(&mut self.transaction).await?;
            for (volume, run) in there {
                let numbers = numbers.remove(&volume).unwrap_or_default();
                let first = numbers.first().copied().unwrap_or_default();
                let id = |number: usize| run.get((number - first) * ID_BYTES..)?.first_chunk();
                ids.extend(numbers.into_iter().filter_map(id).map(|id| Uuid::from_bytes(*id)));
            }
        }
        Ok(ids)
    }
}

/// Where a word, or one that begins so, stands in the calls of some sections.
async fn standing(
    transaction: &mut Transaction,
    sections: &[Section],
    word: &str,
    is_open: bool,
) -> Result<Vec<Standing>, DatabaseError> {
    let nowhere = |section: &Section| vec![Places::NOWHERE; section.calls];
    let mut standing: Vec<Standing> = sections.iter().map(nowhere).collect();
    for (sections, standing) in sections
        .chunks(MOST_VOLUMES)
        .zip(standing.chunks_mut(MOST_VOLUMES))
    {
        let volumes = || sections.iter().map(|section| section.volume);
        let places: HashMap<i64, usize> = volumes().zip(0..).collect();
        let mut note = |(volume, page): (i64, Option<Vec<u8>>)| {
            let Some((place, page)) = places.get(&volume).copied().zip(page) else {
                return;
            };
            let first = sections[place].first_number;
            look_up(&page, word, is_open, |number, places| {
                let number = number.checked_sub(first).map(|number| number as usize);
                if let Some(there) = number.and_then(|number| standing[place].get_mut(number)) {
                    *there = there.or(places);
                }
            });
        };
        let word = word.as_bytes();
        // The page in which the word must be.
        let mut page = Statement::within(
            transaction,
            "SELECT column1, (SELECT page FROM word_pages WHERE volume = column1 AND first_word <= ",
        );
        page.bind(word.to_vec());
        page.push(" ORDER BY first_word DESC LIMIT 1) FROM (VALUES ");
        page.bind_rows(volumes().map(|volume| vec![volume.into()]));
        page.push(") AS volumes");
        page.visit_within(transaction, &mut note).await?;
        if is_open {
            // Those behind it in which there may be one that begins so.
            let mut pages = Statement::within(
                transaction,
                "SELECT volume, page FROM word_pages WHERE volume IN ",
            );
            pages.bind_list(volumes());
            pages.push(" AND first_word > ").bind(word.to_vec());
            pages.push(" AND first_word < ").bind([word, &[BEHIND]].concat());
            pages.visit_within(transaction, &mut note).await?;
        }
    }
    Ok(standing)
}
