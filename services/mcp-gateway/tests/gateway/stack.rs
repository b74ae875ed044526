use std::{
    net::SocketAddr,
    path::PathBuf,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use access::{ApiKey, Pepper, ServiceSecret};
use domain::{ApiKeyId, Clock, ProjectId, ServerId, Timestamp, UserId};
use futures::Stream;
use mcp_gateway::{Config, Listeners};
use prost::Message as _;
use proto::{
    logging::{
        AppendRequest, AppendResponse, ClientSession, Record, ServerLog, ToolCall,
        ingest_service_server::{IngestService, IngestServiceServer},
        record,
    },
    projects::{
        ApiKeySnapshot, Permission, ProjectSnapshot, Server, ServerDefinition, SnapshotCompleted,
        SnapshotStarted, SnapshotUnchanged, StdioTransport, WatchRequest, WatchResponse, server_definition,
        snapshot_service_server::{SnapshotService, SnapshotServiceServer},
        watch_response::Event,
    },
};
use service_host::{Host, HostConfig, Listener, http_client};
use tempfile::TempDir;
use tokio::sync::watch;
use tonic::{Request, Response, Status, Streaming, service::Routes};

use crate::client::Client;

/// A gateway with all that it needs around it.
pub(crate) struct Stack {
    pub(crate) folder: TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) grpc_address: SocketAddr,
    pub(crate) secret: ServiceSecret,
    pub(crate) project: Project,
    pub(crate) logging: Logging,
    /// Known to the gateway since its start.
    keys: Mutex<Vec<String>>,
    /// Dropped before the services around it.
    pub(crate) gateway: Option<Host>,
    _around: Host,
}

/// What the projects service tells.
#[derive(Clone)]
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    pepper: Pepper,
    state: Arc<watch::Sender<ProjectSnapshot>>,
}

/// What the logging service was told.
#[derive(Clone, Default)]
pub(crate) struct Logging {
    records: Arc<Mutex<Vec<record::Record>>>,
    is_away: Arc<AtomicBool>,
}

impl Stack {
    /// With one server named `scripted`.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_, _| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Server, &mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secret = ServiceSecret::generate();
        let project = Project::new();
        let logging = Logging::default();

        let mut around = Host::new(HostConfig::default(), Clock::system()).unwrap();
        let projects_listener = any_port();
        let logging_listener = any_port();
        let mut config = Config {
            projects_url: format!("http://{}", projects_listener.local_addr()),
            logging_url: format!("http://{}", logging_listener.local_addr()),
            spool_dir: folder.path().join("spool"),
            stdio_launcher: vec![env!("CARGO_BIN_EXE_stdio-child").to_owned()],
            spool_capacity_bytes: 64 * 1024 * 1024,
            service_secret: Some(secret.clone()),
            ..Config::default()
        };
        let mut server = project.scripted("scripted");
        change(&mut server, &mut config);
        project.change(|project| project.servers.push(server));
        let may_all = [Permission::ReadProject, Permission::CallTools];
        let keys = (0..16).map(|_| project.add_key(&may_all)).collect();
        around
            .serve_grpc(
                "projects",
                projects_listener,
                Routes::new(SnapshotServiceServer::new(project.clone())),
            )
            .unwrap();
        around
            .serve_grpc(
                "logging",
                logging_listener,
                Routes::new(IngestServiceServer::new(logging.clone())),
            )
            .unwrap();

        let mut stack = Self {
            address: ([127, 0, 0, 1], 0).into(),
            grpc_address: ([127, 0, 0, 1], 0).into(),
            gateway: None,
            folder,
            secret,
            project,
            logging,
            keys: Mutex::new(keys),
            _around: around,
        };
        stack.start_gateway(config).await;
        stack
    }

    async fn start_gateway(&mut self, config: Config) {
        let host_config = HostConfig {
            shutdown_grace_ms: 10_000,
            ..HostConfig::default()
        };
        let mut host = Host::new(host_config, Clock::system()).unwrap();
        let listeners = Listeners {
            mcp: any_port(),
            grpc: any_port(),
        };
        self.address = listeners.mcp.local_addr();
        self.grpc_address = listeners.grpc.local_addr();
        mcp_gateway::start(config, listeners, &mut host).await.unwrap();
        self.gateway = Some(host);
        let url = format!("http://{}/readyz", self.address);
        let http = http_client().build().unwrap();
        until("the gateway is ready", async || {
            http.get(&url)
                .send()
                .await
                .is_ok_and(|answer| answer.status() == 200)
                .then_some(())
        })
        .await;
    }

    /// A client with a key of its own that may all.
    pub(crate) fn client(&self) -> Client {
        let key = self.keys.lock().unwrap().pop().expect("enough keys");
        Client::new(self.url("/projects/demo"), key)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn calls_file(&self) -> PathBuf {
        self.folder.path().join("calls")
    }
}

impl Project {
    fn new() -> Self {
        let clock = Clock::system();
        let id = ProjectId::new(&clock);
        let snapshot = ProjectSnapshot {
            id: id.to_string(),
            slug: "demo".to_owned(),
            name: "Demo".to_owned(),
            servers: Vec::new(),
            api_keys: Vec::new(),
            payloads: None,
        };
        Self {
            id,
            pepper: Pepper::from_bytes(&[7; 32]).unwrap(),
            state: Arc::new(watch::Sender::new(snapshot)),
        }
    }

    /// Of the server that was there first.
    pub(crate) fn server_id(&self) -> String {
        self.state.borrow().servers[0].id.clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut ProjectSnapshot)) {
        self.state.send_modify(change);
    }

    /// A server that is not in the project yet.
    pub(crate) fn scripted(&self, name: &str) -> Server {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gateway/scripted_server.py");
        Server {
            id: ServerId::new(&Clock::system()).to_string(),
            project_id: self.id.to_string(),
            name: name.to_owned(),
            definition: Some(ServerDefinition {
                transport: Some(server_definition::Transport::Stdio(StdioTransport {
                    command: "python3".to_owned(),
                    args: vec!["-u".to_owned(), script.to_owned()],
                    ..StdioTransport::default()
                })),
                max_in_flight: 64,
                ..ServerDefinition::default()
            }),
            is_enabled: true,
            created_at_us: 0,
            updated_at_us: 0,
            ..Default::default()
        }
    }

    /// Adds a key and gives its text.
    pub(crate) fn add_key(&self, permissions: &[Permission]) -> String {
        self.add_key_until(permissions, None)
    }

    pub(crate) fn add_key_until(&self, permissions: &[Permission], expires_at: Option<Timestamp>) -> String {
        let clock = Clock::system();
        let key = ApiKey::generate();
        let snapshot = ApiKeySnapshot {
            id: ApiKeyId::new(&clock).to_string(),
            lookup_id: key.lookup_id().to_owned(),
            hash: key.hash(&self.pepper).as_bytes().to_vec(),
            expires_at_us: expires_at.map(Timestamp::as_micros),
            created_by_user_id: UserId::new(&clock).to_string(),
            permissions: permissions.iter().map(|permission| *permission as i32).collect(),
            ..Default::default()
        };
        self.change(|project| project.api_keys.push(snapshot));
        key.expose().to_owned()
    }
}

pub(crate) fn stdio(server: &mut Server) -> &mut StdioTransport {
    match &mut server.definition.as_mut().unwrap().transport {
        Some(server_definition::Transport::Stdio(stdio)) => stdio,
        _ => panic!("a stdio server"),
    }
}

#[tonic::async_trait]
impl SnapshotService for Project {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

    async fn watch(&self, _: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let mut state = self.state.subscribe();
        let pepper = self.pepper.as_bytes().to_vec();
        let event = |event| Ok(WatchResponse { event: Some(event) });
        Ok(Response::new(Box::pin(async_stream::stream! {
            yield event(Event::Started(SnapshotStarted { api_key_pepper: pepper }));
            let snapshot = state.borrow_and_update().clone();
            yield event(Event::Project(snapshot));
            yield event(Event::Completed(SnapshotCompleted {}));
            loop {
                tokio::select! {
                    changed = state.changed() => {
                        if changed.is_err() { break }
                        let snapshot = state.borrow_and_update().clone();
                        yield event(Event::Project(snapshot));
                    }
                    () = tokio::time::sleep(Duration::from_secs(1)) => yield event(Event::Unchanged(SnapshotUnchanged {})),
                }
            }
        })))
    }
}

impl Logging {
    /// Whether the service takes nothing.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// Waits until that many calls have ended, and gives them in their order.
    pub(crate) async fn calls(&self, count: usize) -> Vec<ToolCall> {
        until("the calls are shipped", async || {
            let calls = self.ended_calls();
            (calls.len() >= count).then_some(calls)
        })
        .await
    }

    pub(crate) fn ended_calls(&self) -> Vec<ToolCall> {
        let running = proto::logging::ToolCallStatus::Running as i32;
        let records = self.records.lock().unwrap();
        let mut calls: Vec<_> = records
            .iter()
            .filter_map(|record| match record {
                record::Record::ToolCall(call) if call.status != running => Some(call.clone()),
                _ => None,
            })
            .collect();
        calls.sort_by_key(|call| call.started_at_us);
        calls
    }

    pub(crate) fn sessions(&self) -> Vec<ClientSession> {
        let records = self.records.lock().unwrap();
        let sessions = records.iter().filter_map(|record| match record {
            record::Record::Session(session) => Some(session.clone()),
            _ => None,
        });
        sessions.collect()
    }

    pub(crate) fn server_logs(&self) -> Vec<ServerLog> {
        let records = self.records.lock().unwrap();
        let logs = records.iter().filter_map(|record| match record {
            record::Record::ServerLog(log) => Some(log.clone()),
            _ => None,
        });
        logs.collect()
    }
}

#[tonic::async_trait]
impl IngestService for Logging {
    type AppendStream = Pin<Box<dyn Stream<Item = Result<AppendResponse, Status>> + Send>>;

    async fn append(
        &self,
        request: Request<Streaming<AppendRequest>>,
    ) -> Result<Response<Self::AppendStream>, Status> {
        let mut batches = request.into_inner();
        let logging = self.clone();
        Ok(Response::new(Box::pin(async_stream::try_stream! {
            while let Some(batch) = batches.message().await? {
                if logging.is_away.load(Ordering::SeqCst) {
                    Err(Status::unavailable("away"))?;
                }
                let records = batch.records.into_iter().filter_map(|bytes| Record::decode(bytes).unwrap().record);
                logging.records.lock().unwrap().extend(records);
                yield AppendResponse { epoch: batch.epoch, first_seq: batch.first_seq, last_seq: batch.last_seq };
            }
        })))
    }
}

fn any_port() -> Listener {
    Listener::bind(([127, 0, 0, 1], 0).into()).unwrap()
}

/// Looks again and again until there is something.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "waited in vain until {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
