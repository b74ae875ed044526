use std::sync::Arc;

use domain::{Permission, SavedViewId};
use proto::projects::{
    self as wire, CreateSavedViewRequest, CreateSavedViewResponse, DeleteSavedViewRequest,
    DeleteSavedViewResponse, ListSavedViewsRequest, ListSavedViewsResponse, UpdateSavedViewRequest,
    UpdateSavedViewResponse, saved_views_service_server::SavedViewsService,
};
use service_error::ServiceError;
use tonic::{Request, Response, Status, metadata::MetadataMap};

use super::{SavedView, SavedViews};
use crate::access::{Access, Granted};

/// `mcporch.projects.v1.SavedViewsService`.
pub(crate) struct SavedViewsRpc {
    pub(crate) saved_views: SavedViews,
    pub(crate) access: Arc<Access>,
}

#[tonic::async_trait]
impl SavedViewsService for SavedViewsRpc {
    async fn list_saved_views(
        &self,
        request: Request<ListSavedViewsRequest>,
    ) -> Result<Response<ListSavedViewsResponse>, Status> {
        let granted = self.enter(request.metadata(), &request.get_ref().project).await?;
        let views = self.saved_views.list(&granted).await?;
        Ok(Response::new(ListSavedViewsResponse {
            saved_views: views.into_iter().map(wire::SavedView::from).collect(),
        }))
    }

    async fn create_saved_view(
        &self,
        request: Request<CreateSavedViewRequest>,
    ) -> Result<Response<CreateSavedViewResponse>, Status> {
        let granted = self.enter(request.metadata(), &request.get_ref().project).await?;
        let request = request.into_inner();
        let made = self.saved_views.create(&granted, &request.name, &request.search);
        Ok(Response::new(CreateSavedViewResponse {
            saved_view: Some(made.await?.into()),
        }))
    }

    async fn update_saved_view(
        &self,
        request: Request<UpdateSavedViewRequest>,
    ) -> Result<Response<UpdateSavedViewResponse>, Status> {
        let granted = self.enter(request.metadata(), &request.get_ref().project).await?;
        let request = request.into_inner();
        let (name, search) = (request.name.as_deref(), request.search.as_deref());
        let id = parse_view_id(&request.id)?;
        let changed = self.saved_views.update(&granted, id, name, search);
        Ok(Response::new(UpdateSavedViewResponse {
            saved_view: Some(changed.await?.into()),
        }))
    }

    async fn delete_saved_view(
        &self,
        request: Request<DeleteSavedViewRequest>,
    ) -> Result<Response<DeleteSavedViewResponse>, Status> {
        let granted = self.enter(request.metadata(), &request.get_ref().project).await?;
        let id = parse_view_id(&request.get_ref().id)?;
        self.saved_views.delete(&granted, id).await?;
        Ok(Response::new(DeleteSavedViewResponse {}))
    }
}

impl SavedViewsRpc {
    async fn enter(&self, metadata: &MetadataMap, project: &str) -> Result<Granted, ServiceError> {
        let caller = self.access.caller(metadata).await?;
        let needed = [Permission::ReadLogs];
        self.access.authorize(&caller, project, &needed).await
    }
}

fn parse_view_id(text: &str) -> Result<SavedViewId, ServiceError> {
    text.parse().map_err(|_| ServiceError::not_found("saved view"))
}

impl From<SavedView> for wire::SavedView {
    fn from(view: SavedView) -> Self {
        Self {
            id: view.id.to_string(),
            name: view.name,
            search: view.search,
            created_by_user_id: view.created_by.to_string(),
            created_by_name: view.created_by_name,
            created_at_us: view.created_at.as_micros(),
        }
    }
}
