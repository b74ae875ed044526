//! Who is calling, and what they may do in a project: the one place that says
//! so. What nothing here allows is refused.

pub(crate) mod rpc;

use std::num::NonZeroU32;

use access::{COUNTED_METADATA, Credential, Pepper, RateLimits, SessionToken};
use database::Database;
use domain::{ApiKeyId, Clock, Permission, Role, Slug};
use service_error::{Code, ServiceError};
use tonic::metadata::MetadataMap;

use crate::{
    activities::{Actor, Deed, Origin},
    api_keys::{self, KeyHolder, KeyUse},
    members,
    projects::{self, Project},
    sessions::Sessions,
    snapshot::Changes,
    users::User,
};

/// Who is calling, and from where.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    pub(crate) origin: Origin,
}

/// Who somebody is.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// A person, by a session of theirs.
    Person(User),
    /// A program, by an API key.
    Key(KeyHolder),
}

/// A project that the caller may see, and what they may do there.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    pub(crate) caller: Caller,
    pub(crate) project: Project,
    /// The caller's own role; a key's is its creator's.
    pub(crate) role: Role,
    pub(crate) permissions: Vec<Permission>,
}

/// The rules about access.
pub(crate) struct Access {
    database: Database,
    clock: Clock,
    pepper: Pepper,
    sessions: Sessions,
    changes: Changes,
    rate_limits: RateLimits<ApiKeyId>,
    developers_run_programs: bool,
}

impl Access {
    pub(crate) fn new(
        database: Database,
        clock: Clock,
        pepper: Pepper,
        sessions: Sessions,
        changes: Changes,
    ) -> Self {
        Self {
            database,
            clock,
            pepper,
            sessions,
            changes,
            rate_limits: RateLimits::default(),
            developers_run_programs: false,
        }
    }

    /// Lets developers define servers that run a program on the gateway's host, as
    /// owners may.
    #[must_use]
    pub(crate) const fn letting_developers_run_programs(mut self, are_let: bool) -> Self {
        self.developers_run_programs = are_let;
        self
    }

    /// The caller whose credential the request brings, if it lives.
    pub(crate) async fn caller(&self, metadata: &MetadataMap) -> Result<Caller, ServiceError> {
        let origin = Origin::from_metadata(metadata);
        let identity = match Credential::from_metadata(metadata)? {
            Some(Credential::WebSession(token)) => {
                Identity::Person(self.sessions.authenticate(&token).await?)
            }
            Some(Credential::ApiKey(key)) => {
                let used = KeyUse {
                    at: self.clock.now(),
                    ip: origin.address,
                };
                let holder = api_keys::authenticate(&self.database, &self.pepper, &key, used).await?;
                // One request of REST may call several times.
                if !metadata.contains_key(COUNTED_METADATA) {
                    self.count(&holder)?;
                }
                Identity::Key(holder)
            }
            None => return Err(not_signed_in()),
        };
        Ok(Caller { identity, origin })
    }

    /// Counts a request of a key, and refuses what is over its limit.
    fn count(&self, holder: &KeyHolder) -> Result<(), ServiceError> {
        let limit = holder.limits.rate_limit_per_minute.and_then(NonZeroU32::new);
        let Some(per_minute) = limit else { return Ok(()) };
        let now = tokio::time::Instant::now().into_std();
        self.rate_limits.take(holder.id, per_minute, now).map_err(|wait| {
            let message = format!("this API key may make {per_minute} requests a minute; slow down");
            ServiceError::new(Code::RateLimited, "rate_limited", message).retry_after(wait)
        })
    }

    /// Whether the request brings the credential of somebody.
    pub(crate) fn brings_credential(metadata: &MetadataMap) -> bool {
        !matches!(Credential::from_metadata(metadata), Ok(None))
    }

    /// Writes down what somebody does that changes nothing here.
    pub(crate) async fn record(&self, by: &Caller, deed: Deed) -> Result<(), ServiceError> {
        let transaction = self.changes.begin().await?;
        Ok(self.changes.finish(transaction, &by.actor(), deed).await?)
    }

    /// Ends the session that the request brings.
    pub(crate) async fn sign_out(&self, metadata: &MetadataMap) -> Result<(), ServiceError> {
        let origin = Origin::from_metadata(metadata);
        self.sessions.end(&session_token(metadata)?, &origin).await
    }

    /// The project that a slug or an id names, if the caller may do all of this
    /// in it. A project that they are not in is one that does not exist.
    pub(crate) async fn authorize(
        &self,
        caller: &Caller,
        project: &str,
        needed: &[Permission],
    ) -> Result<Granted, ServiceError> {
        let granted = match &caller.identity {
            Identity::Person(user) => self.person_in(caller, user, project).await?,
            Identity::Key(holder) => self.key_in(caller, holder, project).await?,
        };
        for permission in needed {
            granted.require(*permission)?;
        }
        Ok(granted)
    }

    async fn person_in(&self, caller: &Caller, user: &User, project: &str) -> Result<Granted, ServiceError> {
        let not_found = || ServiceError::not_found("project");
        let project = self.find(project).await?.ok_or_else(not_found)?;
        let role = members::store::role(&self.database, project.id, user.id).await?;
        let role = role.ok_or_else(not_found)?;
        let mut permissions: Vec<_> = project.permissions(role).collect();
        if self.developers_run_programs && role == Role::Developer {
            permissions.push(Permission::WriteStdioServers);
        }
        Ok(Granted {
            caller: caller.clone(),
            project,
            role,
            permissions,
        })
    }

    /// Whether another project exists is not a key's business.
    async fn key_in(
        &self,
        caller: &Caller,
        holder: &KeyHolder,
        project: &str,
    ) -> Result<Granted, ServiceError> {
        let own = projects::store::find(&self.database, holder.project_id).await?;
        let own = own.ok_or_else(|| ServiceError::not_found("project"))?;
        if project != own.slug && project.parse() != Ok(own.id) {
            return Err(ServiceError::new(
                Code::PermissionDenied,
                "other_project",
                "this API key belongs to another project",
            ));
        }
        Ok(Granted {
            caller: caller.clone(),
            permissions: holder.limits.permissions(own.permissions(holder.role)),
            project: own,
            role: holder.role,
        })
    }

    async fn find(&self, project: &str) -> Result<Option<Project>, ServiceError> {
        if let Ok(id) = project.parse() {
            return Ok(projects::store::find(&self.database, id).await?);
        }
        match Slug::parse(project) {
            Ok(slug) => Ok(projects::store::find_by_slug(&self.database, &slug).await?),
            Err(_) => Ok(None),
        }
    }
}

impl Caller {
    /// The person, where only a person may call.
    pub(crate) fn person(&self) -> Result<&User, ServiceError> {
        match &self.identity {
            Identity::Person(user) => Ok(user),
            Identity::Key(_) => Err(ServiceError::new(
                Code::PermissionDenied,
                "person_required",
                "an API key cannot do this; sign in as a person",
            )),
        }
    }

    /// What an activity says of them.
    pub(crate) fn actor(&self) -> Actor {
        match &self.identity {
            Identity::Person(user) => Actor::person(user, &self.origin),
            Identity::Key(holder) => Actor {
                user_id: Some(holder.user_id),
                api_key_id: Some(holder.id),
                name: holder.name.clone(),
                origin: self.origin.clone(),
            },
        }
    }
}

#[cfg(test)]
impl From<User> for Caller {
    fn from(user: User) -> Self {
        Self {
            identity: Identity::Person(user),
            origin: Origin::default(),
        }
    }
}

#[cfg(test)]
impl From<KeyHolder> for Caller {
    fn from(holder: KeyHolder) -> Self {
        Self {
            identity: Identity::Key(holder),
            origin: Origin::default(),
        }
    }
}

impl Granted {
    /// Refuses where the caller may not do this.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), ServiceError> {
        if self.permissions.contains(&permission) {
            return Ok(());
        }
        match &self.caller.identity {
            Identity::Person(_) => {
                let (role, what) = (self.role, words(permission));
                Err(ServiceError::new(
                    Code::PermissionDenied,
                    "role_too_low",
                    format!("as {role} of this project you may not {what}; ask an owner"),
                ))
            }
            Identity::Key(_) => Err(key_may_not(permission)),
        }
    }
}

impl KeyHolder {
    /// Refuses where the key may not do this in its project.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), ServiceError> {
        if self
            .limits
            .permissions(self.role.permissions())
            .contains(&permission)
        {
            return Ok(());
        }
        Err(key_may_not(permission))
    }
}

fn key_may_not(permission: Permission) -> ServiceError {
    let message = format!("this API key may not {}", words(permission));
    ServiceError::new(Code::PermissionDenied, "key_may_not", message)
}

/// The session that the request brings.
pub(crate) fn session_token(metadata: &MetadataMap) -> Result<SessionToken, ServiceError> {
    match Credential::from_metadata(metadata)? {
        Some(Credential::WebSession(token)) => Ok(token),
        Some(Credential::ApiKey(_)) | None => Err(not_signed_in()),
    }
}

fn not_signed_in() -> ServiceError {
    ServiceError::new(
        Code::Unauthenticated,
        "not_signed_in",
        "sign in, or send an API key in the header Authorization: Bearer",
    )
}

const fn words(permission: Permission) -> &'static str {
    match permission {
        Permission::ReadProject => "see it",
        Permission::CallTools => "call tools",
        Permission::ReadLogs => "read logs",
        Permission::ReadPayloads => "read arguments and results",
        Permission::WriteServers => "change servers",
        Permission::WriteStdioServers => "add or change servers that run a program on this host",
        Permission::WriteOwnApiKeys => "make API keys",
        Permission::WriteAllApiKeys => "manage the API keys of others",
        Permission::WriteMembers => "change who is in it",
        Permission::WriteProject => "change or delete it",
    }
}

#[cfg(test)]
mod tests;
