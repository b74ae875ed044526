//! API keys of a project. A key never may more than its creator may now, and
//! dies with its creator's membership.

pub(crate) mod limits;
pub(crate) mod rpc;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use std::{net::IpAddr, time::Duration};

use access::{ApiKey, Pepper};
use database::{
    Database, Transaction,
    keyset::{self, Filter, Key, Page, Place},
};
use domain::{
    ActivityType, ApiKeyId, Clock, DisplayName, Permission, ProjectId, Role, Scope, Timestamp, ToolPattern,
    UserId,
};
use service_error::{Code, ServiceError};

use crate::{
    access::Granted,
    activities::{Actor, Deed},
    snapshot::Changes,
};

pub(crate) use limits::{KeyLimits, parse_ip_ranges, parse_rate_limit, parse_tools};

const DAY: Duration = Duration::from_hours(24);
const DEFAULT_LIFE: Duration = DAY.saturating_mul(90);

/// Further away lies a mistake in the unit.
const LONGEST_LIFE: Duration = DAY.saturating_mul(3_650);

/// Of those that live. It bounds a project's snapshot.
const MAX_LIVE_KEYS: i64 = 1_000;

const DEFAULT_LIMIT: u32 = 100;

/// Uses are written down at most this often for each key.
const USE_GRAIN: Duration = Duration::from_mins(1);

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
    pub(crate) limits: KeyLimits,
    pub(crate) last_used: Option<KeyUse>,
}

impl StoredKey {
    fn deed(&self, kind: ActivityType) -> Deed {
        Deed::in_project(kind, self.project_id).to(self.id.uuid(), self.name.as_str())
    }

    /// Adds what is another than it was.
    fn changes(&self, before: Option<&Self>, deed: Deed) -> Deed {
        let tools =
            |key: &Self| -> Vec<String> { key.limits.tools.iter().map(ToString::to_string).collect() };
        let ranges = |key: &Self| key.limits.ip_ranges.clone();
        deed.change("name", before.map(|key| key.name.as_str()), self.name.as_str())
            .change("expires_at", before.map(|key| key.expires_at), self.expires_at)
            .change(
                "scopes",
                before.map(|key| &key.limits.scopes),
                &self.limits.scopes,
            )
            .change("ip_ranges", before.map(ranges), ranges(self))
            .change(
                "rate_limit_per_minute",
                before.map(|key| key.limits.rate_limit_per_minute),
                self.limits.rate_limit_per_minute,
            )
            .change("tools", before.map(tools), tools(self))
    }
}

/// When and from where a key was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyUse {
    pub(crate) at: Timestamp,
    pub(crate) ip: Option<IpAddr>,
}

/// What is to change of a key. What is absent stays.
#[derive(Debug, Default)]
pub(crate) struct KeyChange {
    pub(crate) name: Option<DisplayName>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) scopes: Option<std::collections::BTreeSet<Scope>>,
    pub(crate) ip_ranges: Option<Vec<ipnet::IpNet>>,
    #[expect(
        clippy::option_option,
        reason = "absent, no limit and a limit mean three things"
    )]
    pub(crate) rate_limit_per_minute: Option<Option<u32>>,
    pub(crate) tools: Option<Vec<ToolPattern>>,
}

/// A program that came with a key that lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyHolder {
    pub(crate) id: ApiKeyId,
    /// Its name.
    pub(crate) name: String,
    pub(crate) project_id: ProjectId,
    /// Who made the key.
    pub(crate) user_id: UserId,
    /// Of who made it, now.
    pub(crate) role: Role,
    pub(crate) limits: KeyLimits,
}

/// The rules about API keys. Callers come with [`Permission::WriteOwnApiKeys`].
pub(crate) struct ApiKeys {
    database: Database,
    clock: Clock,
    pepper: Pepper,
    changes: Changes,
}

/// Who comes with that key, if it is neither revoked nor past its end, and its
/// creator is active and in the project. Which of these it is, nobody is told
/// who does not hold a live key.
pub(crate) async fn authenticate(
    database: &Database,
    pepper: &Pepper,
    key: &ApiKey,
    used: KeyUse,
) -> Result<KeyHolder, ServiceError> {
    let found = store::find_live(database, key.lookup_id(), used.at).await?;
    let Some((holder, hash, last_used_at)) = found else {
        return Err(not_accepted());
    };
    if !key.hash(pepper).matches(&hash) {
        return Err(not_accepted());
    }
    if !holder.limits.allow_address(used.ip) {
        let address = used
            .ip
            .map_or_else(|| "this address".to_owned(), |ip| ip.to_string());
        return Err(ServiceError::new(
            Code::PermissionDenied,
            "address_not_allowed",
            format!(
                "this API key may not be used from {address}; an owner of the project can change its ranges"
            ),
        ));
    }
    if last_used_at.is_none_or(|last| used.at.since(last) >= USE_GRAIN)
        && let Err(error) = store::record_use(database, holder.id, used).await
    {
        // What it is used for must not fail for the note of it.
        tracing::warn!(api_key_id = %holder.id, error = %error, "cannot note the use of an API key");
    }
    Ok(holder)
}

fn not_accepted() -> ServiceError {
    ServiceError::new(
        Code::Unauthenticated,
        "api_key_not_accepted",
        "this API key is unknown, revoked or expired, or its creator left the project; make a new one",
    )
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
        limits: KeyLimits,
    ) -> Result<(StoredKey, ApiKey), ServiceError> {
        let created_by = granted.caller.person()?.id;
        let now = self.clock.now();
        let expires_at = expires_at.unwrap_or(now + DEFAULT_LIFE);
        check_end(expires_at, now)?;
        let mut transaction = self.changes.begin().await?;
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
            limits,
            last_used: None,
        };
        store::insert(&mut transaction, &key, &text.hash(&self.pepper)).await?;
        let deed = key.changes(None, key.deed(ActivityType::ApiKeyCreated));
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
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

    /// Changes what the change names. A key that is revoked stays as it is.
    pub(crate) async fn update(
        &self,
        granted: &Granted,
        id: ApiKeyId,
        change: KeyChange,
    ) -> Result<StoredKey, ServiceError> {
        let mut transaction = self.changes.begin().await?;
        self.changes.record(&mut transaction, granted.project.id).await?;
        let before = own_key(&mut transaction, granted, id).await?;
        if before.revoked_at.is_some() {
            return Err(ServiceError::new(
                Code::Refused,
                "api_key_revoked",
                "this API key was revoked, and nothing brings it back; make a new one",
            ));
        }
        let mut key = before.clone();
        if let Some(expires_at) = change.expires_at {
            check_end(expires_at, self.clock.now())?;
            key.expires_at = Some(expires_at);
        }
        replace(&mut key.name, change.name);
        replace(&mut key.limits.scopes, change.scopes);
        replace(&mut key.limits.ip_ranges, change.ip_ranges);
        replace(
            &mut key.limits.rate_limit_per_minute,
            change.rate_limit_per_minute,
        );
        replace(&mut key.limits.tools, change.tools);
        if key == before {
            return Ok(before);
        }
        store::update(&mut transaction, &key).await?;
        let deed = key.changes(Some(&before), key.deed(ActivityType::ApiKeyUpdated));
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        tracing::info!(api_key_id = %key.id, project_id = %key.project_id, "API key changed");
        Ok(key)
    }

    /// Notes what a gateway saw.
    pub(crate) async fn record_use(&self, id: ApiKeyId, used: KeyUse) -> Result<(), ServiceError> {
        // A clock that is ahead must not hide the uses that come after.
        let at = used.at.min(self.clock.now());
        store::record_use(&self.database, id, KeyUse { at, ..used }).await?;
        Ok(())
    }

    /// Ends a key for good. One that was revoked before stays as it is.
    pub(crate) async fn revoke(&self, granted: &Granted, id: ApiKeyId) -> Result<StoredKey, ServiceError> {
        let mut transaction = self.changes.begin().await?;
        self.changes.record(&mut transaction, granted.project.id).await?;
        let mut key = own_key(&mut transaction, granted, id).await?;
        if key.revoked_at.is_some() {
            return Ok(key);
        }
        let now = self.clock.now();
        store::revoke(&mut transaction, key.id, now).await?;
        key.revoked_at = Some(now);
        let deed = key.deed(ActivityType::ApiKeyRevoked);
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        tracing::info!(api_key_id = %key.id, project_id = %key.project_id, "API key revoked");
        Ok(key)
    }
}

/// Ends a key of whatever project, as an administrator.
pub(crate) async fn revoke_any(
    changes: &Changes,
    by: &Actor,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<StoredKey, ServiceError> {
    let mut transaction = changes.begin().await?;
    let found = store::find_any_for_change(&mut transaction, id).await?;
    let mut key = found.ok_or_else(|| ServiceError::not_found("API key"))?;
    if key.revoked_at.is_some() {
        return Ok(key);
    }
    changes.record(&mut transaction, key.project_id).await?;
    store::revoke(&mut transaction, key.id, now).await?;
    key.revoked_at = Some(now);
    let deed = key.deed(ActivityType::ApiKeyRevoked);
    changes.finish(transaction, by, deed).await?;
    Ok(key)
}

/// A key that the caller may deal with.
async fn own_key(
    transaction: &mut Transaction,
    granted: &Granted,
    id: ApiKeyId,
) -> Result<StoredKey, ServiceError> {
    let creator = only_of(granted)?;
    store::find_for_change(transaction, granted.project.id, id)
        .await?
        .filter(|key| creator.is_none_or(|creator| key.created_by == creator))
        .ok_or_else(|| ServiceError::not_found("API key"))
}

fn check_end(expires_at: Timestamp, now: Timestamp) -> Result<(), ServiceError> {
    if expires_at > now && expires_at <= now + LONGEST_LIFE {
        return Ok(());
    }
    Err(ServiceError::invalid(
        "expires_at",
        format!(
            "expected a time between now and {} days from now; leave it out for 90 days",
            LONGEST_LIFE.as_secs() / DAY.as_secs()
        ),
    ))
}

fn replace<T>(value: &mut T, change: Option<T>) {
    if let Some(change) = change {
        *value = change;
    }
}

/// Whose keys the caller may deal with: one person's, or everybody's. Never a
/// key's: one that could make keys would outlive its own revocation.
fn only_of(granted: &Granted) -> Result<Option<UserId>, ServiceError> {
    let user_id = granted.caller.person()?.id;
    let may_all = granted.permissions.contains(&Permission::WriteAllApiKeys);
    Ok((!may_all).then_some(user_id))
}
