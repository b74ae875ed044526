//! The MCP servers of a project: what they are, and who may define them.

mod deed;
mod definition;
mod import;
mod rights;
pub(crate) mod rpc;
mod store;
pub(crate) mod switches;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use database::{
    Database, Transaction,
    keyset::{self, Filter, Key, Page, Place},
};
use domain::{Clock, ProjectId, ServerId, ServerName, Timestamp, UserId};
use service_error::{Code, ServiceError};

use crate::{
    access::Granted,
    secrets::{self, SecretChanges, SecretInfo, Secrets},
    snapshot::Changes,
    version,
};

pub(crate) use definition::{Http, Limits, ServerDefinition, Stdio, Transport, parse_secrets};
pub(crate) use import::Imported;
pub(crate) use rights::may_read_values;
use switches::ToolSwitches;

/// With the limit of a definition it bounds a project's snapshot.
const MAX_SERVERS: usize = 100;

/// Names of addresses below `servers/` in REST: a server of such a name could not
/// be reached there.
const RESERVED: [&str; 2] = ["test", "import"];

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
    /// Another one after each change.
    pub(crate) version: u64,
    pub(crate) secrets: Vec<SecretInfo>,
    /// As the server names them.
    pub(crate) disabled_tools: BTreeSet<String>,
}

/// A server to make.
#[derive(Debug)]
pub(crate) struct NewServer {
    pub(crate) name: ServerName,
    pub(crate) definition: ServerDefinition,
    pub(crate) secrets: SecretChanges,
    pub(crate) is_enabled: bool,
}

/// What is to change of a server. What is absent stays.
#[derive(Debug, Default)]
pub(crate) struct ServerChange {
    pub(crate) name: Option<ServerName>,
    pub(crate) definition: Option<ServerDefinition>,
    pub(crate) secrets: SecretChanges,
    pub(crate) is_enabled: Option<bool>,
    /// Only while the server is still as the caller saw it.
    pub(crate) if_version: Option<u64>,
}

/// The rules about servers. Callers come with [`Permission::WriteServers`] where they change
/// something; what a stdio server needs beyond it is asked for here.
///
/// [`Permission::WriteServers`]: domain::Permission::WriteServers
pub(crate) struct Servers {
    database: Database,
    clock: Clock,
    changes: Changes,
    secrets: Secrets,
}

impl Servers {
    pub(crate) const fn new(database: Database, clock: Clock, changes: Changes, secrets: Secrets) -> Self {
        Self {
            database,
            clock,
            changes,
            secrets,
        }
    }

    pub(crate) async fn create(&self, granted: &Granted, new: NewServer) -> Result<Server, ServiceError> {
        let by = granted.caller.person()?.id;
        rights::may_define(granted, &new.definition.transport)?;
        definition::check_secrets(&new.definition.transport, &after(&[], &new.secrets))?;
        let mut transaction = self.changes.begin().await?;
        self.changes.record(&mut transaction, granted.project.id).await?;
        let taken = store::names(&mut transaction, granted.project.id).await?;
        if taken.len() >= MAX_SERVERS {
            return Err(too_many());
        }
        check_name(&new.name, &taken)?;
        let now = self.clock.now();
        let mut server = Server {
            id: ServerId::new(&self.clock),
            project_id: granted.project.id,
            name: new.name,
            definition: new.definition,
            is_enabled: new.is_enabled,
            created_at: now,
            updated_at: now,
            version: 1,
            secrets: Vec::new(),
            disabled_tools: BTreeSet::new(),
        };
        store::insert(&mut transaction, &server).await?;
        self.write_secrets(&mut transaction, &mut server, &new.secrets, by)
            .await?;
        let deed = deed::created(&server, &new.secrets);
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        tracing::info!(server_id = %server.id, project_id = %server.project_id, "server added");
        Ok(server)
    }

    /// By name or by id. No name looks like an id.
    pub(crate) async fn get(&self, granted: &Granted, name_or_id: &str) -> Result<Server, ServiceError> {
        let found = match name_or_id.parse::<ServerId>() {
            Ok(id) => store::find_by_id(&self.database, granted.project.id, id).await?,
            Err(_) => store::find_by_name(&self.database, granted.project.id, &name_key(name_or_id)).await?,
        };
        let mut server = found.ok_or_else(|| ServiceError::not_found("server"))?;
        complete(
            &self.database,
            granted.project.id,
            std::slice::from_mut(&mut server),
        )
        .await?;
        Ok(server)
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
        let mut servers = store::list(&self.database, granted.project.id, place, limit + 1).await?;
        complete(&self.database, granted.project.id, &mut servers).await?;
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
        let by = granted.caller.person()?.id;
        let id = self.get(granted, name_or_id).await?.id;
        let mut transaction = self.changes.begin().await?;
        self.changes.record(&mut transaction, granted.project.id).await?;
        let before = find_for_change(&mut transaction, granted.project.id, id).await?;
        version::check("server", change.if_version, before.version)?;
        let mut server = before.clone();
        if let Some(name) = change.name {
            server.name = name;
        }
        if let Some(definition) = change.definition {
            server.definition = definition;
        }
        if let Some(is_enabled) = change.is_enabled {
            server.is_enabled = is_enabled;
        }
        if server == before && change.secrets.is_empty() {
            return Ok(before);
        }
        rights::may_change(granted, &before, &server, &change.secrets)?;
        definition::check_secrets(
            &server.definition.transport,
            &after(&before.secrets, &change.secrets),
        )?;
        if name_key(server.name.as_str()) != name_key(before.name.as_str()) {
            check_name(
                &server.name,
                &store::names(&mut transaction, granted.project.id).await?,
            )?;
        }
        server.updated_at = self.clock.now();
        server.version += 1;
        store::update(&mut transaction, &server).await?;
        self.write_secrets(&mut transaction, &mut server, &change.secrets, by)
            .await?;
        let deed = deed::changed(&before, &server, &change.secrets);
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        tracing::info!(server_id = %server.id, project_id = %server.project_id, "server changed");
        Ok(server)
    }

    /// Switches tools off and on. What is off can neither be seen nor called by
    /// any client.
    pub(crate) async fn switch_tools(
        &self,
        granted: &Granted,
        name_or_id: &str,
        switches: &ToolSwitches,
    ) -> Result<Server, ServiceError> {
        granted.caller.person()?;
        let id = self.get(granted, name_or_id).await?.id;
        let mut transaction = self.changes.begin().await?;
        self.changes.record(&mut transaction, granted.project.id).await?;
        let mut server = find_for_change(&mut transaction, granted.project.id, id).await?;
        let disabled = switches::apply(&server.disabled_tools, switches)?;
        if disabled == server.disabled_tools {
            return Ok(server);
        }
        for tool in disabled.symmetric_difference(&server.disabled_tools) {
            switches::store::switch(&mut transaction, id, tool, !disabled.contains(tool)).await?;
        }
        let deed = deed::switched(&server, &disabled, switches);
        server.disabled_tools = disabled;
        server.version += 1;
        store::update(&mut transaction, &server).await?;
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        tracing::info!(server_id = %server.id, project_id = %server.project_id, "tools switched");
        Ok(server)
    }

    pub(crate) async fn delete(&self, granted: &Granted, name_or_id: &str) -> Result<(), ServiceError> {
        let server = self.get(granted, name_or_id).await?;
        rights::may_define(granted, &server.definition.transport)?;
        let mut transaction = self.changes.begin().await?;
        self.changes.record(&mut transaction, granted.project.id).await?;
        if !store::delete(&mut transaction, granted.project.id, server.id).await? {
            return Err(ServiceError::not_found("server"));
        }
        let deed = deed::deleted(&server);
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        tracing::info!(server_id = %server.id, project_id = %server.project_id, "server deleted");
        Ok(())
    }

    async fn write_secrets(
        &self,
        transaction: &mut Transaction,
        server: &mut Server,
        changes: &SecretChanges,
        by: UserId,
    ) -> Result<(), ServiceError> {
        if changes.is_empty() {
            return Ok(());
        }
        let (project, id) = (server.project_id, server.id);
        self.secrets.apply(transaction, project, id, changes, by).await?;
        let infos = secrets::store::infos_for_change(transaction, project).await?;
        server.secrets = infos
            .into_iter()
            .filter(|(server, _)| *server == id)
            .map(|(_, info)| info)
            .collect();
        Ok(())
    }
}

/// All servers of a project, oldest first.
pub(crate) async fn of_project(database: &Database, project: ProjectId) -> Result<Vec<Server>, ServiceError> {
    let mut servers = store::of_project(database, project).await?;
    complete(database, project, &mut servers).await?;
    Ok(servers)
}

async fn find_for_change(
    transaction: &mut Transaction,
    project: ProjectId,
    id: ServerId,
) -> Result<Server, ServiceError> {
    let found = store::find_for_change(transaction, project, id).await?;
    let mut server = found.ok_or_else(|| ServiceError::not_found("server"))?;
    let infos = secrets::store::infos_for_change(transaction, project).await?;
    let disabled = switches::store::of_project_for_change(transaction, project).await?;
    add(std::slice::from_mut(&mut server), infos, disabled);
    Ok(server)
}

/// Adds what lies in tables of its own.
async fn complete(
    database: &Database,
    project: ProjectId,
    servers: &mut [Server],
) -> Result<(), ServiceError> {
    let infos = secrets::store::infos(database, project).await?;
    let disabled = switches::store::of_project(database, project).await?;
    add(servers, infos, disabled);
    Ok(())
}

fn add(servers: &mut [Server], infos: Vec<(ServerId, SecretInfo)>, disabled: Vec<(ServerId, String)>) {
    let mut servers: BTreeMap<_, _> = servers.iter_mut().map(|server| (server.id, server)).collect();
    for (id, info) in infos {
        if let Some(server) = servers.get_mut(&id) {
            server.secrets.push(info);
        }
    }
    for (id, tool) in disabled {
        if let Some(server) = servers.get_mut(&id) {
            server.disabled_tools.insert(tool);
        }
    }
}

/// Names and sizes of a server's secrets once they are changed.
fn after<'a>(secrets: &'a [SecretInfo], changes: &'a SecretChanges) -> BTreeMap<&'a str, usize> {
    use secrecy::ExposeSecret as _;

    let mut sizes: BTreeMap<&str, usize> = secrets
        .iter()
        .map(|secret| (secret.name.as_str(), secret.size_bytes))
        .collect();
    for (name, value) in changes {
        match value {
            Some(value) => sizes.insert(name, value.expose_secret().len()),
            None => sizes.remove(name.as_str()),
        };
    }
    sizes
}

/// In what two names are equal. Not left to the database: SQLite folds ASCII
/// only.
fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

fn too_many() -> ServiceError {
    ServiceError::new(
        Code::Refused,
        "too_many_servers",
        format!("a project has at most {MAX_SERVERS} servers; delete one, or make another project"),
    )
}

fn check_name(name: &ServerName, taken: &[String]) -> Result<(), ServiceError> {
    if RESERVED.contains(&name_key(name.as_str()).as_str()) {
        return Err(ServiceError::new(
            Code::Refused,
            "server_name_reserved",
            format!("no server can be named \"{name}\": the API has an address of that name"),
        ));
    }
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
