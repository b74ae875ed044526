use std::collections::BTreeMap;

use domain::{Isolation, ServerName};
use serde::Deserialize;
use serde_json::Value;
use service_error::ServiceError;

use super::Entry;
use crate::servers::{Http, Limits, NewServer, ServerDefinition, Stdio, Transport, parse_secrets};

/// What clients write of a server. Fields that only steer the client are not
/// named here, and are left out with a note.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    #[serde(rename = "type", alias = "transport", alias = "transportType")]
    kind: Option<String>,
    command: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, EnvValue>,
    cwd: Option<String>,
    /// Windsurf has its own name for it.
    #[serde(alias = "serverUrl", alias = "httpUrl")]
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Of Cline, Cursor and Windsurf.
    #[serde(default)]
    disabled: bool,
    /// Seconds, of Cline.
    timeout: Option<f64>,
    /// Fields that are not known here.
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// Clients take numbers and switches for texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum EnvValue {
    Text(String),
    Number(serde_json::Number),
    Switch(bool),
    Nothing(()),
}

/// Parts of names whose values are secrets.
const SECRET_WORDS: [&str; 9] = [
    "token",
    "key",
    "secret",
    "password",
    "passwd",
    "auth",
    "credential",
    "cookie",
    "connection_string",
];

pub(super) fn read(name: &str, value: &Value) -> Entry {
    let mut notes = Vec::new();
    Entry {
        name: name.to_owned(),
        read: new_server(name, value, &mut notes),
        notes,
    }
}

fn new_server(name: &str, value: &Value, notes: &mut Vec<String>) -> Result<NewServer, ServiceError> {
    let name = ServerName::parse(name).map_err(|error| ServiceError::invalid("name", error.to_string()))?;
    let written = Written::deserialize(value).map_err(|error| {
        ServiceError::invalid(
            "configuration",
            format!("this is no server's configuration: {error}"),
        )
    })?;
    let is_enabled = !written.disabled;
    note_the_rest(&written, notes);
    let timeout_ms = timeout_ms(written.timeout);
    let (transport, secrets) = written.into_transport(notes)?;
    let secrets = parse_secrets(&transport, secrets)?;
    if !secrets.is_empty() {
        let names: Vec<&str> = secrets.keys().map(String::as_str).collect();
        notes.push(format!(
            "kept as secrets, which nobody reads back: {}",
            names.join(", ")
        ));
    }
    Ok(NewServer {
        name,
        definition: ServerDefinition {
            transport,
            limits: Limits::parse(timeout_ms, 0, 0)?,
            isolation: Isolation::Auto,
        },
        secrets,
        is_enabled,
    })
}

/// A limit that cannot be one is the default.
fn timeout_ms(seconds: Option<f64>) -> u32 {
    match seconds {
        Some(seconds) if (1.0..=3_600.0).contains(&seconds) => (seconds * 1_000.0) as u32,
        _ => 0,
    }
}

fn note_the_rest(written: &Written, notes: &mut Vec<String>) {
    // What steers the client alone is no loss.
    const OF_CLIENTS: [&str; 6] = [
        "autoApprove",
        "alwaysAllow",
        "disabledTools",
        "gallery",
        "version",
        "dev",
    ];
    let lost: Vec<&str> = written
        .others
        .keys()
        .map(String::as_str)
        .filter(|field| !OF_CLIENTS.contains(field))
        .collect();
    if !lost.is_empty() {
        notes.push(format!(
            "left out, as nothing here stands for it: {}",
            lost.join(", ")
        ));
    }
}

impl Written {
    /// How the server is reached, and what of it is secret.
    fn into_transport(
        self,
        notes: &mut Vec<String>,
    ) -> Result<(Transport, Vec<(String, String)>), ServiceError> {
        let kind = self.kind.as_deref().unwrap_or_default().to_lowercase();
        let kind: String = kind.chars().filter(char::is_ascii_alphanumeric).collect();
        match (self.command, self.url) {
            (Some(command), None) => {
                let (env, secrets) = split(
                    self.env.into_iter().map(|(name, value)| (name, value.text())),
                    notes,
                );
                let stdio = Stdio::parse(command, self.args, env, self.cwd)?;
                Ok((Transport::Stdio(stdio), secrets))
            }
            (None, Some(url)) => {
                let (headers, secrets) = split(self.headers.into_iter(), notes);
                let http = Http::parse(&url, headers)?;
                let is_sse = match kind.as_str() {
                    "sse" => true,
                    "http" | "streamablehttp" => false,
                    // As clients do that have one word for both.
                    _ => url.trim_end_matches('/').ends_with("/sse"),
                };
                let transport = if is_sse {
                    Transport::Sse(http)
                } else {
                    Transport::StreamableHttp(http)
                };
                Ok((transport, secrets))
            }
            (Some(_), Some(_)) => Err(ServiceError::invalid(
                "configuration",
                "it has both a command and a url: a server is started or reached, and not both",
            )),
            (None, None) => Err(ServiceError::invalid(
                "configuration",
                "it has neither a command nor a url",
            )),
        }
    }
}

/// Values and secrets, by their names. What the client would have asked for, or
/// looked up, is not known here.
fn split(
    values: impl Iterator<Item = (String, String)>,
    notes: &mut Vec<String>,
) -> (BTreeMap<String, String>, Vec<(String, String)>) {
    let (mut open, mut secret) = (BTreeMap::new(), Vec::new());
    for (name, value) in values {
        if value.contains("${") {
            notes.push(format!(
                "{name} holds a placeholder of your client, which is not filled in here: set its value"
            ));
        }
        if looks_secret(&name) && !value.is_empty() {
            secret.push((name, value));
        } else {
            open.insert(name, value);
        }
    }
    (open, secret)
}

fn looks_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

impl EnvValue {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::Switch(switch) => switch.to_string(),
            Self::Nothing(()) => String::new(),
        }
    }
}
