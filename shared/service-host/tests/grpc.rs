//! A gRPC server on a host, and a channel to it.

use std::net::{Ipv4Addr, SocketAddr};

use domain::Clock;
use service_host::{Channel, DialOptions, Host, HostConfig, Listener, dial};
use tonic::{Code, service::Routes};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn serve(config: HostConfig) -> (Host, Channel) {
    let mut host = Host::new(config, Clock::system()).expect("a host");
    host.describe(proto::FILE_DESCRIPTOR_SET);
    let listener = Listener::bind(ANY_PORT).expect("a free port");
    let url = format!("http://{}", listener.local_addr());
    host.serve_grpc("projects", listener, Routes::default())
        .expect("it serves");
    (host, dial(&url, DialOptions::default()).expect("a URL"))
}

/// The next status of the watch.
async fn watch_next(watch: &mut tonic::Streaming<tonic_health::pb::HealthCheckResponse>) -> ServingStatus {
    let message = watch.message().await.expect("no error").expect("no end");
    message.status()
}

#[tokio::test]
async fn grpc_health_follows_readiness() {
    let (host, channel) = serve(HostConfig::default());
    let store = host.readiness("store");
    let request = HealthCheckRequest {
        service: "projects".to_owned(),
    };
    let watch = HealthClient::new(channel).watch(request).await;
    let mut watch = watch.expect("health is served").into_inner();

    while watch_next(&mut watch).await != ServingStatus::NotServing {}
    store.ready();
    while watch_next(&mut watch).await != ServingStatus::Serving {}
    store.not_ready("disk full");
    assert_eq!(watch_next(&mut watch).await, ServingStatus::NotServing);
    store.ready();
    assert_eq!(watch_next(&mut watch).await, ServingStatus::Serving);

    // A watch has no end of its own, and yet does not hold up the end.
    host.shut_down().await.expect("an orderly stop");
    assert_eq!(watch_next(&mut watch).await, ServingStatus::NotServing);
    assert!(matches!(watch.message().await, Ok(None) | Err(_)));
}

async fn services(channel: Channel) -> Result<Vec<String>, Code> {
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(channel);
    let answer = client
        .server_reflection_info(futures::stream::iter([request]))
        .await
        .map_err(|status| status.code())?;
    let message = answer
        .into_inner()
        .message()
        .await
        .map_err(|status| status.code())?;
    match message.and_then(|message| message.message_response) {
        Some(MessageResponse::ListServicesResponse(list)) => {
            Ok(list.service.into_iter().map(|service| service.name).collect())
        }
        other => panic!("unexpected answer {other:?}"),
    }
}

#[tokio::test]
async fn reflection_is_off_unless_it_is_switched_on() {
    let (_host, channel) = serve(HostConfig::default());
    assert_eq!(services(channel).await, Err(Code::Unimplemented));

    let (_host, channel) = serve(HostConfig {
        reflection: true,
        ..HostConfig::default()
    });
    let names = services(channel).await.expect("reflection is on");
    assert!(
        names.contains(&"mcporch.projects.v1.UsersService".to_owned()),
        "{names:?}"
    );
    assert!(names.contains(&"grpc.health.v1.Health".to_owned()), "{names:?}");
}

#[tokio::test]
async fn a_channel_connects_anew_when_its_service_is_back() {
    let listener = Listener::bind(ANY_PORT).expect("a free port");
    let address = listener.local_addr();
    let channel = dial(&format!("http://{address}"), DialOptions::default()).expect("a URL");
    let mut client = HealthClient::new(channel);
    let mut listener = Some(listener);
    for _ in 0..2 {
        let mut host = Host::new(HostConfig::default(), Clock::system()).expect("a host");
        let listener = listener
            .take()
            .unwrap_or_else(|| Listener::bind(address).expect("the port is free again"));
        host.serve_grpc("projects", listener, Routes::default())
            .expect("it serves");
        let served = client.check(HealthCheckRequest::default()).await;
        assert!(served.is_ok(), "{served:?}");

        host.shut_down().await.expect("an orderly stop");
        let status = client.check(HealthCheckRequest::default()).await;
        assert_eq!(status.expect_err("nobody is there").code(), Code::Unavailable);
    }
}

#[tokio::test]
async fn what_is_no_url_of_a_service_is_refused() {
    for url in ["", "projects:9101", "ftp://projects:9101", "http://"] {
        let refused = dial(url, DialOptions::default()).expect_err(url);
        assert!(refused.to_string().contains("http://127.0.0.1:9101"), "{refused}");
    }
}
