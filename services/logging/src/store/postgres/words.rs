use std::{collections::HashMap, sync::Arc};

use database::DatabaseError;
use futures::TryStreamExt as _;
use sqlx::{PgConnection, PgPool, Postgres};
use uuid::Uuid;

use super::{ids_of, slices::bounds, texts};
use crate::{
    filter::Range,
    words::{Places, Search, look_up},
};

const SECTIONS: &str =
    "SELECT volume, first_number, CAST(octet_length(ids) / 16 AS BIGINT) FROM word_sections
    WHERE project_id = $1 AND last_started_at >= $2 AND first_started_at < $3";

/// Calls that change yet, and ended ones that are in no volume.
const UNINDEXED: &str = "SELECT tool_call_id FROM unindexed_calls
    WHERE project_id = $1 AND started_at >= $2 AND started_at < $3
    UNION ALL
    SELECT id FROM tool_calls
    WHERE project_id = $1 AND started_at >= $2 AND started_at < $3 AND id BETWEEN $4 AND $5 AND status = 'running'";

/// The page in which a word must be.
const PAGE: &str = "SELECT of_range.volume, page FROM unnest($1) AS of_range(volume) CROSS JOIN LATERAL (
        SELECT page FROM word_pages WHERE word_pages.volume = of_range.volume AND first_word <= $2
        ORDER BY first_word DESC LIMIT 1
    ) AS last_before";

/// Those behind it that begin between two words.
const PAGES_BEHIND: &str =
    "SELECT volume, page FROM word_pages WHERE volume = ANY($1) AND first_word > $2 AND first_word < $3";

/// Runs of ids: where they begin and how long they are, in bytes.
const IDS: &str = "SELECT volume, substring(ids FROM first_byte FOR bytes)
    FROM unnest($1, $2, $3) AS run(volume, first_byte, bytes) JOIN word_sections USING (volume)
    WHERE project_id = $4";

const ID_BYTES: usize = 16;

/// Sorts behind each word that begins with another one: no text has this byte.
const BEHIND: u8 = 0xff;

/// The calls that have what a filter looks for in their words.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct FoundWords(Arc<HashMap<Search, Vec<Uuid>>>);

impl FoundWords {
    pub(super) fn ids(&self, search: &Search) -> &[Uuid] {
        self.0.get(search).map_or(&[], Vec::as_slice)
    }

    /// The calls that have all of it.
    pub(super) fn of_all(&self, searches: &[Search]) -> Vec<Uuid> {
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
        pool: &PgPool,
        ids: Vec<Uuid>,
        searches: &[Search],
    ) -> Result<Self, DatabaseError> {
        let mut connection = pool.acquire().await.map_err(DatabaseError::from)?;
        let found = texts::read(&mut connection, ids, searches).await?;
        Ok(Self(Arc::new(found)))
    }

    /// Looks through the volumes of a range, and reads what is in none. Of several
    /// words in a row, volumes know only which calls have all of them: those calls
    /// are read too, unless they are `read_later`.
    pub(super) async fn in_range(
        pool: &PgPool,
        project_id: Uuid,
        range: Range,
        searches: &[Search],
        read_later: &[Search],
    ) -> Result<Self, DatabaseError> {
        let mut snapshot = Snapshot::take(pool, project_id, range).await?;
        let unindexed = snapshot.unindexed(range).await?;
        let mut found = texts::read(&mut snapshot.connection, unindexed, searches).await?;
        for search in searches {
            let mut ids = snapshot.in_volumes(search).await?;
            if search.is_of_several_words() && !read_later.contains(search) {
                let searches = std::slice::from_ref(search);
                let read = texts::read(&mut snapshot.connection, ids, searches).await?;
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
    connection: sqlx::Transaction<'static, Postgres>,
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
    async fn take(pool: &PgPool, project_id: Uuid, range: Range) -> Result<Self, DatabaseError> {
        let mut connection = pool
            .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        let (from, to) = bounds(range);
        let sections: Vec<(i64, i64, i64)> = sqlx::query_as(SECTIONS)
            .bind(project_id)
            .bind(from)
            .bind(to)
            .fetch_all(&mut *connection)
            .await?;
        let section = |(volume, first_number, calls): (i64, i64, i64)| Section {
            volume,
            first_number: u32::try_from(first_number).unwrap_or_default(),
            calls: usize::try_from(calls).unwrap_or_default(),
        };
        Ok(Self {
            connection,
            project_id,
            sections: sections.into_iter().map(section).collect(),
        })
    }

    async fn unindexed(&mut self, range: Range) -> Result<Vec<Uuid>, DatabaseError> {
        let (from, to) = bounds(range);
        let (first_id, last_id) = ids_of(range);
        Ok(sqlx::query_scalar(UNINDEXED)
            .bind(self.project_id)
            .bind(from)
            .bind(to)
            .bind(first_id)
            .bind(last_id)
            .fetch_all(&mut *self.connection)
            .await?)
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
            let standing = standing(&mut self.connection, &sections, word, is_open).await?;
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
        let mut runs: HashMap<i64, Vec<usize>> = HashMap::new();
        let (mut volumes, mut first_bytes, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
        for (section, standing) in found {
            let is_there = |(_, places): &(usize, &Places)| !places.and(wanted).is_nowhere();
            let numbers = standing.iter().enumerate().filter(is_there);
            let numbers: Vec<usize> = numbers.map(|(number, _)| number).collect();
            let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
                continue;
            };
            volumes.push(section.volume);
            first_bytes.push((first * ID_BYTES + 1) as i32);
            lengths.push(((last - first + 1) * ID_BYTES) as i32);
            runs.insert(section.volume, numbers);
        }
        let mut ids = Vec::new();
        let mut rows = sqlx::query_as::<_, (i64, Vec<u8>)>(IDS)
            .bind(volumes)
            .bind(first_bytes)
            .bind(lengths)
            .bind(self.project_id)
            .fetch(&mut *self.connection);
        while let Some((volume, run)) = rows.try_next().await? {
            let numbers = runs.remove(&volume).unwrap_or_default();
            let first = numbers.first().copied().unwrap_or_default();
            let id = |number: usize| run.get((number - first) * ID_BYTES..)?.first_chunk();
            ids.extend(numbers.into_iter().filter_map(id).map(|id| Uuid::from_bytes(*id)));
        }
        Ok(ids)
    }
}

/// Where a word, or one that begins so, stands in the calls of some sections.
async fn standing(
    connection: &mut PgConnection,
    sections: &[Section],
    word: &str,
    is_open: bool,
) -> Result<Vec<Standing>, DatabaseError> {
    let volumes: Vec<i64> = sections.iter().map(|section| section.volume).collect();
    let places: HashMap<i64, usize> = volumes.iter().copied().zip(0..).collect();
    let nowhere = |section: &Section| vec![Places::NOWHERE; section.calls];
    let mut standing: Vec<Standing> = sections.iter().map(nowhere).collect();
    let mut note = |volume: i64, page: &[u8]| {
        let Some(place) = places.get(&volume).copied() else {
            return;
        };
        let first = sections[place].first_number;
        look_up(page, word, is_open, |number, places| {
            let number = number.checked_sub(first).map(|number| number as usize);
            if let Some(there) = number.and_then(|number| standing[place].get_mut(number)) {
                *there = there.or(places);
            }
        });
    };
    let mut pages = sqlx::query_as::<_, (i64, Vec<u8>)>(PAGE)
        .bind(&volumes)
        .bind(word.as_bytes())
        .fetch(&mut *connection);
    while let Some((volume, page)) = pages.try_next().await? {
        note(volume, &page);
        // It is work, and others wait.
        tokio::task::consume_budget().await;
    }
    drop(pages);
    if is_open {
        let mut pages = sqlx::query_as::<_, (i64, Vec<u8>)>(PAGES_BEHIND)
            .bind(&volumes)
            .bind(word.as_bytes())
            .bind([word.as_bytes(), &[BEHIND]].concat())
            .fetch(connection);
        while let Some((volume, page)) = pages.try_next().await? {
            note(volume, &page);
            tokio::task::consume_budget().await;
        }
    }
    Ok(standing)
}
