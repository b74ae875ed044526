//! Which program a client is.

use domain::ClientType;
use proto::logging::Client;

use crate::message::object_fields;

/// The longest name, version or User-Agent that is kept.
const MAX_BYTES: usize = 256;

/// By the part of a name that tells it. The first match counts.
const KNOWN: [(&str, ClientType); 12] = [
    ("roo", ClientType::Roo),
    ("cline", ClientType::Cline),
    ("cursor", ClientType::Cursor),
    ("windsurf", ClientType::Windsurf),
    ("visual studio code", ClientType::Vscode),
    ("vscode", ClientType::Vscode),
    ("claude", ClientType::Claude),
    ("inspector", ClientType::Inspector),
    ("sdk", ClientType::Sdk),
    ("rmcp", ClientType::Sdk),
    ("python-httpx", ClientType::Sdk),
    ("mcp", ClientType::Sdk),
];

/// A client by what it said in `initialize`: the JSON of `clientInfo`.
pub(crate) fn named(client_info: &str, user_agent: &str, ip_address: &str) -> Client {
    let fields = object_fields(client_info, ["name", "version"]);
    let text = |place| {
        fields
            .as_ref()
            .and_then(|fields| fields.string(place))
            .unwrap_or_default()
    };
    let (name, version) = (cut(&text(0)), cut(&text(1)));
    let client_type = match client_type(&name) {
        ClientType::Unknown => client_type(user_agent),
        known => known,
    };
    Client {
        name,
        version,
        r#type: client_type.as_str().to_owned(),
        user_agent: cut(user_agent),
        ip_address: ip_address.to_owned(),
    }
}

/// A client that has not said who it is.
pub(crate) fn unnamed(user_agent: &str, ip_address: &str) -> Client {
    named("{}", user_agent, ip_address)
}

fn client_type(name: &str) -> ClientType {
    let name = name.to_lowercase();
    KNOWN
        .into_iter()
        .find(|(part, _)| name.contains(part))
        .map_or(ClientType::Unknown, |(_, client_type)| client_type)
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_BYTES)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_known_by_their_names_and_else_by_their_user_agents() {
        for (info, user_agent, expected) in [
            (r#"{"name":"Roo Code","version":"3"}"#, "", "roo"),
            (r#"{"name":"cursor-vscode"}"#, "", "cursor"),
            (r#"{"name":"Visual Studio Code - Insiders"}"#, "", "vscode"),
            (r#"{"name":"claude-ai"}"#, "", "claude"),
            (r#"{"name":"x"}"#, "python-httpx/0.28", "sdk"),
            ("{}", "curl/8", "unknown"),
        ] {
            assert_eq!(named(info, user_agent, "").r#type, expected, "{info}");
        }
    }
}
