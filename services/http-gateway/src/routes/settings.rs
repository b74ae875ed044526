use axum::{Json, extract::State};
use domain::PayloadMode as Mode;
use proto::{convert::FromWire as _, projects as wire};
use serde::{Deserialize, Serialize};
use service_error::{Problem, ServiceError};
use utoipa::ToSchema;

use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    entity_tag::{EntityTag, IfMatch, IfMatchHeader},
    json::{PayloadMode, Word as _},
    json_body::Body,
    path::Path,
    suggest::parse_word,
};

/// What a project keeps of its calls, and who may see it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    payloads: PayloadSettings,
    /// Whether reporters may read arguments and results.
    reporters_read_payloads: bool,
    retention: Retention,
}

/// What is kept of arguments and results.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PayloadSettings {
    mode: PayloadMode,
    /// What is never kept, whatever the mode.
    #[schema(example = json!(["$.arguments.card.number", "$..email"]))]
    redacted_paths: Vec<String>,
}

/// For how many days.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name")]
pub(crate) struct Retention {
    /// Tool calls and their figures.
    #[schema(example = 90)]
    tool_calls_days: u32,
    /// Arguments and results, and the search in them.
    #[schema(example = 30)]
    payloads_days: u32,
    #[schema(example = 14)]
    server_logs_days: u32,
    #[schema(example = 90)]
    sessions_days: u32,
}

/// Changes to the settings. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateSettings {
    #[serde(default)]
    payloads: Option<UpdatePayloads>,
    /// Whether reporters may read arguments and results.
    #[serde(default)]
    reporters_read_payloads: Option<bool>,
    #[serde(default)]
    retention: Option<UpdateRetention>,
}

/// Changes to what is kept of the calls to come. What is stored stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdatePayloads {
    /// `full`: all but the secrets of the project's own servers, and what the
    /// paths name; `redacted`: also without what looks like a secret;
    /// `metadata`: nothing but size and hash.
    #[schema(example = "redacted")]
    #[serde(default)]
    mode: Option<String>,
    /// All of them: JSONPath (RFC 9535) without slices, filters and unions, that
    /// begins with `$.arguments`, `$.result` or `$..`. At most 50.
    #[schema(example = json!(["$.arguments.card.number", "$..email"]))]
    #[serde(default)]
    redacted_paths: Option<Vec<String>>,
}

/// Changes to how long things are kept, in days from 1 to 3,650. Within ten
/// minutes, what is older is taken away.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name")]
pub(crate) struct UpdateRetention {
    #[schema(example = 90)]
    #[serde(default)]
    tool_calls_days: Option<u32>,
    /// Not more than `tool_calls_days`.
    #[schema(example = 30)]
    #[serde(default)]
    payloads_days: Option<u32>,
    #[schema(example = 14)]
    #[serde(default)]
    server_logs_days: Option<u32>,
    #[schema(example = 90)]
    #[serde(default)]
    sessions_days: Option<u32>,
}

/// What the project keeps of its calls, and who may see it
#[utoipa::path(get, path = "/projects/{project}/settings", tag = "projects", operation_id = "get_settings",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "The settings", body = Settings,
        headers(("ETag" = String, description = "The version of it, for If-Match")))))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<(EntityTag, Json<Settings>), ServiceError> {
    Ok(tagged(find(&app, &caller, project).await?))
}

/// Changes what the body names, and nothing else
#[utoipa::path(patch, path = "/projects/{project}/settings", tag = "projects", operation_id = "update_settings",
    params(("project" = String, Path, description = "Slug or id"), IfMatchHeader),
    request_body = UpdateSettings,
    responses((status = 200, description = "The settings as they are now", body = Settings,
        headers(("ETag" = String, description = "The version of it, for If-Match")))))]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    if_match: IfMatch,
    Body(body): Body<UpdateSettings>,
) -> Result<(EntityTag, Json<Settings>), Problem> {
    let mut request = body.into_request(project.clone())?;
    if if_match != IfMatch::Any {
        let now = find(&app, &caller, project).await?;
        if_match.check(now.version.cast_unsigned())?;
        request.version = Some(now.version);
    }
    let request = caller.request(request);
    let answered = answer(app.backends.settings().update_settings(request)).await;
    let answered = answered.map_err(|error| if_match.refused(error))?;
    let settings = answered.settings.ok_or_else(|| super::incomplete("settings"))?;
    Ok(tagged(settings))
}

impl UpdateSettings {
    fn into_request(self, project: String) -> Result<wire::UpdateSettingsRequest, ServiceError> {
        let (mode, paths) = self
            .payloads
            .map_or((None, None), |payloads| (payloads.mode, payloads.redacted_paths));
        let mode = mode.map(|mode| parse_word::<Mode>("payloads.mode", &mode));
        let retention = self.retention.unwrap_or_default();
        Ok(wire::UpdateSettingsRequest {
            project,
            version: None,
            payload_mode: mode.transpose()?.map(Mode::to_wire),
            redacted_paths: paths.map(|paths| wire::RedactedPaths { paths }),
            reporters_read_payloads: self.reporters_read_payloads,
            tool_calls_days: retention.tool_calls_days,
            payloads_days: retention.payloads_days,
            server_logs_days: retention.server_logs_days,
            sessions_days: retention.sessions_days,
        })
    }
}

async fn find(app: &App, caller: &Caller, project: String) -> Result<wire::Settings, ServiceError> {
    let request = caller.request(wire::GetSettingsRequest { project });
    let answered = answer(app.backends.settings().get_settings(request)).await?;
    answered.settings.ok_or_else(|| super::incomplete("settings"))
}

/// The settings with their version.
fn tagged(settings: wire::Settings) -> (EntityTag, Json<Settings>) {
    let payloads = settings.payloads.unwrap_or_default();
    let retention = settings.retention.unwrap_or_default();
    let shown = Settings {
        payloads: PayloadSettings {
            mode: PayloadMode::from_wire(payloads.mode),
            redacted_paths: payloads.redacted_paths,
        },
        reporters_read_payloads: settings.reporters_read_payloads,
        retention: Retention {
            tool_calls_days: retention.tool_calls_days,
            payloads_days: retention.payloads_days,
            server_logs_days: retention.server_logs_days,
            sessions_days: retention.sessions_days,
        },
    };
    (EntityTag(settings.version.cast_unsigned()), Json(shown))
}
