use access::{ServiceIdentity, ServiceName};
use proto::{
    gateway::{
        CallToolRequest, ListToolsRequest, ListUpstreamsRequest, UpstreamState,
        tools_service_client::ToolsServiceClient, upstreams_service_client::UpstreamsServiceClient,
    },
    logging::{Door, Principal, ToolCallStatus},
};
use service_host::{Channel, DialOptions, dial};
use tonic::{Code, service::interceptor::InterceptedService};

use crate::stack::Stack;

type Service = InterceptedService<Channel, ServiceIdentity>;

fn service(stack: &Stack, name: ServiceName) -> Service {
    let channel = dial(&format!("http://{}", stack.grpc_address), DialOptions::default()).unwrap();
    InterceptedService::new(channel, ServiceIdentity::new(stack.secret.token_for(name)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_over_grpc_is_recorded_like_any_other() {
    let stack = Stack::start().await;
    let server_id = stack.project.server_id();
    let mut tools = ToolsServiceClient::new(service(&stack, ServiceName::HttpGateway));
    let list = ListToolsRequest {
        project_id: stack.project.id.to_string(),
        server_id: server_id.clone(),
    };
    let listed = tools.list_tools(list.clone()).await.unwrap().into_inner();
    assert_eq!(listed.tools_json.len(), 11);
    let call = CallToolRequest {
        project_id: stack.project.id.to_string(),
        server_id: server_id.clone(),
        tool_name: "echo".to_owned(),
        arguments_json: r#"{"text":"over REST"}"#.to_owned(),
        principal: Some(Principal {
            user_id: Some("kim".to_owned()),
            api_key_id: None,
        }),
        client: None,
    };
    let answer = tools
        .call_tool(call.clone())
        .await
        .unwrap()
        .into_inner()
        .tool_call
        .unwrap();
    assert_eq!(answer.status(), ToolCallStatus::Success);
    assert!(answer.result.as_ref().unwrap().json.contains("over REST"));
    let recorded = stack.logging.calls(1).await;
    assert_eq!(recorded[0], answer);
    assert_eq!(recorded[0].door(), Door::Rest);
    assert_eq!(
        recorded[0].principal.as_ref().unwrap().user_id.as_deref(),
        Some("kim")
    );

    for arguments in ["[1]", "{", r#"{"a":"\ud800"}"#, "{} {}"] {
        let broken = CallToolRequest {
            arguments_json: arguments.to_owned(),
            ..call.clone()
        };
        let refusal = tools.call_tool(broken).await.unwrap_err();
        assert_eq!(refusal.code(), Code::InvalidArgument, "{arguments}");
    }

    let mut upstreams = UpstreamsServiceClient::new(service(&stack, ServiceName::Operator));
    let request = ListUpstreamsRequest {
        project_id: stack.project.id.to_string(),
    };
    let running = upstreams
        .list_upstreams(request.clone())
        .await
        .unwrap()
        .into_inner()
        .upstreams;
    assert_eq!(running.len(), 1);
    assert_eq!(
        (running[0].state(), running[0].implementation_name.as_str()),
        (UpstreamState::Ready, "scripted")
    );

    let mut stranger = ToolsServiceClient::new(service(&stack, ServiceName::Logging));
    assert_eq!(
        stranger.list_tools(list).await.unwrap_err().code(),
        Code::PermissionDenied
    );
}
