use std::sync::Arc;

use domain::{Permission, Role};
use proto::{convert::FromWire as _, page, projects as wire};
use tonic::{Request, Response, Status};

use super::{Project, Projects};
use crate::access::Access;

/// `mcporch.projects.v1.ProjectsService`.
pub(crate) struct ProjectsRpc {
    pub(crate) projects: Arc<Projects>,
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
        let made = self
            .projects
            .create(&caller, &message.name, &message.slug, &message.description);
        let project = made.await?;
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
            project: Some(to_wire(granted.project, granted.role)),
        }))
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
            projects: listed
                .items
                .into_iter()
                .map(|(project, role)| to_wire(project, role))
                .collect(),
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
    }
}
