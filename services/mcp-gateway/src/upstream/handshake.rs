use serde_json::value::RawValue;

use super::Owner;
use crate::message::{Revision, object_fields};

/// What the gateway says of itself to servers that clients share.
const SHARED_CLIENT_INFO: &str = concat!(
    r#"{"name":"mcp-orchestrator","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#""}"#
);

/// What a server said of itself in `initialize`.
#[derive(Debug, Clone)]
pub(crate) struct Hello {
    /// Its whole result.
    pub(crate) result: Box<RawValue>,
    pub(crate) revision: String,
    /// A JSON object.
    pub(crate) capabilities: String,
    pub(crate) instructions: Option<String>,
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Hello {
    /// Reads the result of `initialize`. The error says what is wrong with it.
    pub(super) fn read(result: Box<RawValue>) -> Result<Self, &'static str> {
        #[derive(Default, serde::Deserialize)]
        struct Implementation {
            #[serde(default)]
            name: String,
            #[serde(default)]
            version: String,
        }

        const NAMES: [&str; 4] = ["protocolVersion", "capabilities", "serverInfo", "instructions"];
        let fields =
            object_fields(result.get(), NAMES).ok_or("its answer to initialize is no unambiguous object")?;
        let revision = fields
            .string(0)
            .ok_or("its answer to initialize names no protocolVersion")?;
        if !revision
            .parse::<Revision>()
            .is_ok_and(|revision| !revision.is_modern())
        {
            return Err("it speaks a revision of the protocol that the gateway does not know");
        }
        let capabilities = fields
            .get(1)
            .filter(|value| value.starts_with('{'))
            .unwrap_or("{}");
        let implementation: Implementation = fields
            .get(2)
            .and_then(|value| serde_json::from_str(value).ok())
            .unwrap_or_default();
        Ok(Self {
            revision,
            capabilities: capabilities.to_owned(),
            instructions: fields.string(3),
            name: implementation.name,
            version: implementation.version,
            result,
        })
    }

    /// Whether the server declared that capability.
    pub(crate) fn offers(&self, capability: &str) -> bool {
        object_fields(&self.capabilities, [capability]).is_some_and(|fields| fields.get(0).is_some())
    }
}

/// The params of `initialize`: the newest revision, and what the owner of the
/// connection can do; a shared one can do nothing, for there is nobody alone
/// whom a server could ask.
pub(super) fn initialize_params(owner: Option<&Owner>) -> String {
    let (capabilities, client_info) = match owner {
        Some(owner) => (&*owner.capabilities, &*owner.client_info),
        None => ("{}", SHARED_CLIENT_INFO),
    };
    format!(
        r#"{{"protocolVersion":"{}","capabilities":{capabilities},"clientInfo":{client_info}}}"#,
        Revision::LATEST_LEGACY
    )
}
