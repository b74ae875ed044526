use std::pin::Pin;

use futures::{Stream, StreamExt as _, TryStreamExt as _};
use proto::logging::{
    GetToolCallRequest, GetToolCallResponse, ListToolCallsRequest, ListToolCallsResponse,
    SummarizeToolCallsRequest, SummarizeToolCallsResponse, TailToolCallsRequest, TailToolCallsResponse,
    tool_calls_service_server::ToolCallsService,
};
use service_host::Shutdown;
use tonic::{Request, Response, Status};

use crate::{
    filter::{self, ToolCallFilter},
    ingest::Ingest,
    store::Store,
    summary, tail, tool_calls,
};

pub(super) struct ToolCalls {
    pub(super) store: Store,
    pub(super) ingest: Ingest,
    pub(super) shutdown: Shutdown,
}

#[tonic::async_trait]
impl ToolCallsService for ToolCalls {
    type TailToolCallsStream = Pin<Box<dyn Stream<Item = Result<TailToolCallsResponse, Status>> + Send>>;

    async fn list_tool_calls(
        &self,
        request: Request<ListToolCallsRequest>,
    ) -> Result<Response<ListToolCallsResponse>, Status> {
        let request = request.into_inner();
        let (filter, scope) = ToolCallFilter::from_wire(request.filter)?;
        let (tool_calls, page) = tool_calls::list(
            &self.store,
            &filter,
            scope,
            request.page,
            request.include_payloads,
        )
        .await?;
        Ok(Response::new(ListToolCallsResponse {
            tool_calls,
            page: Some(page),
        }))
    }

    async fn get_tool_call(
        &self,
        request: Request<GetToolCallRequest>,
    ) -> Result<Response<GetToolCallResponse>, Status> {
        let request = request.into_inner();
        let project_id = filter::id("project_id", &request.project_id)?;
        let tool_call = tool_calls::get(&self.store, project_id, filter::id("id", &request.id)?).await?;
        Ok(Response::new(GetToolCallResponse {
            tool_call: Some(tool_call),
        }))
    }

    async fn summarize_tool_calls(
        &self,
        request: Request<SummarizeToolCallsRequest>,
    ) -> Result<Response<SummarizeToolCallsResponse>, Status> {
        let (filter, _) = ToolCallFilter::from_wire(request.into_inner().filter)?;
        Ok(Response::new(summary::summarize(&self.store, &filter).await?))
    }

    async fn tail_tool_calls(
        &self,
        request: Request<TailToolCallsRequest>,
    ) -> Result<Response<Self::TailToolCallsStream>, Status> {
        let request = request.into_inner();
        let (filter, scope) = ToolCallFilter::from_wire(request.filter)?;
        let after = tail::read_cursor(&request.cursor, scope)?;
        let shutdown = self.shutdown.clone();
        let calls = tail::follow(self.store.clone(), filter, scope, after, self.ingest.committed())
            .map_err(Status::from)
            .take_until(async move { shutdown.soft().await });
        Ok(Response::new(Box::pin(calls)))
    }
}
