use std::pin::Pin;

use futures::{Stream, StreamExt as _, TryStreamExt as _};
use proto::logging::{
    BreakDownToolCallsRequest, BreakDownToolCallsResponse, ChartToolCallsRequest, ChartToolCallsResponse,
    CountFacetsRequest, CountFacetsResponse, ExportToolCallsRequest, ExportToolCallsResponse,
    GetToolCallRequest, GetToolCallResponse, ListToolCallsRequest, ListToolCallsResponse,
    SummarizeToolCallsRequest, SummarizeToolCallsResponse, TailToolCallsRequest, TailToolCallsResponse,
    ToolCallOrder, tool_calls_service_server::ToolCallsService,
};
use service_host::Shutdown;
use tonic::{Request, Response, Status};

use crate::{
    breakdown, chart, export, facets,
    figures::Dimension,
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

    type ExportToolCallsStream = Pin<Box<dyn Stream<Item = Result<ExportToolCallsResponse, Status>> + Send>>;

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
            is_oldest_first(request.order),
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
        let request = request.into_inner();
        let (filter, _) = ToolCallFilter::from_wire(request.filter)?;
        let summary = if request.include_previous {
            summary::compare(&self.store, &filter).await?
        } else {
            summary::summarize(&self.store, &filter).await?
        };
        Ok(Response::new(summary))
    }

    async fn count_facets(
        &self,
        request: Request<CountFacetsRequest>,
    ) -> Result<Response<CountFacetsResponse>, Status> {
        let request = request.into_inner();
        let (filter, _) = ToolCallFilter::from_wire(request.filter)?;
        let mut dimensions = request
            .dimensions
            .into_iter()
            .map(|value| Dimension::from_wire("dimensions", value))
            .collect::<Result<Vec<_>, _>>()?;
        if dimensions.is_empty() {
            dimensions.extend(Dimension::ALL);
            dimensions.retain(|dimension| *dimension != Dimension::ErrorMessage);
        }
        let facets = facets::count(&self.store, &filter, &dimensions, request.limit).await?;
        Ok(Response::new(CountFacetsResponse { facets }))
    }

    async fn chart_tool_calls(
        &self,
        request: Request<ChartToolCallsRequest>,
    ) -> Result<Response<ChartToolCallsResponse>, Status> {
        let request = request.into_inner();
        let (filter, _) = ToolCallFilter::from_wire(request.filter)?;
        let by = request
            .group_by
            .map(|value| Dimension::from_wire("group_by", value))
            .transpose()?;
        let chart = chart::draw(&self.store, &filter, by, request.step_us).await?;
        Ok(Response::new(chart))
    }

    async fn break_down_tool_calls(
        &self,
        request: Request<BreakDownToolCallsRequest>,
    ) -> Result<Response<BreakDownToolCallsResponse>, Status> {
        let request = request.into_inner();
        let (filter, _) = ToolCallFilter::from_wire(request.filter.clone())?;
        let dimension = Dimension::from_wire("dimension", request.dimension)?;
        let previous = if request.include_previous {
            Some(summary::previous(&filter)?)
        } else {
            None
        };
        let order = request.order();
        let rows =
            breakdown::break_down(&self.store, &filter, dimension, order, request.limit, previous).await?;
        Ok(Response::new(rows))
    }

    async fn export_tool_calls(
        &self,
        request: Request<ExportToolCallsRequest>,
    ) -> Result<Response<Self::ExportToolCallsStream>, Status> {
        let request = request.into_inner();
        let (filter, _) = ToolCallFilter::from_wire(request.filter)?;
        let is_oldest_first = is_oldest_first(request.order);
        let parts = export::all(
            self.store.clone(),
            filter,
            is_oldest_first,
            request.include_payloads,
        );
        Ok(Response::new(Box::pin(parts.map_err(Status::from))))
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

fn is_oldest_first(order: i32) -> bool {
    order == i32::from(ToolCallOrder::OldestFirst)
}
