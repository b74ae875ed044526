//! The whole deployment, as its administrators see it. Of what is in projects
//! they see that it is there; calls and payloads are for members alone.

pub(crate) mod rpc;
mod store;
#[cfg(test)]
mod tests;

use database::{
    Database,
    keyset::{self, Filter, Key, Page, Place},
};
use domain::{ActivityType, ApiKeyId, Clock, ProjectId, TeamId, Timestamp};
use service_error::ServiceError;
use tonic::metadata::MetadataMap;
use uuid::Uuid;

use crate::{
    SignUp,
    access::{Access, Caller},
    activities::{Actor, Deed, check_administrator},
    api_keys::{self, StoredKey},
    secrets::{Rotate, Rotated, Secrets},
    snapshot::Changes,
    users::User,
};

const DEFAULT_LIMIT: u32 = 100;

/// A team, whoever is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnyTeam {
    pub(crate) id: TeamId,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
    /// Since when it lies in the trash.
    pub(crate) deleted_at: Option<Timestamp>,
    pub(crate) members: u64,
    pub(crate) projects: u64,
}

/// A project, whoever is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnyProject {
    pub(crate) id: ProjectId,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
    /// Since when it lies in the trash.
    pub(crate) deleted_at: Option<Timestamp>,
    pub(crate) members: u64,
    pub(crate) servers: u64,
    pub(crate) live_api_keys: u64,
}

/// An API key, of whatever project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnyApiKey {
    pub(crate) key: StoredKey,
    pub(crate) project_slug: String,
    pub(crate) created_by_email: String,
}

/// How much there is of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) users: u64,
    pub(crate) active_users: u64,
    pub(crate) teams: u64,
    pub(crate) projects: u64,
    pub(crate) servers: u64,
    pub(crate) live_api_keys: u64,
    pub(crate) activities: u64,
}

/// The rules about what administrators see.
pub(crate) struct Administration {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) changes: Changes,
    pub(crate) sign_up: SignUp,
    pub(crate) secrets: Secrets,
}

/// An administrator's call, or one of whoever runs the deployment.
#[derive(Debug, Clone)]
pub(crate) enum Administrator {
    Person(Box<Caller>),
    Operator,
}

impl Administrator {
    /// Who calls, if they administrate: whoever runs the deployment needs no
    /// credential of a person.
    pub(crate) async fn enter(
        access: &Access,
        metadata: &MetadataMap,
        is_operator: bool,
    ) -> Result<Self, ServiceError> {
        if is_operator && !Access::brings_credential(metadata) {
            return Ok(Self::Operator);
        }
        let caller = access.caller(metadata).await?;
        check_administrator(caller.person()?)?;
        Ok(Self::Person(Box::new(caller)))
    }

    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Person(caller) => caller.actor(),
            Self::Operator => Actor::operator(),
        }
    }
}

impl Administration {
    /// Accounts, newest first; of those whose name or address has that text in
    /// it.
    pub(crate) async fn users(
        &self,
        by: &Administrator,
        text: &str,
        limit: u32,
        cursor: &str,
    ) -> Result<Page<User>, ServiceError> {
        let text = text.trim().to_lowercase();
        let (limit, filter, place) = start("all_users", &text, limit, cursor)?;
        self.look(by, "users", cursor).await?;
        let rows = store::users(&self.database, &text, place, limit + 1).await?;
        Ok(keyset::page(rows, limit, place, filter, |user| {
            key(user.created_at, user.id.uuid())
        }))
    }

    /// Newest first.
    pub(crate) async fn teams(
        &self,
        by: &Administrator,
        limit: u32,
        cursor: &str,
    ) -> Result<Page<AnyTeam>, ServiceError> {
        let (limit, filter, place) = start("all_teams", "", limit, cursor)?;
        self.look(by, "teams", cursor).await?;
        let rows = store::teams(&self.database, place, limit + 1).await?;
        Ok(keyset::page(rows, limit, place, filter, |team| {
            key(team.created_at, team.id.uuid())
        }))
    }

    /// Newest first.
    pub(crate) async fn projects(
        &self,
        by: &Administrator,
        limit: u32,
        cursor: &str,
    ) -> Result<Page<AnyProject>, ServiceError> {
        let (limit, filter, place) = start("all_projects", "", limit, cursor)?;
        self.look(by, "projects", cursor).await?;
        let rows = store::projects(&self.database, self.clock.now(), place, limit + 1).await?;
        Ok(keyset::page(rows, limit, place, filter, |project| {
            key(project.created_at, project.id.uuid())
        }))
    }

    /// Newest first.
    pub(crate) async fn api_keys(
        &self,
        by: &Administrator,
        limit: u32,
        cursor: &str,
    ) -> Result<Page<AnyApiKey>, ServiceError> {
        let (limit, filter, place) = start("all_api_keys", "", limit, cursor)?;
        self.look(by, "api_keys", cursor).await?;
        let rows = store::api_keys(&self.database, place, limit + 1).await?;
        Ok(keyset::page(rows, limit, place, filter, |any| {
            key(any.key.created_at, any.key.id.uuid())
        }))
    }

    /// Ends a key of whatever project for good.
    pub(crate) async fn revoke_api_key(
        &self,
        by: &Administrator,
        id: ApiKeyId,
    ) -> Result<StoredKey, ServiceError> {
        api_keys::revoke_any(&self.changes, &by.actor(), id, self.clock.now()).await
    }

    pub(crate) async fn counts(&self, by: &Administrator) -> Result<Counts, ServiceError> {
        self.look(by, "system", "").await?;
        Ok(store::counts(&self.database, self.clock.now()).await?)
    }

    /// Seals secrets with another key of the deployment, while it runs.
    pub(crate) async fn rotate_secrets_key(
        &self,
        by: &Administrator,
        wanted: Rotate,
    ) -> Result<Rotated, ServiceError> {
        self.secrets.rotate(&self.changes, &by.actor(), wanted).await
    }

    /// That somebody looked is written down, once for all pages of it.
    async fn look(&self, by: &Administrator, at: &str, cursor: &str) -> Result<(), ServiceError> {
        if !cursor.is_empty() {
            return Ok(());
        }
        let transaction = self.changes.begin().await?;
        let deed = Deed::of(ActivityType::AdministratorLooked).named(at);
        Ok(self.changes.finish(transaction, &by.actor(), deed).await?)
    }
}

fn start(list: &str, text: &str, limit: u32, cursor: &str) -> Result<(u32, Filter, Place), ServiceError> {
    let limit = keyset::limit(limit, DEFAULT_LIMIT)?;
    let filter = Filter::of(list, &[text.as_bytes()]);
    Ok((limit, filter, Place::parse(cursor, filter)?))
}

const fn key(at: Timestamp, id: Uuid) -> Key {
    Key {
        at: at.as_micros(),
        id,
    }
}
