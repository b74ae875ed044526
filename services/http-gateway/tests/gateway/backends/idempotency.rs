use std::collections::HashMap;

use proto::projects::{self as wire, idempotency_service_server::IdempotencyService};
use service_error::{Code, ServiceError};
use tonic::{Request, Response, Status};

use super::{World, lock};

/// What is kept of one request.
#[derive(Clone)]
pub(crate) struct Kept {
    fingerprint: Vec<u8>,
    answer: Option<wire::KeptAnswer>,
}

pub(crate) type KeptRequests = HashMap<String, Kept>;

/// Keeps keys as the projects service does, of all callers alike.
pub(crate) struct Idempotency(pub(crate) std::sync::Arc<World>);

#[tonic::async_trait]
impl IdempotencyService for Idempotency {
    async fn claim(
        &self,
        request: Request<wire::ClaimRequest>,
    ) -> Result<Response<wire::ClaimResponse>, Status> {
        self.0.permissions(request.metadata())?;
        let request = request.into_inner();
        let mut kept = lock(&self.0.kept);
        let Some(known) = kept.get(&request.key) else {
            let first = Kept {
                fingerprint: request.fingerprint,
                answer: None,
            };
            kept.insert(request.key, first);
            return Ok(Response::new(wire::ClaimResponse { answer: None }));
        };
        if known.fingerprint != request.fingerprint {
            return Err(ServiceError::new(Code::Refused, "idempotency_key_reused", "another").into());
        }
        match known.answer.clone() {
            Some(answer) => Ok(Response::new(wire::ClaimResponse { answer: Some(answer) })),
            None => Err(ServiceError::new(Code::Conflict, "request_under_way", "wait").into()),
        }
    }

    async fn complete(
        &self,
        request: Request<wire::CompleteRequest>,
    ) -> Result<Response<wire::CompleteResponse>, Status> {
        self.0.permissions(request.metadata())?;
        let request = request.into_inner();
        if let Some(known) = lock(&self.0.kept).get_mut(&request.key) {
            known.answer = Some(wire::KeptAnswer {
                status: request.status,
                body: request.body.unwrap_or_default(),
            });
        }
        Ok(Response::new(wire::CompleteResponse {}))
    }

    async fn release(
        &self,
        request: Request<wire::ReleaseRequest>,
    ) -> Result<Response<wire::ReleaseResponse>, Status> {
        self.0.permissions(request.metadata())?;
        lock(&self.0.kept).remove(&request.into_inner().key);
        Ok(Response::new(wire::ReleaseResponse {}))
    }
}
