use database::keyset::{self, Key, Place};
use proto::{
    logging::{
        GetSessionRequest, GetSessionResponse, ListSessionsRequest, ListSessionsResponse,
        sessions_service_server::SessionsService,
    },
    page,
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use crate::{filter, sessions::CountedSession, store::Store, tool_calls::parse_cursor};

const DEFAULT_LIMIT: u32 = 50;

pub(super) struct Sessions {
    pub(super) store: Store,
}

#[tonic::async_trait]
impl SessionsService for Sessions {
    async fn list_sessions(
        &self,
        request: Request<ListSessionsRequest>,
    ) -> Result<Response<ListSessionsResponse>, Status> {
        let request = request.into_inner();
        let project_id = filter::id("project_id", &request.project_id)?;
        let page = request.page.unwrap_or_default();
        let limit = keyset::limit(page.limit, DEFAULT_LIMIT)?;
        let scope = keyset::Filter::of("sessions", &[project_id.as_bytes()]);
        let place: Place = parse_cursor(&page.cursor, scope)?;
        let rows = self
            .store
            .list_sessions(project_id, place, limit + 1)
            .await
            .map_err(ServiceError::from)?;
        let found = keyset::page(rows, limit, place, scope, |row| Key {
            at: row.session.started_at,
            id: row.session.id,
        });
        Ok(Response::new(ListSessionsResponse {
            sessions: found.items.into_iter().map(CountedSession::into_wire).collect(),
            page: Some(page::Page {
                older: found.older,
                newer: found.newer,
                has_older: found.has_older,
            }),
        }))
    }

    async fn get_session(
        &self,
        request: Request<GetSessionRequest>,
    ) -> Result<Response<GetSessionResponse>, Status> {
        let request = request.into_inner();
        let project_id = filter::id("project_id", &request.project_id)?;
        let id = filter::id("id", &request.id)?;
        let session = self
            .store
            .find_session(project_id, id)
            .await
            .map_err(ServiceError::from)?
            .ok_or_else(|| ServiceError::not_found("session"))?;
        Ok(Response::new(GetSessionResponse {
            session: Some(session.into_wire()),
        }))
    }
}
