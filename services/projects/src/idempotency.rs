//! Requests that are done once, though they may be sent again: by the key that
//! their sender gave them (draft-ietf-httpapi-idempotency-key-header).
//!
//! An answer may hold what is shown once, such as an API key: it lies here
//! sealed, as the secrets of servers do, and only its sender gets it again.

pub(crate) mod rpc;
mod store;
#[cfg(test)]
mod tests;

use std::time::Duration;

use database::Database;
use domain::{Clock, Timestamp};
use service_error::{Code, ServiceError};
use uuid::Uuid;

use crate::{
    access::{Caller, Identity},
    secrets::Secrets,
};

/// How long a key is known.
const LIFE: Duration = Duration::from_hours(24);

/// Of one caller within that time.
const MAX_KEYS: i64 = 1_000;

const MAX_KEY_CHARACTERS: usize = 255;

/// A larger answer is not kept.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The key of a request, of one caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestKey {
    caller_id: Uuid,
    text: String,
}

/// What a request was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Of HTTP.
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// A request as it lies in the database.
#[derive(Debug)]
struct Known {
    fingerprint: Vec<u8>,
    /// Absent: it is under way.
    status: Option<u16>,
    /// With the id of the key that seals it. Absent: it was not kept.
    sealed: Option<(String, Vec<u8>)>,
}

/// The rules about requests that are done once.
pub(crate) struct Idempotency {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) secrets: Secrets,
}

impl RequestKey {
    pub(crate) fn parse(caller: &Caller, text: String) -> Result<Self, ServiceError> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if !(1..=MAX_KEY_CHARACTERS).contains(&text.len()) || !is_visible {
            return Err(ServiceError::new(
                Code::InvalidArgument,
                "malformed_idempotency_key",
                format!(
                    "the header Idempotency-Key takes 1 to {MAX_KEY_CHARACTERS} visible ASCII characters"
                ),
            ));
        }
        let caller_id = match &caller.identity {
            Identity::Person(user) => user.id.uuid(),
            Identity::Key(holder) => holder.id.uuid(),
        };
        Ok(Self { caller_id, text })
    }

    /// Where the answer belongs: it opens nowhere else.
    fn place(&self) -> Vec<u8> {
        let mut bytes = b"mcporch answer 1\0".to_vec();
        bytes.extend(self.caller_id.as_bytes());
        bytes.extend(self.text.as_bytes());
        bytes
    }
}

impl Idempotency {
    /// Lets the first one with that key through; who comes after it gets its
    /// answer.
    pub(crate) async fn claim(
        &self,
        key: &RequestKey,
        fingerprint: &[u8],
    ) -> Result<Option<Answer>, ServiceError> {
        let now = self.clock.now();
        self.forget_old(now).await?;
        if store::count(&self.database, key).await? >= MAX_KEYS
            && store::find(&self.database, key).await?.is_none()
        {
            return Err(ServiceError::new(
                Code::Refused,
                "too_many_idempotency_keys",
                format!("at most {MAX_KEYS} keys a day; leave the header out, or wait"),
            ));
        }
        if store::insert(&self.database, key, fingerprint, now).await? {
            return Ok(None);
        }
        let Some(known) = store::find(&self.database, key).await? else {
            // The first one was not done, and was released at this moment.
            return Err(under_way());
        };
        if known.fingerprint != fingerprint {
            return Err(ServiceError::new(
                Code::Refused,
                "idempotency_key_reused",
                "this Idempotency-Key came with another request before; give each request a key of its own",
            ));
        }
        let status = known.status.ok_or_else(under_way)?;
        let body = known
            .sealed
            .and_then(|(key_id, sealed)| self.secrets.open_answer(&key_id, &sealed, &key.place()));
        match body {
            Some(body) => Ok(Some(Answer { status, body })),
            None => Err(ServiceError::new(
                Code::Conflict,
                "idempotent_answer_lost",
                "this request was done before, and its answer was too large to be kept or cannot be opened any more; \
                 look at what it made",
            )),
        }
    }

    /// Keeps the answer of a request that was done.
    /// Without a body it is known that it was done, and no more.
    pub(crate) async fn complete(
        &self,
        key: &RequestKey,
        status: u16,
        body: Option<Vec<u8>>,
    ) -> Result<(), ServiceError> {
        let kept = body.filter(|body| body.len() <= MAX_ANSWER_BYTES);
        let sealed = kept.map(|body| self.secrets.seal_answer(&body, &key.place()));
        Ok(store::complete(&self.database, key, status, sealed).await?)
    }

    /// Forgets a request that was not done.
    pub(crate) async fn release(&self, key: &RequestKey) -> Result<(), ServiceError> {
        Ok(store::release(&self.database, key).await?)
    }

    async fn forget_old(&self, now: Timestamp) -> Result<(), ServiceError> {
        Ok(store::delete_old(&self.database, now - LIFE).await?)
    }
}

/// Also of a request whose end nobody heard of: to do it again could do it twice.
fn under_way() -> ServiceError {
    ServiceError::new(
        Code::Conflict,
        "request_under_way",
        "a request with this Idempotency-Key is under way, or broke off: try again for its answer, and if that does not \
         come look at what it made",
    )
}
