//! API keys of a project. A key never may more than its creator may now, and
//! dies with its creator's membership.

pub(crate) mod rpc;
mod store;
#[cfg(test)]
mod tests;

use std::time::Duration;

use access::{ApiKey, Pepper};
use database::{
    Database,
    keyset::{self, Filter, Key, Page, Place},
};
use domain::{ApiKeyId, Clock, DisplayName, Permission, ProjectId, Role, Timestamp, UserId};
use service_error::{Code, ServiceError};

use crate::{access::Granted, snapshot::Changes};

const DAY: Duration = Duration::from_hours(24);
const DEFAULT_LIFE: Duration = DAY.saturating_mul(90);

/// Further away lies a mistake in the unit.
const LONGEST_LIFE: Duration = DAY.saturating_mul(3_650);

/// Of those that live. It bounds a project's snapshot.
const MAX_LIVE_KEYS: i64 = 1_000;

const DEFAULT_LIMIT: u32 = 100;

/// A key as people see it: without what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredKey {
    pub(crate) id: ApiKeyId,
    pub(crate) project_id: ProjectId,
    pub(crate) name: DisplayName,
    pub(crate) lookup_id: String,
    pub(crate) created_by: UserId,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
}

/// A program that came with a key that lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyHolder {
    pub(crate) id: ApiKeyId,
    pub(crate) project_id: ProjectId,
    /// Who made the key.
    pub(crate) user_id: UserId,
    /// Of who made it, now.
    pub(crate) role: Role,
}

/// The rules about API keys. Callers come with [`Permission::WriteOwnApiKeys`].
pub(crate) struct ApiKeys {
    database: Database,
    clock: Clock,
    pepper: Pepper,
    changes: Changes,
}

/// What a key may whose creator has that role.
pub(crate) fn permissions(role: Role) -> Vec<Permission> {
    role.permissions()
        .filter(|permission| permission.is_open_to_api_keys())
        .collect()
}

/// Who comes with that key, if it is neither revoked nor past its end, and its
/// creator is active and in the project. Which of these it is, nobody is told
/// who does not hold a live key.
pub(crate) async fn authenticate(
    database: &Database,
    pepper: &Pepper,
    key: &ApiKey,
    now: Timestamp,
) -> Result<KeyHolder, ServiceError> {
    let found = store::find_live(database, key.lookup_id(), now).await?;
    match found {
        Some((holder, hash)) if key.hash(pepper).matches(&hash) => Ok(holder),
        _ => Err(ServiceError::new(
            Code::Unauthenticated,
            "api_key_not_accepted",
            "this API key is unknown, revoked or expired, or its creator left the project; make a new one",
        )),
    }
}

impl ApiKeys {
    pub(crate) const fn new(database: Database, clock: Clock, pepper: Pepper, changes: Changes) -> Self {
        Self {
            database,
            clock,
            pepper,
            changes,
        }
    }

    /// Makes a key. Its text is in the answer and nowhere else.
    pub(crate) async fn create(
        &self,
        granted: &Granted,
        name: DisplayName,
        expires_at: Option<Timestamp>,
    ) -> Result<(StoredKey, ApiKey), ServiceError> {
        let created_by = granted.caller.person()?.id;
        let now = self.clock.now();
        let expires_at = expires_at.unwrap_or(now + DEFAULT_LIFE);
        if expires_at <= now || expires_at > now + LONGEST_LIFE {
            return Err(ServiceError::invalid(
                "expires_at",
                format!(
                    "expected a time between now and {} days from now; leave it out for 90 days",
                    LONGEST_LIFE.as_secs() / DAY.as_secs()
                ),
            ));
        }
        let mut transaction = self.database.begin().await?;
        self.changes.record(&mut transaction, granted.project.id).await?;
        if store::count_live(&mut transaction, granted.project.id, now).await? >= MAX_LIVE_KEYS {
            return Err(ServiceError::new(
                Code::Refused,
                "too_many_api_keys",
                format!("a project has at most {MAX_LIVE_KEYS} live keys; revoke those that nobody uses"),
            ));
        }
        let text = ApiKey::generate();
        let key = StoredKey {
            id: ApiKeyId::new(&self.clock),
            project_id: granted.project.id,
            name,
            lookup_id: text.lookup_id().to_owned(),
            created_by,
            created_at: now,
            expires_at: Some(expires_at),
            revoked_at: None,
        };
        store::insert(&mut transaction, &key, &text.hash(&self.pepper)).await?;
        self.changes.finish(transaction).await?;
        tracing::info!(api_key_id = %key.id, project_id = %key.project_id, user_id = %created_by, "API key made");
        Ok((key, text))
    }

    /// The caller's own keys, or all for who may revoke all; newest first.
    pub(crate) async fn list(
        &self,
        granted: &Granted,
        limit: u32,
        cursor: &str,
    ) -> Result<Page<StoredKey>, ServiceError> {
        let limit = keyset::limit(limit, DEFAULT_LIMIT)?;
        let creator = only_of(granted)?;
        let creator_part = creator.map(UserId::uuid).unwrap_or_default();
        let filter = Filter::of(
            "api_keys",
            &[granted.project.id.uuid().as_bytes(), creator_part.as_bytes()],
        );
        let place = Place::parse(cursor, filter)?;
        let keys = store::list(&self.database, granted.project.id, creator, place, limit + 1).await?;
        Ok(keyset::page(keys, limit, place, filter, |key| Key {
            at: key.created_at.as_micros(),
            id: key.id.uuid(),
        }))
    }

    /// Ends a key for good. One that was revoked before stays as it is.
    pub(crate) async fn revoke(&self, granted: &Granted, id: ApiKeyId) -> Result<StoredKey, ServiceError> {
        let creator = only_of(granted)?;
        let mut transaction = self.database.begin().await?;
        self.changes.record(&mut transaction, granted.project.id).await?;
        let mut key = store::find_for_change(&mut transaction, granted.project.id, id)
            .await?
            .filter(|key| creator.is_none_or(|creator| key.created_by == creator))
            .ok_or_else(|| ServiceError::not_found("API key"))?;
        if key.revoked_at.is_some() {
            return Ok(key);
        }
        let now = self.clock.now();
        store::revoke(&mut transaction, key.id, now).await?;
        key.revoked_at = Some(now);
        self.changes.finish(transaction).await?;
        tracing::info!(api_key_id = %key.id, project_id = %key.project_id, "API key revoked");
        Ok(key)
    }
}

/// Whose keys the caller may deal with: one person's, or everybody's. Never a
/// key's: one that could make keys would outlive its own revocation.
fn only_of(granted: &Granted) -> Result<Option<UserId>, ServiceError> {
    let user_id = granted.caller.person()?.id;
    let may_all = granted.permissions.contains(&Permission::WriteAllApiKeys);
    Ok((!may_all).then_some(user_id))
}
