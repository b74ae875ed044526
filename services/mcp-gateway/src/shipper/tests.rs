use std::pin::Pin;

use access::{ServiceName, ServiceSecret};
use domain::{Clock, ServerLogId};
use futures::Stream;
use prost::Message as _;
use proto::logging::{
    AppendRequest, AppendResponse, Record, ServerLog,
    ingest_service_server::{IngestService, IngestServiceServer},
    record::Record as Kind,
};
use service_host::{DialOptions, Host, HostConfig, Listener, OnFailure, dial};
use spool::{FrameKind, SpoolConfig};
use tokio::sync::watch;
use tonic::{Request, Response, Status, Streaming, service::Routes};

use super::*;

/// A logging service that takes what is old only when it is told to.
#[derive(Clone)]
struct Logging {
    newest_seq: Arc<watch::Sender<u64>>,
    takes_old: watch::Receiver<bool>,
    old: u64,
}

impl Logging {
    /// With it who tells it to take what is old, and the newest that it has seen.
    fn with_old(old: u64) -> (Self, watch::Sender<bool>, watch::Receiver<u64>) {
        let (take_old, takes_old) = watch::channel(false);
        let (newest_seq, seen) = watch::channel(0);
        let logging = Self {
            newest_seq: Arc::new(newest_seq),
            takes_old,
            old,
        };
        (logging, take_old, seen)
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
        let mut logging = self.clone();
        Ok(Response::new(Box::pin(async_stream::try_stream! {
            while let Some(batch) = batches.message().await? {
                logging.newest_seq.send_modify(|seq| *seq = batch.last_seq.max(*seq));
                if batch.last_seq <= logging.old {
                    let _ = logging.takes_old.wait_for(|takes| *takes).await;
                }
                yield AppendResponse { epoch: batch.epoch, first_seq: batch.first_seq, last_seq: batch.last_seq };
            }
        })))
    }
}

fn append(spool: &Spool, count: u64) {
    for _ in 0..count {
        let id = ServerLogId::new(&Clock::system());
        let log = ServerLog {
            id: id.to_string(),
            ..ServerLog::default()
        };
        let record = Record {
            record: Some(Kind::ServerLog(log)),
        };
        spool
            .append(FrameKind::Single, id.uuid(), &record.encode_to_vec())
            .unwrap();
    }
}

/// A gateway's host, with a shipper that sends to a host of this logging service.
fn ship(logging: Logging, spool: &Arc<Spool>, gateway: HostConfig) -> (Host, Host) {
    let mut logging_host = Host::new(HostConfig::default(), Clock::system()).unwrap();
    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("http://{}", listener.local_addr());
    let routes = Routes::new(IngestServiceServer::new(logging));
    logging_host.serve_grpc("logging", listener, routes).unwrap();
    let host = Host::new(gateway, Clock::system()).unwrap();
    let token = ServiceSecret::generate().token_for(ServiceName::McpGateway);
    let channel = dial(&url, DialOptions::default()).unwrap();
    let shipper = Shipper {
        spool: spool.clone(),
        client: IngestServiceClient::new(InterceptedService::new(channel, ServiceIdentity::new(token))),
        gateway_id: GatewayId::new(&Clock::system()),
        shutdown: host.shutdown(),
    };
    host.tasks().spawn("shipper", OnFailure::StopHost, shipper.run());
    (host, logging_host)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_now_arrives_while_a_backlog_waits() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(Spool::open(SpoolConfig::new(folder.path())).unwrap().0);
    let old = BEHIND * 2;
    append(&spool, old);

    let (logging, take_old, mut seen) = Logging::with_old(old);
    let (host, logging_host) = ship(logging, &spool, HostConfig::default());

    // The first ones may belong to the backlog still.
    let mut newest = 0;
    while newest <= old {
        append(&spool, 1);
        newest = *seen.borrow_and_update();
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(spool.usage().unacknowledged >= old, "the backlog still waits");
    append(&spool, 1);
    seen.wait_for(|seq| *seq > newest).await.unwrap();

    take_old.send(true).unwrap();
    while spool.usage().unacknowledged > 0 {
        tokio::task::yield_now().await;
    }
    host.shut_down().await.unwrap();
    logging_host.shut_down().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_a_logging_service_that_takes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(Spool::open(SpoolConfig::new(folder.path())).unwrap().0);
    append(&spool, 10);
    let (logging, take_old, mut seen) = Logging::with_old(10);
    let grace = HostConfig {
        shutdown_grace_ms: 2_000,
        ..HostConfig::default()
    };
    let (host, logging_host) = ship(logging, &spool, grace);
    seen.wait_for(|seq| *seq == 10).await.unwrap();
    host.shut_down().await.expect("an orderly stop");
    assert_eq!(spool.usage().unacknowledged, 10);
    take_old.send(true).unwrap();
    logging_host.shut_down().await.unwrap();
}
