use database::keyset::{self, Key, Place};
use proto::{
    logging::{ListServerLogsRequest, ListServerLogsResponse, server_logs_service_server::ServerLogsService},
    page,
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use crate::{filter, server_logs::ServerLogRow, store::Store, tool_calls::parse_cursor};

const DEFAULT_LIMIT: u32 = 200;

pub(super) struct ServerLogs {
    pub(super) store: Store,
}

#[tonic::async_trait]
impl ServerLogsService for ServerLogs {
    async fn list_server_logs(
        &self,
        request: Request<ListServerLogsRequest>,
    ) -> Result<Response<ListServerLogsResponse>, Status> {
        let request = request.into_inner();
        let project_id = filter::id("project_id", &request.project_id)?;
        let server_id = request.server_id.filter(|id| !id.is_empty());
        let server_id = server_id.map(|id| filter::id("server_id", &id)).transpose()?;
        let page = request.page.unwrap_or_default();
        let limit = keyset::limit(page.limit, DEFAULT_LIMIT)?;
        let of_server = server_id.as_ref().map_or(&[][..], |id| id.as_bytes());
        let scope = keyset::Filter::of("server_logs", &[project_id.as_bytes(), of_server]);
        let place: Place = parse_cursor(&page.cursor, scope)?;
        let rows = self
            .store
            .list_server_logs(project_id, server_id, place, limit + 1)
            .await
            .map_err(ServiceError::from)?;
        let found = keyset::page(rows, limit, place, scope, |row| Key {
            at: row.at,
            id: row.id,
        });
        Ok(Response::new(ListServerLogsResponse {
            server_logs: found.items.into_iter().map(ServerLogRow::into_wire).collect(),
            page: Some(page::Page {
                older: found.older,
                newer: found.newer,
                has_older: found.has_older,
            }),
        }))
    }
}
