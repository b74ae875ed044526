use std::pin::Pin;

use database::keyset::{self, Key, Place};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use proto::{
    logging::{
        ListServerLogsRequest, ListServerLogsResponse, TailServerLogsRequest, TailServerLogsResponse,
        server_logs_service_server::ServerLogsService,
    },
    page,
};
use service_error::ServiceError;
use service_host::Shutdown;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::{
    filter,
    ingest::Ingest,
    server_logs::{ServerLogRow, tail},
    store::Store,
    tool_calls::parse_cursor,
};

const DEFAULT_LIMIT: u32 = 200;

pub(super) struct ServerLogs {
    pub(super) store: Store,
    pub(super) ingest: Ingest,
    pub(super) shutdown: Shutdown,
}

/// Whose lines.
struct Wanted {
    project_id: Uuid,
    server_id: Option<Uuid>,
    scope: keyset::Filter,
}

impl Wanted {
    fn read(project_id: &str, server_id: Option<String>) -> Result<Self, ServiceError> {
        let project_id = filter::id("project_id", project_id)?;
        let server_id = server_id.filter(|id| !id.is_empty());
        let server_id = server_id.map(|id| filter::id("server_id", &id)).transpose()?;
        let of_server = server_id.as_ref().map_or(&[][..], |id| id.as_bytes());
        let scope = keyset::Filter::of("server_logs", &[project_id.as_bytes(), of_server]);
        Ok(Self {
            project_id,
            server_id,
            scope,
        })
    }
}

#[tonic::async_trait]
impl ServerLogsService for ServerLogs {
    type TailServerLogsStream = Pin<Box<dyn Stream<Item = Result<TailServerLogsResponse, Status>> + Send>>;

    async fn list_server_logs(
        &self,
        request: Request<ListServerLogsRequest>,
    ) -> Result<Response<ListServerLogsResponse>, Status> {
        let request = request.into_inner();
        let wanted = Wanted::read(&request.project_id, request.server_id)?;
        let page = request.page.unwrap_or_default();
        let limit = keyset::limit(page.limit, DEFAULT_LIMIT)?;
        let place: Place = parse_cursor(&page.cursor, wanted.scope)?;
        let rows = self
            .store
            .list_server_logs(wanted.project_id, wanted.server_id, place, limit + 1)
            .await
            .map_err(ServiceError::from)?;
        let found = keyset::page(rows, limit, place, wanted.scope, ServerLogRow::key);
        Ok(Response::new(ListServerLogsResponse {
            server_logs: found.items.into_iter().map(ServerLogRow::into_wire).collect(),
            page: Some(page::Page {
                older: found.older,
                newer: found.newer,
                has_older: found.has_older,
            }),
        }))
    }

    async fn tail_server_logs(
        &self,
        request: Request<TailServerLogsRequest>,
    ) -> Result<Response<Self::TailServerLogsStream>, Status> {
        let request = request.into_inner();
        let wanted = Wanted::read(&request.project_id, request.server_id)?;
        let after = match parse_cursor(&request.cursor, wanted.scope)? {
            Place::Newest => None,
            Place::NewerThan(key) | Place::OlderThan(key) => Some(key),
        };
        let (store, committed, scope) = (self.store.clone(), self.ingest.committed(), wanted.scope);
        let shutdown = self.shutdown.clone();
        let lines = tail::follow(store, wanted.project_id, wanted.server_id, after, committed)
            .map_ok(
                move |(rows, after): (Vec<ServerLogRow>, Key)| TailServerLogsResponse {
                    server_logs: rows.into_iter().map(ServerLogRow::into_wire).collect(),
                    cursor: Place::NewerThan(after).cursor(scope),
                },
            )
            .map_err(Status::from)
            .take_until(async move { shutdown.soft().await });
        Ok(Response::new(Box::pin(lines)))
    }
}
