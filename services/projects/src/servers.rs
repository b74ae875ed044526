//! MCP servers of a project, as they are configured.

pub(crate) mod definition;
pub(crate) mod rpc;
pub(crate) mod store;

use database::{
    Database,
    keyset::{self, Filter, Page, Place},
};
use domain::{Clock, Permission, ProjectId, ServerId, ServerName, Timestamp};
use service_error::{Code, ServiceError};

use crate::{access::Granted, snapshot::Changes};
use definition::{Definition, Transport};

/// Servers that one project may have: a gateway reads a project as one message.
const MAX_SERVERS: i64 = 100;

const PAGE: u32 = 100;

/// An MCP server of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) id: ServerId,
    pub(crate) project_id: ProjectId,
    pub(crate) name: String,
    pub(crate) definition: Definition,
    pub(crate) is_enabled: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// What to change of a server; what is absent stays.
#[derive(Debug, Default)]
pub(crate) struct ServerChange {
    pub(crate) name: Option<String>,
    pub(crate) definition: Option<Definition>,
    pub(crate) is_enabled: Option<bool>,
}

/// The rules about servers.
pub(crate) struct Servers {
    database: Database,
    clock: Clock,
    changes: Changes,
}

impl Servers {
    pub(crate) const fn new(database: Database, clock: Clock, changes: Changes) -> Self {
        Self {
            database,
            clock,
            changes,
        }
    }

    /// Adds a server. Nothing is started for it: the gateway does so when a
    /// client comes.
    pub(crate) async fn create(
        &self,
        granted: &Granted,
        name: &str,
        definition: Definition,
        is_enabled: bool,
    ) -> Result<Server, ServiceError> {
        granted.require(needed_for(&definition))?;
        let name = parse_name(name)?;
        let now = self.clock.now();
        let server = Server {
            id: ServerId::new(&self.clock),
            project_id: granted.project.id,
            name: name.as_str().to_owned(),
            definition: definition.checked()?,
            is_enabled,
            created_at: now,
            updated_at: now,
        };
        let mut transaction = self.database.begin().await?;
        if store::count(&mut transaction, server.project_id).await? >= MAX_SERVERS {
            return Err(ServiceError::new(
                Code::Refused,
                "too_many_servers",
                format!("a project has at most {MAX_SERVERS} servers; delete some, or make another project"),
            ));
        }
        store::insert(&mut transaction, &server)
            .await
            .map_err(|error| taken_or(error, &name))?;
        self.changes.commit(transaction, server.project_id).await?;
        tracing::info!(server_id = %server.id, project_id = %server.project_id, "server added");
        Ok(server)
    }

    /// The server that a name or an id names.
    pub(crate) async fn get(&self, granted: &Granted, server: &str) -> Result<Server, ServiceError> {
        granted.require(Permission::ReadProject)?;
        let project_id = granted.project.id;
        let found = if let Ok(id) = server.parse() {
            store::find(&self.database, project_id, id).await?
        } else if let Ok(name) = ServerName::parse(server) {
            store::find_by_name(&self.database, project_id, &name).await?
        } else {
            None
        };
        found.ok_or_else(|| ServiceError::not_found("server"))
    }

    /// The servers of a project, newest first.
    pub(crate) async fn list(
        &self,
        granted: &Granted,
        limit: u32,
        cursor: &str,
    ) -> Result<Page<Server>, ServiceError> {
        granted.require(Permission::ReadProject)?;
        let limit = keyset::limit(limit, PAGE)?;
        let project_id = granted.project.id;
        let filter = Filter::of("servers", &[project_id.uuid().as_bytes()]);
        let place = Place::parse(cursor, filter)?;
        let rows = store::list(&self.database, project_id, place, limit).await?;
        Ok(keyset::page(rows, limit, place, filter, |server| keyset::Key {
            at: server.created_at.as_micros(),
            id: server.id.uuid(),
        }))
    }

    /// Changes what the change names. The last of two who do so at once wins.
    pub(crate) async fn update(
        &self,
        granted: &Granted,
        server: &str,
        change: ServerChange,
    ) -> Result<Server, ServiceError> {
        let mut server = self.get(granted, server).await?;
        granted.require(needed_for(&server.definition))?;
        if let Some(definition) = change.definition {
            granted.require(needed_for(&definition))?;
            server.definition = definition.checked()?;
        }
        if let Some(name) = change.name {
            parse_name(&name)?.as_str().clone_into(&mut server.name);
        }
        server.is_enabled = change.is_enabled.unwrap_or(server.is_enabled);
        server.updated_at = self.clock.now();

        let name = parse_name(&server.name)?;
        let mut transaction = self.database.begin().await?;
        let is_there = store::update(&mut transaction, &server)
            .await
            .map_err(|error| taken_or(error, &name))?;
        if !is_there {
            return Err(ServiceError::not_found("server"));
        }
        self.changes.commit(transaction, server.project_id).await?;
        tracing::info!(server_id = %server.id, project_id = %server.project_id, "server changed");
        Ok(server)
    }

    /// Removes a server. What it did stays in the log.
    pub(crate) async fn delete(&self, granted: &Granted, server: &str) -> Result<(), ServiceError> {
        let server = self.get(granted, server).await?;
        granted.require(needed_for(&server.definition))?;
        let mut transaction = self.database.begin().await?;
        if !store::delete(&mut transaction, server.project_id, server.id).await? {
            return Err(ServiceError::not_found("server"));
        }
        self.changes.commit(transaction, server.project_id).await?;
        tracing::info!(server_id = %server.id, project_id = %server.project_id, "server deleted");
        Ok(())
    }
}

/// What it takes to add, change or delete such a server.
const fn needed_for(definition: &Definition) -> Permission {
    match definition.transport {
        Transport::Stdio(_) => Permission::WriteStdioServers,
    }
}

fn parse_name(name: &str) -> Result<ServerName, ServiceError> {
    ServerName::parse(name).map_err(|error| ServiceError::invalid("name", error.to_string()))
}

fn taken_or(error: database::DatabaseError, name: &ServerName) -> ServiceError {
    if !error.is_taken() {
        return error.into();
    }
    let mut taken = ServiceError::invalid("name", format!("this project has a server named {name} already"));
    taken.code = Code::AlreadyExists;
    taken.reason = "server_name_taken".to_owned();
    taken.caused_by(error)
}

#[cfg(test)]
mod tests;
