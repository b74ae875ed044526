//! The service as its callers see it: through gRPC, on both databases.

#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]

use std::{sync::LazyLock, time::Duration};

use access::{ServiceIdentity, ServiceName, ServiceSecret};
use database::testing::{Engine, TestDatabase};
use domain::{Clock, ToolCallId};
use logging::{Config, Listeners};
use proto::logging::{
    AppendRequest, GetToolCallRequest, ListServerLogsRequest, ListSessionsRequest, ListToolCallsRequest,
    Record, SummarizeToolCallsRequest, TailToolCallsRequest, ToolCall, ToolCallFilter, ToolCallStatus,
    ingest_service_client::IngestServiceClient, record::Record as Kind,
    server_logs_service_client::ServerLogsServiceClient, sessions_service_client::SessionsServiceClient,
    tool_calls_service_client::ToolCallsServiceClient,
};
use service_host::{Channel, DialOptions, Host, HostConfig, Listener, dial};
use tonic::{Code, service::interceptor::InterceptedService};

const PROJECT: &str = "0192f0c1-7a3b-7c55-9d0e-2f4a6b8c0d1e";
const GATEWAY: &str = "0192f0c1-7a3b-7c55-9d0e-2f4a6b8c0d20";

/// Of now: the sweep at the start would take an old one away.
static CALL: LazyLock<ToolCallId> = LazyLock::new(|| ToolCallId::new(&Clock::system()));

type As = InterceptedService<Channel, ServiceIdentity>;

/// The service in a host of its own.
struct Service {
    host: Host,
    channel: Channel,
    secret: ServiceSecret,
}

impl Service {
    async fn start(database: &TestDatabase) -> Self {
        let mut host = Host::new(HostConfig::default(), Clock::system()).unwrap();
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let url = format!("http://{}", listener.local_addr());
        let secret = ServiceSecret::generate();
        let config = Config {
            database_url: database.url().to_owned(),
            service_secret: Some(secret.clone()),
            ..Config::default()
        };
        Box::pin(logging::start(config, Listeners { grpc: listener }, &mut host))
            .await
            .unwrap();
        Self {
            host,
            channel: dial(&url, DialOptions::default()).unwrap(),
            secret,
        }
    }

    fn channel_as(&self, name: ServiceName) -> As {
        let identity = ServiceIdentity::new(self.secret.token_for(name));
        InterceptedService::new(self.channel.clone(), identity)
    }

    fn tool_calls(&self) -> ToolCallsServiceClient<As> {
        ToolCallsServiceClient::new(self.channel_as(ServiceName::HttpGateway))
    }
}

fn filter() -> ToolCallFilter {
    ToolCallFilter {
        project_id: PROJECT.to_owned(),
        ..ToolCallFilter::default()
    }
}

fn call(status: ToolCallStatus) -> ToolCall {
    ToolCall {
        id: CALL.to_string(),
        project_id: PROJECT.to_owned(),
        tool_name: "echo".to_owned(),
        status: status.into(),
        started_at_us: CALL.made_at().as_micros(),
        duration_us: (status != ToolCallStatus::Running).then_some(1_500),
        ..ToolCall::default()
    }
}

fn batch(seq: u64, call: ToolCall) -> AppendRequest {
    AppendRequest {
        gateway_id: GATEWAY.to_owned(),
        epoch: 1,
        first_seq: seq,
        last_seq: seq,
        records: vec![
            Record {
                record: Some(Kind::ToolCall(call)),
            }
            .to_bytes(),
        ],
    }
}

async fn a_call_travels_from_the_spool_to_its_readers(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let service = Service::start(&database).await;
    let mut tool_calls = service.tool_calls();
    let tail = TailToolCallsRequest {
        filter: Some(filter()),
        cursor: String::new(),
    };
    let mut tail = tool_calls.tail_tool_calls(tail).await.unwrap().into_inner();
    assert!(tail.message().await.unwrap().unwrap().tool_calls.is_empty());

    let (batches, requests) = tokio::sync::mpsc::channel(4);
    let mut ingest = IngestServiceClient::new(service.channel_as(ServiceName::McpGateway));
    let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
    batches
        .send(batch(1, call(ToolCallStatus::Running)))
        .await
        .unwrap();
    let mut answers = ingest.append(requests).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap();
    assert_eq!((answer.epoch, answer.first_seq, answer.last_seq), (1, 1, 1));
    let message = tail.message().await.unwrap().unwrap();
    assert_eq!(message.tool_calls[0].status(), ToolCallStatus::Running);

    batches
        .send(batch(2, call(ToolCallStatus::Success)))
        .await
        .unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap().last_seq, 2);
    let message = tail.message().await.unwrap().unwrap();
    assert_eq!(message.tool_calls[0].status(), ToolCallStatus::Success);

    let list = ListToolCallsRequest {
        filter: Some(filter()),
        ..ListToolCallsRequest::default()
    };
    let list = tool_calls.list_tool_calls(list).await.unwrap().into_inner();
    assert_eq!(
        list.tool_calls,
        [call(ToolCallStatus::Success)].map(with_empty_people)
    );
    let get = |project_id: &str| GetToolCallRequest {
        project_id: project_id.to_owned(),
        id: CALL.to_string(),
    };
    let found = tool_calls.get_tool_call(get(PROJECT)).await.unwrap().into_inner();
    assert_eq!(
        found.tool_call,
        Some(with_empty_people(call(ToolCallStatus::Success)))
    );
    let refused = tool_calls.get_tool_call(get(GATEWAY)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let summary = SummarizeToolCallsRequest {
        filter: Some(filter()),
        include_previous: false,
    };
    let summary = tool_calls
        .summarize_tool_calls(summary)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (summary.total, summary.success, summary.success_rate),
        (1, 1, Some(1.0))
    );

    // Tail and ingest have no natural end; a stop ends them.
    service.host.shut_down().await.unwrap();
    while let Ok(Some(_)) = tail.message().await {}
    assert!(!matches!(answers.message().await, Ok(Some(_))));
    database.remove().await;
}

/// Absent people and client come back as empty ones.
fn with_empty_people(call: ToolCall) -> ToolCall {
    ToolCall {
        principal: Some(proto::logging::Principal::default()),
        client: Some(proto::logging::Client::default()),
        ..call
    }
}

#[tokio::test]
async fn a_call_travels_from_the_spool_to_its_readers_on_sqlite() {
    Box::pin(a_call_travels_from_the_spool_to_its_readers(Engine::Sqlite)).await;
}

#[tokio::test]
async fn a_call_travels_from_the_spool_to_its_readers_on_postgres() {
    Box::pin(a_call_travels_from_the_spool_to_its_readers(Engine::Postgres)).await;
}

#[tokio::test]
async fn what_came_before_a_run_that_cannot_be_read_is_stored() {
    let database = TestDatabase::create(Engine::Sqlite).await;
    let service = Service::start(&database).await;
    let mut ingest = IngestServiceClient::new(service.channel_as(ServiceName::McpGateway));
    let unreadable = AppendRequest {
        gateway_id: "nobody".to_owned(),
        ..batch(2, call(ToolCallStatus::Success))
    };
    let batches = [batch(1, call(ToolCallStatus::Running)), unreadable];
    let answers = ingest.append(tokio_stream::iter(batches)).await.unwrap();
    let mut answers = answers.into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().last_seq, 1);
    let end = answers.message().await.map(drop);
    assert_eq!(code(end), Err(Code::InvalidArgument));

    let list = ListToolCallsRequest {
        filter: Some(filter()),
        ..ListToolCallsRequest::default()
    };
    let list = service.tool_calls().list_tool_calls(list).await.unwrap();
    assert_eq!(list.into_inner().tool_calls[0].status(), ToolCallStatus::Running);
    tokio::time::timeout(Duration::from_secs(30), service.host.shut_down())
        .await
        .unwrap()
        .unwrap();
    database.remove().await;
}

#[tokio::test]
async fn gateways_write_and_readers_read_and_nobody_else_does_either() {
    let database = TestDatabase::create(Engine::Sqlite).await;
    let service = Service::start(&database).await;
    for name in ServiceName::ALL {
        let channel = service.channel_as(*name);
        let appended = IngestServiceClient::new(channel.clone())
            .append(tokio_stream::iter([batch(1, call(ToolCallStatus::Running))]))
            .await
            .map(drop);
        let may_write = *name == ServiceName::McpGateway;
        assert_eq!(
            code(appended),
            may_write.then_some(()).ok_or(Code::PermissionDenied),
            "{name}"
        );

        let mut tool_calls = ToolCallsServiceClient::new(channel.clone());
        let mut sessions = SessionsServiceClient::new(channel.clone());
        let mut server_logs = ServerLogsServiceClient::new(channel);
        let of_project = || PROJECT.to_owned();
        let list = ListToolCallsRequest {
            filter: Some(filter()),
            ..Default::default()
        };
        let sessions = sessions.list_sessions(ListSessionsRequest {
            project_id: of_project(),
            page: None,
        });
        let logs = ListServerLogsRequest {
            project_id: of_project(),
            ..Default::default()
        };
        let may_read = matches!(name, ServiceName::HttpGateway | ServiceName::Operator);
        for read in [
            code(tool_calls.list_tool_calls(list).await.map(drop)),
            code(sessions.await.map(drop)),
            code(server_logs.list_server_logs(logs).await.map(drop)),
        ] {
            assert_eq!(
                read,
                may_read.then_some(()).ok_or(Code::PermissionDenied),
                "{name}"
            );
        }
    }
    let stranger = ToolCallsServiceClient::new(service.channel.clone())
        .list_tool_calls(ListToolCallsRequest {
            filter: Some(filter()),
            ..Default::default()
        })
        .await;
    assert_eq!(code(stranger.map(drop)), Err(Code::Unauthenticated));
    tokio::time::timeout(Duration::from_secs(30), service.host.shut_down())
        .await
        .unwrap()
        .unwrap();
    database.remove().await;
}

fn code(answer: Result<(), tonic::Status>) -> Result<(), Code> {
    answer.map_err(|status| status.code())
}
