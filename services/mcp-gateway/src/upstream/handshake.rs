use std::sync::Arc;

use serde_json::value::RawValue;

use super::{
    Connection, Owner, RequestOptions,
    params::{Fitted, per_request},
};
use crate::message::{ErrorCode, Reply, Revision, meta::SERVER_INFO, object_fields, object_of};

/// What the gateway says of itself where it does not speak for one client.
pub(crate) const GATEWAY_CLIENT_INFO: &str = concat!(
    r#"{"name":"mcp-orchestrator","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#""}"#
);

/// The two ways in which revisions of the protocol work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Era {
    /// With `initialize` and what it agreed on.
    Legacy,
    /// Every request says for itself who asks (2026-07-28 and later).
    Modern,
}

/// What a server said of itself.
#[derive(Debug, Clone)]
pub(crate) struct Hello {
    pub(crate) era: Era,
    /// Its whole result of `initialize`, or of `server/discover`.
    pub(crate) result: Box<RawValue>,
    pub(crate) revision: String,
    /// A JSON object.
    pub(crate) capabilities: String,
    pub(crate) instructions: Option<String>,
    /// Its `serverInfo`, a JSON object, as it said it.
    pub(crate) server_info: Option<String>,
    pub(crate) name: String,
    pub(crate) version: String,
}

#[derive(Default, serde::Deserialize)]
struct Implementation {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
}

impl Hello {
    /// Reads the result of `initialize`. The error says what is wrong with it.
    pub(super) fn of_initialize(result: Box<RawValue>) -> Result<Self, &'static str> {
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
        let implementation = Implementation::read(fields.get(2));
        Ok(Self {
            era: Era::Legacy,
            revision,
            capabilities: object_or_empty(fields.get(1)),
            instructions: fields.string(3),
            server_info: fields.get(2).map(str::to_owned),
            name: implementation.name,
            version: implementation.version,
            result,
        })
    }

    /// Reads the result of `server/discover`. The error says what is wrong with
    /// it.
    pub(super) fn of_discover(result: Box<RawValue>) -> Result<Self, &'static str> {
        const NAMES: [&str; 4] = ["supportedVersions", "capabilities", "_meta", "instructions"];
        let fields = object_fields(result.get(), NAMES)
            .ok_or("its answer to server/discover is no unambiguous object")?;
        let supported: Vec<String> = fields
            .get(0)
            .and_then(|versions| serde_json::from_str(versions).ok())
            .ok_or("its answer to server/discover names no supportedVersions")?;
        let revision = newest_modern(&supported)
            .ok_or("it speaks no revision of the protocol that the gateway knows")?;
        let meta = fields.get(2).and_then(|meta| object_fields(meta, [SERVER_INFO]));
        let server_info = meta.and_then(|meta| meta.get(0).map(str::to_owned));
        let implementation = Implementation::read(server_info.as_deref());
        Ok(Self {
            era: Era::Modern,
            revision: revision.to_string(),
            capabilities: object_or_empty(fields.get(1)),
            instructions: fields.string(3),
            server_info,
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

impl Implementation {
    fn read(json: Option<&str>) -> Self {
        json.and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }
}

fn object_or_empty(json: Option<&str>) -> String {
    json.filter(|value| value.starts_with('{'))
        .unwrap_or("{}")
        .to_owned()
}

/// The newest modern revision among those that a server knows.
fn newest_modern(supported: &[String]) -> Option<Revision> {
    known(supported).filter(|revision| revision.is_modern()).max()
}

fn known(supported: &[String]) -> impl Iterator<Item = Revision> {
    supported.iter().filter_map(|revision| revision.parse().ok())
}

/// Whether an error that refuses a revision names one with `initialize`.
pub(super) fn knows_legacy(error: &str) -> bool {
    let supported = object_fields(error, ["data"])
        .and_then(|fields| object_fields(fields.get(0)?, ["supported"]))
        .and_then(|fields| serde_json::from_str::<Vec<String>>(fields.get(0)?).ok());
    supported.is_some_and(|supported| known(&supported).any(|revision| !revision.is_modern()))
}

pub(super) fn error_code(error: &str) -> Option<i64> {
    object_fields(error, ["code"])?.get(0)?.parse().ok()
}

/// Whether this error is one that only modern servers answer with (2026-07-28,
/// basic, "error codes").
pub(super) fn is_modern_error(error: &str) -> bool {
    error_code(error).is_some_and(|code| (-32099..=ErrorCode::HeaderMismatch.number()).contains(&code))
}

/// The params of `initialize`: the newest revision, and what the owner of the
/// connection can do; a shared one can do nothing, for there is nobody alone
/// whom a server could ask.
pub(super) fn initialize_params(owner: Option<&Owner>) -> String {
    let (capabilities, client_info) = match owner {
        Some(owner) => (&*owner.capabilities, &*owner.client_info),
        None => ("{}", GATEWAY_CLIENT_INFO),
    };
    format!(
        r#"{{"protocolVersion":"{}","capabilities":{capabilities},"clientInfo":{client_info}}}"#,
        Revision::LATEST_LEGACY
    )
}

/// The params of `server/discover`.
pub(super) fn discover_params(owner: Option<&Owner>) -> String {
    let members = per_request(Revision::LATEST_MODERN.as_str(), owner, None);
    let meta = object_of(members.iter().map(|(name, value)| (*name, value.as_str())));
    format!(r#"{{"_meta":{meta}}}"#)
}

/// Greets a legacy server over a connection that carries its answer.
pub(super) async fn initialize(connection: &Arc<Connection>) -> Result<Hello, String> {
    let params = initialize_params(connection.owner.as_ref());
    let options = RequestOptions::within(connection.server.init_timeout);
    let id = connection.next_id();
    match connection
        .exchange(id, "initialize", Fitted::plain(params), options)
        .await
    {
        Ok(Reply::Result(result)) => Ok(Hello::of_initialize(result)?),
        Ok(Reply::Error(error)) => Err(format!("it answered initialize with the error {error}")),
        Err(error) => Err(format!("it was not initialised: {error}")),
    }
}
