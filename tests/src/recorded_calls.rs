use access::{ServiceIdentity, ServiceName, ServiceSecret};
use anyhow::Context as _;
use domain::{Clock, Door, GatewayId, Timestamp, ToolCallId, ToolCallStatus};
use proto::{
    convert::FromWire as _,
    logging::{AppendRequest, Payload, Record, ToolCall, ingest_service_client::IngestServiceClient, record},
};
use service_host::{DialOptions, dial};

/// As many as a gateway sends at once.
const BATCH: usize = 500;

/// How far the calls are from each other.
const STEP_US: i64 = 100_000;

/// Has the log take calls that nobody made, the last of them just now: far more
/// than a test could make. They are called `numbered`, and their arguments hold
/// their number, from 0 for the first.
pub(crate) async fn record(
    logging_url: &str,
    secret: &ServiceSecret,
    project_id: &str,
    count: u64,
) -> anyhow::Result<()> {
    let identity = ServiceIdentity::new(secret.token_for(ServiceName::McpGateway));
    let project_id = project_id.to_owned();
    let channel = dial(logging_url, DialOptions::default())?;
    let clock = Clock::system();
    let (gateway_id, now_us) = (GatewayId::new(&clock).to_string(), clock.now().as_micros());
    let requests = (0..count).step_by(BATCH).map(move |first| {
        let last = (first + BATCH as u64).min(count) - 1;
        let at = |number: u64| {
            let before = i64::try_from(count - number).expect("fewer calls than microseconds");
            Timestamp::from_micros(now_us - before * STEP_US)
        };
        AppendRequest {
            gateway_id: gateway_id.clone(),
            epoch: 1,
            first_seq: first + 1,
            last_seq: last + 1,
            records: (first..=last)
                .map(|number| call(&project_id, number, at(number)).to_bytes())
                .collect(),
        }
    });
    let expected = count.div_ceil(BATCH as u64);
    let mut answers = IngestServiceClient::with_interceptor(channel, identity)
        .append(tokio_stream::iter(requests))
        .await?
        .into_inner();
    for _ in 0..expected {
        answers.message().await?.context("the log takes all of them")?;
    }
    Ok(())
}

fn call(project_id: &str, number: u64, at: Timestamp) -> Record {
    let payload = |json: String| Payload {
        size_bytes: json.len() as u64,
        sha256: vec![0; 32],
        is_truncated: false,
        json,
    };
    let call = ToolCall {
        id: ToolCallId::new(&Clock::manual(at)).to_string(),
        project_id: project_id.to_owned(),
        server_name: "recorded".to_owned(),
        request_id: number.to_string(),
        exposed_name: "recorded__numbered".to_owned(),
        tool_name: "numbered".to_owned(),
        door: Door::StreamableHttp.to_wire(),
        status: ToolCallStatus::Success.to_wire(),
        started_at_us: at.as_micros(),
        duration_us: Some(1_000 + number % 90_000),
        arguments: Some(payload(format!("{{\"number\":{number}}}"))),
        result: Some(payload("{\"content\":[]}".to_owned())),
        rounds: 1,
        ..ToolCall::default()
    };
    Record {
        record: Some(record::Record::ToolCall(call)),
    }
}
