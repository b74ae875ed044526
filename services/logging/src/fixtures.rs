//! Records as gateways make them.

use domain::{Clock, Door, ErrorKind, GatewayId, SessionEnd, ToolCallStatus};
use proto::{
    convert::FromWire as _,
    logging::{
        AppendRequest, Client, ClientSession, ListToolCallsRequest, Payload, Principal, Record, ToolCall,
        ToolCallFilter, record::Record as Kind,
    },
    page::{Page, PageRequest},
};
use uuid::Uuid;

use crate::{filter, ingest::Ingest, store::Store, tool_calls};

pub(crate) const PROJECT: Uuid = Uuid::from_u128(0x0001);
pub(crate) const SERVER: Uuid = Uuid::from_u128(0x0002);
pub(crate) const SESSION: Uuid = Uuid::from_u128(0x0003);

/// A gateway that sends to an ingest of its own.
pub(crate) struct Gateway {
    pub(crate) id: GatewayId,
    pub(crate) ingest: Ingest,
    pub(crate) store: Store,
    next_seq: u64,
}

impl Gateway {
    pub(crate) fn over(database: database::Database) -> Self {
        let store = Store::over(database);
        Self {
            id: GatewayId::new(&Clock::system()),
            ingest: Ingest::new(store.clone(), Clock::system()),
            store,
            next_seq: 1,
        }
    }

    /// Another gateway of the same store.
    pub(crate) fn neighbour(&self) -> Self {
        Self {
            id: GatewayId::new(&Clock::system()),
            ingest: self.ingest.of_a_stream(),
            store: self.store.clone(),
            next_seq: 1,
        }
    }

    /// The next batch of this gateway's spool.
    pub(crate) fn batch(&mut self, records: &[Record]) -> AppendRequest {
        let first_seq = self.next_seq;
        self.next_seq += records.len().max(1) as u64;
        AppendRequest {
            gateway_id: self.id.to_string(),
            epoch: 1,
            first_seq,
            last_seq: self.next_seq - 1,
            records: records.iter().map(Record::to_bytes).collect(),
        }
    }

    pub(crate) async fn send(&mut self, records: Vec<Record>) {
        let batch = self.batch(&records);
        self.ingest.append(batch).await.unwrap();
    }

    /// Has the next batches stored in one transaction.
    pub(crate) async fn send_together(&mut self, batches: Vec<Vec<Record>>) {
        let mut prepared = Vec::new();
        for records in batches {
            let batch = self.batch(&records);
            prepared.push(self.ingest.prepare(batch).await.unwrap());
        }
        let sent = prepared.len();
        let acknowledged = self.ingest.store(prepared).await.unwrap();
        assert_eq!(acknowledged.len(), sent);
    }

    /// Sends, and has the words indexed, too.
    pub(crate) async fn send_and_index(&mut self, records: Vec<Record>) {
        self.send(records).await;
        crate::indexing::everything(&self.store).await;
    }
}

/// A call at a time, with nothing but what it must have.
pub(crate) fn running(id: u128, started_at_us: i64) -> ToolCall {
    ToolCall {
        id: Uuid::from_u128(id).to_string(),
        project_id: PROJECT.to_string(),
        server_id: Some(SERVER.to_string()),
        server_name: "github".to_owned(),
        session_id: Some(SESSION.to_string()),
        request_id: "7".to_owned(),
        tool_name: "search_issues".to_owned(),
        exposed_name: "github__search_issues".to_owned(),
        door: Door::StreamableHttp.to_wire(),
        client_revision: "2025-06-18".to_owned(),
        upstream_revision: "2025-11-25".to_owned(),
        bridged: vec!["structured_content".to_owned()],
        downgrades: vec!["audio \"quoted\"".to_owned()],
        status: ToolCallStatus::Running.to_wire(),
        started_at_us,
        arguments: Some(payload(r#"{"q":"bug"}"#)),
        principal: Some(Principal {
            user_id: Some(Uuid::from_u128(4).to_string()),
            api_key_id: None,
        }),
        client: Some(Client {
            name: "Cursor".to_owned(),
            version: "1.2".to_owned(),
            r#type: "cursor".to_owned(),
            user_agent: "cursor/1.2".to_owned(),
            ip_address: "192.0.2.7".to_owned(),
        }),
        trace_id: "0af7651916cd43dd8448eb211c80319c".to_owned(),
        span_id: "b7ad6b7169203331".to_owned(),
        tool_version: "v1".to_owned(),
        rounds: 1,
        arguments_preview: r#"{"q":"bug"}"#.to_owned(),
        ..ToolCall::default()
    }
}

/// The same call, ended.
pub(crate) fn finished(id: u128, started_at_us: i64, status: ToolCallStatus) -> ToolCall {
    let error_kind = match status {
        ToolCallStatus::Error => ErrorKind::ToolError.to_wire(),
        _ => 0,
    };
    ToolCall {
        status: status.to_wire(),
        error_kind,
        duration_us: Some(1_000 + id as u64 % 1_000),
        queue_us: Some(1),
        connect_us: Some(2),
        upstream_us: Some(900),
        result: Some(payload(r#"{"content":[]}"#)),
        ..running(id, started_at_us)
    }
}

pub(crate) fn payload(json: &str) -> Payload {
    Payload {
        json: json.to_owned(),
        size_bytes: json.len() as u64,
        sha256: vec![7; 32],
        is_truncated: false,
    }
}

pub(crate) fn session(last_seen_at_us: i64, end: Option<(i64, SessionEnd)>) -> ClientSession {
    ClientSession {
        id: SESSION.to_string(),
        project_id: PROJECT.to_string(),
        server_id: None,
        door: Door::StreamableHttp.to_wire(),
        revision: "2025-06-18".to_owned(),
        client: running(1, 1).client,
        capabilities_json: "{}".to_owned(),
        principal: running(1, 1).principal,
        started_at_us: 1,
        last_seen_at_us,
        ended_at_us: end.map(|end| end.0),
        end: end.map_or(0, |end| end.1.to_wire()),
        // The store counts itself.
        total_calls: 99,
        successful_calls: 99,
        failed_calls: 99,
    }
}

pub(crate) fn record(kind: impl Into<Kind>) -> Record {
    Record {
        record: Some(kind.into()),
    }
}

pub(crate) fn records(calls: impl IntoIterator<Item = ToolCall>) -> Vec<Record> {
    calls
        .into_iter()
        .map(|call| record(Kind::ToolCall(call)))
        .collect()
}

pub(crate) fn of_project() -> ToolCallFilter {
    ToolCallFilter {
        project_id: PROJECT.to_string(),
        ..ToolCallFilter::default()
    }
}

/// A page with payloads.
pub(crate) async fn list(
    store: &Store,
    filter: ToolCallFilter,
    cursor: &str,
    limit: u32,
) -> (Vec<ToolCall>, Page) {
    let request = ListToolCallsRequest {
        filter: Some(filter),
        page: Some(PageRequest {
            limit,
            cursor: cursor.to_owned(),
        }),
        include_payloads: true,
        order: 0,
    };
    let (filter, scope) = filter::ToolCallFilter::from_wire(request.filter).unwrap();
    tool_calls::list(store, &filter, scope, request.page, false, true)
        .await
        .unwrap()
}

/// The counters of the session, out of the session and out of its calls.
pub(crate) async fn counts(store: &Store) -> ((u64, u64, u64), (u64, u64, u64)) {
    let session = store
        .find_session(PROJECT, SESSION)
        .await
        .unwrap()
        .unwrap()
        .into_wire();
    let (calls, _) = list(store, of_project(), "", 500).await;
    let success = ToolCallStatus::Success.to_wire();
    let running = ToolCallStatus::Running.to_wire();
    let count = |take: &dyn Fn(&ToolCall) -> bool| calls.iter().filter(|call| take(call)).count() as u64;
    (
        (
            session.total_calls,
            session.successful_calls,
            session.failed_calls,
        ),
        (
            count(&|_| true),
            count(&|call| call.status == success),
            count(&|call| call.status != success && call.status != running),
        ),
    )
}
