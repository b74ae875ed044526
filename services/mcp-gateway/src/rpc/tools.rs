use proto::gateway::{
    CallToolRequest, CallToolResponse, ListToolsRequest, ListToolsResponse,
    tools_service_server::ToolsService,
};
use service_error::{Code, ServiceError};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::message::object_fields;

#[tonic::async_trait]
impl ToolsService for Rpc {
    async fn list_tools(
        &self,
        request: Request<ListToolsRequest>,
    ) -> Result<Response<ListToolsResponse>, Status> {
        let request = request.into_inner();
        let (caller, server) = self.caller(&request.project_id, &request.server_id, None, None)?;
        let tools_json = self
            .0
            .tools(&caller, &server)
            .await
            .map_err(|words| ServiceError::new(Code::Unavailable, "server_unavailable", words))?;
        let off = caller.project.switches.off(server.id);
        Ok(Response::new(ListToolsResponse {
            tools_json,
            disabled_tools: off.into_iter().flatten().cloned().collect(),
        }))
    }

    async fn call_tool(
        &self,
        request: Request<CallToolRequest>,
    ) -> Result<Response<CallToolResponse>, Status> {
        let request = request.into_inner();
        let (caller, _) = self.caller(
            &request.project_id,
            &request.server_id,
            request.principal,
            request.client,
        )?;
        let arguments = match request.arguments_json.trim() {
            "" => "{}",
            arguments => arguments,
        };
        if crate::message::check_text(arguments.as_bytes()).is_err()
            || object_fields::<0>(arguments, []).is_none()
            || serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_err()
        {
            let words = "expected a JSON object, nested at most 64 deep";
            return Err(ServiceError::invalid("arguments_json", words).into());
        }
        let name = serde_json::Value::from(request.tool_name);
        let params = format!("{{\"name\":{name},\"arguments\":{arguments}}}");
        // Whoever calls and goes away drops the call, which withdraws it.
        let cancel = CancellationToken::new();
        let end = self
            .0
            .call_tool(&caller, "", Some(&params), None, &cancel, None)
            .await;
        let tool_call = end.record.ok_or_else(|| {
            ServiceError::new(
                Code::Unavailable,
                "spool_full",
                "the gateway cannot record calls at the moment and makes none; try again in a few seconds",
            )
        })?;
        Ok(Response::new(CallToolResponse {
            tool_call: Some(tool_call),
        }))
    }
}
