use std::{collections::BTreeSet, path::Path, time::Duration};

use access::{ServiceIdentity, ServiceName, ServiceSecret};
use anyhow::Context as _;
use service_host::Channel;
use tonic::{Request, Status, service::Interceptor as _};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tower::{Service as _, ServiceExt as _};

use super::{
    finding::{Finding, printable},
    request,
};
use crate::{
    config::{Config, Service, local_url},
    wiring::{Addresses, service_secret_file},
};

const CHECK: &str = "service";

const WITHIN: Duration = Duration::from_secs(4);

/// A method that no service has. Who calls it is looked at all the same.
const NOBODYS_METHOD: &str = "/mcporch.doctor.v1.DoctorService/Knock";

/// A service at the address at which those of this machine call it, or at its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Peer {
    name: &'static str,
    url: String,
    is_here: bool,
}

/// Whether each service is there, ready, and of this deployment.
pub(super) async fn look(config: &Config, addresses: Addresses, data: &Path) -> Vec<Finding> {
    let secret_file = service_secret_file(config, data);
    // What is wrong with the file is told among the secrets.
    let secret = secret_file
        .exists()
        .then(|| ServiceSecret::load_or_create(&secret_file).ok())
        .flatten();
    let mut findings = Vec::new();
    for peer in peers(config, addresses) {
        findings.push(ask(config, &peer, secret.as_ref()).await);
    }
    let doors = [
        ("http-gateway", addresses.http),
        ("mcp-gateway's port for clients", addresses.mcp),
    ];
    for (name, address) in doors {
        if let Some(address) = address {
            findings.push(open_door(name, &local_url("http", address)).await);
        }
    }
    findings
}

/// Every service that the services of this machine call, and they themselves.
fn peers(config: &Config, addresses: Addresses) -> BTreeSet<Peer> {
    let Config {
        logging,
        mcp_gateway,
        http_gateway,
        ..
    } = config;
    let projects = Service::Projects.name();
    let log = Service::Logging.name();
    let gateway = Service::McpGateway.name();
    let mut calls = Vec::new();
    if config.runs(Service::Logging) {
        calls.push((projects, &logging.projects_url));
    }
    if config.runs(Service::McpGateway) {
        calls.extend([
            (projects, &mcp_gateway.projects_url),
            (log, &mcp_gateway.logging_url),
        ]);
    }
    if config.runs(Service::HttpGateway) {
        calls.extend([
            (projects, &http_gateway.projects_url),
            (log, &http_gateway.logging_url),
            (gateway, &http_gateway.gateway_url),
        ]);
    }
    let own = [
        (projects, addresses.projects),
        (log, addresses.logging),
        (gateway, addresses.gateway),
    ];
    let mut peers: BTreeSet<_> = own
        .into_iter()
        .filter_map(|(name, address)| {
            let url = local_url(config.grpc_scheme(), address?);
            Some(Peer {
                name,
                url,
                is_here: true,
            })
        })
        .collect();
    for (name, url) in calls {
        let elsewhere = Peer {
            name,
            url: url.clone(),
            is_here: false,
        };
        let is_known = peers.iter().any(|peer| peer.name == name && peer.url == *url);
        if !is_known {
            peers.insert(elsewhere);
        }
    }
    peers
}

async fn ask(config: &Config, peer: &Peer, secret: Option<&ServiceSecret>) -> Finding {
    let looked_at = format!("{} at {}", peer.name, peer.url);
    let channel = match config.dial(&peer.url) {
        Ok(channel) => channel,
        Err(error) => {
            let what_to_do = "correct the address, or the settings of host.tls";
            return Finding::failure(CHECK, looked_at, format!("{error:#}"), what_to_do);
        }
    };
    let mut client = HealthClient::new(channel.clone());
    let asked = tokio::time::timeout(WITHIN, client.check(HealthCheckRequest::default()));
    let status = match asked.await {
        Ok(Ok(answer)) => answer.into_inner().status(),
        Ok(Err(status)) => return silent(looked_at, peer.is_here, &words(&status)),
        Err(_) => {
            return silent(
                looked_at,
                peer.is_here,
                &format!("no answer within {} s", WITHIN.as_secs()),
            );
        }
    };
    if status != ServingStatus::Serving {
        let why = why_not_ready(&peer.url).await;
        return not_ready(looked_at, &why);
    }
    match secret {
        None => Finding::ok(CHECK, looked_at, "ready"),
        Some(secret) => known(looked_at, knock(channel, secret).await),
    }
}

fn silent(looked_at: String, is_here: bool, why: &str) -> Finding {
    let what_to_do = if is_here {
        "start it; if it ended, its last log lines say why (journalctl -u mcp-orch). If it runs: ask with the flags, file and environment that it has, host.tls as well"
    } else {
        "does it run there? If so, look whether the URL leads to it, whether both have host.tls, and what stands between (firewall, network policy)"
    };
    Finding::failure(CHECK, looked_at, why, what_to_do)
}

fn not_ready(looked_at: String, why: &str) -> Finding {
    Finding::failure(
        CHECK,
        looked_at,
        format!("not ready: {why}"),
        "docs/operations.md, \"A service does not answer\", says what each reason means",
    )
}

/// `/readyz` in its own words; only without TLS, which needs a certificate.
async fn why_not_ready(url: &str) -> String {
    let unknown = || "it does not say why".to_owned();
    match request::get(&format!("{url}/readyz")).await {
        Ok(answer) => Some(answer.text())
            .filter(|text| !text.trim().is_empty())
            .unwrap_or_else(unknown),
        Err(_) => unknown(),
    }
}

/// A port for people or clients, which is no gRPC.
async fn open_door(name: &str, url: &str) -> Finding {
    let looked_at = format!("{name} at {url}");
    match request::get(&format!("{url}/readyz")).await {
        Ok(answer) if answer.status.is_success() => Finding::ok(CHECK, looked_at, "ready"),
        Ok(answer) => not_ready(looked_at, &printable(&answer.text())),
        Err(error) => silent(looked_at, true, &format!("{error:#}")),
    }
}

/// Whether the service knows whoever has that secret. Nothing is done there:
/// the method does not exist, and who asks is looked at before.
async fn knock(mut channel: Channel, secret: &ServiceSecret) -> anyhow::Result<bool> {
    let token = secret.token_for(ServiceName::Operator);
    let with_token = ServiceIdentity::new(token).call(Request::new(()))?;
    let mut request = http::Request::post(NOBODYS_METHOD)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(tonic::body::Body::empty())?;
    request
        .headers_mut()
        .extend(with_token.into_parts().0.into_headers());
    let asking = async { channel.ready().await?.call(request).await };
    let answer = tokio::time::timeout(WITHIN, asking)
        .await
        .context("no answer")??;
    let status = Status::from_header_map(answer.headers()).context("no gRPC answered")?;
    Ok(status.code() != tonic::Code::Unauthenticated)
}

fn known(looked_at: String, is_known: anyhow::Result<bool>) -> Finding {
    match is_known {
        Ok(true) => Finding::ok(CHECK, looked_at, "ready, and of this deployment"),
        Ok(false) => Finding::failure(
            CHECK,
            looked_at,
            "ready, but it has another service-secret",
            "give all services the same file (service_secret_file), and start them anew",
        ),
        Err(error) => Finding::failure(
            CHECK,
            looked_at,
            format!("ready, but it does not answer as a service of ours: {error:#}"),
            "does another program listen there?",
        ),
    }
}

/// A status with what is behind it, without the code's own words.
fn words(status: &Status) -> String {
    let mut text = printable(status.message());
    let mut next = std::error::Error::source(status);
    while let Some(cause) = next {
        let said = printable(&cause.to_string());
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(services: &[Service]) -> Vec<(&'static str, bool)> {
        let mut config = Config {
            services: services.to_vec(),
            ..Config::default()
        };
        let addresses = Addresses::planned(&config);
        crate::wiring::fill_in(&mut config, addresses, Path::new("/data"));
        let peers = peers(&config, addresses).into_iter();
        peers.map(|peer| (peer.name, peer.is_here)).collect()
    }

    #[test]
    fn each_service_is_asked_once_and_those_that_nobody_here_calls_are_not() {
        assert_eq!(
            names(&[]),
            [("logging", true), ("mcp-gateway", true), ("projects", true)]
        );
        assert_eq!(names(&[Service::Projects]), [("projects", true)]);
        assert_eq!(
            names(&[Service::Logging]),
            [("logging", true), ("projects", false)]
        );
        assert_eq!(
            names(&[Service::HttpGateway]),
            [("logging", false), ("mcp-gateway", false), ("projects", false)]
        );
    }
}
