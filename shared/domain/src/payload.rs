use std::fmt;

use crate::text_enum::text_enum;

text_enum! {
    /// What a project keeps of arguments and results.
    pub enum PayloadMode {
        /// All but the secrets of the project's own servers, and what its paths
        /// name.
        Full = "full",
        /// Also without what looks like a secret.
        Redacted = "redacted",
        /// Nothing but their size and hash.
        Metadata = "metadata",
    }
}

/// The longest that a path may be.
const MAX_BYTES: usize = 256;

/// The most parts that it may have.
const MAX_PARTS: usize = 16;

/// Values in the arguments or the result of a call: JSONPath (RFC 9535) that
/// begins with `$.arguments`, `$.result` or `$..`, without slices, filters and
/// unions. `$.arguments.card.number`, `$.result.content[*].text`,
/// `$.arguments['a.b'][0]`, `$..email`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadPath {
    text: String,
    parts: Vec<PathPart>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPart {
    /// `..`: from here at any depth.
    pub is_descendant: bool,
    /// Which of the members or elements.
    pub selector: Selector,
}

/// Which members of an object, or elements of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// The member of that name.
    Name(String),
    /// The element at that place, counted from 0.
    Index(usize),
    /// All of them.
    Every,
}

/// A text that is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPayloadPath {
    /// It names no side of a call.
    #[error("expected a path that begins with $.arguments, $.result or $..")]
    Beginning,
    /// It cannot be read from there on.
    #[error("cannot be read from character {column} on: expected .name, ['name'], [0], [*], .* or ..name")]
    Part {
        /// Counted from 1.
        column: usize,
    },
    /// It has too much of it.
    #[error("expected at most {MAX_BYTES} bytes and {MAX_PARTS} parts")]
    TooLong,
}

impl PayloadPath {
    /// Takes a text if it is one.
    pub fn parse(text: &str) -> Result<Self, InvalidPayloadPath> {
        if text.len() > MAX_BYTES {
            return Err(InvalidPayloadPath::TooLong);
        }
        let mut rest = text.strip_prefix('$').ok_or(InvalidPayloadPath::Beginning)?;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let column = text[..text.len() - rest.len()].chars().count() + 1;
            let (part, after) = read_part(rest).ok_or(InvalidPayloadPath::Part { column })?;
            parts.push(part);
            rest = after;
        }
        let begins_well = parts.first().is_some_and(|first| {
            let is_side = |name: &str| matches!(name, "arguments" | "result");
            first.is_descendant || matches!(&first.selector, Selector::Name(name) if is_side(name))
        });
        if !begins_well {
            return Err(InvalidPayloadPath::Beginning);
        }
        if parts.len() > MAX_PARTS {
            return Err(InvalidPayloadPath::TooLong);
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// Its steps, from the outermost.
    pub fn parts(&self) -> &[PathPart] {
        &self.parts
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for PayloadPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn read_part(text: &str) -> Option<(PathPart, &str)> {
    let (is_descendant, rest) = match text.strip_prefix("..") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('.').unwrap_or(text)),
    };
    let is_dotted = rest.len() < text.len();
    let (selector, rest) = if rest.starts_with('[') && (is_descendant || !is_dotted) {
        read_bracket(rest)?
    } else if is_dotted {
        read_name(rest)?
    } else {
        return None;
    };
    let part = PathPart {
        is_descendant,
        selector,
    };
    Some((part, rest))
}

/// `name` or `*`, as they stand behind dots. Hyphens are let in, which many
/// names have, although the RFC wants them in brackets.
fn read_name(text: &str) -> Option<(Selector, &str)> {
    if let Some(rest) = text.strip_prefix('*') {
        return Some((Selector::Every, rest));
    }
    let belongs = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '_' | '-') || !character.is_ascii()
    };
    let end = text.find(|character| !belongs(character)).unwrap_or(text.len());
    (end > 0).then(|| (Selector::Name(text[..end].to_owned()), &text[end..]))
}

/// `['name']`, `["name"]`, `[0]` or `[*]`.
fn read_bracket(text: &str) -> Option<(Selector, &str)> {
    let inner = text.strip_prefix('[')?;
    for quote in ['\'', '"'] {
        if let Some(quoted) = inner.strip_prefix(quote) {
            let (name, rest) = read_quoted(quoted, quote)?;
            return Some((Selector::Name(name), rest.strip_prefix(']')?));
        }
    }
    let (inside, rest) = inner.split_once(']')?;
    let selector = match inside {
        "*" => Selector::Every,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Selector::Index(digits.parse().ok()?),
        _ => return None,
    };
    Some((selector, rest))
}

/// Up to the closing quote; a backslash takes the next character as it is.
fn read_quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => name.push(characters.next()?.1),
            _ if character == quote => return Some((name, &text[at + quote.len_utf8()..])),
            _ if character.is_control() => return None,
            _ => name.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn child(selector: Selector) -> PathPart {
        PathPart {
            is_descendant: false,
            selector,
        }
    }

    fn name(text: &str) -> Selector {
        Selector::Name(text.to_owned())
    }

    #[test]
    fn a_path_is_read_part_by_part() {
        let parts = |text| PayloadPath::parse(text).expect(text).parts;
        assert_eq!(
            parts("$.arguments.card-data['a.b\\'c'][12].*[*]"),
            [
                child(name("arguments")),
                child(name("card-data")),
                child(name("a.b'c")),
                child(Selector::Index(12)),
                child(Selector::Every),
                child(Selector::Every),
            ]
        );
        let anywhere = PathPart {
            is_descendant: true,
            selector: name("주소"),
        };
        assert_eq!(parts("$..주소"), std::slice::from_ref(&anywhere));
        assert_eq!(parts("$..[\"주소\"]"), [anywhere]);
        assert_eq!(parts("$['result']"), [child(name("result"))]);
    }

    #[test]
    fn what_is_no_path_is_refused_where_it_stops_making_sense() {
        use InvalidPayloadPath as E;
        for (text, expected) in [
            ("", E::Beginning),
            ("arguments.a", E::Beginning),
            ("$", E::Beginning),
            ("$.argument", E::Beginning),
            ("$[0]", E::Beginning),
            ("$.arguments.", E::Part { column: 12 }),
            ("$.arguments.a b", E::Part { column: 14 }),
            ("$.arguments[1:2]", E::Part { column: 12 }),
            ("$.arguments[?@.a]", E::Part { column: 12 }),
            ("$.arguments.['a']", E::Part { column: 12 }),
            ("$.arguments['a", E::Part { column: 12 }),
            ("$...a", E::Part { column: 2 }),
        ] {
            assert_eq!(PayloadPath::parse(text), Err(expected), "{text}");
        }
        let long = format!("$.arguments{}", ".a".repeat(16));
        assert_eq!(PayloadPath::parse(&long), Err(E::TooLong));
    }

    proptest! {
        #[test]
        fn nothing_panics_and_what_is_read_is_kept_as_it_was(text in "\\PC{0,40}|\\$(\\.\\.?[a-z*]|\\[[0-9*'\"\\\\a\\]]{1,4}){0,9}") {
            if let Ok(path) = PayloadPath::parse(&text) {
                prop_assert_eq!(path.as_str(), text.as_str());
                prop_assert!(!path.parts().is_empty());
            }
        }
    }
}
