use super::{Answer, Caller, Relay, result};
use crate::{
    catalog::Kind,
    message::{ErrorCode, ParamHeader, Revision, meta::SERVER_INFO, object_fields},
    session::{Filter, Watcher},
    upstream::Hello,
};

impl Relay {
    /// Answers `server/discover`: on a server's own endpoint as that server is,
    /// on a project's for all of its servers.
    pub(crate) async fn discover(&self, caller: &Caller) -> Answer {
        const NAMES: [&str; 5] = [
            "capabilities",
            "serverInfo",
            "instructions",
            "_meta",
            "supportedVersions",
        ];
        let Some(server) = caller.single_server() else {
            let own = self.project_hello(caller).await;
            let meta = format!("{{\"{SERVER_INFO}\":{}}}", own.server_info);
            return result(discovered(&own.capabilities, &meta, own.instructions.as_deref()));
        };
        let connection = match self.connect(caller, &server).await {
            Ok(connection) => connection,
            Err(error) => return Answer::error(ErrorCode::Refused, error.to_string()),
        };
        let Some(hello) = connection.hello() else {
            return Answer::error(ErrorCode::Refused, "the server has not said who it is");
        };
        let Some(fields) = object_fields(hello.result.get(), NAMES) else {
            return Answer::error(ErrorCode::Refused, "the server has not said clearly who it is");
        };
        // A modern server's own words, but for what the gateway adds by its
        // translation.
        if let Some(theirs) = fields.get(4) {
            return result(fields.splice().replace(theirs, supported_versions()).finish());
        }
        let meta = fields.get(3).filter(|meta| meta.starts_with('{')).unwrap_or("{}");
        let meta = match (object_fields(meta, [SERVER_INFO]), fields.get(1)) {
            (Some(inner), Some(info)) if inner.get(0).is_none() => {
                inner.splice().add_member(SERVER_INFO, info).finish()
            }
            _ => meta.to_owned(),
        };
        result(discovered(&hello.capabilities, &meta, fields.get(2)))
    }

    /// What of a subscription can be served here. What it watches is watched
    /// from now on.
    pub(crate) async fn honoured(&self, caller: &Caller, watcher: Watcher, asked: Filter) -> Filter {
        let mut honoured = Filter::default();
        for uri in &asked.uris {
            if self.watch_resource(caller, watcher, uri).await {
                honoured.uris.insert(uri.clone());
            }
        }
        let Some(server) = caller.single_server() else {
            // What the client has not listed yet is told to it from here on.
            let kinds = [
                (asked.tools, Kind::Tools),
                (asked.prompts, Kind::Prompts),
                (asked.resources, Kind::Resources),
                (asked.resources, Kind::Templates),
            ];
            for (_, kind) in kinds.into_iter().filter(|(is_asked, _)| *is_asked) {
                self.note_listed(caller, kind);
            }
            return Filter {
                uris: honoured.uris,
                ..asked
            };
        };
        let connection = self.connect(caller, &server).await.ok();
        let hello = connection.as_ref().and_then(|connection| connection.hello());
        let changes = |capability| hello.is_some_and(|hello| declares(hello, capability, "listChanged"));
        Filter {
            tools: asked.tools && changes("tools"),
            prompts: asked.prompts && changes("prompts"),
            resources: asked.resources && changes("resources"),
            uris: honoured.uris,
        }
    }

    async fn watch_resource(&self, caller: &Caller, watcher: Watcher, uri: &str) -> bool {
        let Some(session) = &caller.session else {
            return false;
        };
        let Some((server, own)) = self.resource_of(caller, uri).await else {
            return false;
        };
        let Ok(connection) = self.connect(caller, &server).await else {
            return false;
        };
        let is_possible = connection
            .hello()
            .is_some_and(|hello| declares(hello, "resources", "subscribe"));
        if !is_possible || session.interests.watch(watcher, &server, &own, uri).is_err() {
            return false;
        }
        self.sessions.rewatch(&server);
        true
    }

    /// Which arguments of a tool its callers mirror into headers, as far as its
    /// definition was seen.
    pub(crate) fn param_headers(&self, caller: &Caller, tool: &str) -> Vec<ParamHeader> {
        if let Some(server) = caller.single_server() {
            return self.catalog.annotated.of_tool(server.id, tool);
        }
        let names = &caller.project.names;
        let found = names.resolve(tool).and_then(|(server, exposed)| {
            let prefix = names.prefix(server)?;
            Some(self.catalog.annotated.of_exposed(server, prefix, exposed, tool))
        });
        found.unwrap_or_default()
    }
}

/// Whether the server declared that part of a capability.
fn declares(hello: &Hello, capability: &str, part: &str) -> bool {
    object_fields(&hello.capabilities, [capability])
        .and_then(|fields| object_fields(fields.get(0)?, [part])?.get(0))
        == Some("true")
}

fn discovered(capabilities: &str, meta: &str, instructions: Option<&str>) -> String {
    let mut json = format!(
        "{{\"supportedVersions\":{},\"capabilities\":{capabilities},\"_meta\":{meta}",
        supported_versions()
    );
    if let Some(instructions) = instructions {
        json.push_str(",\"instructions\":");
        json.push_str(instructions);
    }
    json.push('}');
    json
}

/// Every revision that clients may speak with the gateway, newest first.
fn supported_versions() -> String {
    let names = Revision::ALL
        .iter()
        .rev()
        .map(|revision| format!("\"{revision}\""));
    format!("[{}]", names.collect::<Vec<_>>().join(","))
}
