use memchr::memchr2;

/// What a client may send in one body.
pub(crate) const MAX_CLIENT_BODY_BYTES: usize = 4 * 1024 * 1024;

/// What a server may send in one message.
pub(crate) const MAX_SERVER_LINE_BYTES: usize = 16 * 1024 * 1024;

/// How deep objects and arrays may nest. Deeper texts break recursive readers
/// on either side of us.
const MAX_DEPTH: usize = 64;

/// Why a text is refused before its JSON is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TextProblem {
    #[error("it is not UTF-8")]
    NotUtf8,
    #[error("objects and arrays nest deeper than {MAX_DEPTH}")]
    TooDeep,
    #[error("a string has one half of a surrogate pair without the other")]
    LoneSurrogate,
}

/// Checks what `serde_json::value::RawValue` lets pass: depth, and `\u` escapes
/// that stand for no character. Says nothing about whether it is JSON.
pub(crate) fn check_text(bytes: &[u8]) -> Result<&str, TextProblem> {
    let text = std::str::from_utf8(bytes).map_err(|_| TextProblem::NotUtf8)?;
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(TextProblem::TooDeep);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => at = skip_string(bytes, at + 1)?,
            _ => {}
        }
        at += 1;
    }
    Ok(text)
}

/// Goes from the first byte of a string to its closing quote.
fn skip_string(bytes: &[u8], mut at: usize) -> Result<usize, TextProblem> {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return Ok(at);
        }
        if bytes.get(at + 1) == Some(&b'u') {
            match code_unit(bytes, at) {
                Some(0xDC00..=0xDFFF) => return Err(TextProblem::LoneSurrogate),
                Some(0xD800..=0xDBFF) => {
                    if !matches!(code_unit(bytes, at + 6), Some(0xDC00..=0xDFFF)) {
                        return Err(TextProblem::LoneSurrogate);
                    }
                    at += 6;
                }
                // No hexadecimal digits: the JSON parser will say so.
                _ => {}
            }
        }
        at += 2;
    }
    Ok(bytes.len())
}

/// The value of a `\uXXXX` at this place, if there is one.
fn code_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    let digits = std::str::from_utf8(escape.strip_prefix(b"\\u")?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_strings_only() {
        let deep = format!("{}{}", "[".repeat(64), "]".repeat(64));
        assert!(check_text(deep.as_bytes()).is_ok());
        assert_eq!(
            check_text(format!("[{deep}]").as_bytes()),
            Err(TextProblem::TooDeep)
        );
        let quoted = format!("\"{}\\\"{}\"", "[".repeat(100), "{".repeat(100));
        assert!(check_text(quoted.as_bytes()).is_ok());
    }

    #[test]
    fn surrogates_come_in_pairs() {
        assert!(check_text(br#""\ud83d\ude00 \u00e9 \\ud800""#).is_ok());
        for text in [
            r#""\ud83d""#,
            r#""\ud83dx""#,
            r#""\ude00""#,
            r#""\ud83d\ud83d""#,
            r#"{"\udc00":1}"#,
        ] {
            assert_eq!(
                check_text(text.as_bytes()),
                Err(TextProblem::LoneSurrogate),
                "{text}"
            );
        }
        assert_eq!(check_text(b"\"\xff\""), Err(TextProblem::NotUtf8));
    }
}
