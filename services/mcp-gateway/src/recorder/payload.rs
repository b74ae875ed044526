use proto::logging::Payload;
use sha2::{Digest as _, Sha256};

use crate::redact::Redactor;

/// What is kept of arguments and of results.
const MAX_KEPT_BYTES: usize = 64 * 1024;

/// A payload as it may be kept: without secrets, cut, and with the size and the
/// hash of what it was.
pub(super) fn payload(json: &str, redactor: &Redactor) -> Payload {
    let mut kept = redactor.json(json, MAX_KEPT_BYTES + 1);
    let is_truncated = kept.len() > MAX_KEPT_BYTES;
    if is_truncated {
        kept.truncate(kept.floor_char_boundary(MAX_KEPT_BYTES));
    }
    Payload {
        json: kept,
        size_bytes: json.len() as u64,
        sha256: Sha256::digest(json.as_bytes()).to_vec(),
        is_truncated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_payload_is_cut_between_characters_and_keeps_size_and_hash() {
        let json = format!("\"{}\"", "결".repeat(30_000));
        let kept = payload(&json, &Redactor::default());
        assert!(kept.is_truncated && kept.json.len() <= MAX_KEPT_BYTES);
        assert_eq!(kept.size_bytes, json.len() as u64);
        assert_eq!(kept.sha256, Sha256::digest(json.as_bytes()).to_vec());
        assert!(!payload("{}", &Redactor::default()).is_truncated);
    }

    #[test]
    fn a_secret_is_gone_and_the_hash_is_that_of_the_original() {
        let json = r#"{"password":"hunter2"}"#;
        let kept = payload(json, &Redactor::default());
        assert_eq!(kept.json, r#"{"password":"[redacted]"}"#);
        assert_eq!(kept.sha256, Sha256::digest(json.as_bytes()).to_vec());
    }
}
