//! Counts of calls and what follows from them: rates and percentiles.

use std::collections::BTreeMap;

use domain::ToolCallStatus;
use proto::logging as wire;
use service_error::ServiceError;
use uuid::Uuid;

use crate::{latency, query::Field};

/// By what calls can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dimension {
    Status,
    ErrorKind,
    Tool,
    Server,
    Client,
    User,
    ApiKey,
    Session,
    ErrorMessage,
}

/// Calls that are alike.
#[derive(Debug, Clone, Default, sqlx::FromRow)]
pub(crate) struct Cell {
    /// Where its bucket of time begins.
    #[sqlx(default)]
    pub(crate) start: i64,
    #[sqlx(default)]
    pub(crate) label: String,
    /// Of a tool: its server.
    #[sqlx(default)]
    pub(crate) detail: String,
    #[sqlx(default)]
    pub(crate) named_by: Option<Uuid>,
    #[sqlx(default)]
    pub(crate) status: String,
    /// Absent while a call runs.
    #[sqlx(default)]
    pub(crate) duration_bucket: Option<i16>,
    pub(crate) calls: i64,
    #[sqlx(default)]
    pub(crate) duration_us: f64,
}

/// Calls that are alike in several ways at once; those that were not asked for
/// are empty.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Combination {
    #[sqlx(default)]
    status: String,
    #[sqlx(default)]
    error_kind: Option<String>,
    #[sqlx(default)]
    tool_name: String,
    #[sqlx(default)]
    server_name: String,
    #[sqlx(default)]
    client_type: String,
    #[sqlx(default)]
    user_id: Option<Uuid>,
    #[sqlx(default)]
    api_key_id: Option<Uuid>,
    #[sqlx(default)]
    session_id: Option<Uuid>,
    calls: i64,
}

/// What some calls add up to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) total: u64,
    pub(crate) running: u64,
    pub(crate) success: u64,
    pub(crate) error: u64,
    pub(crate) timeout: u64,
    pub(crate) cancelled: u64,
    by_bucket: BTreeMap<i16, u64>,
    duration_us: f64,
}

impl Dimension {
    pub(crate) const ALL: [Self; 9] = [
        Self::Status,
        Self::ErrorKind,
        Self::Tool,
        Self::Server,
        Self::Client,
        Self::User,
        Self::ApiKey,
        Self::Session,
        Self::ErrorMessage,
    ];

    pub(crate) fn from_wire(field: &'static str, value: i32) -> Result<Self, ServiceError> {
        Self::ALL
            .into_iter()
            .find(|dimension| dimension.to_wire() == value)
            .ok_or_else(|| ServiceError::invalid(field, format!("{value} is no known value")))
    }

    pub(crate) fn to_wire(self) -> i32 {
        let dimension = match self {
            Self::Status => wire::Dimension::Status,
            Self::ErrorKind => wire::Dimension::ErrorKind,
            Self::Tool => wire::Dimension::Tool,
            Self::Server => wire::Dimension::Server,
            Self::Client => wire::Dimension::Client,
            Self::User => wire::Dimension::User,
            Self::ApiKey => wire::Dimension::ApiKey,
            Self::Session => wire::Dimension::Session,
            Self::ErrorMessage => wire::Dimension::ErrorMessage,
        };
        dimension.into()
    }

    /// The field of a query that asks for its values.
    pub(crate) const fn field(self) -> Field {
        match self {
            Self::Status => Field::Status,
            Self::ErrorKind => Field::Kind,
            Self::Tool => Field::Tool,
            Self::Server => Field::Server,
            Self::Client => Field::Client,
            Self::User => Field::User,
            Self::ApiKey => Field::Key,
            Self::Session => Field::Session,
            Self::ErrorMessage => Field::Error,
        }
    }

    /// Whether only rollups by tool know it.
    pub(crate) const fn is_of_tool(self) -> bool {
        matches!(self, Self::Tool | Self::Server)
    }

    /// Its column as that of a [`Combination`]. None of messages of errors: few
    /// calls have one, and those many different ones.
    pub(crate) const fn combined_column(self) -> Option<&'static str> {
        Some(match self {
            Self::Status => "status",
            Self::ErrorKind => "error_kind",
            Self::Tool => "tool_name",
            Self::Server => "server_name",
            Self::Client => "client_type",
            Self::User => "user_id",
            Self::ApiKey => "api_key_id",
            Self::Session => "session_id",
            Self::ErrorMessage => return None,
        })
    }

    /// Its columns as those of a [`Cell`].
    pub(crate) const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Status => &["status AS label"],
            Self::ErrorKind => &["COALESCE(error_kind, '') AS label"],
            Self::Tool => &["tool_name AS label", "server_name AS detail"],
            Self::Server => &["server_name AS label"],
            Self::Client => &["client_type AS label"],
            Self::User => &["user_id AS named_by"],
            Self::ApiKey => &["api_key_id AS named_by"],
            Self::Session => &["session_id AS named_by"],
            Self::ErrorMessage => &["SUBSTR(error_message, 1, 200) AS label"],
        }
    }
}

impl Cell {
    pub(crate) fn calls(&self) -> u64 {
        self.calls.unsigned_abs()
    }

    /// What it is called: a word, a name, or an id. Empty where it is nothing.
    pub(crate) fn value(&self) -> String {
        match self.named_by {
            // As rollups say it.
            Some(id) if id.is_nil() => String::new(),
            Some(id) => id.to_string(),
            None => self.label.clone(),
        }
    }
}

impl Combination {
    pub(crate) fn calls(&self) -> u64 {
        self.calls.unsigned_abs()
    }

    /// A word, a name, or an id. Empty where it is nothing.
    pub(crate) fn value(&self, dimension: Dimension) -> String {
        let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        match dimension {
            Dimension::Status => self.status.clone(),
            Dimension::ErrorKind => self.error_kind.clone().unwrap_or_default(),
            Dimension::Tool => self.tool_name.clone(),
            Dimension::Server => self.server_name.clone(),
            Dimension::Client => self.client_type.clone(),
            Dimension::User => id(self.user_id),
            Dimension::ApiKey => id(self.api_key_id),
            Dimension::Session => id(self.session_id),
            Dimension::ErrorMessage => String::new(),
        }
    }
}

impl Figures {
    pub(crate) fn of<'a>(cells: impl IntoIterator<Item = &'a Cell>) -> Self {
        let mut figures = Self::default();
        for cell in cells {
            figures.add(cell);
        }
        figures
    }

    pub(crate) fn add(&mut self, cell: &Cell) {
        let calls = cell.calls();
        self.total += calls;
        match cell.status.parse() {
            Ok(ToolCallStatus::Running) => {
                self.running += calls;
                return;
            }
            Ok(ToolCallStatus::Success) => self.success += calls,
            Ok(ToolCallStatus::Timeout) => self.timeout += calls,
            Ok(ToolCallStatus::Cancelled) => self.cancelled += calls,
            // A status of a newer release is no success.
            Ok(ToolCallStatus::Error) | Err(_) => self.error += calls,
        }
        if let Some(bucket) = cell.duration_bucket {
            *self.by_bucket.entry(bucket).or_insert(0) += calls;
            self.duration_us += cell.duration_us;
        }
    }

    /// These counts, with how long others took.
    pub(crate) fn timed_as(self, others: Self) -> Self {
        Self {
            by_bucket: others.by_bucket,
            duration_us: others.duration_us,
            ..self
        }
    }

    pub(crate) fn failed(&self) -> u64 {
        self.error + self.timeout + self.cancelled
    }

    /// Successes out of the calls that ended; absent when none has.
    pub(crate) fn success_rate(&self) -> Option<f64> {
        let ended = self.total - self.running;
        (ended > 0).then(|| self.success as f64 / ended as f64)
    }

    pub(crate) fn avg_duration_us(&self) -> Option<u64> {
        let timed: u64 = self.by_bucket.values().sum();
        (timed > 0).then(|| (self.duration_us / timed as f64).round() as u64)
    }

    /// The duration that a part of the calls does not exceed, 0 < `part` <= 1.
    pub(crate) fn percentile(&self, part: f64) -> Option<u64> {
        let counts: Vec<(i16, u64)> = self
            .by_bucket
            .iter()
            .map(|(bucket, calls)| (*bucket, *calls))
            .collect();
        latency::percentile(&counts, part)
    }
}
