use std::sync::Arc;

use domain::{ProjectId, SessionEnd, SessionId};
use proto::{
    convert::parse_id,
    gateway::{
        EndSessionRequest, EndSessionResponse, ListLiveSessionsRequest, ListLiveSessionsResponse,
        LiveSession, live_sessions_service_server::LiveSessionsService,
    },
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{Rpc, invalid};
use crate::session::Session;

#[tonic::async_trait]
impl LiveSessionsService for Rpc {
    async fn list_live_sessions(
        &self,
        request: Request<ListLiveSessionsRequest>,
    ) -> Result<Response<ListLiveSessionsResponse>, Status> {
        let project: ProjectId = parse_id("project_id", &request.into_inner().project_id).map_err(invalid)?;
        let mut sessions = self.0.sessions.of_project(project);
        sessions.sort_by_key(|session| std::cmp::Reverse(session.id));
        let sessions = sessions.iter().map(to_wire).collect();
        Ok(Response::new(ListLiveSessionsResponse { sessions }))
    }

    async fn end_session(
        &self,
        request: Request<EndSessionRequest>,
    ) -> Result<Response<EndSessionResponse>, Status> {
        let request = request.into_inner();
        let project: ProjectId = parse_id("project_id", &request.project_id).map_err(invalid)?;
        let session: SessionId = parse_id("session_id", &request.session_id).map_err(invalid)?;
        let session = self
            .0
            .sessions
            .by_id(session)
            .filter(|session| session.project_id == project)
            .ok_or_else(|| ServiceError::not_found("session"))?;
        self.0.sessions.end(&session, SessionEnd::Revoked);
        Ok(Response::new(EndSessionResponse {}))
    }
}

fn to_wire(session: &Arc<Session>) -> LiveSession {
    LiveSession {
        in_flight: session.in_flight() as u32,
        open_streams: session.open_streams() as u32,
        session: Some(session.record(None)),
    }
}
