//! How text is cut into words, for what is stored and for what is looked for
//! alike, so that both databases find the same.
//!
//! A word is a run of letters and digits, in lower case. Chinese and Japanese
//! characters are a word each, because nothing parts them. What begins with
//! [`LEAF`] stands for one value of the arguments, with its path.

use std::fmt::Write as _;

use flate2::Crc;
use serde_json::Value;

use crate::query::Pattern;

mod list;
mod search;
mod volume;

pub(crate) use list::WordList;
pub(crate) use search::{Search, Texts};
#[cfg(test)]
pub(crate) use volume::decompress;
pub(crate) use volume::{Page, Places, Volume, look_up, renumber};

/// Of the id of a call, where there are many one after another.
pub(crate) const ID_BYTES: usize = 16;

/// Longer words are cut: nobody types them.
const MAX_WORD_CHARACTERS: usize = 64;

/// Begins no word of a text.
const LEAF: char = '\u{E000}';

/// What stands in a leaf for ASCII that would part it.
const SIGNS: u32 = 0xE100;

/// Of a leaf that is told apart by its beginning. What comes after it is in a
/// checksum, so that the index does not hold long values a second time.
const MAX_LEAF_CHARACTERS: usize = 48;

/// What comes after these is of no account.
const MAX_COMPARED_CHARACTERS: usize = 128;

/// Of one call's arguments.
const MAX_LEAVES: usize = 128;

/// The words of one call, by where they stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) tool: WordList,
    pub(crate) arguments: WordList,
    pub(crate) result: WordList,
    pub(crate) error: WordList,
}

/// Where words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Anywhere,
    Arguments,
    Result,
    Error,
}

/// Words in a row; the last may go on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Phrase {
    pub(crate) words: Vec<String>,
    pub(crate) is_open: bool,
}

impl Phrase {
    /// What a query asks for; none where it has no word.
    pub(crate) fn new(pattern: &Pattern) -> Option<Self> {
        let text = pattern.parts.first()?;
        let mut words = WordList::default();
        cut(text, &mut words);
        let last = words.iter().next_back()?.chars().next_back()?;
        // A particle is written onto its word: 이슈 finds 이슈를 too.
        let is_open = is_hangul(last);
        Some(Self {
            words: words.iter().map(str::to_owned).collect(),
            is_open: is_open || pattern.parts.len() > 1,
        })
    }

    /// One value of the arguments.
    pub(crate) fn of_leaf(path: &str, pattern: Option<&Pattern>) -> Self {
        let value = pattern.and_then(|pattern| pattern.parts.first());
        let is_open = pattern.is_none_or(|pattern| pattern.parts.len() > 1);
        let value = value.map_or("", String::as_str);
        let leaf = if is_open { beginning_of_leaf } else { leaf };
        Self {
            words: vec![leaf(path, value)],
            is_open,
        }
    }
}

/// Adds the words of a text.
pub(crate) fn cut(text: &str, words: &mut WordList) {
    let mut rest = text;
    // Characters that the word may have yet.
    let mut left = MAX_WORD_CHARACTERS;
    while let Some(first) = rest.chars().next() {
        // Most text is ASCII, and of that most is in words: these are taken whole.
        if first.is_ascii_alphanumeric() {
            let (run, behind) = rest.split_at(ascii_run(rest));
            let taken = run.len().min(left);
            words.push_ascii(&run[..taken]);
            left -= taken;
            rest = behind;
            continue;
        }
        rest = &rest[first.len_utf8()..];
        let is_alone = is_ideograph(first);
        if is_alone || first.is_ascii() || !is_letter_or_digit(first) {
            words.end_word();
            left = MAX_WORD_CHARACTERS;
            if is_alone {
                words.push_character(first);
                words.end_word();
            }
        } else if left > 0 {
            left -= 1;
            if is_syllable(first) {
                words.push_character(first);
            } else {
                let lower = first.to_lowercase().filter(|lower| lower.is_alphanumeric());
                lower.for_each(|lower| words.push_character(lower));
            }
        }
    }
    words.end_word();
}

/// How many letters and digits of ASCII a text begins with.
fn ascii_run(text: &str) -> usize {
    let bytes = text.bytes();
    bytes.take_while(u8::is_ascii_alphanumeric).count()
}

/// Adds the words of a JSON text, whole or cut. Escapes part words, however often
/// one JSON text lies in another.
///
/// Two backslashes before a letter are an escape of the inner text, or one
/// backslash and the letter, as in the paths of Windows. Nobody can tell, so
/// both are found: the words that have the letter stand at the end.
pub(crate) fn cut_json(json: &str, words: &mut WordList) {
    if !json.contains('\\') {
        return cut(json, words);
    }
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = rest[at..].trim_start_matches('\\');
        let mut characters = rest.chars();
        match characters.next() {
            Some('u') => {
                let code = rest.get(1..5).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                match code {
                    Some(code) => {
                        // A half of a surrogate pair is no letter.
                        text.push(char::from_u32(code).unwrap_or(' '));
                        rest = &rest[5..];
                    }
                    None => text.push(' '),
                }
            }
            Some('n' | 't' | 'r' | 'b' | 'f' | '"' | '/') => {
                text.push(' ');
                rest = characters.as_str();
            }
            _ => text.push(' '),
        }
    }
    text.push_str(rest);
    cut(&text, words);
    let tokens = json.split(|character: char| character == '"' || character.is_whitespace());
    for token in tokens.filter(|token| may_be_path(token)) {
        cut(token, words);
    }
}

/// Whether backslashes that are themselves escaped stand before the letter of an
/// escape.
fn may_be_path(token: &str) -> bool {
    let mut rest = token;
    while let Some(at) = rest.find('\\') {
        let behind = rest[at..].trim_start_matches('\\');
        let backslashes = rest.len() - at - behind.len();
        if backslashes.is_multiple_of(2) && behind.starts_with(['u', 'n', 't', 'r', 'b', 'f']) {
            return true;
        }
        rest = behind;
    }
    false
}

/// Adds the values of arguments with their paths, as words.
pub(crate) fn cut_leaves(json: &str, words: &mut WordList) {
    if let Ok(arguments @ Value::Object(_)) = serde_json::from_str(json) {
        let mut left = MAX_LEAVES;
        add_leaves(&arguments, &mut String::new(), words, &mut left);
    }
}

/// Adds so many that are `left`.
fn add_leaves(value: &Value, path: &mut String, words: &mut WordList, left: &mut usize) {
    if *left == 0 {
        return;
    }
    let mut keep = |text: &str| {
        *left -= 1;
        words.push(&leaf(path, text));
    };
    match value {
        Value::Null => keep("null"),
        Value::Bool(is_true) => keep(if *is_true { "true" } else { "false" }),
        Value::Number(number) => keep(&number.to_string()),
        Value::String(text) => keep(text),
        Value::Array(items) => {
            for item in items {
                add_leaves(item, path, words, left);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let length = path.len();
                let _ = write!(path, "{}{name}", if length == 0 { "" } else { "." });
                add_leaves(value, path, words, left);
                path.truncate(length);
            }
        }
    }
}

/// One word for a path and its value.
fn leaf(path: &str, value: &str) -> String {
    let mut word = beginning_of_leaf(path, value);
    let rest: String = lower_case(path, value).skip(MAX_LEAF_CHARACTERS).collect();
    if !rest.is_empty() {
        let mut checksum = Crc::new();
        checksum.update(rest.as_bytes());
        let _ = write!(word, "{:08x}", checksum.sum());
    }
    // So that one leaf is not the beginning of another.
    word.push(LEAF);
    word
}

fn beginning_of_leaf(path: &str, value: &str) -> String {
    let mut word = String::from(LEAF);
    for character in lower_case(path, value).take(MAX_LEAF_CHARACTERS) {
        if character.is_ascii() && !character.is_ascii_alphanumeric() {
            word.extend(char::from_u32(SIGNS + u32::from(character)));
        } else {
            word.push(character);
        }
    }
    word
}

fn lower_case(path: &str, value: &str) -> impl Iterator<Item = char> {
    let characters = path.chars().chain(['=']).chain(value.chars());
    characters
        .flat_map(char::to_lowercase)
        .take(MAX_COMPARED_CHARACTERS)
}

/// As Unicode has it; the syllables of Korean without its tables, which take
/// long.
fn is_letter_or_digit(character: char) -> bool {
    is_syllable(character) || character.is_alphanumeric()
}

/// Korean, which knows no cases.
const fn is_syllable(character: char) -> bool {
    matches!(character, '\u{AC00}'..='\u{D7A3}')
}

const fn is_hangul(character: char) -> bool {
    matches!(character, '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7A3}')
}

const fn is_ideograph(character: char) -> bool {
    matches!(
        character,
        '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(add: impl FnOnce(&mut WordList)) -> Vec<String> {
        let mut words = WordList::default();
        add(&mut words);
        words.iter().map(str::to_owned).collect()
    }

    fn cut(text: &str) -> Vec<String> {
        words(|words| super::cut(text, words))
    }

    fn cut_json(json: &str) -> Vec<String> {
        words(|words| super::cut_json(json, words))
    }

    fn leaves(json: &str) -> Vec<String> {
        words(|words| cut_leaves(json, words))
    }

    #[test]
    fn text_is_cut_where_a_reader_would_cut_it() {
        assert_eq!(
            cut("search_issues GitHub-42"),
            ["search", "issues", "github", "42"]
        );
        assert_eq!(cut("이슈를 검색"), ["이슈를", "검색"]);
        assert_eq!(cut("検索する x"), ["検", "索", "す", "る", "x"]);
        assert_eq!(
            cut_json(r#"{"a":"one\ntwo","b":"\uc774\uc288","c":"{\\\"d\\\":\\\"e\\\\nf\\\"}"}"#),
            ["a", "one", "two", "b", "이슈", "c", "d", "e", "f", "e", "nf"]
        );
        assert_eq!(
            cut_json(r#"{"path":"C:\\users\\new\\test.txt"}"#)[1..],
            [
                "c", "users", "ew", "est", "txt", "c", "users", "new", "test", "txt"
            ]
        );
        assert_eq!(cut(&"x".repeat(1_000))[0].len(), MAX_WORD_CHARACTERS);
    }

    #[test]
    fn arguments_are_found_by_path_and_value() {
        let stored = leaves(r#"{"repo":{"owner":"ACME Inc"},"labels":["bug","ui"],"n":5,"ok":true}"#);
        let word = |path, value| Phrase::of_leaf(path, Some(&Pattern::exact(value))).words[0].clone();
        for (path, value) in [
            ("repo.owner", "acme inc"),
            ("labels", "ui"),
            ("n", "5"),
            ("ok", "true"),
        ] {
            assert!(stored.contains(&word(path, value)), "{path}");
        }
        assert!(!stored.contains(&word("repo.owner", "acme")));
        let long = "x".repeat(100);
        let stored_long = leaves(&format!(r#"{{"q":"{long}"}}"#));
        assert!(stored_long[0].chars().count() < 60);
        assert_eq!(stored_long, [word("q", &long)]);
        assert_ne!(stored_long, [word("q", &format!("{}y", &long[1..]))]);
        let begins_so = Phrase::of_leaf(
            "q",
            Some(&Pattern {
                parts: vec![long, String::new()],
            }),
        );
        assert!(begins_so.is_open && stored_long[0].starts_with(&begins_so.words[0]));
        assert!(leaves(&"[".repeat(100_000)).is_empty() && leaves("1e400").is_empty());
    }

    /// The same, character by character.
    fn cut_plainly(text: &str) -> Vec<String> {
        let parted = text.chars().flat_map(|character| match character {
            _ if is_ideograph(character) => vec![' ', character, ' '],
            _ if character.is_alphanumeric() => vec![character],
            _ => vec![' '],
        });
        let parted: String = parted.collect();
        let lower = |word: &str| -> String {
            let kept = word.chars().take(MAX_WORD_CHARACTERS);
            kept.flat_map(char::to_lowercase)
                .filter(|lower| lower.is_alphanumeric())
                .collect()
        };
        parted
            .split_whitespace()
            .map(lower)
            .filter(|word| !word.is_empty())
            .collect()
    }

    proptest! {
        #[test]
        fn runs_are_cut_as_characters_are(text in "([ a-zA-Z0-9_가-힣İÅß検索]|[a-z0-9가]{60,70}){0,40}") {
            prop_assert_eq!(cut(&text), cut_plainly(&text));
        }

        #[test]
        fn no_word_has_what_would_part_it(text in "\\PC{0,80}") {
            for word in cut(&text).into_iter().chain(cut_json(&text)).chain([leaf(&text, &text), beginning_of_leaf(&text, "")]) {
                prop_assert!(!word.is_empty());
                prop_assert!(word.chars().all(|character| !character.is_ascii() || character.is_ascii_alphanumeric()));
            }
        }
    }
}
