use std::collections::BTreeSet;

use super::{Answer, Caller, Relay, result};
use crate::{
    catalog::Kind,
    message::{ErrorCode, ParamHeader, Revision, object_fields},
    session::Filter,
};

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

impl Relay {
    /// Answers `server/discover`: on a server's own endpoint as that server is,
    /// on a project's for all of its servers.
    pub(crate) async fn discover(&self, caller: &Caller) -> Answer {
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
        const NAMES: [&str; 5] = [
            "capabilities",
            "serverInfo",
            "instructions",
            "_meta",
            "supportedVersions",
        ];
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

    /// What of a subscription can be served here.
    pub(crate) async fn honoured(&self, caller: &Caller, asked: Filter) -> Filter {
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
                uris: BTreeSet::new(),
                ..asked
            };
        };
        let connection = self.connect(caller, &server).await.ok();
        let Some(hello) = connection.as_ref().and_then(|connection| connection.hello()) else {
            return Filter::default();
        };
        let offers = |capability: &str| {
            object_fields(&hello.capabilities, [capability])
                .and_then(|fields| object_fields(fields.get(0)?, ["listChanged"])?.get(0))
                == Some("true")
        };
        Filter {
            tools: asked.tools && offers("tools"),
            prompts: asked.prompts && offers("prompts"),
            resources: asked.resources && offers("resources"),
            uris: BTreeSet::new(),
        }
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
