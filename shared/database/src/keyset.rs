//! Pages by key instead of by number: the page behind an item stays the page
//! behind that item, whatever is added, and costs the same at any depth.
//!
//! A list is ordered by a number (most often a time) and an id, newest first.
//! Its statement is one of three, by [`Place`]:
//!
//! ```sql
//! ... ORDER BY created_at_us DESC, id DESC LIMIT $n                                    -- Newest
//! ... AND (created_at_us, id) < ($a, $b) ORDER BY created_at_us DESC, id DESC LIMIT $n -- OlderThan
//! ... AND (created_at_us, id) > ($a, $b) ORDER BY created_at_us, id LIMIT $n           -- NewerThan
//! ```
//!
//! with a limit one over the page's; [`page`] makes the answer of the rows.

use data_encoding::BASE64URL_NOPAD;
use service_error::ServiceError;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

const VERSION: u8 = 1;
const MAX_LIMIT: u32 = 500;

/// Where an item stands in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What the list is ordered by.
    pub at: i64,
    /// What tells apart those that are equal in it.
    pub id: Uuid,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the newest item.
    Newest,
    /// Behind this item, going back.
    OlderThan(Key),
    /// Before this item, coming forward.
    NewerThan(Key),
}

/// A list and its filter, so that a cursor cannot be used in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter([u8; 8]);

/// Items of one page, newest first, and the cursors on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Cursor of the items older than these.
    pub older: String,
    /// Cursor of the items newer than these.
    pub newer: String,
    /// Whether there are older ones.
    pub has_older: bool,
}

impl Filter {
    /// Of a list's name and whatever its filter holds.
    pub fn of(list: &str, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in std::iter::once(list.as_bytes()).chain(parts.iter().copied()) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut first = [0; 8];
        first.copy_from_slice(&hash.finalize()[..8]);
        Self(first)
    }
}

impl Place {
    /// Reads a cursor; an empty one is the newest place.
    pub fn parse(cursor: &str, filter: Filter) -> Result<Self, ServiceError> {
        if cursor.is_empty() {
            return Ok(Self::Newest);
        }
        Self::decode(cursor, filter).ok_or_else(|| {
            ServiceError::invalid(
                "page.cursor",
                "not a cursor of this list with this filter; begin anew without one",
            )
        })
    }

    fn decode(cursor: &str, filter: Filter) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
        let bytes: &[u8; 34] = bytes.as_slice().try_into().ok()?;
        let (head, rest) = bytes.split_first_chunk::<2>()?;
        let (hash, rest) = rest.split_first_chunk::<8>()?;
        let (at, id) = rest.split_first_chunk::<8>()?;
        let key = Key {
            at: i64::from_be_bytes(*at),
            id: Uuid::from_slice(id).ok()?,
        };
        match (head, Filter(*hash) == filter) {
            ([VERSION, b'o'], true) => Some(Self::OlderThan(key)),
            ([VERSION, b'n'], true) => Some(Self::NewerThan(key)),
            _ => None,
        }
    }

    /// Which of the three statements of a list begins here, and the key that is
    /// bound to it.
    pub const fn statement(self, [newest, older, newer]: [&'static str; 3]) -> (&'static str, Option<Key>) {
        match self {
            Self::Newest => (newest, None),
            Self::OlderThan(key) => (older, Some(key)),
            Self::NewerThan(key) => (newer, Some(key)),
        }
    }

    /// The place behind an item, in the same direction.
    #[must_use]
    pub const fn behind(self, key: Key) -> Self {
        match self {
            Self::Newest | Self::OlderThan(_) => Self::OlderThan(key),
            Self::NewerThan(_) => Self::NewerThan(key),
        }
    }

    /// The cursor of this place; the newest needs none.
    pub fn cursor(self, filter: Filter) -> String {
        let (direction, key) = match self {
            Self::Newest => return String::new(),
            Self::OlderThan(key) => (b'o', key),
            Self::NewerThan(key) => (b'n', key),
        };
        let mut bytes = Vec::with_capacity(34);
        bytes.extend([VERSION, direction]);
        bytes.extend(filter.0);
        bytes.extend(key.at.to_be_bytes());
        bytes.extend(key.id.as_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }
}

/// How many items a page may have: what was asked for, or the list's default
/// for zero.
pub fn limit(asked: u32, default: u32) -> Result<u32, ServiceError> {
    match asked {
        0 => Ok(default),
        1..=MAX_LIMIT => Ok(asked),
        _ => Err(ServiceError::invalid(
            "page.limit",
            format!("expected 1 to {MAX_LIMIT}"),
        )),
    }
}

/// Makes a page of rows that were asked for with a limit one over the page's,
/// in the order of the place's statement.
pub fn page<T>(
    mut rows: Vec<T>,
    limit: u32,
    place: Place,
    filter: Filter,
    key: impl Fn(&T) -> Key,
) -> Page<T> {
    let is_cut = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let has_older = match place {
        Place::Newest | Place::OlderThan(_) => is_cut,
        Place::NewerThan(_) => {
            rows.reverse();
            // The item that the cursor came from.
            true
        }
    };
    // Without items the place itself lies between older and newer.
    let here = match place {
        Place::Newest => Key {
            at: i64::MIN,
            id: Uuid::nil(),
        },
        Place::OlderThan(key) | Place::NewerThan(key) => key,
    };
    let newest = rows.first().map_or(here, &key);
    let oldest = rows.last().map_or(here, &key);
    Page {
        older: Place::OlderThan(oldest).cursor(filter),
        newer: Place::NewerThan(newest).cursor(filter),
        items: rows,
        has_older,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filter() -> Filter {
        Filter::of("things", &[b"a"])
    }

    fn key(at: i64) -> Key {
        Key {
            at,
            id: Uuid::from_u128(at.unsigned_abs().into()),
        }
    }

    /// What the three statements answer of the items 1 to `count`.
    fn rows(count: i64, place: Place, limit: u32) -> Vec<i64> {
        let take = limit as usize + 1;
        match place {
            Place::Newest => (1..=count).rev().take(take).collect(),
            Place::OlderThan(than) => (1..=count).rev().filter(|at| *at < than.at).take(take).collect(),
            Place::NewerThan(than) => (1..=count).filter(|at| *at > than.at).take(take).collect(),
        }
    }

    fn look(count: i64, cursor: &str, limit: u32) -> Page<i64> {
        let place = Place::parse(cursor, filter()).expect("a cursor");
        page(rows(count, place, limit), limit, place, filter(), |at| key(*at))
    }

    #[test]
    fn pages_go_back_to_the_first_item_without_gap_or_repetition() {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = look(7, &cursor, 3);
            seen.extend(page.items);
            cursor = page.older;
            if !page.has_older {
                break;
            }
        }
        assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(look(7, &cursor, 3).items, [0_i64; 0]);
    }

    #[test]
    fn an_empty_list_can_be_polled() {
        let page = look(0, "", 3);
        assert!(page.items.is_empty() && !page.has_older);
        let next = look(5, &page.newer, 3);
        assert_eq!(next.items, [3, 2, 1]);
        assert_eq!(look(5, &next.newer, 3).items, [5, 4]);
    }

    #[test]
    fn a_cursor_of_another_filter_is_refused() {
        let cursor = Place::OlderThan(key(7)).cursor(filter());
        assert_eq!(
            Place::parse(&cursor, filter()).ok(),
            Some(Place::OlderThan(key(7)))
        );
        for other in [
            Filter::of("things", &[b"b"]),
            Filter::of("thing", &[b"sa"]),
            Filter::of("things", &[]),
        ] {
            assert_eq!(
                Place::parse(&cursor, other).err().map(|error| error.reason),
                Some("invalid_argument".into())
            );
        }
    }

    proptest! {
        #[test]
        fn every_place_survives_its_cursor(at: i64, id: u128, newer: bool) {
            let key = Key { at, id: Uuid::from_u128(id) };
            let place = if newer { Place::NewerThan(key) } else { Place::OlderThan(key) };
            prop_assert_eq!(Place::parse(&place.cursor(filter()), filter()).ok(), Some(place));
        }

        #[test]
        fn no_text_makes_the_parser_fall_over(cursor in "\\PC{1,60}") {
            prop_assert!(Place::parse(&cursor, filter()).is_err());
        }
    }
}
