use std::str::FromStr as _;

use domain::{Door, SessionEnd};
use proto::{
    convert::FromWire,
    logging::{self as wire, Principal},
};
use uuid::Uuid;

use crate::{
    record::{self, InvalidRecord, Texts},
    row::row,
};

pub(crate) mod store;

row! {
    /// A session without the counts of its calls.
    #[derive(sqlx::FromRow)]
    pub(crate) struct SessionRow in "client_sessions" {
        id: Uuid,
        project_id: Uuid,
        server_id: Option<Uuid>,
        door: String,
        revision: String,
        client_name: String,
        client_version: String,
        client_type: String,
        user_agent: String,
        ip_address: String,
        capabilities_json: String,
        user_id: Option<Uuid>,
        api_key_id: Option<Uuid>,
        started_at: i64,
        last_seen_at: i64,
        ended_at: Option<i64>,
        end_reason: Option<String>,
    }
}

/// A session with the counts of its calls.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct CountedSession {
    #[sqlx(flatten)]
    pub(crate) session: SessionRow,
    pub(crate) total: i64,
    pub(crate) successful: i64,
    pub(crate) failed: i64,
}

impl SessionRow {
    /// Reads a record. Its counters are ignored: the store counts.
    pub(crate) fn from_wire(session: wire::ClientSession) -> Result<Self, InvalidRecord> {
        let client = session.client.unwrap_or_default();
        let principal = session.principal.unwrap_or_default();
        let mut texts = Texts::default();
        Ok(Self {
            id: record::id("id", &session.id)?,
            project_id: record::id("project_id", &session.project_id)?,
            server_id: record::optional_id("server_id", session.server_id.as_deref())?,
            door: Door::from_wire(session.door).map_or("", Door::as_str).to_owned(),
            revision: texts.take("revision", session.revision),
            client_name: texts.take("client.name", client.name),
            client_version: texts.take("client.version", client.version),
            client_type: texts.take("client.type", client.r#type),
            user_agent: texts.take("client.user_agent", client.user_agent),
            ip_address: texts.take("client.ip_address", client.ip_address),
            capabilities_json: texts.take("capabilities_json", session.capabilities_json),
            user_id: record::optional_id("principal.user_id", principal.user_id.as_deref())?,
            api_key_id: record::optional_id("principal.api_key_id", principal.api_key_id.as_deref())?,
            started_at: session.started_at_us,
            last_seen_at: session.last_seen_at_us,
            ended_at: session.ended_at_us,
            end_reason: SessionEnd::from_wire(session.end).map(|end| end.as_str().to_owned()),
        })
    }

    /// Two records of one session as one: seen last as late as either says, and
    /// ended as early. An end that somebody saw stands before one that was only
    /// found out at the next start. The same whatever comes first.
    pub(crate) fn and(self, other: Self) -> Self {
        let end = |session: &Self| {
            let is_lost = session.end_reason.as_deref() == Some(SessionEnd::GatewayLost.as_str());
            let ended_at = session.ended_at?;
            Some((is_lost, ended_at, session.end_reason.clone()))
        };
        let end = [end(&self), end(&other)].into_iter().flatten().min();
        let newer = if self.last_seen_at < other.last_seen_at {
            other
        } else {
            self
        };
        let (ended_at, end_reason) = match end {
            Some((_, ended_at, end_reason)) => (Some(ended_at), end_reason),
            None => (None, None),
        };
        Self {
            ended_at,
            end_reason,
            ..newer
        }
    }
}

impl CountedSession {
    pub(crate) fn into_wire(self) -> wire::ClientSession {
        let session = self.session;
        wire::ClientSession {
            id: session.id.to_string(),
            project_id: session.project_id.to_string(),
            server_id: session.server_id.map(|id| id.to_string()),
            door: Door::from_str(&session.door).map_or(0, Door::to_wire),
            revision: session.revision,
            client: Some(wire::Client {
                name: session.client_name,
                version: session.client_version,
                r#type: session.client_type,
                user_agent: session.user_agent,
                ip_address: session.ip_address,
            }),
            capabilities_json: session.capabilities_json,
            principal: Some(Principal {
                user_id: session.user_id.map(|id| id.to_string()),
                api_key_id: session.api_key_id.map(|id| id.to_string()),
            }),
            started_at_us: session.started_at,
            last_seen_at_us: session.last_seen_at,
            ended_at_us: session.ended_at,
            end: session
                .end_reason
                .and_then(|word| SessionEnd::from_str(&word).ok())
                .map_or(0, SessionEnd::to_wire),
            total_calls: self.total.unsigned_abs(),
            successful_calls: self.successful.unsigned_abs(),
            failed_calls: self.failed.unsigned_abs(),
        }
    }
}
