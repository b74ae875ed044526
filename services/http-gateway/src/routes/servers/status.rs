use proto::{convert::FromWire as _, gateway::Upstream as WireUpstream, projects as wire};
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::{Moment, UpstreamState, Word as _, text_or_null};

/// How a server stands, over all its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ServerState {
    /// Switched off.
    Disabled,
    /// Not running: it starts when it is needed.
    Idle,
    Starting,
    Ready,
    /// Gone, and to be started again not before a while.
    BackingOff,
    /// Failed too often: stays down until it is changed or restarted by hand.
    Failed,
}

/// How a server and its connections stand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerStatus {
    #[schema(format = Uuid)]
    server_id: String,
    /// The best of its connections.
    state: ServerState,
    upstreams: Vec<Upstream>,
}

/// A running connection of the gateway to a server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Upstream {
    /// The session that owns it alone, where one does.
    #[schema(format = Uuid)]
    session_id: Option<String>,
    state: UpstreamState,
    /// Of the program that runs.
    pid: Option<u32>,
    /// Of the specification, as it was negotiated.
    #[schema(example = "2025-11-25")]
    revision: Option<String>,
    /// As the server named itself.
    #[schema(example = "mcp-servers/everything")]
    implementation_name: Option<String>,
    #[schema(example = "2.0.0")]
    implementation_version: Option<String>,
    /// Absent where it never was.
    started_at: Option<Moment>,
    /// Calls that run now.
    in_flight: u32,
    restarts: u32,
    /// Why it is not ready.
    last_error: Option<String>,
    /// How it ended the last time that it was not told to.
    #[schema(example = "it closed its standard output, exit code 3")]
    last_exit: Option<String>,
    /// Of its program, and of all that it started.
    processes: Option<u32>,
    /// Resident memory of all of them; what they share is counted for each.
    #[schema(example = 52_428_800)]
    rss_bytes: Option<u64>,
    /// Since they started.
    cpu_us: Option<u64>,
}

impl ServerStatus {
    /// Out of all upstreams of the project.
    pub(super) fn new(server: &wire::Server, upstreams: Vec<WireUpstream>) -> Self {
        let own: Vec<_> = upstreams
            .into_iter()
            .filter(|upstream| upstream.server_id == server.id)
            .collect();
        let state = if server.is_enabled {
            best_state(&own)
        } else {
            ServerState::Disabled
        };
        Self {
            server_id: server.id.clone(),
            state,
            upstreams: own.into_iter().map(Upstream::from).collect(),
        }
    }
}

fn best_state(upstreams: &[WireUpstream]) -> ServerState {
    use domain::UpstreamState as Known;
    let has = |state| {
        upstreams
            .iter()
            .any(|upstream| Known::from_wire(upstream.state) == Some(state))
    };
    if has(Known::Ready) {
        ServerState::Ready
    } else if has(Known::Starting) {
        ServerState::Starting
    } else if has(Known::BackingOff) {
        ServerState::BackingOff
    } else if has(Known::Failed) {
        ServerState::Failed
    } else {
        ServerState::Idle
    }
}

impl From<WireUpstream> for Upstream {
    fn from(upstream: WireUpstream) -> Self {
        Self {
            session_id: upstream.session_id,
            state: UpstreamState::from_wire(upstream.state),
            pid: upstream.pid,
            revision: text_or_null(upstream.revision),
            implementation_name: text_or_null(upstream.implementation_name),
            implementation_version: text_or_null(upstream.implementation_version),
            started_at: (upstream.started_at_us > 0).then(|| Moment::from_micros(upstream.started_at_us)),
            in_flight: upstream.in_flight,
            restarts: upstream.restarts,
            last_error: text_or_null(upstream.last_error),
            last_exit: text_or_null(upstream.last_exit),
            processes: upstream.processes,
            rss_bytes: upstream.rss_bytes,
            cpu_us: upstream.cpu_us,
        }
    }
}
