//! How many tool calls the service stores in a second, through gRPC, as a
//! gateway sends them:
//!
//! ```text
//! cargo run --release -p logging --example ingest_speed -- [DATABASE_URL] [CALLS]
//! ```
//!
//! Each call has 1 KiB of arguments and 1 KiB of result. Half of them come in
//! two batches, first running and then ended. Ends with an error unless every
//! call is found in the store.

use std::time::Instant;

use access::{ServiceIdentity, ServiceName, ServiceSecret};
use domain::{Clock, GatewayId, ProjectId, ServerId, SessionId, ToolCallId};
use logging::{Config, Listeners};
use proto::logging::{
    AppendRequest, Payload, Record, SummarizeToolCallsRequest, ToolCall, ToolCallFilter, ToolCallStatus,
    ingest_service_client::IngestServiceClient, record::Record as Kind,
    tool_calls_service_client::ToolCallsServiceClient,
};
use service_host::{DialOptions, Host, HostConfig, Listener, dial};
use tonic::service::interceptor::InterceptedService;

const BATCH: usize = 500;
const IN_FLIGHT: usize = 4;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let own = format!("sqlite://{}", folder.path().join("logging.db").display());
    let mut arguments = std::env::args().skip(1);
    let database_url = arguments.next().unwrap_or(own);
    let calls: usize = arguments.next().map_or(Ok(100_000), |text| text.parse())?;

    let clock = Clock::system();
    let mut host = Host::new(HostConfig::default(), clock.clone())?;
    let listener = Listener::bind(std::net::SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let channel = dial(
        &format!("http://{}", listener.local_addr()),
        DialOptions::default(),
    )?;
    let secret = ServiceSecret::generate();
    let config = Config {
        database_url,
        service_secret: Some(secret.clone()),
    };
    Box::pin(logging::start(config, Listeners { grpc: listener }, &mut host)).await?;
    let channel_as = |name| {
        let identity = ServiceIdentity::new(secret.token_for(name));
        InterceptedService::new(channel.clone(), identity)
    };

    let project_id = ProjectId::new(&clock);
    let batches = batches(&clock, project_id, calls);
    let bytes: usize = batches.iter().map(prost::Message::encoded_len).sum();
    let sent = batches.len();
    let (sender, receiver) = tokio::sync::mpsc::channel(IN_FLIGHT);
    let begin = Instant::now();
    let feed = async {
        for batch in batches {
            sender.send(batch).await?;
        }
        drop(sender);
        anyhow::Ok(())
    };
    let mut ingest = IngestServiceClient::new(channel_as(ServiceName::McpGateway));
    let store = async {
        let requests = tokio_stream::wrappers::ReceiverStream::new(receiver);
        let mut answers = ingest.append(requests).await?.into_inner();
        for _ in 0..sent {
            anyhow::ensure!(answers.message().await?.is_some(), "the stream ended early");
        }
        Ok(())
    };
    futures::try_join!(feed, store)?;
    let seconds = begin.elapsed().as_secs_f64();

    let mut readers = ToolCallsServiceClient::new(channel_as(ServiceName::Operator));
    let filter = Some(ToolCallFilter {
        project_id: project_id.to_string(),
        ..ToolCallFilter::default()
    });
    let begin = Instant::now();
    let summary = readers
        .summarize_tool_calls(SummarizeToolCallsRequest { filter })
        .await?
        .into_inner();
    anyhow::ensure!(
        summary.success == calls as u64,
        "{} of {calls} are in the store",
        summary.success
    );
    println!(
        "{calls} calls in {seconds:.1} s: {:.0} calls/s, {:.1} MiB/s; summed up in {:.0} ms",
        calls as f64 / seconds,
        bytes as f64 / seconds / 1_048_576.0,
        begin.elapsed().as_secs_f64() * 1_000.0,
    );
    host.shut_down().await
}

fn batches(clock: &Clock, project_id: ProjectId, calls: usize) -> Vec<AppendRequest> {
    let text = |size: usize| format!("{{\"text\":\"{}\"}}", "lorem ipsum ".repeat(size / 12));
    let payload = |size: usize| Payload {
        json: text(size),
        size_bytes: size as u64,
        sha256: vec![1; 32],
        is_truncated: false,
    };
    let (server_id, session_id) = (ServerId::new(clock), SessionId::new(clock));
    let ended = |_| ToolCall {
        id: ToolCallId::new(clock).to_string(),
        project_id: project_id.to_string(),
        server_id: Some(server_id.to_string()),
        session_id: Some(session_id.to_string()),
        server_name: "github".to_owned(),
        tool_name: "search_issues".to_owned(),
        exposed_name: "github__search_issues".to_owned(),
        status: ToolCallStatus::Success.into(),
        started_at_us: clock.now().as_micros(),
        duration_us: Some(1_234),
        arguments: Some(payload(1_024)),
        result: Some(payload(1_024)),
        ..ToolCall::default()
    };
    let running = |call: &ToolCall| ToolCall {
        status: ToolCallStatus::Running.into(),
        duration_us: None,
        result: None,
        ..call.clone()
    };
    let mut records = Vec::new();
    let all: Vec<ToolCall> = (0..calls).map(ended).collect();
    for calls in all.chunks(BATCH) {
        records.extend(calls.iter().step_by(2).map(running));
        records.extend(calls.iter().cloned());
    }
    let gateway_id = GatewayId::new(clock).to_string();
    let mut next_seq = 1;
    records
        .chunks(BATCH)
        .map(|records| {
            let first_seq = next_seq;
            next_seq += records.len() as u64;
            AppendRequest {
                gateway_id: gateway_id.clone(),
                epoch: 1,
                first_seq,
                last_seq: next_seq - 1,
                records: records
                    .iter()
                    .map(|call| Record {
                        record: Some(Kind::ToolCall(call.clone())),
                    })
                    .collect(),
            }
        })
        .collect()
}
