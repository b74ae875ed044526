use std::{
    fmt, fs,
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::Duration,
};

use data_encoding::BASE64URL_NOPAD;
use domain::{ApiKeyId, ProjectId, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{message::object_members, session::Endpoint};

/// How long a client has to come back with what it was asked for.
pub(crate) const PARKED_FOR: Duration = Duration::from_mins(10);

/// The file that holds the key, in the gateway's own folder.
const KEY_FILE: &str = "request-state-key";

const KEY_BYTES: usize = 32;

/// What a request says beside what it asks for.
const BESIDE: [&str; 3] = ["_meta", "inputResponses", "requestState"];

/// Makes the `requestState` that clients carry (2026-07-28, patterns, "server
/// requirements"): signed, so that a client can show it and change nothing in
/// it, for a time, for itself, and for the one request.
pub(crate) struct Seal([u8; KEY_BYTES]);

/// The one request that a state is for.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) key: ApiKeyId,
    pub(crate) project: ProjectId,
    pub(crate) endpoint: Endpoint,
    digest: [u8; 32],
}

/// What a state says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// What was parked for it, if anything.
    #[serde(rename = "t")]
    pub(crate) ticket: Option<u128>,
    /// Whether a server is at work on what was parked: then there is no other
    /// way to go on.
    #[serde(rename = "w")]
    pub(crate) is_at_work: bool,
    /// The state of a modern server: JSON.
    #[serde(rename = "s")]
    pub(crate) upstream: Option<String>,
    /// In microseconds.
    #[serde(rename = "e")]
    expires_at: i64,
}

/// A state that is not one of ours for this request at this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("requestState is not valid for this request, or no more; send the request anew without it")]
pub(crate) struct InvalidState;

impl Seal {
    /// Takes the key out of its file, or makes both.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(KEY_FILE);
        let mut key = [0; KEY_BYTES];
        match fs::File::open(&path) {
            Ok(mut file) => {
                file.read_exact(&mut key)?;
                return Ok(Self(key));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(&path)?;
        file.write_all(&key)?;
        file.sync_all()?;
        Ok(Self(key))
    }

    /// A state as the client carries it.
    pub(crate) fn seal(
        &self,
        bound: &Bound,
        ticket: Option<u128>,
        is_at_work: bool,
        upstream: Option<String>,
        now: Timestamp,
    ) -> String {
        let state = State {
            ticket,
            is_at_work,
            upstream,
            expires_at: now.as_micros() + PARKED_FOR.as_micros() as i64,
        };
        let mut sealed = serde_json::to_vec(&state).expect("has no keys but strings");
        let proof = self.mac(bound, &sealed).finalize().into_bytes();
        sealed.extend_from_slice(&proof);
        BASE64URL_NOPAD.encode(&sealed)
    }

    /// The state that a client shows with a request.
    pub(crate) fn open_state(
        &self,
        bound: &Bound,
        sealed: &str,
        now: Timestamp,
    ) -> Result<State, InvalidState> {
        let sealed = BASE64URL_NOPAD
            .decode(sealed.as_bytes())
            .map_err(|_| InvalidState)?;
        let (state, proof) = sealed.split_last_chunk::<32>().ok_or(InvalidState)?;
        self.mac(bound, state)
            .verify_slice(proof)
            .map_err(|_| InvalidState)?;
        let state: State = serde_json::from_slice(state).map_err(|_| InvalidState)?;
        if state.expires_at < now.as_micros() {
            return Err(InvalidState);
        }
        Ok(state)
    }

    fn mac(&self, bound: &Bound, state: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(b"mcporch request state 1\0");
        // Each of a fixed length, so that none can be taken for another.
        mac.update(bound.key.uuid().as_bytes());
        mac.update(bound.project.uuid().as_bytes());
        match bound.endpoint {
            Endpoint::Project => mac.update(&[0; 16]),
            Endpoint::Server(server) => mac.update(server.uuid().as_bytes()),
        }
        mac.update(&bound.digest);
        mac.update(state);
        mac
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seal(...)")
    }
}

impl Bound {
    /// A request is the same when its method and all that it asks for are; how
    /// its JSON is laid out does not matter.
    pub(crate) fn new(
        key: ApiKeyId,
        project: ProjectId,
        endpoint: Endpoint,
        method: &str,
        params: Option<&str>,
    ) -> Self {
        let mut members: Vec<_> = params
            .and_then(object_members)
            .unwrap_or_default()
            .into_iter()
            .filter(|(name, _)| !BESIDE.contains(&&**name))
            .map(|(name, value)| (name, canonical(value)))
            .collect();
        members.sort();
        let mut digest = Sha256::new();
        for part in [method]
            .into_iter()
            .chain(members.iter().flat_map(|(name, value)| [&**name, value.as_str()]))
        {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        Self {
            key,
            project,
            endpoint,
            digest: digest.finalize().into(),
        }
    }
}

/// A JSON text with the members of its objects in one order and no space.
fn canonical(json: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(json);
    value.map_or_else(|_| json.to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use domain::{Clock, ServerId};
    use proptest::prelude::*;

    use super::*;

    fn bound(method: &str, params: &str) -> Bound {
        let clock = Clock::system();
        Bound::new(
            ApiKeyId::new(&clock),
            ProjectId::new(&clock),
            Endpoint::Project,
            method,
            Some(params),
        )
    }

    fn like(other: &Bound, method: &str, params: &str) -> Bound {
        Bound::new(other.key, other.project, other.endpoint, method, Some(params))
    }

    #[test]
    fn a_state_is_good_for_its_own_request_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let seal = Seal::open(folder.path()).expect("a key");
        let clock = Clock::system();
        let now = clock.now();
        let first = bound("tools/call", r#"{"name":"t","arguments":{"a":1,"b":[2]}}"#);
        let sealed = seal.seal(&first, Some(7), false, Some("\"theirs\"".to_owned()), now);
        let state = seal.open_state(&first, &sealed, now).expect("ours");
        assert_eq!(
            (state.ticket, state.upstream.as_deref()),
            (Some(7), Some("\"theirs\""))
        );
        let again = Seal::open(folder.path()).expect("the same key");
        let retry =
            r#"{"_meta":{},"arguments":{"b":[2],"a":1},"name":"t","inputResponses":{},"requestState":"x"}"#;
        assert!(
            again
                .open_state(&like(&first, "tools/call", retry), &sealed, now)
                .is_ok()
        );

        let later = now + PARKED_FOR + Duration::from_secs(1);
        assert_eq!(seal.open_state(&first, &sealed, later), Err(InvalidState));
        for other in [
            like(
                &first,
                "prompts/get",
                r#"{"name":"t","arguments":{"a":1,"b":[2]}}"#,
            ),
            like(
                &first,
                "tools/call",
                r#"{"name":"t","arguments":{"a":2,"b":[2]}}"#,
            ),
            like(
                &first,
                "tools/call",
                r#"{"name":"u","arguments":{"a":1,"b":[2]}}"#,
            ),
            Bound {
                key: ApiKeyId::new(&clock),
                ..like(&first, "tools/call", retry)
            },
            Bound {
                project: ProjectId::new(&clock),
                ..like(&first, "tools/call", retry)
            },
            Bound {
                endpoint: Endpoint::Server(ServerId::new(&clock)),
                ..like(&first, "tools/call", retry)
            },
        ] {
            assert_eq!(
                seal.open_state(&other, &sealed, now),
                Err(InvalidState),
                "{other:?}"
            );
        }
        let another = tempfile::tempdir().expect("a folder");
        let another = Seal::open(another.path()).expect("a key");
        assert_eq!(another.open_state(&first, &sealed, now), Err(InvalidState));
    }

    proptest! {
        #[test]
        fn no_text_is_a_state_but_what_was_sealed(place in 0_usize..400, byte: u8, text in ".{0,60}") {
            let seal = Seal([7; KEY_BYTES]);
            let now = Clock::system().now();
            let bound = bound("tools/call", "{}");
            let sealed = seal.seal(&bound, Some(u128::MAX), true, None, now);
            let mut changed = sealed.clone().into_bytes();
            let place = place % changed.len();
            changed[place] = byte;
            if changed != sealed.as_bytes() {
                let changed = String::from_utf8_lossy(&changed);
                prop_assert_eq!(seal.open_state(&bound, &changed, now), Err(InvalidState));
            }
            prop_assert_eq!(seal.open_state(&bound, &text, now), Err(InvalidState));
        }
    }
}
