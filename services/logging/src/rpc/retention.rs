use proto::logging::{
    GetRetentionRequest, GetRetentionResponse, SetRetentionRequest, SetRetentionResponse,
    retention_service_server::RetentionService,
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use crate::{filter, retention::RetentionRow, store::Store};

pub(super) struct Retention {
    pub(super) store: Store,
}

#[tonic::async_trait]
impl RetentionService for Retention {
    async fn get_retention(
        &self,
        request: Request<GetRetentionRequest>,
    ) -> Result<Response<GetRetentionResponse>, Status> {
        let project_id = filter::id("project_id", &request.into_inner().project_id)?;
        let retention = self
            .store
            .retention(project_id)
            .await
            .map_err(ServiceError::from)?;
        Ok(Response::new(GetRetentionResponse {
            retention: Some(retention.into_wire()),
        }))
    }

    async fn set_retention(
        &self,
        request: Request<SetRetentionRequest>,
    ) -> Result<Response<SetRetentionResponse>, Status> {
        let request = request.into_inner();
        let project_id = filter::id("project_id", &request.project_id)?;
        let retention = RetentionRow::from_wire(project_id, request.retention)?;
        self.store
            .set_retention(&retention)
            .await
            .map_err(ServiceError::from)?;
        Ok(Response::new(SetRetentionResponse {
            retention: Some(retention.into_wire()),
        }))
    }
}
