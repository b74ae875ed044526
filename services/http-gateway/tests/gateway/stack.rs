//! A gateway on a free port, with its backends, and a client for it.

use std::{net::SocketAddr, sync::Arc};

use access::{ServiceName, ServiceSecret};
use domain::{Clock, Timestamp};
use http_gateway::{Config, Listeners};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use service_host::{Host, HostConfig, Listener, http_client};
use tonic::service::Routes;

use crate::backends::{
    World,
    gateway::{LiveSessions, Tools, Upstreams},
    idempotency::Idempotency,
    logging::{ServerLogs, Sessions, ToolCalls},
    projects::{Access, ApiKeys, Members, Projects, Servers, Users},
    wire,
};

/// 2026-11-22T12:00:00Z.
pub(crate) const NOON: Timestamp = Timestamp::from_micros(1_795_348_800_000_000);

pub(crate) struct Stack {
    pub(crate) world: Arc<World>,
    pub(crate) host: Host,
    pub(crate) address: SocketAddr,
    client: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

pub(crate) async fn start() -> Stack {
    start_with(|_| ()).await
}

pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Stack {
    let clock = Clock::manual(NOON);
    let mut host = Host::new(HostConfig::default(), clock).expect("a host");
    let secret = ServiceSecret::generate();
    let world = Arc::new(World::new(secret.clone()));
    let backends = free_port();
    let backends_url = format!("http://{}", backends.local_addr());
    host.serve_grpc("backends", backends, routes(&world))
        .expect("backends");

    let http = free_port();
    let address = http.local_addr();
    let mut config = Config {
        projects_url: backends_url.clone(),
        logging_url: backends_url.clone(),
        gateway_url: backends_url,
        service_secret: Some(secret),
        ..Config::default()
    };
    change(&mut config);
    http_gateway::start(config, Listeners { http }, &mut host)
        .await
        .expect("the gateway starts");
    Stack {
        world,
        host,
        address,
        client: http_client().no_proxy().build().expect("a client"),
    }
}

/// An address at which nobody listens.
pub(crate) fn closed_port() -> String {
    format!("http://{}", free_port().local_addr())
}

fn free_port() -> Listener {
    Listener::bind(([127, 0, 0, 1], 0).into()).expect("a free port")
}

fn routes(world: &Arc<World>) -> Routes {
    let guard = world.guard(ServiceName::HttpGateway);
    Routes::new(wire::UsersServiceServer::with_interceptor(
        Users(world.clone()),
        guard.clone(),
    ))
    .add_service(wire::AccessServiceServer::with_interceptor(
        Access(world.clone()),
        guard.clone(),
    ))
    .add_service(wire::ProjectsServiceServer::with_interceptor(
        Projects(world.clone()),
        guard.clone(),
    ))
    .add_service(wire::ApiKeysServiceServer::with_interceptor(
        ApiKeys(world.clone()),
        guard.clone(),
    ))
    .add_service(wire::MembersServiceServer::with_interceptor(
        Members(world.clone()),
        guard.clone(),
    ))
    .add_service(wire::IdempotencyServiceServer::with_interceptor(
        Idempotency(world.clone()),
        guard.clone(),
    ))
    .add_service(wire::ServersServiceServer::with_interceptor(
        Servers(world.clone()),
        guard.clone(),
    ))
    .add_service(wire::ToolCallsServiceServer::with_interceptor(
        ToolCalls(world.clone()),
        guard.clone(),
    ))
    .add_service(wire::SessionsServiceServer::with_interceptor(
        Sessions,
        guard.clone(),
    ))
    .add_service(wire::ServerLogsServiceServer::with_interceptor(
        ServerLogs,
        guard.clone(),
    ))
    .add_service(wire::ToolsServiceServer::with_interceptor(
        Tools(world.clone()),
        guard.clone(),
    ))
    .add_service(wire::UpstreamsServiceServer::with_interceptor(
        Upstreams(world.clone()),
        guard.clone(),
    ))
    .add_service(wire::LiveSessionsServiceServer::with_interceptor(
        LiveSessions,
        guard,
    ))
}

impl Stack {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).json(body)
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::PATCH, path).json(body)
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response: Response = request.send().await.expect("the gateway answers");
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: response.text().await.expect("a body"),
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
            .to_str()
            .expect("text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The answer of a request that was done.
    pub(crate) fn done(self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        self.json()
    }

    /// The problem of a request that was refused, complete as every one is.
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        assert_eq!(problem["type"], "about:blank");
        for field in ["title", "detail", "instance"] {
            assert!(
                problem[field].as_str().is_some_and(|text| !text.is_empty()),
                "no {field}: {problem}"
            );
        }
        problem
    }
}
