use std::str::FromStr as _;

use database::keyset::Key;
use domain::{LogLevel, ServerLogKind};
use proto::{convert::FromWire, logging as wire};
use uuid::Uuid;

use crate::{
    record::{self, InvalidRecord, Texts},
    row::row,
};

pub(crate) mod store;
pub(crate) mod tail;

row! {
    /// One line of a server's log.
    #[derive(sqlx::FromRow)]
    pub(crate) struct ServerLogRow in "server_logs" {
        id: Uuid,
        project_id: Uuid,
        server_id: Uuid,
        server_name: String,
        level: String,
        kind: String,
        line: String,
        at: i64,
        tool_call_id: Option<Uuid>,
    }
}

impl ServerLogRow {
    /// Reads a record.
    pub(crate) fn from_wire(log: wire::ServerLog) -> Result<Self, InvalidRecord> {
        let mut texts = Texts::default();
        Ok(Self {
            id: record::id("id", &log.id)?,
            project_id: record::id("project_id", &log.project_id)?,
            server_id: record::id("server_id", &log.server_id)?,
            server_name: texts.take("server_name", log.server_name),
            level: LogLevel::from_wire(log.level)
                .map_or("", LogLevel::as_str)
                .to_owned(),
            kind: ServerLogKind::from_wire(log.kind)
                .map_or("", ServerLogKind::as_str)
                .to_owned(),
            line: texts.take("line", log.line),
            at: log.at_us,
            tool_call_id: record::optional_id("tool_call_id", log.tool_call_id.as_deref())?,
        })
    }

    /// Where it stands in the list.
    pub(crate) fn key(&self) -> Key {
        Key {
            at: self.at,
            id: self.id,
        }
    }

    pub(crate) fn into_wire(self) -> wire::ServerLog {
        wire::ServerLog {
            id: self.id.to_string(),
            project_id: self.project_id.to_string(),
            server_id: self.server_id.to_string(),
            server_name: self.server_name,
            level: LogLevel::from_str(&self.level).map_or(0, LogLevel::to_wire),
            kind: ServerLogKind::from_str(&self.kind).map_or(0, ServerLogKind::to_wire),
            line: self.line,
            at_us: self.at,
            tool_call_id: self.tool_call_id.map(|id| id.to_string()),
        }
    }
}
