use std::{collections::HashSet, sync::Arc, time::Duration};

use futures::future::join_all;
use serde_json::value::RawValue;

use super::{Answer, Caller, Relay, empty_result, result};
use crate::{
    catalog::{ExposedName, Kind, list_result, renamed},
    directory::Server,
    message::{ErrorCode, object_fields},
    outbox::Outbox,
};

/// How long a list waits for one server. A slow one costs its own items only.
pub(super) const LIST_DEADLINE: Duration = Duration::from_secs(5);

/// Pages of one server's list. More, and it does not end.
const MAX_PAGES: usize = 1_000;

impl Relay {
    /// Answers on a project's endpoint what its servers together would.
    pub(super) async fn project_request(
        &self,
        caller: &Caller,
        method: &str,
        params: Option<&str>,
        outbox: Option<&Outbox>,
    ) -> Answer {
        if let Some(kind) = Kind::of_method(method) {
            return self.merged_list(caller, kind, params).await;
        }
        match method {
            "prompts/get" => self.get_prompt(caller, method, params, outbox).await,
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
                self.of_resource(caller, method, params, outbox).await
            }
            "completion/complete" => self.complete(caller, method, params, outbox).await,
            "logging/setLevel" => self.set_level(caller, method, params).await,
            _ => Answer::error(
                ErrorCode::MethodNotFound,
                format!(
                    "{method} is nothing that all servers of a project share; \
                     the endpoint of a single server passes it on"
                ),
            ),
        }
    }

    /// The items of one server, in its own words: every page of them.
    pub(crate) async fn list(
        &self,
        caller: &Caller,
        server: &Arc<Server>,
        kind: Kind,
    ) -> Result<Vec<String>, String> {
        let connection = self
            .connect(caller, server)
            .await
            .map_err(|error| error.to_string())?;
        let mut items = Vec::new();
        if !connection
            .hello()
            .is_some_and(|hello| hello.offers(kind.capability()))
        {
            return Ok(items);
        }
        let mut cursor = None;
        for _ in 0..MAX_PAGES {
            let params = cursor.map(|cursor| format!("{{\"cursor\":{cursor}}}"));
            let page = match self
                .ask(&connection, kind.method(), params.as_deref(), server.timeout)
                .await
            {
                Ok(page) => page,
                // Servers with resources and without templates often have no such method.
                Err(_) if kind == Kind::Templates => return Ok(items),
                Err(error) => return Err(error),
            };
            let fields = object_fields(&page, [kind.member(), "nextCursor"])
                .ok_or_else(|| format!("its answer to {} is no unambiguous object", kind.method()))?;
            let on_page: Vec<&RawValue> = fields
                .get(0)
                .and_then(|list| serde_json::from_str(list).ok())
                .ok_or_else(|| format!("its answer to {} has no list of {}", kind.method(), kind.member()))?;
            items.extend(on_page.into_iter().map(|item| item.get().to_owned()));
            cursor = fields
                .get(1)
                .filter(|cursor| cursor.starts_with('"'))
                .map(str::to_owned);
            if cursor.is_none() {
                self.catalog.note(server.id, kind, &items);
                if kind == Kind::Tools {
                    self.annotated.note(server.id, items.iter().map(String::as_str));
                }
                return Ok(items);
            }
        }
        Err(format!("its list of {} does not end", kind.member()))
    }

    async fn merged_list(&self, caller: &Caller, kind: Kind, params: Option<&str>) -> Answer {
        let asks_for_page = params
            .and_then(|params| object_fields(params, ["cursor"]))
            .is_some_and(|fields| fields.get(0).is_some_and(|cursor| cursor != "null"));
        if asks_for_page {
            let words = "unknown cursor: this list has one page; ask without a cursor";
            return Answer::error(ErrorCode::InvalidParams, words);
        }
        let servers: Vec<_> = caller.project.enabled_servers().collect();
        let lists = join_all(
            servers
                .iter()
                .map(|server| self.list_in_time(caller, server, kind)),
        )
        .await;
        let mut items = Vec::new();
        let mut missing = Vec::new();
        let mut missing_ids = HashSet::new();
        let mut addresses = HashSet::new();
        for (server, list) in servers.into_iter().zip(lists) {
            match list {
                Err(reason) => {
                    missing_ids.insert(server.id);
                    missing.push((server.name.clone(), reason));
                }
                Ok(list) => items.extend(list.iter().filter_map(|item| match kind {
                    Kind::Tools | Kind::Prompts => renamed(item, caller.project.names.prefix(server.id)?),
                    // Of two with one address, the older server's counts: it is
                    // the one that would be asked for it.
                    Kind::Resources | Kind::Templates => {
                        let address = object_fields(item, [kind.key()])?.string(0)?;
                        addresses.insert(address).then(|| item.clone())
                    }
                })),
            }
        }
        if kind == Kind::Tools
            && let Some(session) = &caller.session
        {
            session.note_missing(missing_ids);
        }
        result(list_result(kind, &items, &missing))
    }

    async fn list_in_time(
        &self,
        caller: &Caller,
        server: &Arc<Server>,
        kind: Kind,
    ) -> Result<Vec<String>, String> {
        tokio::time::timeout(LIST_DEADLINE, self.list(caller, server, kind))
            .await
            .unwrap_or_else(|_| Err(format!("it did not answer within {} s", LIST_DEADLINE.as_secs())))
    }

    /// The name of which only a shortened form is known. Looked up in what was
    /// seen, else in a new list.
    pub(super) async fn long_name(
        &self,
        caller: &Caller,
        server: &Arc<Server>,
        kind: Kind,
        exposed: &str,
    ) -> Option<String> {
        let prefix = caller.project.names.prefix(server.id)?;
        if let Some(name) = self.catalog.long_name(server.id, kind, prefix, exposed) {
            return Some(name);
        }
        self.list_in_time(caller, server, kind).await.ok()?;
        self.catalog.long_name(server.id, kind, prefix, exposed)
    }

    async fn get_prompt(
        &self,
        caller: &Caller,
        method: &str,
        params: Option<&str>,
        outbox: Option<&Outbox>,
    ) -> Answer {
        let fields = params.and_then(|params| object_fields(params, ["name"]));
        let named = fields
            .as_ref()
            .and_then(|fields| Some((fields.get(0)?, fields.string(0)?)));
        let (Some(fields), Some((text, name))) = (&fields, named) else {
            return Answer::error(
                ErrorCode::InvalidParams,
                "params lacks the name of a prompt, or has it twice",
            );
        };
        let Some((server, own)) = self.prompt(caller, &name).await else {
            let words = format!("Unknown prompt: {name}; prompts/list tells what there is");
            return Answer::error(ErrorCode::InvalidParams, words);
        };
        let params = fields
            .splice()
            .replace(text, serde_json::Value::from(own).to_string())
            .finish();
        self.pass(caller, &server, method, Some(&params), outbox).await
    }

    /// Whose prompt that is, and what it calls it itself.
    async fn prompt(&self, caller: &Caller, name: &str) -> Option<(Arc<Server>, String)> {
        let (server, exposed) = caller.project.names.resolve(name)?;
        let server = caller
            .project
            .server_by_id(server)
            .filter(|server| server.is_enabled)?
            .clone();
        let own = match exposed {
            ExposedName::Plain(own) => own.to_owned(),
            ExposedName::Shortened(_) => self.long_name(caller, &server, Kind::Prompts, name).await?,
        };
        Some((server, own))
    }

    async fn of_resource(
        &self,
        caller: &Caller,
        method: &str,
        params: Option<&str>,
        outbox: Option<&Outbox>,
    ) -> Answer {
        let uri = params.and_then(|params| object_fields(params, ["uri"])?.string(0));
        let Some(uri) = uri else {
            return Answer::error(
                ErrorCode::InvalidParams,
                "params lacks the uri of a resource, or has it twice",
            );
        };
        match self.server_of_resource(caller, &uri).await {
            Some(server) => self.pass(caller, &server, method, params, outbox).await,
            None => Answer::error(
                ErrorCode::NoResource,
                format!(
                    "no server of this project has the resource {uri}; resources/list tells what there is"
                ),
            ),
        }
    }

    /// Which server has a resource: by the lists that were seen, else by new ones.
    async fn server_of_resource(&self, caller: &Caller, uri: &str) -> Option<Arc<Server>> {
        let best = || {
            let fitting = caller.project.enabled_servers().filter_map(|server| {
                let how = self.catalog.has_resource(server.id, uri)?;
                Some((how, server))
            });
            fitting
                .min_by_key(|(how, server)| (*how, server.id))
                .map(|(_, server)| server.clone())
        };
        if let Some(server) = best() {
            return Some(server);
        }
        join_all(caller.project.enabled_servers().map(|server| async move {
            let _ = self.list_in_time(caller, server, Kind::Resources).await;
            let _ = self.list_in_time(caller, server, Kind::Templates).await;
        }))
        .await;
        best()
    }

    async fn complete(
        &self,
        caller: &Caller,
        method: &str,
        params: Option<&str>,
        outbox: Option<&Outbox>,
    ) -> Answer {
        let invalid = || {
            Answer::error(
                ErrorCode::InvalidParams,
                "params lacks a ref to a prompt or a resource",
            )
        };
        let Some(params) = params else { return invalid() };
        let Some(fields) = object_fields(params, ["ref"]) else {
            return invalid();
        };
        let Some(reference) = fields
            .get(0)
            .and_then(|text| object_fields(text, ["name", "uri"]))
        else {
            return invalid();
        };
        if let Some(uri) = reference.string(1) {
            return match self.server_of_resource(caller, &uri).await {
                Some(server) => self.pass(caller, &server, method, Some(params), outbox).await,
                None => invalid(),
            };
        }
        let (Some(text), Some(name)) = (reference.get(0), reference.string(0)) else {
            return invalid();
        };
        let Some((server, own)) = self.prompt(caller, &name).await else {
            return invalid();
        };
        let params = fields
            .splice()
            .replace(text, serde_json::Value::from(own).to_string())
            .finish();
        self.pass(caller, &server, method, Some(&params), outbox).await
    }

    /// For every server that is up and logs. The level of a shared connection
    /// is that of whoever set it last.
    async fn set_level(&self, caller: &Caller, method: &str, params: Option<&str>) -> Answer {
        let is_level = params.is_some_and(|params| {
            object_fields(params, ["level"]).is_some_and(|fields| fields.string(0).is_some())
        });
        if !is_level {
            return Answer::error(ErrorCode::InvalidParams, "params lacks a level, such as \"info\"");
        }
        join_all(caller.project.enabled_servers().map(|server| async move {
            let owner = caller
                .session
                .as_ref()
                .and_then(|session| session.owner_of(server));
            let connection = self
                .upstreams
                .ready(server.id, owner.map(|owner| owner.session))?;
            connection.hello()?.offers("logging").then_some(())?;
            self.ask(&connection, method, params, LIST_DEADLINE).await.ok()
        }))
        .await;
        empty_result()
    }
}
