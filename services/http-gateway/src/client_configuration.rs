//! What client programs are told to reach a project, each in its own form. All
//! that is known of client programs stands here, and nowhere else.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// Stands in every text where the API key goes. We never put a key there: it
/// would have to come to us in an address, which logs and histories keep.
pub(crate) const KEY_PLACEHOLDER: &str = "YOUR_API_KEY";

/// What stands in the address of a deeplink where the configuration goes.
const CONFIGURATION: &str = "{configuration}";

/// A client program, and how it is told of an MCP address.
pub(crate) struct ClientProgram {
    /// Names it in addresses.
    pub(crate) id: &'static str,
    /// What its makers call it.
    pub(crate) title: &'static str,
    /// Where its configuration lies; absent where the text is a command, or
    /// where it depends on the program.
    pub(crate) file: Option<&'static str>,
    pub(crate) format: TextFormat,
    text: fn(&Target) -> String,
    deeplink: Option<fn(&Target) -> Deeplink>,
}

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TextFormat {
    Json,
    Toml,
    /// A command for a terminal.
    Shell,
}

/// An address that has the client program add the server by itself, once the
/// API key is in: replace the placeholder in `configuration`, encode that, and
/// put it where `{configuration}` stands in `template`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Deeplink {
    #[schema(example = "cursor://anysphere.cursor-deeplink/mcp/install?name=acme&config={configuration}")]
    template: String,
    /// JSON with the placeholder for the key in it.
    configuration: String,
    encoding: DeeplinkEncoding,
}

/// How a configuration becomes a part of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeeplinkEncoding {
    /// Percent-encoded.
    Percent,
    /// Base64 of its UTF-8, then percent-encoded.
    Base64,
}

/// What a client program is to reach.
pub(crate) struct Target<'a> {
    /// What the client will call it: letters, digits and hyphens.
    pub(crate) name: &'a str,
    pub(crate) url: &'a str,
}

/// Every client program that is known, in the order in which they are shown.
pub(crate) const CLIENT_PROGRAMS: &[ClientProgram] = &[
    ClientProgram {
        id: "claude-code",
        title: "Claude Code",
        file: None,
        format: TextFormat::Shell,
        text: |to| {
            format!(
                "claude mcp add --transport http {} {} \\\n  --header \"Authorization: {}\"",
                to.name,
                to.url,
                bearer()
            )
        },
        deeplink: None,
    },
    ClientProgram {
        id: "claude-desktop",
        title: "Claude Desktop",
        file: Some("claude_desktop_config.json"),
        format: TextFormat::Json,
        text: |to| one_of("mcpServers", to, &Stdio::bridge(to)),
        deeplink: None,
    },
    ClientProgram {
        id: "cursor",
        title: "Cursor",
        file: Some("~/.cursor/mcp.json"),
        format: TextFormat::Json,
        text: |to| one_of("mcpServers", to, &Http::at(to)),
        // https://cursor.com/docs/context/mcp/install-links
        deeplink: Some(|to| Deeplink {
            template: format!(
                "cursor://anysphere.cursor-deeplink/mcp/install?name={}&config={CONFIGURATION}",
                to.name
            ),
            configuration: json(&Http::at(to)),
            encoding: DeeplinkEncoding::Base64,
        }),
    },
    ClientProgram {
        id: "vscode",
        title: "VS Code",
        file: Some(".vscode/mcp.json"),
        format: TextFormat::Json,
        text: |to| one_of("servers", to, &Http::at(to).of_type("http")),
        // https://code.visualstudio.com/api/extension-guides/ai/mcp
        deeplink: Some(|to| Deeplink {
            template: format!("vscode:mcp/install?{CONFIGURATION}"),
            configuration: json(&Http {
                name: Some(to.name),
                ..Http::at(to).of_type("http")
            }),
            encoding: DeeplinkEncoding::Percent,
        }),
    },
    ClientProgram {
        id: "cline",
        title: "Cline",
        file: Some("cline_mcp_settings.json"),
        format: TextFormat::Json,
        text: |to| one_of("mcpServers", to, &Http::at(to).of_type("streamableHttp")),
        deeplink: None,
    },
    ClientProgram {
        id: "windsurf",
        title: "Windsurf",
        file: Some("~/.codeium/windsurf/mcp_config.json"),
        format: TextFormat::Json,
        text: |to| {
            let entry = Http {
                url: None,
                server_url: Some(to.url),
                ..Http::at(to)
            };
            one_of("mcpServers", to, &entry)
        },
        deeplink: None,
    },
    ClientProgram {
        id: "codex",
        title: "Codex",
        file: Some("~/.codex/config.toml"),
        format: TextFormat::Toml,
        // Text in quotation marks is written alike in TOML and in JSON.
        text: |to| {
            format!(
                "[mcp_servers.{}]\nurl = {}\nhttp_headers = {{ Authorization = {} }}",
                to.name,
                json(to.url),
                json(&bearer())
            )
        },
        deeplink: None,
    },
    ClientProgram {
        id: "generic",
        title: "Other clients",
        file: None,
        format: TextFormat::Json,
        text: |to| one_of("mcpServers", to, &Http::at(to).of_type("streamable-http")),
        deeplink: None,
    },
];

impl ClientProgram {
    /// What goes into its configuration, or into a terminal.
    pub(crate) fn text(&self, target: &Target) -> String {
        (self.text)(target)
    }

    /// The address that does it by itself, where the program knows one.
    pub(crate) fn deeplink(&self, target: &Target) -> Option<Deeplink> {
        self.deeplink.map(|deeplink| deeplink(target))
    }
}

/// A server over HTTP, as most programs write it.
#[derive(Default, Serialize)]
struct Http<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(rename = "serverUrl", skip_serializing_if = "Option::is_none")]
    server_url: Option<&'a str>,
    headers: BTreeMap<&'a str, String>,
}

/// A server that is a program.
#[derive(Serialize)]
struct Stdio<'a> {
    command: &'a str,
    args: Vec<&'a str>,
    env: BTreeMap<&'a str, String>,
}

impl<'a> Http<'a> {
    fn at(target: &Target<'a>) -> Self {
        Self {
            url: Some(target.url),
            headers: [("Authorization", bearer())].into(),
            ..Self::default()
        }
    }

    fn of_type(mut self, kind: &'a str) -> Self {
        self.kind = Some(kind);
        self
    }
}

impl<'a> Stdio<'a> {
    /// The bridge from stdio to HTTP that npm has. The key is in its environment,
    /// where other users of the machine do not see it; a header in an argument
    /// may hold no space.
    fn bridge(target: &Target<'a>) -> Self {
        let mut args = vec!["-y", "mcp-remote", target.url, "--transport", "http-only"];
        args.extend(["--header", "Authorization:${MCPORCH_AUTHORIZATION}"]);
        if target.url.starts_with("http://") {
            args.push("--allow-http");
        }
        Self {
            command: "npx",
            args,
            env: [("MCPORCH_AUTHORIZATION", bearer())].into(),
        }
    }
}

fn bearer() -> String {
    format!("Bearer {KEY_PLACEHOLDER}")
}

/// A file with that one server, as it is when nothing else is configured.
fn one_of(list: &str, target: &Target, entry: &impl Serialize) -> String {
    let file = BTreeMap::from([(list, BTreeMap::from([(target.name, entry)]))]);
    serde_json::to_string_pretty(&file).expect("texts under texts are JSON")
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("texts under texts are JSON")
}

#[cfg(test)]
mod tests;
