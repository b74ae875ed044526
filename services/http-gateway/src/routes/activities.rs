use std::time::Instant;

use axum::{Json, extract::State};
use proto::{convert::FromWire as _, projects as wire};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service_error::ServiceError;
use utoipa::ToSchema;

use super::members::place;
use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{ActivityType, List, Meta, Moment, Word as _, text_or_null},
    path::Path,
    query::{PageQuery, Query},
    suggest::parse_word,
    time_range::parse_time,
};

/// What somebody did. It stays when what it is about is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Activity {
    #[schema(format = Uuid)]
    id: String,
    #[serde(rename = "type")]
    kind: ActivityType,
    at: Moment,
    /// Null: in none.
    #[schema(format = Uuid)]
    project_id: Option<String>,
    /// Null: in none.
    #[schema(format = Uuid)]
    team_id: Option<String>,
    actor: Actor,
    /// Null: the project or the team itself.
    #[schema(format = Uuid)]
    target_id: Option<String>,
    /// As it was then.
    #[schema(example = "github")]
    target_name: Option<String>,
    changes: Vec<FieldChange>,
}

/// Who did it, as they were then.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Actor {
    /// Of an API key: who made it. Null: whoever runs the deployment.
    #[schema(format = Uuid)]
    user_id: Option<String>,
    /// Null: the person themselves.
    #[schema(format = Uuid)]
    api_key_id: Option<String>,
    #[schema(example = "Kim")]
    name: String,
    /// For owners and administrators.
    #[schema(example = "192.0.2.7")]
    client_address: Option<String>,
    /// For owners and administrators.
    user_agent: Option<String>,
}

/// A field before and after. Values that may be secrets read `***`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldChange {
    #[schema(example = "role")]
    field: String,
    /// Null: it was not there.
    #[schema(value_type = Option<serde_json::Value>, example = "reporter")]
    before: Option<Box<RawValue>>,
    /// Null: it is not there any more.
    #[schema(value_type = Option<serde_json::Value>, example = "developer")]
    after: Option<Box<RawValue>>,
}

/// Which activities.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActivityQuery {
    /// Only of these types.
    #[serde(default, rename = "type")]
    #[param(example = json!(["server_created"]))]
    kind: Vec<String>,
    /// Only of this user, and of API keys that they made.
    #[param(format = Uuid)]
    actor: Option<String>,
    /// At or after this time.
    #[param(example = "2026-11-22T14:00:00Z", format = DateTime)]
    from: Option<String>,
    /// Before this time.
    #[param(example = "2026-11-22T15:00:00Z", format = DateTime)]
    to: Option<String>,
}

/// What people did in the project
///
/// Poll with `page.newer` for what is done meanwhile.
#[utoipa::path(get, path = "/projects/{project}/activities", tag = "activities",
    operation_id = "list_project_activities",
    params(("project" = String, Path, description = "Slug or id"), ActivityQuery, PageQuery),
    responses((status = 200, description = "A page of them", body = List<Activity>)))]
pub(crate) async fn of_project(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((filter, page)): Query<(ActivityQuery, PageQuery)>,
) -> Result<Json<List<Activity>>, ServiceError> {
    list(&app, &caller, Some(place::project(&project)), &filter, page).await
}

/// What people did in the team
///
/// Poll with `page.newer` for what is done meanwhile.
#[utoipa::path(get, path = "/teams/{team}/activities", tag = "activities",
    operation_id = "list_team_activities",
    params(("team" = String, Path, description = "Slug or id"), ActivityQuery, PageQuery),
    responses((status = 200, description = "A page of them", body = List<Activity>)))]
pub(crate) async fn of_team(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<String>,
    Query((filter, page)): Query<(ActivityQuery, PageQuery)>,
) -> Result<Json<List<Activity>>, ServiceError> {
    list(&app, &caller, Some(place::team(&team)), &filter, page).await
}

/// What people did in the whole deployment
///
/// For administrators. Who signed in, which accounts changed, and all that was
/// done in teams and projects.
#[utoipa::path(get, path = "/admin/activities", tag = "admin", operation_id = "list_activities",
    params(ActivityQuery, PageQuery),
    responses((status = 200, description = "A page of them", body = List<Activity>)))]
pub(crate) async fn of_deployment(
    State(app): State<App>,
    caller: Caller,
    Query((filter, page)): Query<(ActivityQuery, PageQuery)>,
) -> Result<Json<List<Activity>>, ServiceError> {
    list(&app, &caller, None, &filter, page).await
}

async fn list(
    app: &App,
    caller: &Caller,
    place: Option<wire::Place>,
    filter: &ActivityQuery,
    page: PageQuery,
) -> Result<Json<List<Activity>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListActivitiesRequest {
        place,
        page: Some(page.into()),
        filter: Some(filter.read()?),
    });
    let answered = answer(app.backends.activities().list_activities(request)).await?;
    let data = answered.activities.into_iter().map(Activity::from).collect();
    Ok(Json(List::new(data, answered.page, Meta::since(started))))
}

impl ActivityQuery {
    fn read(&self) -> Result<wire::ActivityFilter, ServiceError> {
        let parse_type = |word: &String| {
            parse_word::<domain::ActivityType>("type", word).map(domain::ActivityType::to_wire)
        };
        let micros = |field, time: &Option<String>| {
            let time = time.as_deref().map(|time| parse_time(field, time));
            time.transpose()
                .map(|time| time.map(domain::Timestamp::as_micros))
        };
        Ok(wire::ActivityFilter {
            types: self.kind.iter().map(parse_type).collect::<Result<_, _>>()?,
            actor_user_id: self.actor.clone().unwrap_or_default(),
            from_us: micros("from", &self.from)?,
            to_us: micros("to", &self.to)?,
        })
    }
}

impl From<wire::Activity> for Activity {
    fn from(activity: wire::Activity) -> Self {
        let actor = activity.actor.unwrap_or_default();
        Self {
            id: activity.id,
            kind: ActivityType::from_wire(activity.r#type),
            at: Moment::from_micros(activity.at_us),
            project_id: text_or_null(activity.project_id),
            team_id: text_or_null(activity.team_id),
            actor: Actor {
                user_id: text_or_null(actor.user_id),
                api_key_id: text_or_null(actor.api_key_id),
                name: actor.name,
                client_address: text_or_null(actor.client_address),
                user_agent: text_or_null(actor.user_agent),
            },
            target_id: text_or_null(activity.target_id),
            target_name: text_or_null(activity.target_name),
            changes: activity.changes.into_iter().map(FieldChange::from).collect(),
        }
    }
}

impl From<wire::FieldChange> for FieldChange {
    fn from(change: wire::FieldChange) -> Self {
        Self {
            field: change.field,
            before: RawValue::from_string(change.before_json).ok(),
            after: RawValue::from_string(change.after_json).ok(),
        }
    }
}
