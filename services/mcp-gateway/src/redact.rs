//! What must not reach a disk: secrets in arguments and results are replaced
//! before a call is written to the spool.

mod key_lines;
mod own_secrets;
mod paths;
mod shapes;

use std::{borrow::Cow, sync::LazyLock};

use aho_corasick::AhoCorasick;
pub(crate) use key_lines::KeyLines;
use memchr::{memchr, memchr2};
use own_secrets::OwnSecrets;
pub(crate) use paths::Paths;
use serde::de::IgnoredAny;
use shapes::find_secret;

/// JSON in a string in JSON, as results of tools often are, and so on. Deeper,
/// only known shapes are found.
const MAX_NESTED: usize = 3;

/// Stands where a secret stood.
const REDACTED: &str = "[redacted]";

/// Knows the secrets of some servers, and the looks of all others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Redactor {
    own: OwnSecrets,
    /// Whether the looks do not count.
    is_literal: bool,
}

impl Redactor {
    /// Also hides these values, wherever they stand.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            own: OwnSecrets::new(secrets),
            is_literal: false,
        }
    }

    /// Hides nothing but these values: what only looks like a secret stays.
    pub(crate) fn literal(self) -> Self {
        Self {
            is_literal: true,
            ..self
        }
    }

    /// The text of a JSON value with its secrets replaced: values under names
    /// that promise one, and in any string known shapes of tokens and the
    /// servers' own; in strings that are JSON as well. All else stays as it was. Stops soon after `enough` bytes,
    /// because nobody keeps more.
    ///
    /// The text must be JSON; of any other text the result means nothing, but
    /// does no harm.
    pub(crate) fn json(&self, json: &str, enough: usize) -> String {
        self.json_within(json, enough, 0)
    }

    fn json_within(&self, json: &str, enough: usize, depth: usize) -> String {
        let mut walk = Walk {
            redactor: self,
            json,
            at: 0,
            out: String::with_capacity(json.len().min(enough) + 64),
            depth,
        };
        walk.run(enough);
        walk.out
    }

    /// A text that is no JSON, such as a line of a server's stderr.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        self.push(&mut out, &self.own.mask(text));
        out
    }

    fn push(&self, out: &mut String, text: &str) {
        if self.is_literal {
            out.push_str(text);
        } else {
            push_without_secrets(out, text);
        }
    }
}

struct Walk<'a> {
    redactor: &'a Redactor,
    json: &'a str,
    at: usize,
    out: String,
    depth: usize,
}

impl Walk<'_> {
    fn run(&mut self, enough: usize) {
        let own = &self.redactor.own;
        // Whether the string that comes next is the name of a member is seen by
        // the colon behind it; so nothing but the place has to be remembered.
        while self.at < self.json.len() && self.out.len() < enough {
            let rest = &self.json[self.at..];
            let Some(quote) = memchr(b'"', rest.as_bytes()) else {
                self.out.push_str(&own.mask_numbers(rest));
                return;
            };
            self.out.push_str(&own.mask_numbers(&rest[..quote]));
            self.at += quote;
            let end = string_end(self.json, self.at);
            let string = &self.json[self.at..end];
            self.at = end;
            let after = self.json[end..].trim_start();
            if !after.starts_with(':') {
                let string = self.without_nested(string, enough);
                self.redactor.push(&mut self.out, &own.mask_string(&string));
                continue;
            }
            self.redactor.push(&mut self.out, &own.mask_string(string));
            if !self.redactor.is_literal && is_secret_name(string) {
                self.replace_value();
            }
        }
    }

    /// A string, and where it is JSON itself, that without its secrets.
    fn without_nested<'b>(&self, quoted: &'b str, enough: usize) -> Cow<'b, str> {
        let looks_nested = quoted[1..].trim_start().starts_with(['{', '[', '\\']);
        if !looks_nested || self.depth == MAX_NESTED {
            return quoted.into();
        }
        let Ok(text) = serde_json::from_str::<String>(quoted) else {
            return quoted.into();
        };
        if !text.trim_start().starts_with(['{', '[']) || serde_json::from_str::<IgnoredAny>(&text).is_err() {
            return quoted.into();
        }
        let without = self.redactor.json_within(&text, enough, self.depth + 1);
        if without == text {
            quoted.into()
        } else {
            serde_json::Value::from(without).to_string().into()
        }
    }

    /// Goes over the colon and the value behind it.
    fn replace_value(&mut self) {
        let bytes = self.json.as_bytes();
        let mut end = self.at;
        while end < bytes.len() && (bytes[end] == b':' || bytes[end].is_ascii_whitespace()) {
            end += 1;
        }
        self.out.push_str(&self.json[self.at..end]);
        self.at = end;
        let end = value_end(self.json, end);
        let value = &self.json[self.at..end];
        // These tell nothing, and tell a reader much.
        if matches!(value, "null" | "true" | "false" | "\"\"") {
            self.out.push_str(value);
        } else {
            self.out.push('"');
            self.out.push_str(REDACTED);
            self.out.push('"');
        }
        self.at = end;
    }
}

/// The place behind the closing quote of the string that begins here.
fn string_end(json: &str, start: usize) -> usize {
    let bytes = json.as_bytes();
    let mut at = start + 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// The place behind the value that begins here.
fn value_end(json: &str, start: usize) -> usize {
    let bytes = json.as_bytes();
    let mut depth = 0_usize;
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = string_end(json, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            byte if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// What is in names of secrets.
static SECRET_PARTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let parts = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "apikey",
        "accesskey",
        "privatekey",
        "authorization",
        "credential",
        "cookie",
        "accesstoken",
        "refreshtoken",
        "bearer",
    ];
    AhoCorasick::new(parts).expect("they are few")
});

/// Names under which people keep secrets, compared in lower case without
/// hyphens and underscores.
fn is_secret_name(quoted: &str) -> bool {
    // Tokens that open nothing.
    const HARMLESS: [&str; 5] = [
        "progresstoken",
        "pagetoken",
        "nextpagetoken",
        "continuationtoken",
        "synctoken",
    ];
    let mut name = String::with_capacity(quoted.len());
    if quoted.is_ascii() {
        let letters = quoted.bytes().filter(u8::is_ascii_alphanumeric);
        name.extend(letters.map(|letter| char::from(letter.to_ascii_lowercase())));
    } else {
        let letters = quoted.chars().filter(|character| character.is_alphanumeric());
        name.extend(letters.flat_map(char::to_lowercase));
    }
    SECRET_PARTS.is_match(&name)
        || matches!(name.as_str(), "pwd" | "auth" | "jwt" | "pin")
        || name.ends_with("token") && !HARMLESS.contains(&name.as_str())
}

fn push_without_secrets(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(secret) = find_secret(rest) {
        out.push_str(&rest[..secret.start]);
        out.push_str(REDACTED);
        rest = &rest[secret.end..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests;
