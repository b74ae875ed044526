use access::{ServiceIdentity, ServiceName};
use proto::{
    gateway::{
        CallToolRequest, EndSessionRequest, ListLiveSessionsRequest, ListToolsRequest, ListUpstreamsRequest,
        RestartUpstreamRequest, TestServerRequest, UpstreamState,
        live_sessions_service_client::LiveSessionsServiceClient, tools_service_client::ToolsServiceClient,
        upstreams_service_client::UpstreamsServiceClient,
    },
    logging::{Door, Principal, ToolCallStatus},
};
use service_host::{Channel, DialOptions, dial};
use tonic::{Code, service::interceptor::InterceptedService};

use crate::{
    client::Events,
    stack::{Stack, stdio},
};

type Service = InterceptedService<Channel, ServiceIdentity>;

pub(crate) fn service(stack: &Stack, name: ServiceName) -> Service {
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

#[tokio::test(flavor = "multi_thread")]
async fn who_is_connected_is_seen_and_can_be_sent_away() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let mut events = Events::new(client.request(reqwest::Method::GET, "/mcp").send().await.unwrap());
    let mut sessions = LiveSessionsServiceClient::new(service(&stack, ServiceName::HttpGateway));
    let list = ListLiveSessionsRequest {
        project_id: stack.project.id.to_string(),
    };
    let live = sessions
        .list_live_sessions(list.clone())
        .await
        .unwrap()
        .into_inner()
        .sessions;
    assert_eq!(live.len(), 1);
    assert_eq!((live[0].in_flight, live[0].open_streams), (0, 1));
    let session = live[0].session.clone().unwrap();
    assert_eq!(session.client.unwrap().name, "test-client");
    let end = EndSessionRequest {
        project_id: domain::ProjectId::new(&domain::Clock::system()).to_string(),
        session_id: session.id,
    };
    let refused = sessions.end_session(end.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound, "of another project");
    let end = EndSessionRequest {
        project_id: stack.project.id.to_string(),
        ..end
    };
    sessions.end_session(end).await.unwrap();
    assert_eq!(events.next().await, None);
    assert!(
        sessions
            .list_live_sessions(list)
            .await
            .unwrap()
            .into_inner()
            .sessions
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_started_anew_and_a_definition_is_tried_without_a_trace() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    client.call("scripted__echo", serde_json::json!({})).await;
    let mut upstreams = UpstreamsServiceClient::new(service(&stack, ServiceName::HttpGateway));
    let list = ListUpstreamsRequest {
        project_id: stack.project.id.to_string(),
    };
    let before = upstreams
        .list_upstreams(list.clone())
        .await
        .unwrap()
        .into_inner()
        .upstreams;
    assert!(before[0].rss_bytes > Some(0) && before[0].processes > Some(0));
    let restart = RestartUpstreamRequest {
        project_id: stack.project.id.to_string(),
        server_id: stack.project.server_id(),
    };
    let after = upstreams
        .restart_upstream(restart)
        .await
        .unwrap()
        .into_inner()
        .upstream
        .unwrap();
    assert_eq!(after.state(), UpstreamState::Ready);
    assert_ne!(after.pid, before[0].pid);

    let mut server = stack.project.scripted("tried");
    let try_it = |server: &proto::projects::Server, may_run_programs| TestServerRequest {
        project_id: stack.project.id.to_string(),
        definition: server.definition.clone(),
        may_run_programs,
    };
    let refused = upstreams.test_server(try_it(&server, false)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let trial = upstreams
        .test_server(try_it(&server, true))
        .await
        .unwrap()
        .into_inner();
    assert!(trial.is_ok && trial.error.is_empty(), "{trial:?}");
    assert_eq!(
        (trial.tools_json.len(), trial.implementation_name.as_str()),
        (11, "scripted")
    );
    stdio(&mut server).env.insert("DEAD".to_owned(), "1".to_owned());
    let trial = upstreams
        .test_server(try_it(&server, true))
        .await
        .unwrap()
        .into_inner();
    assert!(!trial.is_ok && trial.error.contains("no license"), "{trial:?}");
    let now = upstreams
        .list_upstreams(list)
        .await
        .unwrap()
        .into_inner()
        .upstreams;
    assert_eq!(now.len(), 1, "what was tried is gone");
}
