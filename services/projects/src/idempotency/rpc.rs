use std::sync::Arc;

use proto::projects::{
    ClaimRequest, ClaimResponse, CompleteRequest, CompleteResponse, KeptAnswer, ReleaseRequest,
    ReleaseResponse, idempotency_service_server::IdempotencyService,
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{Idempotency, RequestKey};
use crate::access::Access;

/// `mcporch.projects.v1.IdempotencyService`.
pub(crate) struct IdempotencyRpc {
    pub(crate) idempotency: Idempotency,
    pub(crate) access: Arc<Access>,
}

#[tonic::async_trait]
impl IdempotencyService for IdempotencyRpc {
    async fn claim(&self, request: Request<ClaimRequest>) -> Result<Response<ClaimResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let key = RequestKey::parse(&caller, request.key)?;
        let answer = self.idempotency.claim(&key, &request.fingerprint).await?;
        Ok(Response::new(ClaimResponse {
            answer: answer.map(|answer| KeptAnswer {
                status: answer.status.into(),
                body: answer.body,
            }),
        }))
    }

    async fn complete(
        &self,
        request: Request<CompleteRequest>,
    ) -> Result<Response<CompleteResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let key = RequestKey::parse(&caller, request.key)?;
        let status = u16::try_from(request.status)
            .map_err(|_| ServiceError::invalid("status", "expected a status of HTTP"))?;
        self.idempotency.complete(&key, status, request.body).await?;
        Ok(Response::new(CompleteResponse {}))
    }

    async fn release(&self, request: Request<ReleaseRequest>) -> Result<Response<ReleaseResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let key = RequestKey::parse(&caller, request.into_inner().key)?;
        self.idempotency.release(&key).await?;
        Ok(Response::new(ReleaseResponse {}))
    }
}
