use access::{ServiceIdentity, ServiceName, ServiceSecret};
use domain::{Clock, GatewayId};
use logging::{Config, Listeners};
use proto::logging::{
    AppendRequest, Record, ToolCall, ingest_service_client::IngestServiceClient, record::Record as Kind,
    tool_calls_service_client::ToolCallsServiceClient,
};
use service_host::{Channel, DialOptions, Host, HostConfig, Listener, dial};
use tokio::sync::Semaphore;
use tonic::service::interceptor::InterceptedService;

/// As a gateway sends them.
const BATCH: usize = 500;
const IN_FLIGHT: usize = 32;

const MAX_ANSWER_BYTES: usize = 128 * 1024 * 1024;

/// Somebody who asks the service.
pub type Reader = ToolCallsServiceClient<InterceptedService<Channel, ServiceIdentity>>;

/// The logging service in this process.
pub struct Service {
    host: Host,
    channel: Channel,
    secret: ServiceSecret,
}

impl Service {
    /// Starts it over a database.
    pub async fn start(database_url: String) -> anyhow::Result<Self> {
        let mut host = Host::new(HostConfig::default(), Clock::system())?;
        let listener = Listener::bind(std::net::SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let url = format!("http://{}", listener.local_addr());
        let secret = ServiceSecret::generate();
        let config = Config {
            database_url,
            service_secret: Some(secret.clone()),
            ..Config::default()
        };
        Box::pin(logging::start(config, Listeners { grpc: listener }, &mut host)).await?;
        Ok(Self {
            host,
            channel: dial(&url, DialOptions::default())?,
            secret,
        })
    }

    fn channel_as(&self, name: ServiceName) -> InterceptedService<Channel, ServiceIdentity> {
        InterceptedService::new(
            self.channel.clone(),
            ServiceIdentity::new(self.secret.token_for(name)),
        )
    }

    /// A client for questions.
    pub fn reader(&self) -> Reader {
        ToolCallsServiceClient::new(self.channel_as(ServiceName::Operator))
            .max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// Sends calls as a gateway does, and returns when all are durable.
    pub async fn store(&self, calls: impl Iterator<Item = ToolCall>) -> anyhow::Result<()> {
        let gateway_id = GatewayId::new(&Clock::system()).to_string();
        let mut ingest = IngestServiceClient::new(self.channel_as(ServiceName::McpGateway))
            .max_encoding_message_size(MAX_ANSWER_BYTES);
        let (sender, receiver) = tokio::sync::mpsc::channel(IN_FLIGHT);
        let room = Semaphore::new(IN_FLIGHT);
        let feed = async {
            // Its end is that of the stream.
            let sender = sender;
            let mut calls = calls.peekable();
            let mut next_seq = 1;
            while calls.peek().is_some() {
                let records: Vec<_> = calls
                    .by_ref()
                    .take(BATCH)
                    .map(|call| {
                        let record = Some(Kind::ToolCall(call));
                        Record { record }.to_bytes()
                    })
                    .collect();
                room.acquire().await?.forget();
                let first_seq = next_seq;
                next_seq += records.len() as u64;
                sender
                    .send(AppendRequest {
                        gateway_id: gateway_id.clone(),
                        epoch: 1,
                        first_seq,
                        last_seq: next_seq - 1,
                        records,
                    })
                    .await?;
            }
            anyhow::Ok(())
        };
        let take = async {
            let requests = tokio_stream::wrappers::ReceiverStream::new(receiver);
            let mut answers = ingest.append(requests).await?.into_inner();
            while answers.message().await?.is_some() {
                room.add_permits(1);
            }
            anyhow::Ok(())
        };
        futures::try_join!(feed, take)?;
        Ok(())
    }

    /// Stops it.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.host.shut_down().await
    }
}
