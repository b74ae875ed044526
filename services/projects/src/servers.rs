//! The MCP servers of a project: what they are, and who may define them.

mod definition;
pub(crate) mod rpc;
mod store;
#[cfg(test)]
mod tests;

use database::{
    Database,
    keyset::{self, Filter, Key, Page, Place},
};
use domain::{Clock, Permission, ProjectId, ServerId, ServerName, Timestamp};
use service_error::{Code, ServiceError};

use crate::{access::Granted, snapshot::Changes};

pub(crate) use definition::{Limits, ServerDefinition, Stdio, Transport};
pub(crate) use store::of_project;

/// With the limit of a definition it bounds a project's snapshot.
const MAX_SERVERS: usize = 100;

const DEFAULT_LIMIT: u32 = 100;

/// An MCP server configured in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) id: ServerId,
    pub(crate) project_id: ProjectId,
    pub(crate) name: ServerName,
    pub(crate) definition: ServerDefinition,
    pub(crate) is_enabled: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// A server to make.
#[derive(Debug)]
pub(crate) struct NewServer {
    pub(crate) name: ServerName,
    pub(crate) definition: ServerDefinition,
    pub(crate) is_enabled: bool,
}

/// What is to change of a server. What is absent stays.
#[derive(Debug, Default)]
pub(crate) struct ServerChange {
    pub(crate) name: Option<ServerName>,
    pub(crate) definition: Option<ServerDefinition>,
    pub(crate) is_enabled: Option<bool>,
}

/// The rules about servers. Callers come with [`Permission::WriteServers`] where they change
/// something; what a stdio server needs beyond it is asked for here.
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

    pub(crate) async fn create(&self, granted: &Granted, new: NewServer) -> Result<Server, ServiceError> {
        may_define(granted, &new.definition.transport)?;
        let mut transaction = self.database.begin().await?;
        self.changes.record(&mut transaction, granted.project.id).await?;
        let taken = store::names(&mut transaction, granted.project.id).await?;
        if taken.len() >= MAX_SERVERS {
            return Err(ServiceError::new(
                Code::Refused,
                "too_many_servers",
                format!("a project has at most {MAX_SERVERS} servers; delete one, or make another project"),
            ));
        }
        check_name(&new.name, &taken)?;
        let now = self.clock.now();
        let server = Server {
            id: ServerId::new(&self.clock),
            project_id: granted.project.id,
            name: new.name,
            definition: new.definition,
            is_enabled: new.is_enabled,
            created_at: now,
            updated_at: now,
        };
        store::insert(&mut transaction, &server).await?;
        self.changes.finish(transaction).await?;
        tracing::info!(server_id = %server.id, project_id = %server.project_id, "server added");
        Ok(server)
    }

    /// By name or by id. No name looks like an id.
    pub(crate) async fn get(&self, granted: &Granted, name_or_id: &str) -> Result<Server, ServiceError> {
        match name_or_id.parse::<ServerId>() {
            Ok(id) => store::find_by_id(&self.database, granted.project.id, id).await?,
            Err(_) => store::find_by_name(&self.database, granted.project.id, &name_key(name_or_id)).await?,
        }
        .ok_or_else(|| ServiceError::not_found("server"))
    }

    /// Newest first.
    pub(crate) async fn list(
        &self,
        granted: &Granted,
        limit: u32,
        cursor: &str,
    ) -> Result<Page<Server>, ServiceError> {
        let limit = keyset::limit(limit, DEFAULT_LIMIT)?;
        let filter = Filter::of("servers", &[granted.project.id.uuid().as_bytes()]);
        let place = Place::parse(cursor, filter)?;
        let servers = store::list(&self.database, granted.project.id, place, limit + 1).await?;
        Ok(keyset::page(servers, limit, place, filter, |server| Key {
            at: server.created_at.as_micros(),
            id: server.id.uuid(),
        }))
    }

    /// A change that changes nothing is not told to anybody.
    pub(crate) async fn update(
        &self,
        granted: &Granted,
        name_or_id: &str,
        change: ServerChange,
    ) -> Result<Server, ServiceError> {
        let id = self.get(granted, name_or_id).await?.id;
        let mut transaction = self.database.begin().await?;
        self.changes.record(&mut transaction, granted.project.id).await?;
        let before = store::find_for_change(&mut transaction, granted.project.id, id)
            .await?
            .ok_or_else(|| ServiceError::not_found("server"))?;
        let mut after = before.clone();
        if let Some(name) = change.name {
            after.name = name;
        }
        if let Some(definition) = change.definition {
            after.definition = definition;
        }
        if let Some(is_enabled) = change.is_enabled {
            after.is_enabled = is_enabled;
        }
        if after == before {
            return Ok(before);
        }
        if after.name != before.name || after.definition != before.definition {
            may_define(granted, &before.definition.transport)?;
            may_define(granted, &after.definition.transport)?;
        }
        if name_key(after.name.as_str()) != name_key(before.name.as_str()) {
            check_name(
                &after.name,
                &store::names(&mut transaction, granted.project.id).await?,
            )?;
        }
        after.updated_at = self.clock.now();
        store::update(&mut transaction, &after).await?;
        self.changes.finish(transaction).await?;
        tracing::info!(server_id = %after.id, project_id = %after.project_id, "server changed");
        Ok(after)
    }

    pub(crate) async fn delete(&self, granted: &Granted, name_or_id: &str) -> Result<(), ServiceError> {
        let server = self.get(granted, name_or_id).await?;
        may_define(granted, &server.definition.transport)?;
        let mut transaction = self.database.begin().await?;
        self.changes.record(&mut transaction, granted.project.id).await?;
        if !store::delete(&mut transaction, granted.project.id, server.id).await? {
            return Err(ServiceError::not_found("server"));
        }
        self.changes.finish(transaction).await?;
        tracing::info!(server_id = %server.id, project_id = %server.project_id, "server deleted");
        Ok(())
    }
}

/// Whether the caller may read what a server is started with. Values of the
/// environment are secrets as often as not: who may not write them does not
/// read them.
pub(crate) fn may_read_values(granted: &Granted) -> bool {
    granted.permissions.contains(&Permission::WriteStdioServers)
}

/// To define a stdio server is to run a program on the gateway's host. To
/// switch one on and off, that its owner defined, is not.
fn may_define(granted: &Granted, transport: &Transport) -> Result<(), ServiceError> {
    let Transport::Stdio(_) = transport;
    if granted.permissions.contains(&Permission::WriteStdioServers) {
        return Ok(());
    }
    Err(ServiceError::new(
        Code::PermissionDenied,
        "stdio_servers_not_allowed",
        "a stdio server runs a program on the gateway's host: only an owner of the project may add, \
         change or delete one; ask an owner to do it",
    ))
}

/// In what two names are equal. Not left to the database: SQLite folds ASCII
/// only.
fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

fn check_name(name: &ServerName, taken: &[String]) -> Result<(), ServiceError> {
    if !taken.contains(&name_key(name.as_str())) {
        return Ok(());
    }
    let free = free_name(name.as_str(), taken);
    Err(ServiceError::new(
        Code::AlreadyExists,
        "server_name_taken",
        format!(
            "this project has a server named \"{name}\" already (upper and lower case count as one); \
             \"{free}\" is free"
        ),
    ))
}

fn free_name(name: &str, taken: &[String]) -> String {
    let stem: String = name.chars().take(59).collect();
    (2..taken.len() + 3)
        .map(|number| format!("{stem}-{number}"))
        .find(|candidate| !taken.contains(&name_key(candidate)))
        .expect("one more was tried than there are names")
}
