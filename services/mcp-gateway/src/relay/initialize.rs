use std::sync::Arc;

use futures::future::join_all;

use super::{Answer, Caller, Relay, result};
use crate::{
    catalog::LIST_DEADLINE,
    client,
    directory::{Project, Server},
    message::{ErrorCode, Revision, object_fields},
    session::Greeting,
    upstream::{Era, Hello},
};

/// What a project's endpoint offers even while none of its servers is up: they
/// may come up at any time.
const ALWAYS: [(&str, &str); 1] = [("tools", r#"{"listChanged":true}"#)];

/// Capabilities that the gateway carries on a project's endpoint, where a
/// server has them.
const CARRIED: [(&str, &str); 4] = [
    ("prompts", r#"{"listChanged":true}"#),
    ("resources", r#"{"subscribe":true,"listChanged":true}"#),
    ("completions", "{}"),
    ("logging", "{}"),
];

/// A project's endpoint as it presents itself: JSON texts.
pub(super) struct ProjectHello {
    pub(super) capabilities: String,
    pub(super) server_info: String,
    pub(super) instructions: Option<String>,
}

impl Greeting {
    /// Stands for a client that does not say who it is.
    pub(crate) const UNNAMED_CLIENT: &str = r#"{"name":"unknown","version":""}"#;

    /// Reads the params of `initialize`. The error says what is wrong.
    pub(crate) fn read(
        params: Option<&str>,
        user_agent: &str,
        ip_address: &str,
    ) -> Result<Self, &'static str> {
        const NAMES: [&str; 3] = ["protocolVersion", "capabilities", "clientInfo"];
        let fields = params.and_then(|params| object_fields(params, NAMES)).ok_or(
            "params of initialize lacks protocolVersion, capabilities and clientInfo, or has one twice",
        )?;
        let requested = fields
            .string(0)
            .ok_or("params of initialize lacks protocolVersion, a string such as \"2025-11-25\"")?;
        let object = |place| {
            fields
                .get(place)
                .filter(|value| value.starts_with('{'))
                .unwrap_or("{}")
        };
        Ok(Self {
            revision: Revision::negotiate(&requested),
            client: client::named(object(2), user_agent, ip_address),
            capabilities: object(1).into(),
            client_info: match object(2) {
                "{}" => Self::UNNAMED_CLIENT.into(),
                client_info => client_info.into(),
            },
        })
    }
}

impl Relay {
    /// Answers `initialize` in a session that knows its client: on a server's
    /// own endpoint as that server does, on a project's for all of its servers.
    pub(crate) async fn initialize(&self, caller: &Caller, revision: Revision) -> Answer {
        let Some(server) = caller.single_server() else {
            return self.initialize_project(caller, revision).await;
        };
        let connection = match self.connect(caller, &server).await {
            Ok(connection) => connection,
            Err(error) => return Answer::error(ErrorCode::Refused, error.to_string()),
        };
        let answer = connection.hello().and_then(|hello| match hello.era {
            Era::Legacy => {
                let fields = object_fields(hello.result.get(), ["protocolVersion"])?;
                let own = format!("\"{revision}\"");
                Some(fields.splice().replace(fields.get(0)?, own).finish())
            }
            Era::Modern => Some(initialized(hello, revision)),
        });
        match answer {
            Some(answer) => result(answer),
            None => Answer::error(ErrorCode::Refused, "the server has not said who it is"),
        }
    }

    async fn initialize_project(&self, caller: &Caller, revision: Revision) -> Answer {
        let own = self.project_hello(caller).await;
        let mut answer = format!(
            r#"{{"protocolVersion":"{revision}","capabilities":{},"serverInfo":{}"#,
            own.capabilities, own.server_info,
        );
        if let Some(instructions) = own.instructions {
            answer.push_str(",\"instructions\":");
            answer.push_str(&instructions);
        }
        answer.push('}');
        result(answer)
    }

    /// What all servers of a project say of themselves together.
    pub(super) async fn project_hello(&self, caller: &Caller) -> ProjectHello {
        let hellos = join_all(
            caller
                .project
                .enabled_servers()
                .map(|server| self.hello(caller, server)),
        )
        .await;
        let hellos: Vec<_> = hellos.into_iter().flatten().collect();
        let carried = CARRIED
            .into_iter()
            .filter(|(name, _)| hellos.iter().any(|(_, hello)| hello.offers(name)));
        let capabilities: Vec<_> = ALWAYS
            .into_iter()
            .chain(carried)
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        let instructions: Vec<_> = hellos
            .iter()
            .filter_map(|(server, hello)| Some(format!("{}:\n{}", server.name, hello.instructions.as_ref()?)))
            .collect();
        ProjectHello {
            capabilities: format!("{{{}}}", capabilities.join(",")),
            server_info: project_info(&caller.project),
            instructions: (!instructions.is_empty())
                .then(|| serde_json::Value::from(instructions.join("\n\n")).to_string()),
        }
    }

    /// What a server says of itself, unless it takes too long: others must not
    /// wait for it, and it goes on starting.
    async fn hello(&self, caller: &Caller, server: &Arc<Server>) -> Option<(Arc<Server>, Hello)> {
        let connection = tokio::time::timeout(LIST_DEADLINE, self.connect(caller, server));
        let hello = connection.await.ok()?.ok()?.hello()?.clone();
        Some((server.clone(), hello))
    }
}

/// What a project's endpoint says of itself, as `serverInfo`.
pub(super) fn project_info(project: &Project) -> String {
    let info = serde_json::json!({
        "name": "mcp-orchestrator",
        "title": project.name,
        "version": env!("CARGO_PKG_VERSION"),
    });
    info.to_string()
}

/// What a modern server says of itself, as an answer to `initialize`.
fn initialized(hello: &Hello, revision: Revision) -> String {
    let info = hello.server_info.clone();
    let info = info
        .unwrap_or_else(|| serde_json::json!({ "name": hello.name, "version": hello.version }).to_string());
    let mut answer = format!(
        r#"{{"protocolVersion":"{revision}","capabilities":{},"serverInfo":{info}"#,
        hello.capabilities,
    );
    if let Some(instructions) = &hello.instructions {
        answer.push_str(",\"instructions\":");
        answer.push_str(&serde_json::Value::from(instructions.as_str()).to_string());
    }
    answer.push('}');
    answer
}
