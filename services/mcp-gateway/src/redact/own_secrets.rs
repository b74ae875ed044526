use std::{borrow::Cow, collections::BTreeSet, fmt, fmt::Write as _, ops::Range, sync::Arc};

use aho_corasick::{AhoCorasick, MatchKind};

use super::REDACTED;

/// Shorter values are found in any text, and would tell by their absence.
const MIN_BYTES: usize = 6;

/// What is looked for of a secret of many lines, one line at a time.
const MIN_LINE_BYTES: usize = 16;

/// The secrets that servers were given, to be found wherever they turn up.
#[derive(Clone, Default)]
pub(super) struct OwnSecrets {
    values: Arc<[String]>,
    /// None where there are no secrets.
    finders: Option<Arc<Finders>>,
}

struct Finders {
    in_text: AhoCorasick,
    /// As JSON writes them inside of strings.
    in_json: AhoCorasick,
}

impl OwnSecrets {
    pub(super) fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let values: BTreeSet<String> = values.into_iter().flat_map(forms).collect();
        let once: BTreeSet<String> = values.iter().flat_map(|value| escaped(value)).collect();
        // JSON is often carried as a string of JSON.
        let twice = once.iter().flat_map(|value| escaped(value));
        let in_json: BTreeSet<String> = once.iter().cloned().chain(twice).collect();
        // It fails with more patterns than there is memory for.
        let finder = |patterns: &BTreeSet<String>| {
            let mut builder = AhoCorasick::builder();
            builder
                .match_kind(MatchKind::LeftmostLongest)
                .build(patterns)
                .ok()
        };
        let finders = (!values.is_empty()).then(|| {
            Some(Arc::new(Finders {
                in_text: finder(&values)?,
                in_json: finder(&in_json)?,
            }))
        });
        Self {
            values: values.into_iter().collect(),
            finders: finders.flatten(),
        }
    }

    /// A text without them.
    pub(super) fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(finders) = &self.finders else {
            return Cow::Borrowed(text);
        };
        replaced(text, ranges(&finders.in_text, text), REDACTED)
    }

    /// A string of JSON, quotes and all, without them.
    pub(super) fn mask_string<'a>(&self, string: &'a str) -> Cow<'a, str> {
        let Some(finders) = &self.finders else {
            return Cow::Borrowed(string);
        };
        let found = ranges(&finders.in_json, string);
        if found.is_empty() {
            return Cow::Borrowed(string);
        }
        // One that begins in the middle of an escape is another text.
        let starts = unit_starts(string);
        let whole = found
            .into_iter()
            .filter(|range| starts.binary_search(&range.start).is_ok());
        replaced(string, whole.collect(), REDACTED)
    }

    /// What stands between the strings of JSON, without those that are numbers
    /// there: a string takes their place, so that it stays JSON.
    pub(super) fn mask_numbers<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(finders) = &self.finders else {
            return Cow::Borrowed(text);
        };
        let of_number = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+'))
        };
        let bytes = text.as_bytes();
        let whole = ranges(&finders.in_text, text).into_iter().filter(|range| {
            bytes[range.clone()].iter().all(|byte| of_number(Some(byte)))
                && !of_number(bytes[..range.start].last())
                && !of_number(bytes.get(range.end))
        });
        replaced(text, whole.collect(), &format!("\"{REDACTED}\""))
    }
}

fn ranges(finder: &AhoCorasick, text: &str) -> Vec<Range<usize>> {
    finder.find_iter(text).map(|found| found.range()).collect()
}

fn replaced<'a>(text: &'a str, ranges: Vec<Range<usize>>, with: &str) -> Cow<'a, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for range in ranges {
        out.push_str(&text[at..range.start]);
        out.push_str(with);
        at = range.end;
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

/// Where the characters and the escapes of a string begin, in order.
fn unit_starts(string: &str) -> Vec<usize> {
    let bytes = string.as_bytes();
    let mut starts = Vec::with_capacity(bytes.len());
    let mut at = 1;
    while at + 1 < bytes.len() {
        starts.push(at);
        at += match (bytes[at], bytes[at + 1]) {
            (b'\\', b'u') => 6,
            (b'\\', _) => 2,
            _ => 1,
        };
    }
    starts
}

/// How a value may turn up: as it is, without the scheme of an
/// `Authorization`, and line by line.
fn forms(value: &str) -> Vec<String> {
    let token = value.split_once(' ').map_or("", |(_, token)| token);
    let whole = [value.trim(), token.trim()];
    let whole = whole.into_iter().filter(|form| form.len() >= MIN_BYTES);
    let lines = value.lines().map(str::trim);
    let lines = lines.filter(|line| line.len() >= MIN_LINE_BYTES);
    whole.chain(lines).map(str::to_owned).collect()
}

/// As JSON has it; some writers escape slashes, and some all but ASCII.
fn escaped(value: &str) -> [String; 3] {
    let quoted = serde_json::Value::from(value).to_string();
    let plain = quoted[1..quoted.len() - 1].to_owned();
    let slashes = plain.replace('/', "\\/");
    let mut ascii = String::new();
    for character in plain.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    [plain, slashes, ascii]
}

/// By what they find.
impl PartialEq for OwnSecrets {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl Eq for OwnSecrets {}

impl fmt::Debug for OwnSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OwnSecrets({})", self.values.len())
    }
}
