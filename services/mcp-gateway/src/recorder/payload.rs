use domain::PayloadMode;
use proto::logging::Payload;
use sha2::{Digest as _, Sha256};

use crate::redact::{Paths, Redactor};

/// What is kept of arguments and of results.
const MAX_KEPT_BYTES: usize = 64 * 1024;

/// What a project keeps of what its calls carry.
#[derive(Debug)]
pub(crate) struct PayloadPolicy {
    mode: PayloadMode,
    redactor: Redactor,
    paths: Paths,
}

/// A side of a call, as paths name it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    Arguments,
    Result,
}

impl PayloadPolicy {
    /// The redactor knows the secrets of the project's servers.
    pub(crate) fn new(mode: PayloadMode, redactor: Redactor, paths: Paths) -> Self {
        let redactor = match mode {
            PayloadMode::Full => redactor.literal(),
            PayloadMode::Redacted | PayloadMode::Metadata => redactor,
        };
        Self {
            mode,
            redactor,
            paths,
        }
    }

    /// A payload as it may be kept: without secrets, cut, and with the size and
    /// the hash of what it was.
    pub(super) fn payload(&self, side: Side, json: &str) -> Payload {
        let mut kept = String::new();
        let mut is_truncated = !self.keeps_bodies();
        if self.keeps_bodies() {
            let masked = self.paths.mask(side.name(), json);
            kept = self.redactor.json(&masked, MAX_KEPT_BYTES + 1);
            is_truncated = kept.len() > MAX_KEPT_BYTES;
            kept.truncate(kept.floor_char_boundary(MAX_KEPT_BYTES));
        }
        Payload {
            json: kept,
            size_bytes: json.len() as u64,
            sha256: Sha256::digest(json.as_bytes()).to_vec(),
            is_truncated,
        }
    }

    /// Words of the gateway, as they may be kept.
    pub(super) fn own_words(&self, text: &str) -> String {
        self.redactor.text(text)
    }

    /// Words of a server, which may repeat what a payload says. Which value of
    /// a payload they repeat nobody knows: where paths are never to be kept,
    /// they are not either.
    pub(super) fn servers_words(&self, text: &str) -> String {
        if self.keeps_bodies() && self.paths.is_empty() {
            self.redactor.text(text)
        } else {
            String::new()
        }
    }

    pub(super) fn keeps_bodies(&self) -> bool {
        self.mode != PayloadMode::Metadata
    }
}

impl Default for PayloadPolicy {
    fn default() -> Self {
        Self::new(PayloadMode::Redacted, Redactor::default(), Paths::default())
    }
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Arguments => "arguments",
            Self::Result => "result",
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::PayloadPath;

    use super::*;

    fn kept(policy: &PayloadPolicy, json: &str) -> Payload {
        policy.payload(Side::Arguments, json)
    }

    #[test]
    fn a_large_payload_is_cut_between_characters_and_keeps_size_and_hash() {
        let json = format!("\"{}\"", "결".repeat(30_000));
        let cut = kept(&PayloadPolicy::default(), &json);
        assert!(cut.is_truncated && cut.json.len() <= MAX_KEPT_BYTES);
        assert_eq!(cut.size_bytes, json.len() as u64);
        assert_eq!(cut.sha256, Sha256::digest(json.as_bytes()).to_vec());
        assert!(!kept(&PayloadPolicy::default(), "{}").is_truncated);
    }

    #[test]
    fn each_mode_keeps_what_it_says_and_the_hash_is_that_of_the_original() {
        let json = r#"{"password":"hunter2","key":"own-secret","card":4,"text":"x"}"#;
        for (mode, expected) in [
            (
                PayloadMode::Full,
                r#"{"password":"hunter2","key":"[redacted]","card":"[redacted]","text":"x"}"#,
            ),
            (
                PayloadMode::Redacted,
                r#"{"password":"[redacted]","key":"[redacted]","card":"[redacted]","text":"x"}"#,
            ),
            (PayloadMode::Metadata, ""),
        ] {
            let card = PayloadPath::parse("$.arguments.card").expect("a path");
            let policy = PayloadPolicy::new(mode, Redactor::new(["own-secret"]), Paths::new(vec![card]));
            let payload = kept(&policy, json);
            assert_eq!(payload.json, expected, "{mode}");
            assert_eq!(payload.is_truncated, mode == PayloadMode::Metadata);
            assert_eq!(payload.size_bytes, json.len() as u64);
            assert_eq!(payload.sha256, Sha256::digest(json.as_bytes()).to_vec());
        }
    }

    #[test]
    fn words_of_a_server_go_where_its_payloads_go() {
        let policy = |mode, paths: &[&str]| {
            let paths = paths.iter().map(|path| PayloadPath::parse(path).expect("a path"));
            PayloadPolicy::new(mode, Redactor::default(), Paths::new(paths.collect()))
        };
        let words = "no card 4";
        assert_eq!(policy(PayloadMode::Redacted, &[]).servers_words(words), words);
        assert_eq!(
            policy(PayloadMode::Redacted, &["$..card"]).servers_words(words),
            ""
        );
        assert_eq!(policy(PayloadMode::Metadata, &[]).servers_words(words), "");
    }
}
