use std::sync::Arc;

use domain::Timestamp;
use proto::{
    convert::parse_id,
    projects::{
        DiscardRequest, DiscardResponse, Discarded as WireDiscarded, ListPurgedProjectsRequest,
        ListPurgedProjectsResponse, ListTrashRequest, ListTrashResponse, RestoreRequest, RestoreResponse,
        place::Place as WirePlace, trash_service_server::TrashService,
    },
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{Discarded, Trash};
use crate::places::{Place, Places};

/// `mcporch.projects.v1.TrashService`.
pub(crate) struct TrashRpc {
    pub(crate) trash: Trash,
    pub(crate) places: Arc<Places>,
}

#[tonic::async_trait]
impl TrashService for TrashRpc {
    async fn discard(&self, request: Request<DiscardRequest>) -> Result<Response<DiscardResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let entered = self.places.own(&caller, request.place).await?;
        let discarded = self.trash.discard(&entered, &request.name).await?;
        Ok(Response::new(DiscardResponse {
            discarded: Some(to_wire(discarded)),
        }))
    }

    async fn restore(&self, request: Request<RestoreRequest>) -> Result<Response<RestoreResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let wanted = request.into_inner().place.and_then(|place| place.place);
        let wanted = wanted.ok_or_else(|| ServiceError::invalid("place", "name a team or a project"))?;
        let is_wanted = |discarded: &Discarded| {
            let ((WirePlace::Team(text), Place::Team(_)) | (WirePlace::Project(text), Place::Project(_))) =
                (&wanted, discarded.place)
            else {
                return false;
            };
            *text == discarded.slug || *text == discarded.place.uuid().to_string()
        };
        let discarded = self.trash.restore(&caller, is_wanted).await?;
        Ok(Response::new(RestoreResponse {
            place: Some(discarded.place.to_wire()),
        }))
    }

    async fn list_trash(
        &self,
        request: Request<ListTrashRequest>,
    ) -> Result<Response<ListTrashResponse>, Status> {
        let caller = self.places.access.caller(request.metadata()).await?;
        let discarded = self.trash.list(&caller).await?;
        Ok(Response::new(ListTrashResponse {
            discarded: discarded.into_iter().map(to_wire).collect(),
        }))
    }

    async fn list_purged_projects(
        &self,
        request: Request<ListPurgedProjectsRequest>,
    ) -> Result<Response<ListPurgedProjectsResponse>, Status> {
        let after = request.into_inner().after_project_id;
        let after = after.as_deref().map(|id| parse_id("after_project_id", id));
        let after = after
            .transpose()
            .map_err(|error| ServiceError::invalid(error.field, error.problem))?;
        let purged = self.trash.purged_projects(after).await?;
        Ok(Response::new(ListPurgedProjectsResponse {
            project_ids: purged.iter().map(ToString::to_string).collect(),
        }))
    }
}

fn to_wire(discarded: Discarded) -> WireDiscarded {
    WireDiscarded {
        place: Some(discarded.place.to_wire()),
        gone_at_us: Timestamp::as_micros(discarded.gone_at()),
        slug: discarded.slug,
        name: discarded.name,
        deleted_at_us: discarded.deleted_at.as_micros(),
    }
}
