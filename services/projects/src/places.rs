//! Teams and projects, as far as both have members.

use domain::{Permission, ProjectId, Role, TeamId};
use proto::projects::{self as wire, place::Place as WirePlace};
use service_error::{Code, ServiceError};
use uuid::Uuid;

use crate::{
    access::{Access, Caller},
    activities::{Actor, Origin},
    teams::Teams,
    users::User,
};

/// A team or a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Team(TeamId),
    Project(ProjectId),
}

/// A person in a place.
#[derive(Debug, Clone)]
pub(crate) struct Entered {
    pub(crate) place: Place,
    pub(crate) user: User,
    pub(crate) origin: Origin,
}

/// Lets people into places.
pub(crate) struct Places {
    pub(crate) access: std::sync::Arc<Access>,
    pub(crate) teams: std::sync::Arc<Teams>,
}

impl Place {
    pub(crate) const fn uuid(self) -> Uuid {
        match self {
            Self::Team(id) => id.uuid(),
            Self::Project(id) => id.uuid(),
        }
    }

    pub(crate) fn to_wire(self) -> wire::Place {
        wire::Place {
            place: Some(match self {
                Self::Team(id) => WirePlace::Team(id.to_string()),
                Self::Project(id) => WirePlace::Project(id.to_string()),
            }),
        }
    }
}

impl Entered {
    /// What an activity says of them.
    pub(crate) fn actor(&self) -> Actor {
        Actor::person(&self.user, &self.origin)
    }
}

impl Places {
    /// Who is in the place and may see who else is.
    pub(crate) async fn enter(
        &self,
        caller: &Caller,
        place: Option<wire::Place>,
    ) -> Result<Entered, ServiceError> {
        self.enter_with(caller, place, Permission::ReadProject, Role::Reporter)
            .await
    }

    /// Who may change who is in the place.
    pub(crate) async fn manage(
        &self,
        caller: &Caller,
        place: Option<wire::Place>,
    ) -> Result<Entered, ServiceError> {
        self.enter_with(caller, place, Permission::WriteMembers, Role::Owner)
            .await
    }

    /// Who may do with the place what they like.
    pub(crate) async fn own(
        &self,
        caller: &Caller,
        place: Option<wire::Place>,
    ) -> Result<Entered, ServiceError> {
        self.enter_with(caller, place, Permission::WriteProject, Role::Owner)
            .await
    }

    async fn enter_with(
        &self,
        caller: &Caller,
        place: Option<wire::Place>,
        in_project: Permission,
        in_team: Role,
    ) -> Result<Entered, ServiceError> {
        let user = caller.person()?.clone();
        let place = match place.and_then(|place| place.place) {
            Some(WirePlace::Project(project)) => {
                let granted = self.access.authorize(caller, &project, &[in_project]).await?;
                Place::Project(granted.project.id)
            }
            Some(WirePlace::Team(team)) => {
                let (team, role) = self.teams.enter(&user, &team).await?;
                if role < in_team {
                    return Err(ServiceError::new(
                        Code::PermissionDenied,
                        "role_too_low",
                        format!("as {role} of this team you may not do this; ask an owner"),
                    ));
                }
                Place::Team(team.id)
            }
            None => return Err(ServiceError::invalid("place", "name a team or a project")),
        };
        Ok(Entered {
            place,
            user,
            origin: caller.origin.clone(),
        })
    }
}
