use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::{Clock, ProjectId, ServerId, UpstreamState};
use proto::projects::{self, ServerDefinition, StdioTransport, server_definition};
use service_host::{Host, HostConfig};
use spool::{Spool, SpoolConfig};
use tempfile::TempDir;

use super::{Connection, Dialer, Outbound, PoolConfig, Upstreams, Wanted};
use crate::{directory::Server, recorder::Recorder};

/// A legacy server that tells its pid as the name of its tool, and writes what
/// is asked of its resources to stderr.
const PROGRAM: &str = r#"
import json, os, sys
if os.environ.get("DEAD"):
    sys.exit("no license")
print("hello from stderr", file=sys.stderr, flush=True)
for line in sys.stdin:
    message = json.loads(line)
    method, params = message.get("method"), message.get("params", {})
    if "id" not in message:
        continue
    answer = {"jsonrpc": "2.0", "id": message["id"], "result": {}}
    if method == "initialize":
        answer["result"] = {"protocolVersion": "2025-11-25", "serverInfo": {"name": "told", "version": "1"},
                            "capabilities": {"tools": {}, "resources": {"subscribe": True}}}
    elif method == "tools/list":
        answer["result"] = {"tools": [{"name": str(os.getpid())}]}
    elif method in ["resources/subscribe", "resources/unsubscribe"]:
        print(method, params["uri"], file=sys.stderr, flush=True)
    else:
        answer = {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "unknown"}}
    print(json.dumps(answer), flush=True)
"#;

struct Pool {
    upstreams: Arc<Upstreams>,
    _host: Host,
    _folder: TempDir,
}

fn pool() -> Pool {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::system();
    let host = Host::new(HostConfig::default(), clock.clone()).expect("made");
    let (spool, recovery) = Spool::open(SpoolConfig::new(folder.path().join("spool"))).expect("opened");
    let recorder = Recorder::new(Arc::new(spool), recovery, folder.path(), clock).expect("made");
    let config = PoolConfig {
        launcher: vec!["env".to_owned()],
        working_dir: folder.path().join("servers"),
        idle_after: Duration::from_mins(1),
        dialer: Dialer::new(Outbound::default(), None).expect("made"),
    };
    let upstreams = Upstreams::new(
        config,
        folder.path(),
        host.tasks(),
        host.shutdown(),
        Arc::new(recorder),
    );
    Pool {
        upstreams: upstreams.expect("made"),
        _host: host,
        _folder: folder,
    }
}

fn server(env: &[(&str, &str)]) -> Server {
    let clock = Clock::system();
    let stdio = StdioTransport {
        command: "python3".to_owned(),
        args: vec!["-c".to_owned(), PROGRAM.to_owned()],
        env: env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        cwd: None,
    };
    let server = projects::Server {
        id: ServerId::new(&clock).to_string(),
        project_id: ProjectId::new(&clock).to_string(),
        name: "told".to_owned(),
        definition: Some(ServerDefinition {
            transport: Some(server_definition::Transport::Stdio(stdio)),
            ..ServerDefinition::default()
        }),
        is_enabled: true,
        ..projects::Server::default()
    };
    server.try_into().expect("well-formed")
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    assert!(in_time.is_ok(), "waited in vain until {what}");
}

fn pid(connection: &Connection) -> u32 {
    connection.pid.expect("a process")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_is_tried_out_without_a_trace() {
    let pool = pool();
    let trial = pool.upstreams.try_out(server(&[])).await;
    assert_eq!(trial.error, "");
    assert_eq!(trial.tools.len(), 1);
    assert!(trial.stderr.contains("hello from stderr"), "{}", trial.stderr);
    let connection = trial.connection.expect("it came up");
    assert_eq!(connection.hello().map(|hello| hello.name.as_str()), Some("told"));
    assert!(connection.is_closed());
    assert!(pool.upstreams.list(connection.server.project_id).is_empty());

    let trial = pool.upstreams.try_out(server(&[("DEAD", "1")])).await;
    assert!(trial.connection.is_none());
    assert!(trial.error.contains("it said: no license"), "{}", trial.error);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_by_hand_ends_what_runs_and_forgets_what_failed() {
    let pool = pool();
    let healthy = Arc::new(server(&[]));
    let before = pool
        .upstreams
        .connection(&healthy, &Wanted::SHARED)
        .await
        .expect("up");
    let after = pool.upstreams.restart(&healthy).await.expect("up");
    assert!(before.is_closed() && !after.is_closed());
    assert_ne!(pid(&before), pid(&after));
    let list = pool.upstreams.list(healthy.project_id);
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].state, UpstreamState::Ready);
    until("what it uses is counted", || {
        let list = pool.upstreams.list(healthy.project_id);
        list[0].usage.is_some_and(|usage| usage.rss_bytes > 0)
    })
    .await;

    let broken = Arc::new(server(&[("DEAD", "1")]));
    assert!(pool.upstreams.connection(&broken, &Wanted::SHARED).await.is_err());
    let waiting = pool
        .upstreams
        .connection(&broken, &Wanted::SHARED)
        .await
        .expect_err("backing off");
    assert!(waiting.to_string().contains("it is tried again in"), "{waiting}");
    let list = pool.upstreams.list(broken.project_id);
    assert_eq!(list[0].state, UpstreamState::BackingOff);
    assert!(list[0].last_exit.contains("no license"));
    let tried = pool
        .upstreams
        .restart(&broken)
        .await
        .expect_err("it is still broken");
    assert!(tried.to_string().contains("no license"), "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_server_is_told_the_difference_of_what_is_watched() {
    let pool = pool();
    let server = Arc::new(server(&[]));
    let connection = pool
        .upstreams
        .connection(&server, &Wanted::SHARED)
        .await
        .expect("up");
    let set = |uris: &[&str]| uris.iter().map(|uri| (*uri).to_owned()).collect::<BTreeSet<_>>();
    let said = || connection.stderr_since(0);
    connection.watch(set(&["a:1", "a:2"]));
    until("both are subscribed to", || {
        said().contains("resources/subscribe a:1") && said().contains("resources/subscribe a:2")
    })
    .await;
    connection.watch(set(&["a:2", "a:3"]));
    until("the difference is told", || {
        said().contains("resources/unsubscribe a:1") && said().contains("resources/subscribe a:3")
    })
    .await;
    assert_eq!(said().matches("a:2").count(), 1, "{}", said());
}
