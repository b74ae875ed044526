use std::{ops::Range, sync::LazyLock};

use aho_corasick::{AhoCorasick, Input, MatchKind};

/// A shape of a secret: how it starts, and how much of what kind must follow.
struct Shape {
    start: &'static str,
    min_tail: usize,
    tail: fn(u8) -> bool,
}

const SHAPES: &[Shape] = &[
    // Our own.
    shape("mcporch_", 20, is_word),
    shape("mcpweb_", 20, is_token),
    // AWS access key ids.
    shape("AKIA", 16, is_upper),
    shape("ASIA", 16, is_upper),
    // GitHub.
    shape("ghp_", 30, is_word),
    shape("gho_", 30, is_word),
    shape("ghu_", 30, is_word),
    shape("ghs_", 30, is_word),
    shape("ghr_", 30, is_word),
    shape("github_pat_", 30, is_word),
    // GitLab, Slack, Google, OpenAI and Anthropic, Stripe.
    shape("glpat-", 20, is_token),
    shape("xoxb-", 20, is_token),
    shape("xoxp-", 20, is_token),
    shape("xoxa-", 20, is_token),
    shape("AIza", 35, is_token),
    shape("sk-", 32, is_token),
    shape("sk_live_", 20, is_word),
    shape("rk_live_", 20, is_word),
];

const fn shape(start: &'static str, min_tail: usize, tail: fn(u8) -> bool) -> Shape {
    Shape {
        start,
        min_tail,
        tail,
    }
}

/// How secrets start that have no shape in the list: `Bearer`, in any case, a JWT and a
/// private key.
const OTHER_STARTS: [&str; 6] = ["Be", "be", "BE", "bE", JWT, PRIVATE_KEY];
const JWT: &str = "eyJ";
const PRIVATE_KEY: &str = "-----BEGIN ";

static STARTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let starts = SHAPES.iter().map(|shape| shape.start).chain(OTHER_STARTS);
    let mut builder = AhoCorasick::builder();
    let built = builder.match_kind(MatchKind::LeftmostFirst).build(starts);
    built.expect("they are few")
});

/// The first secret in a text. One pass, no backtracking over what was seen.
pub(super) fn find_secret(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(start) = STARTS.find(Input::new(text).range(from..)) {
        let at = start.start();
        if (at == 0 || !is_word(bytes[at - 1]) || is_escape(bytes, at))
            && let Some(end) = secret_end(bytes, at)
        {
            return Some(at..end);
        }
        from = at + 1;
    }
    None
}

/// Whether the letter before belongs to an escape such as `\n`.
fn is_escape(bytes: &[u8], at: usize) -> bool {
    at >= 2 && bytes[at - 2] == b'\\'
}

fn secret_end(bytes: &[u8], at: usize) -> Option<usize> {
    let here = &bytes[at..];
    for shape in SHAPES {
        if let Some(tail) = here.strip_prefix(shape.start.as_bytes()) {
            let length = run(tail, shape.tail);
            if length >= shape.min_tail {
                return Some(at + shape.start.len() + length);
            }
        }
    }
    if let Some(length) = bearer(here) {
        return Some(at + length);
    }
    if let Some(length) = jwt(here) {
        return Some(at + length);
    }
    private_key(here).map(|length| at + length)
}

/// `Bearer` and what follows (RFC 6750, section 2.1).
fn bearer(here: &[u8]) -> Option<usize> {
    const WORD: usize = "bearer ".len();
    if here.len() < WORD || !here[..WORD].eq_ignore_ascii_case(b"bearer ") {
        return None;
    }
    let length = run(&here[WORD..], |byte| {
        is_token(byte) || matches!(byte, b'.' | b'~' | b'+' | b'/' | b'=')
    });
    // Shorter ones are words of a sentence.
    (length >= 16).then_some(WORD + length)
}

/// Three parts in base64url, the first two of them JSON objects (RFC 7519).
fn jwt(here: &[u8]) -> Option<usize> {
    if !here.starts_with(JWT.as_bytes()) {
        return None;
    }
    let header = run(here, is_token);
    let claims = here[header..]
        .strip_prefix(b".")
        .filter(|rest| rest.starts_with(JWT.as_bytes()))?;
    let claims = run(claims, is_token) + 1;
    let signature = here[header + claims..].strip_prefix(b".")?;
    Some(header + claims + 1 + run(signature, is_token))
}

/// A PEM block, or all that there is of one.
fn private_key(here: &[u8]) -> Option<usize> {
    let line = here.strip_prefix(PRIVATE_KEY.as_bytes())?;
    let line = &line[..line.len().min(40)];
    let marker = b"PRIVATE KEY-----";
    line.windows(marker.len()).position(|window| window == marker)?;
    let end = b"-----END ";
    let body = here[11..].windows(end.len()).position(|window| window == end);
    let Some(body) = body else {
        // Cut off: all up to the end of the string is key.
        return Some(run(here, |byte| byte != b'"'));
    };
    let rest = &here[11 + body + end.len()..];
    Some(11 + body + end.len() + run(rest, |byte| byte != b'-' && byte != b'"') + run_dashes(rest))
}

fn run_dashes(rest: &[u8]) -> usize {
    let name = run(rest, |byte| byte != b'-' && byte != b'"');
    run(&rest[name..], |byte| byte == b'-')
}

fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| belongs(**byte)).count()
}

fn is_upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_token(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_found_by_how_it_starts() {
        let of_list = SHAPES
            .iter()
            .map(|shape| format!("{}{}", shape.start, "A".repeat(shape.min_tail)));
        let bearers = ["Bearer", "bearer", "BEARER", "bEARER"].map(|word| format!("{word} 0123456789abcdef"));
        let others = ["eyJh.eyJi.c2ln", "-----BEGIN PRIVATE KEY-----"].map(str::to_owned);
        for secret in of_list.chain(bearers).chain(others) {
            let text = format!("x {secret}");
            assert_eq!(find_secret(&text), Some(2..text.len()), "{secret}");
            assert_eq!(find_secret(&secret), Some(0..secret.len()), "{secret}");
        }
        assert_eq!(find_secret("e"), None);
        assert_eq!(find_secret(""), None);
    }
}
