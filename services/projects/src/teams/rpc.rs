use std::sync::Arc;

use domain::{Permission, Role};
use proto::{
    convert::FromWire as _,
    projects::{
        self as wire, CreateTeamRequest, CreateTeamResponse, GetTeamRequest, GetTeamResponse,
        GrantTeamRequest, GrantTeamResponse, ListProjectTeamsRequest, ListProjectTeamsResponse,
        ListTeamProjectsRequest, ListTeamProjectsResponse, ListTeamsRequest, ListTeamsResponse,
        RemoveTeamRequest, RemoveTeamResponse, UpdateTeamRequest, UpdateTeamResponse,
        teams_service_server::TeamsService,
    },
};
use tonic::{Request, Response, Status};

use super::{ProjectTeam, Team, Teams};
use crate::{access::Access, members::rpc::parse_role, projects::rpc::own_to_wire as project_to_wire};

/// `mcporch.projects.v1.TeamsService`.
pub(crate) struct TeamsRpc {
    pub(crate) teams: Arc<Teams>,
    pub(crate) access: Arc<Access>,
}

#[tonic::async_trait]
impl TeamsService for TeamsRpc {
    async fn create_team(
        &self,
        request: Request<CreateTeamRequest>,
    ) -> Result<Response<CreateTeamResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let team = self.teams.create(&caller, &request.name, &request.slug).await?;
        Ok(Response::new(CreateTeamResponse {
            team: Some(to_wire((team, Role::Owner))),
        }))
    }

    async fn get_team(&self, request: Request<GetTeamRequest>) -> Result<Response<GetTeamResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let team = request.into_inner().team;
        let entered = self.teams.enter(caller.person()?, &team).await?;
        Ok(Response::new(GetTeamResponse {
            team: Some(to_wire(entered)),
        }))
    }

    async fn list_teams(
        &self,
        request: Request<ListTeamsRequest>,
    ) -> Result<Response<ListTeamsResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let teams = self.teams.list(caller.person()?).await?;
        Ok(Response::new(ListTeamsResponse {
            teams: teams.into_iter().map(to_wire).collect(),
        }))
    }

    async fn update_team(
        &self,
        request: Request<UpdateTeamRequest>,
    ) -> Result<Response<UpdateTeamResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let team = match request.name {
            Some(name) => self.teams.rename(&caller, &request.team, &name).await?,
            None => self.teams.enter(caller.person()?, &request.team).await?,
        };
        Ok(Response::new(UpdateTeamResponse {
            team: Some(to_wire(team)),
        }))
    }

    async fn list_team_projects(
        &self,
        request: Request<ListTeamProjectsRequest>,
    ) -> Result<Response<ListTeamProjectsResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let user = caller.person()?;
        let (team, _) = self.teams.enter(user, &request.into_inner().team).await?;
        let projects = self.teams.projects(user, team.id).await?;
        Ok(Response::new(ListTeamProjectsResponse {
            projects: projects.into_iter().map(project_to_wire).collect(),
        }))
    }

    async fn list_project_teams(
        &self,
        request: Request<ListProjectTeamsRequest>,
    ) -> Result<Response<ListProjectTeamsResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let project = request.into_inner().project;
        let granted = self
            .access
            .authorize(&caller, &project, &[Permission::ReadProject])
            .await?;
        granted.caller.person()?;
        let teams = self.teams.of_project(granted.project.id).await?;
        Ok(Response::new(ListProjectTeamsResponse {
            teams: teams.into_iter().map(grant_to_wire).collect(),
        }))
    }

    async fn grant_team(
        &self,
        request: Request<GrantTeamRequest>,
    ) -> Result<Response<GrantTeamResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::WriteMembers])
            .await?;
        let role = parse_role(request.role)?;
        let team = self.teams.grant(&granted, &request.team, role).await?;
        Ok(Response::new(GrantTeamResponse {
            team: Some(grant_to_wire(team)),
        }))
    }

    async fn remove_team(
        &self,
        request: Request<RemoveTeamRequest>,
    ) -> Result<Response<RemoveTeamResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::WriteMembers])
            .await?;
        self.teams.remove(&granted, &request.team).await?;
        Ok(Response::new(RemoveTeamResponse {}))
    }
}

pub(crate) fn to_wire((team, role): (Team, Role)) -> wire::Team {
    wire::Team {
        id: team.id.to_string(),
        slug: team.slug,
        name: team.name,
        role: role.to_wire(),
        created_at_us: team.created_at.as_micros(),
    }
}

fn grant_to_wire(granted: ProjectTeam) -> wire::ProjectTeam {
    wire::ProjectTeam {
        team_id: granted.team.id.to_string(),
        slug: granted.team.slug,
        name: granted.team.name,
        role: granted.role.to_wire(),
        created_at_us: granted.created_at.as_micros(),
    }
}
