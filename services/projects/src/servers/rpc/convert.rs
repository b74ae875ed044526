use database::keyset::Page;
use domain::{Isolation, ServerName};
use proto::{
    convert::FromWire as _,
    page::Page as WirePage,
    projects::{self as wire, server_definition::Transport as WireTransport},
};
use service_error::ServiceError;

use crate::{
    access::Granted,
    secrets::{SecretChanges, SecretValues},
    servers::{
        Http, Imported, Limits, NewServer, Server, ServerDefinition, Stdio, Transport, may_read_values,
        parse_secrets,
    },
};
use secrecy::ExposeSecret as _;

/// What stands for a value that the caller may not read.
const HIDDEN: &str = "***";

/// A server with all that it is reached with: for the gateway alone.
pub(crate) fn with_secrets(server: &Server, secrets: &SecretValues) -> wire::Server {
    let mut whole = to_wire(server);
    if let Some(definition) = &mut whole.definition {
        definition.secrets = secrets
            .iter()
            .map(|(name, value)| (name.clone(), value.expose_secret().to_owned()))
            .collect();
    }
    whole
}

fn definition_to_wire(definition: &ServerDefinition) -> wire::ServerDefinition {
    let limits = definition.limits;
    let transport = match &definition.transport {
        Transport::Stdio(stdio) => WireTransport::Stdio(wire::StdioTransport {
            command: stdio.command().to_owned(),
            args: stdio.args().to_vec(),
            env: stdio
                .env()
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            cwd: stdio.cwd().map(str::to_owned),
        }),
        Transport::StreamableHttp(http) => WireTransport::StreamableHttp(http_to_wire(http)),
        Transport::Sse(http) => WireTransport::Sse(http_to_wire(http)),
    };
    wire::ServerDefinition {
        transport: Some(transport),
        timeout_ms: limits.timeout_ms(),
        init_timeout_ms: limits.init_timeout_ms(),
        max_in_flight: limits.max_in_flight(),
        isolation: definition.isolation.to_wire(),
        ..Default::default()
    }
}

fn to_wire(server: &Server) -> wire::Server {
    wire::Server {
        id: server.id.to_string(),
        project_id: server.project_id.to_string(),
        name: server.name.to_string(),
        definition: Some(definition_to_wire(&server.definition)),
        is_enabled: server.is_enabled,
        created_at_us: server.created_at.as_micros(),
        updated_at_us: server.updated_at.as_micros(),
        version: server.version,
        disabled_tools: server.disabled_tools.iter().cloned().collect(),
        secrets: server
            .secrets
            .iter()
            .map(|secret| wire::SecretInfo {
                name: secret.name.clone(),
                set_at_us: secret.set_at.as_micros(),
                set_by_user_id: secret.set_by.map(|user| user.to_string()).unwrap_or_default(),
            })
            .collect(),
    }
}

fn http_to_wire(http: &Http) -> wire::HttpTransport {
    wire::HttpTransport {
        url: http.url().to_owned(),
        headers: http
            .headers()
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    }
}

/// A server, as much of it as the caller may read.
pub(super) fn shown(server: &Server, granted: &Granted) -> wire::Server {
    let mut shown = to_wire(server);
    if may_read_values(granted, &server.definition.transport) {
        return shown;
    }
    let transport = shown
        .definition
        .as_mut()
        .and_then(|definition| definition.transport.as_mut());
    let values = match transport {
        Some(WireTransport::Stdio(stdio)) => &mut stdio.env,
        Some(WireTransport::StreamableHttp(http) | WireTransport::Sse(http)) => {
            if let Transport::StreamableHttp(own) | Transport::Sse(own) = &server.definition.transport {
                http.url = own.url_without_query();
            }
            &mut http.headers
        }
        None => return shown,
    };
    for value in values.values_mut() {
        HIDDEN.clone_into(value);
    }
    shown
}

pub(super) fn imported_to_wire(imported: Imported, granted: &Granted) -> wire::ImportedServer {
    let previewed = imported.read.as_ref().map(preview_to_wire);
    let server = imported.server.as_ref().map(|server| shown(server, granted));
    let (refusal_code, refusal) = imported
        .refusal
        .map(|error| (error.reason, error.message))
        .unwrap_or_default();
    wire::ImportedServer {
        name: imported.name,
        server: server.or(previewed),
        refusal_code,
        refusal,
        notes: imported.notes,
    }
}

/// Who previews wrote it.
fn preview_to_wire(new: &NewServer) -> wire::Server {
    wire::Server {
        name: new.name.to_string(),
        definition: Some(definition_to_wire(&new.definition)),
        is_enabled: new.is_enabled,
        secrets: new
            .secrets
            .keys()
            .map(|name| wire::SecretInfo {
                name: name.clone(),
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    }
}

pub(super) fn page_to_wire(page: &Page<Server>, granted: &Granted) -> wire::ListServersResponse {
    wire::ListServersResponse {
        servers: page.items.iter().map(|server| shown(server, granted)).collect(),
        page: Some(WirePage {
            older: page.older.clone(),
            newer: page.newer.clone(),
            has_older: page.has_older,
        }),
    }
}

pub(super) fn parse_name(text: &str) -> Result<ServerName, ServiceError> {
    ServerName::parse(text).map_err(|error| ServiceError::invalid("name", error.to_string()))
}

pub(super) fn parse_definition(
    definition: wire::ServerDefinition,
) -> Result<(ServerDefinition, SecretChanges), ServiceError> {
    let transport = match definition.transport {
        Some(WireTransport::Stdio(stdio)) => Transport::Stdio(Stdio::parse(
            stdio.command,
            stdio.args,
            stdio.env.into_iter().collect(),
            stdio.cwd,
        )?),
        Some(WireTransport::StreamableHttp(http)) => {
            Transport::StreamableHttp(Http::parse(&http.url, http.headers)?)
        }
        Some(WireTransport::Sse(http)) => Transport::Sse(Http::parse(&http.url, http.headers)?),
        None => {
            return Err(ServiceError::invalid(
                "definition",
                "say how the server is reached",
            ));
        }
    };
    let isolation = match definition.isolation {
        0 => Isolation::Auto,
        value => Isolation::from_wire(value).ok_or_else(|| {
            ServiceError::invalid(
                "isolation",
                format!("expected one of {}", Isolation::WORDS.join(", ")),
            )
        })?,
    };
    let secrets = parse_secrets(&transport, definition.secrets)?;
    let definition = ServerDefinition {
        transport,
        limits: Limits::parse(
            definition.timeout_ms,
            definition.init_timeout_ms,
            definition.max_in_flight,
        )?,
        isolation,
    };
    Ok((definition, secrets))
}

#[cfg(test)]
mod tests {
    use database::database_test;

    use super::*;
    use crate::{MIGRATIONS, servers::NewServer, test_project::TestProject};

    fn stdio() -> wire::ServerDefinition {
        wire::ServerDefinition {
            transport: Some(WireTransport::Stdio(wire::StdioTransport {
                command: "npx".to_owned(),
                env: [("TOKEN".to_owned(), "canary".to_owned())].into(),
                ..Default::default()
            })),
            ..Default::default()
        }
    }

    #[test]
    fn what_is_left_out_is_the_default_and_what_is_unknown_is_refused() {
        let definition = parse_definition(stdio()).expect("a definition").0;
        assert_eq!(definition.isolation, Isolation::Auto);
        assert_eq!(definition.limits.timeout_ms(), 60_000);
        for (definition, field) in [
            (wire::ServerDefinition::default(), "definition"),
            (
                wire::ServerDefinition {
                    isolation: 99,
                    ..stdio()
                },
                "isolation",
            ),
        ] {
            let refusal = parse_definition(definition).expect_err("refused");
            assert_eq!(refusal.fields[0].field, field);
        }
    }

    fn http() -> wire::ServerDefinition {
        wire::ServerDefinition {
            transport: Some(WireTransport::StreamableHttp(wire::HttpTransport {
                url: "https://example.com/mcp?token=canary".to_owned(),
                headers: [("x-token".to_owned(), "canary".to_owned())].into(),
            })),
            ..Default::default()
        }
    }

    database_test! {
        &MIGRATIONS;

        async fn values_are_shown_to_who_may_write_them_and_secrets_to_nobody(database: Database) {
            let home = TestProject::new(database).await;
            let servers = home.servers();
            let owner = home.granted(&home.owner).await;
            for (name, definition) in [("program", stdio()), ("remote", http())] {
                let (definition, _) = parse_definition(definition).expect("a definition");
                let secrets = parse_secrets(&definition.transport, [("KEY".to_owned(), "a secret".to_owned())]);
                let new = NewServer {
                    name: parse_name(name).expect("a name"),
                    definition,
                    secrets: secrets.expect("a secret"),
                    is_enabled: true,
                };
                let server = servers.create(&owner, new).await.expect("made");
                for (user, may_read) in [
                    (&home.owner, true),
                    (&home.developer, name == "remote"),
                    (&home.reporter, false),
                ] {
                    let seen = format!("{:?}", shown(&server, &home.granted(user).await));
                    assert_eq!(seen.contains("canary"), may_read, "{seen}");
                    assert!(seen.to_lowercase().contains("token") && seen.to_lowercase().contains("\"key\""), "{seen}");
                    assert!(!seen.contains("a secret"), "{seen}");
                }
            }
        }
    }
}
