use std::sync::Arc;

use domain::{ActivityType, Permission, Role, Timestamp};
use proto::{
    convert::FromWire as _,
    page::Page as WirePage,
    projects::{
        self as wire, ListActivitiesRequest, ListActivitiesResponse,
        activities_service_server::ActivitiesService, place::Place as WirePlace,
    },
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{Activities, Activity, Origin, Wanted, check_administrator};
use crate::{
    access::Caller,
    places::{Place, Places},
};

/// `mcporch.projects.v1.ActivitiesService`.
pub(crate) struct ActivitiesRpc {
    pub(crate) activities: Arc<Activities>,
    pub(crate) places: Arc<Places>,
}

#[tonic::async_trait]
impl ActivitiesService for ActivitiesRpc {
    async fn list_activities(
        &self,
        request: Request<ListActivitiesRequest>,
    ) -> Result<Response<ListActivitiesResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let (place, may_see_origin) = self.enter(&caller, request.place).await?;
        let wanted = parse_filter(&request.filter.unwrap_or_default())?;
        let page = request.page.unwrap_or_default();
        let page = self
            .activities
            .list(place, &wanted, page.limit, &page.cursor)
            .await?;
        Ok(Response::new(ListActivitiesResponse {
            activities: page
                .items
                .into_iter()
                .map(|activity| to_wire(activity, may_see_origin))
                .collect(),
            page: Some(WirePage {
                older: page.older,
                newer: page.newer,
                has_older: page.has_older,
            }),
        }))
    }
}

impl ActivitiesRpc {
    /// Where the caller reads, and whether they see from where others come:
    /// that is for who answers for the place.
    async fn enter(
        &self,
        caller: &Caller,
        place: Option<wire::Place>,
    ) -> Result<(Option<Place>, bool), ServiceError> {
        match place.and_then(|place| place.place) {
            None => {
                check_administrator(caller.person()?)?;
                Ok((None, true))
            }
            Some(WirePlace::Project(project)) => {
                let needed = [Permission::ReadProject];
                let granted = self.places.access.authorize(caller, &project, &needed).await?;
                let is_owner = granted.permissions.contains(&Permission::WriteMembers);
                Ok((Some(Place::Project(granted.project.id)), is_owner))
            }
            Some(WirePlace::Team(team)) => {
                let (team, role) = self.places.teams.enter(caller.person()?, &team).await?;
                Ok((Some(Place::Team(team.id)), role == Role::Owner))
            }
        }
    }
}

fn parse_filter(filter: &wire::ActivityFilter) -> Result<Wanted, ServiceError> {
    let parse_type = |value: &i32| {
        ActivityType::from_wire(*value).ok_or_else(|| {
            ServiceError::invalid(
                "filter.type",
                format!("expected some of {}", ActivityType::WORDS.join(", ")),
            )
        })
    };
    let actor = match filter.actor_user_id.as_str() {
        "" => None,
        id => Some(
            id.parse()
                .map_err(|_| ServiceError::invalid("filter.actor", "expected the id of a user"))?,
        ),
    };
    Ok(Wanted {
        types: filter.types.iter().map(parse_type).collect::<Result<_, _>>()?,
        actor,
        from: filter.from_us.map(Timestamp::from_micros),
        to: filter.to_us.map(Timestamp::from_micros),
    })
}

fn to_wire(activity: Activity, may_see_origin: bool) -> wire::Activity {
    let text = |id: Option<String>| id.unwrap_or_default();
    let json = |value: Option<serde_json::Value>| value.map(|value| value.to_string()).unwrap_or_default();
    let origin = if may_see_origin {
        activity.by.origin
    } else {
        Origin::default()
    };
    wire::Activity {
        id: activity.id.to_string(),
        r#type: activity.deed.kind.to_wire(),
        at_us: activity.at.as_micros(),
        project_id: text(activity.deed.project.map(|id| id.to_string())),
        team_id: text(activity.deed.team.map(|id| id.to_string())),
        actor: Some(wire::Actor {
            user_id: text(activity.by.user_id.map(|id| id.to_string())),
            api_key_id: text(activity.by.api_key_id.map(|id| id.to_string())),
            name: activity.by.name,
            client_address: text(origin.address.map(|address| address.to_string())),
            user_agent: origin.user_agent,
        }),
        target_id: text(activity.deed.target_id.map(|id| id.to_string())),
        target_name: activity.deed.target_name,
        changes: activity
            .deed
            .changes
            .into_iter()
            .map(|change| wire::FieldChange {
                field: change.field,
                before_json: json(change.before),
                after_json: json(change.after),
            })
            .collect(),
    }
}
