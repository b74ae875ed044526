use domain::Permission;
use proto::{convert::FromWire, logging as wire};
use serde::Deserialize;
use service_error::ServiceError;
use utoipa::IntoParams;

use crate::{
    app::App,
    backends::answer,
    caller::{Caller, ProjectAccess},
    routes::{members, servers},
    suggest::parse_word,
    time_range::TimeRange,
};

/// Which calls. Parameters are joined by AND, the repeated values of one by OR.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ToolCallFilterQuery {
    /// A query: `status:error tool:search_* -client:cursor duration:>500ms "not found"`. Fields: `status`,
    /// `kind`, `tool`, `server`, `client`, `user`, `key`, `session`, `duration`, `code`, `door`, `revision`,
    /// `request`, `trace`, `id`, `ip`, `error`, `arguments`, `arguments.NAME`, `result`. Words beside each other
    /// are joined by AND; `OR`, `-`, brackets, quotes and `*` work. Joined to the other parameters by AND.
    #[param(example = "status:error duration:>500ms")]
    q: Option<String>,
    /// `running`, `success`, `error`, `timeout`, `cancelled`; may be repeated.
    #[serde(default)]
    #[param(required = false, example = json!(["error", "timeout"]))]
    status: Vec<String>,
    /// Such as `tool_error` or `upstream_crashed`; may be repeated.
    #[serde(default)]
    #[param(required = false, example = json!(["tool_error"]))]
    error_kind: Vec<String>,
    /// Name of a tool, as its server knows it; may be repeated.
    #[serde(default)]
    #[param(required = false, example = json!(["echo"]))]
    tool: Vec<String>,
    /// Name or id of a server; may be repeated.
    #[serde(default)]
    #[param(required = false, example = json!(["github"]))]
    server: Vec<String>,
    /// Id of a session; may be repeated.
    #[serde(default)]
    #[param(required = false)]
    session: Vec<String>,
    /// Kind of client: `cline`, `roo`, `cursor`, `vscode`, `windsurf`, `claude`,
    /// `inspector`, `sdk`, `unknown`; may be repeated.
    #[serde(default)]
    #[param(required = false, example = json!(["cursor"]))]
    client: Vec<String>,
    /// Took at least this long.
    #[param(example = 1_000)]
    min_duration_ms: Option<u64>,
    /// Took at most this long.
    #[param(example = 60_000)]
    max_duration_ms: Option<u64>,
}

/// How much of each row is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FieldsQuery {
    /// `summary` (the default): arguments and results by size only. `full`: with
    /// their content.
    #[param(example = "summary")]
    fields: Option<String>,
}

/// Where a live tail begins.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CursorQuery {
    /// `page.newer` of a list with the same filters; absent: from now on.
    pub(crate) cursor: Option<String>,
}

impl ToolCallFilterQuery {
    /// The filter of one project, with names of servers turned into their ids.
    pub(crate) async fn resolve(
        self,
        app: &App,
        caller: &Caller,
        access: &ProjectAccess,
    ) -> Result<wire::ToolCallFilter, ServiceError> {
        debug_assert!(access.may(Permission::ReadLogs), "authorized before");
        let micros = |millis: Option<u64>| millis.map(|millis| millis.saturating_mul(1_000));
        if let (Some(min), Some(max)) = (self.min_duration_ms, self.max_duration_ms)
            && min > max
        {
            return Err(ServiceError::invalid(
                "max_duration_ms",
                "must not be less than min_duration_ms",
            ));
        }
        let mut server_ids = Vec::with_capacity(self.server.len());
        for server in &self.server {
            server_ids.push(servers::id_of(app, caller, access, server).await?);
        }
        let q = self.q.unwrap_or_default();
        let names = Names::of(&q, app, caller, access).await?;
        Ok(wire::ToolCallFilter {
            q,
            users: names.users,
            api_keys: names.api_keys,
            project_id: access.project_id.clone(),
            from_us: None,
            to_us: None,
            statuses: wire_words::<domain::ToolCallStatus>("status", &self.status)?,
            error_kinds: wire_words::<domain::ErrorKind>("error_kind", &self.error_kind)?,
            tools: self.tool,
            server_ids,
            session_ids: ids::<domain::SessionId>("session", &self.session)?,
            client_types: words::<domain::ClientType>("client", &self.client)?,
            min_duration_us: micros(self.min_duration_ms),
            max_duration_us: micros(self.max_duration_ms),
            without_payloads: !access.may(Permission::ReadPayloads),
        })
    }
}

/// What names in a query stand for: the call log knows ids alone.
#[derive(Default)]
struct Names {
    users: Vec<wire::NamedId>,
    api_keys: Vec<wire::NamedId>,
}

impl Names {
    async fn of(q: &str, app: &App, caller: &Caller, access: &ProjectAccess) -> Result<Self, ServiceError> {
        let mut names = Self::default();
        if q.contains("user:") {
            names
                .users
                .extend(access.principal.user_id.iter().map(|id| wire::NamedId {
                    name: "me".to_owned(),
                    id: id.clone(),
                }));
        }
        // Only then is an e-mail address meant.
        if q.contains("user:") && q.contains('@') {
            let request = caller.request(proto::projects::ListMembersRequest {
                place: Some(members::place::project(&access.project_id)),
            });
            let answered = answer(app.backends.members().list_members(request)).await?;
            names
                .users
                .extend(answered.members.into_iter().map(|member| wire::NamedId {
                    name: member.email,
                    id: member.user_id,
                }));
        }
        if q.contains("key:") {
            let request = caller.request(proto::projects::ListApiKeysRequest {
                project: access.project_id.clone(),
                page: Some(proto::page::PageRequest {
                    limit: 500,
                    cursor: String::new(),
                }),
            });
            let answered = answer(app.backends.api_keys().list_api_keys(request)).await?;
            names
                .api_keys
                .extend(answered.api_keys.into_iter().map(|key| wire::NamedId {
                    name: key.name,
                    id: key.id,
                }));
        }
        Ok(names)
    }
}

/// In which order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SortQuery {
    /// `newest` (the default) or `oldest` first. Each has its own cursors; with
    /// `oldest`, go on with `page.newer`.
    #[param(example = "newest")]
    sort: Option<String>,
}

impl SortQuery {
    pub(crate) fn order(&self) -> Result<wire::ToolCallOrder, ServiceError> {
        match self.sort.as_deref() {
            None | Some("newest") => Ok(wire::ToolCallOrder::NewestFirst),
            Some("oldest") => Ok(wire::ToolCallOrder::OldestFirst),
            Some(_) => Err(ServiceError::invalid("sort", "expected newest or oldest")),
        }
    }
}

impl FieldsQuery {
    pub(crate) fn wants_payloads(&self) -> Result<bool, ServiceError> {
        match self.fields.as_deref() {
            None | Some("summary") => Ok(false),
            Some("full") => Ok(true),
            Some(_) => Err(ServiceError::invalid("fields", "expected summary or full")),
        }
    }
}

/// Lays a span of time over a filter. An open end stays open, so that calls
/// that start meanwhile are seen through `newer`.
pub(super) fn within(filter: wire::ToolCallFilter, range: &TimeRange) -> wire::ToolCallFilter {
    wire::ToolCallFilter {
        from_us: Some(range.from.as_micros()),
        to_us: (!range.is_open).then(|| range.to.as_micros()),
        ..filter
    }
}

fn wire_words<E>(field: &str, values: &[String]) -> Result<Vec<i32>, ServiceError>
where
    E: FromWire + std::str::FromStr<Err = domain::UnknownWord>,
{
    values
        .iter()
        .map(|value| parse_word::<E>(field, value).map(E::to_wire))
        .collect()
}

fn words<E>(field: &str, values: &[String]) -> Result<Vec<String>, ServiceError>
where
    E: std::fmt::Display + std::str::FromStr<Err = domain::UnknownWord>,
{
    values
        .iter()
        .map(|value| parse_word::<E>(field, value).map(|word| word.to_string()))
        .collect()
}

fn ids<I>(field: &str, values: &[String]) -> Result<Vec<String>, ServiceError>
where
    I: std::fmt::Display + std::str::FromStr<Err = domain::InvalidId>,
{
    values
        .iter()
        .map(|value| match value.parse::<I>() {
            Ok(id) => Ok(id.to_string()),
            Err(error) => Err(ServiceError::invalid(field, error.to_string())),
        })
        .collect()
}
