use std::sync::Arc;

use domain::{Permission, Role};
use proto::{convert::FromWire as _, page, projects as wire};
use tonic::{Request, Response, Status};

use super::{NewProject, OwnProject, Project, Projects};
use crate::{access::Access, teams::Teams};

/// `mcporch.projects.v1.ProjectsService`.
pub(crate) struct ProjectsRpc {
    pub(crate) projects: Arc<Projects>,
    pub(crate) teams: Arc<Teams>,
    pub(crate) access: Arc<Access>,
}

#[tonic::async_trait]
impl wire::projects_service_server::ProjectsService for ProjectsRpc {
    async fn create_project(
        &self,
        request: Request<wire::CreateProjectRequest>,
    ) -> Result<Response<wire::CreateProjectResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let message = request.into_inner();
        let team = match message.team.as_str() {
            "" => None,
            team => Some(self.teams.enter(caller.person()?, team).await?),
        };
        let new = NewProject {
            name: &message.name,
            slug: &message.slug,
            description: &message.description,
        };
        let project = self.projects.create(&caller, new, team).await?;
        Ok(Response::new(wire::CreateProjectResponse {
            project: Some(to_wire(project, Role::Owner)),
        }))
    }

    async fn get_project(
        &self,
        request: Request<wire::GetProjectRequest>,
    ) -> Result<Response<wire::GetProjectResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let project = request.into_inner().project;
        let granted = self
            .access
            .authorize(&caller, &project, &[Permission::ReadProject])
            .await?;
        Ok(Response::new(wire::GetProjectResponse {
            project: Some(own_to_wire(self.projects.seen(granted).await?)),
        }))
    }

    async fn update_project(
        &self,
        request: Request<wire::UpdateProjectRequest>,
    ) -> Result<Response<wire::UpdateProjectResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let message = request.into_inner();
        let mut granted = self
            .access
            .authorize(&caller, &message.project, &[Permission::WriteProject])
            .await?;
        let (name, description) = (message.name.as_deref(), message.description.as_deref());
        granted.project = self.projects.update(&granted, name, description).await?;
        Ok(Response::new(wire::UpdateProjectResponse {
            project: Some(own_to_wire(self.projects.seen(granted).await?)),
        }))
    }

    async fn set_favorite(
        &self,
        request: Request<wire::SetFavoriteRequest>,
    ) -> Result<Response<wire::SetFavoriteResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let message = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &message.project, &[Permission::ReadProject])
            .await?;
        self.projects.set_favorite(&granted, message.is_favorite).await?;
        Ok(Response::new(wire::SetFavoriteResponse {}))
    }

    async fn list_projects(
        &self,
        request: Request<wire::ListProjectsRequest>,
    ) -> Result<Response<wire::ListProjectsResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let page = request.into_inner().page.unwrap_or_default();
        let listed = self.projects.list(&caller, page.limit, &page.cursor).await?;
        Ok(Response::new(wire::ListProjectsResponse {
            page: Some(page::Page {
                older: listed.older,
                newer: listed.newer,
                has_older: listed.has_older,
            }),
            projects: listed.items.into_iter().map(own_to_wire).collect(),
        }))
    }
}

pub(crate) fn to_wire(project: Project, role: Role) -> wire::Project {
    wire::Project {
        id: project.id.to_string(),
        slug: project.slug,
        name: project.name,
        description: project.description,
        role: role.to_wire(),
        created_at_us: project.created_at.as_micros(),
        is_favorite: false,
    }
}

/// With what its viewer marked.
pub(crate) fn own_to_wire(own: OwnProject) -> wire::Project {
    wire::Project {
        is_favorite: own.is_favorite,
        ..to_wire(own.project, own.role)
    }
}
