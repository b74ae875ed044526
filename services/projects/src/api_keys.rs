//! API keys of a project. A key never may more than its creator may now, and
//! dies with its creator's membership.

mod rpc;
mod store;
#[cfg(test)]
mod tests;

use std::time::Duration;

use access::{ApiKey, KeyHash, Pepper};
use database::{
    Database,
    keyset::{self, Filter, Key, Page, Place},
};
use domain::{ApiKeyId, Clock, DisplayName, Permission, ProjectId, Role, Timestamp, UserId};
use service_error::{Code, ServiceError};

use crate::{
    caller::{Access, Caller},
    changes::Changes,
};

pub(crate) use rpc::ApiKeysRpc;
pub(crate) use store::live_of_project;

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

/// Whose a key is that lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LiveKey {
    pub(crate) id: ApiKeyId,
    pub(crate) project_id: ProjectId,
    pub(crate) created_by: UserId,
}

/// A key that lives, with what a gateway needs to know it and to know what it
/// may.
#[derive(Debug, Clone)]
pub(crate) struct GatewayKey {
    pub(crate) id: ApiKeyId,
    pub(crate) lookup_id: String,
    pub(crate) hash: KeyHash,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) created_by: UserId,
    /// Of its creator, now.
    pub(crate) role: Role,
}

/// The rules. Callers come with [`Permission::WriteOwnApiKeys`].
#[derive(Debug, Clone)]
pub(crate) struct ApiKeys {
    database: Database,
    clock: Clock,
    changes: Changes,
    pepper: Pepper,
}

/// What a key may at most: read and call. Whoever finds a key can neither make
/// himself another nor change what runs on the host.
pub(crate) const fn key_may(permission: Permission) -> bool {
    use Permission as P;
    match permission {
        P::ReadProject | P::CallTools | P::ReadLogs | P::ReadPayloads => true,
        P::WriteServers | P::WriteStdioServers | P::WriteOwnApiKeys | P::WriteAllApiKeys => false,
    }
}

/// What a key may whose creator has that role.
pub(crate) fn permissions(role: Role) -> impl Iterator<Item = Permission> {
    role.permissions().filter(|permission| key_may(*permission))
}

/// The key with that text, if it is neither revoked nor past its end, and its
/// creator is active and in the project.
pub(crate) async fn find_live(
    database: &Database,
    key: &ApiKey,
    pepper: &Pepper,
    now: Timestamp,
) -> Result<Option<LiveKey>, ServiceError> {
    let found = store::find_live(database, key.lookup_id(), now).await?;
    Ok(found
        .filter(|(_, hash)| key.hash(pepper).matches(hash))
        .map(|(live, _)| live))
}

impl ApiKeys {
    pub(crate) const fn new(database: Database, clock: Clock, changes: Changes, pepper: Pepper) -> Self {
        Self {
            database,
            clock,
            changes,
            pepper,
        }
    }

    /// Makes a key. Its text is in the answer and nowhere else.
    pub(crate) async fn create(
        &self,
        access: &Access,
        name: DisplayName,
        expires_at: Option<Timestamp>,
    ) -> Result<(StoredKey, ApiKey), ServiceError> {
        let created_by = person(access)?;
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
        self.changes.record(&mut transaction, access.project_id).await?;
        if store::count_live(&mut transaction, access.project_id, now).await? >= MAX_LIVE_KEYS {
            return Err(ServiceError::new(
                Code::Refused,
                "too_many_api_keys",
                format!("a project has at most {MAX_LIVE_KEYS} live keys; revoke those that nobody uses"),
            ));
        }
        let text = ApiKey::generate();
        let key = StoredKey {
            id: ApiKeyId::new(&self.clock),
            project_id: access.project_id,
            name,
            lookup_id: text.lookup_id().to_owned(),
            created_by,
            created_at: now,
            expires_at: Some(expires_at),
            revoked_at: None,
        };
        store::insert(&mut transaction, &key, &text.hash(&self.pepper)).await?;
        transaction.commit().await?;
        self.changes.announce();
        Ok((key, text))
    }

    /// The caller's own keys, or all for who may revoke all; newest first.
    pub(crate) async fn list(
        &self,
        access: &Access,
        limit: u32,
        cursor: &str,
    ) -> Result<Page<StoredKey>, ServiceError> {
        let limit = keyset::limit(limit, DEFAULT_LIMIT)?;
        let creator = only_of(access)?;
        let creator_part = creator.map(UserId::uuid).unwrap_or_default();
        let filter = Filter::of(
            "api_keys",
            &[access.project_id.uuid().as_bytes(), creator_part.as_bytes()],
        );
        let place = Place::parse(cursor, filter)?;
        let keys = store::list(&self.database, access.project_id, creator, place, limit + 1).await?;
        Ok(keyset::page(keys, limit, place, filter, |key| Key {
            at: key.created_at.as_micros(),
            id: key.id.uuid(),
        }))
    }

    /// Ends a key for good. One that was revoked before stays as it is.
    pub(crate) async fn revoke(&self, access: &Access, id: ApiKeyId) -> Result<StoredKey, ServiceError> {
        let creator = only_of(access)?;
        let mut transaction = self.database.begin().await?;
        self.changes.record(&mut transaction, access.project_id).await?;
        let mut key = store::find_for_change(&mut transaction, access.project_id, id)
            .await?
            .filter(|key| creator.is_none_or(|creator| key.created_by == creator))
            .ok_or_else(|| ServiceError::not_found("API key"))?;
        if key.revoked_at.is_some() {
            return Ok(key);
        }
        let now = self.clock.now();
        store::revoke(&mut transaction, key.id, now).await?;
        key.revoked_at = Some(now);
        transaction.commit().await?;
        self.changes.announce();
        Ok(key)
    }
}

/// Whose keys the caller may deal with: one person's, or everybody's.
fn only_of(access: &Access) -> Result<Option<UserId>, ServiceError> {
    let user_id = person(access)?;
    Ok((!access.may(Permission::WriteAllApiKeys)).then_some(user_id))
}

/// Keys are made and ended by people: a key that could make keys would outlive
/// its own revocation.
fn person(access: &Access) -> Result<UserId, ServiceError> {
    match &access.caller {
        Caller::User { user_id, .. } => Ok(*user_id),
        Caller::ApiKey { .. } => Err(ServiceError::new(
            Code::PermissionDenied,
            "sign_in_required",
            "an API key cannot deal with API keys; sign in to do it",
        )),
    }
}
