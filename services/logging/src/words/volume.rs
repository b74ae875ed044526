//! Volumes of the index of words: each is of some thousand calls and never
//! changes. Words lie in pages, in their order; a word has the
//! calls in which it stands, by their place in the volume.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{Part, Words};
use crate::compression;

mod bytes;
#[cfg(test)]
mod tests;

use bytes::{Reader, push_number};

/// How much of a page there is before it is compressed. More saves little on the
/// disk, and a word costs the reading of its page.
const PAGE_BYTES: usize = 8 * 1_024;

/// More than any page becomes again.
const MAX_PAGE_BYTES: usize = 1 << 20;

/// So much memory a volume in the making takes, about.
const FULL_BYTES: usize = if cfg!(test) { 1 << 20 } else { 128 << 20 };

/// What a word takes besides its letters, and each call that has it.
const WORD_BYTES: usize = 128;
const POSTING_BYTES: usize = 3;

/// Where a word stands in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Places(u8);

/// A run of words of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) first_word: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
}

/// A volume in the making.
#[derive(Debug, Default)]
pub(crate) struct Volume {
    calls: u32,
    /// Of memory, about.
    bytes: usize,
    words: HashMap<Box<str>, Postings, RandomState>,
}

/// Words in their order, on their way into pages.
#[derive(Debug, Default)]
struct Pages {
    done: Vec<Page>,
    first_word: Vec<u8>,
    last_word: Vec<u8>,
    raw: Vec<u8>,
}

/// The calls that have a word, the last one not written yet. A call is the gap to
/// the one before, with the places in the lowest four bits.
#[derive(Debug)]
struct Postings {
    bytes: Vec<u8>,
    /// From which call on the next gap counts.
    next: u32,
    last: (u32, Places),
}

impl Places {
    pub(crate) const NOWHERE: Self = Self(0);
    const TOOL: Self = Self(1);
    const ARGUMENTS: Self = Self(2);
    const RESULT: Self = Self(4);
    const ERROR: Self = Self(8);
    const BITS: u32 = 4;

    /// Those of both.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are in both.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn is_nowhere(self) -> bool {
        self == Self::NOWHERE
    }
}

impl From<Part> for Places {
    fn from(part: Part) -> Self {
        match part {
            Part::Anywhere => Self((1 << Self::BITS) - 1),
            Part::Arguments => Self::ARGUMENTS,
            Part::Result => Self::RESULT,
            Part::Error => Self::ERROR,
        }
    }
}

impl Volume {
    /// Adds the next call.
    pub(crate) fn add(&mut self, words: &Words) {
        let call = self.calls;
        self.calls += 1;
        for (words, places) in [
            (&words.tool, Places::TOOL),
            (&words.arguments, Places::ARGUMENTS),
            (&words.result, Places::RESULT),
            (&words.error, Places::ERROR),
        ] {
            for word in words.iter() {
                self.bytes += POSTING_BYTES;
                if let Some(postings) = self.words.get_mut(word) {
                    postings.add(call, places);
                } else {
                    self.bytes += word.len() + WORD_BYTES;
                    self.words.insert(word.into(), Postings::new(call, places));
                }
            }
        }
    }

    /// Whether it is large enough, however few calls it has.
    pub(crate) const fn is_full(&self) -> bool {
        self.bytes >= FULL_BYTES
    }

    /// Writes it.
    pub(crate) fn into_pages(self) -> Vec<Page> {
        let words = self.words.into_iter();
        let mut words: Vec<(u64, Box<str>, Postings)> = words
            .map(|(word, postings)| (beginning(&word), word, postings))
            .collect();
        // Most words are told apart without a look at where their letters lie.
        words.sort_unstable_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        let mut pages = Pages::default();
        for (_, word, postings) in words {
            pages.push(word.as_bytes(), &postings.into_bytes());
        }
        pages.finish()
    }
}

/// The first eight bytes of a word as a number, in the order of words.
fn beginning(word: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = word.len().min(bytes.len());
    bytes[..length].copy_from_slice(&word.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}

impl Postings {
    const fn new(call: u32, places: Places) -> Self {
        Self {
            bytes: Vec::new(),
            next: 0,
            last: (call, places),
        }
    }

    /// Calls come in their order.
    fn add(&mut self, call: u32, places: Places) {
        if self.last.0 == call {
            self.last.1 = self.last.1.or(places);
        } else {
            self.write_last();
            self.last = (call, places);
        }
    }

    fn write_last(&mut self) {
        let (call, places) = self.last;
        let gap = u64::from(call - self.next);
        push_number(&mut self.bytes, gap << Places::BITS | u64::from(places.0));
        self.next = call + 1;
    }

    fn into_bytes(mut self) -> Vec<u8> {
        self.write_last();
        self.bytes
    }
}

impl Pages {
    /// Words come in their order. One that many calls have is a page of its own.
    fn push(&mut self, word: &[u8], postings: &[u8]) {
        if !self.raw.is_empty() && self.raw.len() + word.len() + postings.len() > PAGE_BYTES {
            self.finish_page();
        }
        if self.raw.is_empty() {
            self.first_word = word.to_vec();
            self.last_word.clear();
        }
        let alike = self
            .last_word
            .iter()
            .zip(word)
            .take_while(|(one, other)| one == other);
        let alike = alike.count();
        push_number(&mut self.raw, alike as u64);
        push_number(&mut self.raw, (word.len() - alike) as u64);
        self.raw.extend_from_slice(&word[alike..]);
        push_number(&mut self.raw, postings.len() as u64);
        self.raw.extend_from_slice(postings);
        self.last_word.truncate(alike);
        self.last_word.extend_from_slice(&word[alike..]);
    }

    fn finish_page(&mut self) {
        let mut bytes = Vec::new();
        let room = compression::room_for(self.raw.len());
        assert!(
            compression::compress(&[&self.raw], room, &mut bytes),
            "there is room for all of it"
        );
        self.done.push(Page {
            first_word: std::mem::take(&mut self.first_word),
            bytes,
        });
        self.raw.clear();
    }

    fn finish(mut self) -> Vec<Page> {
        if !self.raw.is_empty() {
            self.finish_page();
        }
        self.done
    }
}

/// The calls of a page that have a word, or one that begins so. Of a page that is
/// damaged, what can be read.
pub(crate) fn look_up(page: &[u8], word: &str, is_open: bool, mut found: impl FnMut(u32, Places)) {
    let word = word.as_bytes();
    for_each_word(page, |there, postings| {
        if there == word || is_open && there.starts_with(word) {
            for_each_call(postings, &mut found);
        }
        there < word || is_open && there.starts_with(word)
    });
}

/// The pages of a volume anew, for the calls that stay: `numbers` says which
/// number each call has now, if any.
pub(crate) fn renumber<'page>(
    pages: impl IntoIterator<Item = &'page [u8]>,
    numbers: &[Option<u32>],
) -> Vec<Page> {
    let mut kept = Pages::default();
    for page in pages {
        for_each_word(page, |word, postings| {
            let mut left: Option<Postings> = None;
            for_each_call(postings, |call, places| {
                let number = numbers.get(call as usize).copied().flatten();
                match (number, &mut left) {
                    (Some(number), Some(left)) => left.add(number, places),
                    (Some(number), None) => left = Some(Postings::new(number, places)),
                    (None, _) => {}
                }
            });
            if let Some(left) = left {
                kept.push(word, &left.into_bytes());
            }
            true
        });
    }
    kept.finish()
}

/// Goes through the words of a page until it is told to stop.
fn for_each_word(page: &[u8], mut goes_on: impl FnMut(&[u8], &[u8]) -> bool) {
    let raw = decompress(page);
    let mut reader = Reader(&raw);
    let mut word = Vec::new();
    while let Some((alike, rest)) = reader.number().zip(reader.run()) {
        word.truncate(usize::try_from(alike).unwrap_or(usize::MAX));
        word.extend_from_slice(rest);
        let Some(postings) = reader.run() else { return };
        if !goes_on(&word, postings) {
            return;
        }
    }
}

/// Of a page that is damaged, what can be read.
pub(crate) fn decompress(page: &[u8]) -> Vec<u8> {
    let (raw, is_whole) = compression::decompress(page, MAX_PAGE_BYTES);
    if !is_whole {
        tracing::error!("a page of the index of words is damaged");
    }
    raw
}

fn for_each_call(postings: &[u8], mut found: impl FnMut(u32, Places)) {
    let mut reader = Reader(postings);
    let mut next = 0_u32;
    while let Some(posting) = reader.number() {
        let gap = u32::try_from(posting >> Places::BITS).ok();
        let Some(call) = gap
            .and_then(|gap| next.checked_add(gap))
            .filter(|call| *call < u32::MAX)
        else {
            return;
        };
        found(call, Places(posting as u8 & ((1 << Places::BITS) - 1)));
        next = call + 1;
    }
}
