use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use domain::Clock;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tonic::{Code, Status, service::Routes};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::*;
use crate::{DialOptions, Host, HostConfig, Listener, dial};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// An authority, which issues what a service needs into a folder.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    /// A certificate for the name, in files that a configuration names.
    fn issue(&self, name: &str, folder: &Path) -> TlsConfig {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        let write = |file: &str, pem: String| {
            let path = folder.join(file);
            std::fs::write(&path, pem).expect("it can be written");
            Some(path)
        };
        TlsConfig {
            certificate_file: write("tls.crt", certificate.pem()),
            key_file: write("tls.key", key.serialize_pem()),
            authority_file: write("ca.crt", self.0.pem()),
            server_name: None,
        }
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn load(config: &TlsConfig) -> ServiceTls {
    ServiceTls::load(config).expect("usable").expect("TLS is on")
}

/// A host whose gRPC is served with that certificate, and its address.
fn serve(tls: TlsConfig) -> (Host, SocketAddr) {
    let config = HostConfig {
        tls,
        ..HostConfig::default()
    };
    let mut host = Host::new(config, Clock::system()).expect("a host");
    let listener = Listener::bind(ANY_PORT).expect("a free port");
    let address = listener.local_addr();
    host.serve_grpc("projects", listener, Routes::default())
        .expect("it serves");
    (host, address)
}

/// Asks gRPC for the health of the service there.
async fn ask(url: &str, tls: Option<ServiceTls>) -> Result<(), Status> {
    let options = DialOptions {
        tls,
        ..DialOptions::default()
    };
    let channel = dial(url, options).expect("a URL");
    let asked = HealthClient::new(channel)
        .check(HealthCheckRequest::default())
        .await;
    asked.map(drop)
}

/// Whether there is no connection to whatever is there.
async fn is_refused(url: &str, tls: Option<ServiceTls>) -> bool {
    ask(url, tls)
        .await
        .is_err_and(|status| status.code() != Code::Unauthenticated)
}

#[tokio::test]
async fn services_with_certificates_of_one_authority_reach_each_other() {
    let (authority, server, client) = (Authority::new(), folder(), folder());
    let (host, address) = serve(authority.issue("127.0.0.1", server.path()));
    let caller = load(&authority.issue("gateway", client.path()));

    ask(&format!("https://{address}"), Some(caller))
        .await
        .expect("an answer");
    let own = host.dial(&format!("https://{address}"), DialOptions::default());
    let asked = HealthClient::new(own.expect("a URL"))
        .check(HealthCheckRequest::default())
        .await;
    assert!(asked.is_ok(), "{asked:?}");
}

#[tokio::test]
async fn strangers_are_refused() {
    let (authority, server, client) = (Authority::new(), folder(), folder());
    let (_host, address) = serve(authority.issue("127.0.0.1", server.path()));
    let of_another = load(&Authority::new().issue("127.0.0.1", client.path()));

    assert!(
        is_refused(&format!("https://{address}"), Some(of_another)).await,
        "another authority"
    );
    assert!(is_refused(&format!("http://{address}"), None).await, "no TLS");
}

#[tokio::test]
async fn a_caller_knows_by_the_name_whom_it_reaches() {
    let (authority, server, client) = (Authority::new(), folder(), folder());
    let (_host, address) = serve(authority.issue("logging", server.path()));
    let mut caller = authority.issue("gateway", client.path());
    let url = format!("https://{address}");

    assert!(
        is_refused(&url, Some(load(&caller))).await,
        "the certificate is not for 127.0.0.1"
    );
    caller.server_name = Some("projects".to_owned());
    assert!(is_refused(&url, Some(load(&caller))).await, "nor for projects");
    caller.server_name = Some("logging".to_owned());
    ask(&url, Some(load(&caller))).await.expect("that is its name");
}

#[tokio::test]
async fn who_shows_no_certificate_sees_health_and_calls_nothing() {
    let (authority, server) = (Authority::new(), folder());
    let (_host, address) = serve(authority.issue("127.0.0.1", server.path()));
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(authority.0.pem().as_bytes()).expect("PEM");
    roots.add(root).expect("an authority");
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(client));
    let request = async |head: &str| {
        let stream = TcpStream::connect(address).await.expect("it listens");
        let name = ServerName::from(address.ip());
        let mut stream = connector.connect(name, stream).await.expect("a handshake");
        let request = format!("{head} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it takes a request");
        let mut answer = Vec::new();
        // The end without `close_notify` is one too.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).expect("text")
    };

    for path in ["/livez", "/readyz", "/metrics"] {
        let answer = request(&format!("GET {path}")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    let answer = request("POST /grpc.health.v1.Health/Check").await;
    let unauthenticated = format!("grpc-status: {}", Code::Unauthenticated as i32);
    assert!(answer.contains(&unauthenticated), "{answer}");
}

#[tokio::test]
async fn renewed_certificates_are_taken_up_and_spoilt_ones_are_not() {
    let (old, new, files, others) = (Authority::new(), Authority::new(), folder(), folder());
    let tls = load(&old.issue("127.0.0.1", files.path()));
    let mut known = tls.0.files.read().expect("they are there");
    assert!(matches!(tls.take_up(&mut known), Ok(false)), "nothing is new");

    let (_host, address) = serve(new.issue("127.0.0.1", others.path()));
    let url = format!("https://{address}");
    assert!(is_refused(&url, Some(tls.clone())).await, "of the old authority");
    new.issue("127.0.0.1", files.path());
    assert!(matches!(tls.take_up(&mut known), Ok(true)), "the files are new");
    ask(&url, Some(tls.clone())).await.expect("of the new authority");

    std::fs::write(files.path().join("tls.key"), "half of a k").expect("it can be written");
    let spoilt = tls.take_up(&mut known).expect_err("no key");
    assert!(spoilt.to_string().starts_with("host.tls.key_file: "), "{spoilt}");
    ask(&url, Some(tls)).await.expect("what was there before goes on");
}

#[test]
fn settings_that_cannot_work_are_named() {
    let files = folder();
    let whole = Authority::new().issue("projects", files.path());
    let refused = |change: fn(&mut TlsConfig)| {
        let mut config = whole.clone();
        change(&mut config);
        ServiceTls::load(&config).expect_err("refused").to_string()
    };

    assert!(matches!(ServiceTls::load(&TlsConfig::default()), Ok(None)));
    assert!(ServiceTls::load(&whole).is_ok_and(|tls| tls.is_some()));
    assert!(refused(|tls| tls.key_file = None).starts_with("host.tls.key_file: is not set"));
    assert!(refused(|tls| tls.certificate_file = None).starts_with("host.tls.certificate_file: is not set"));
    assert!(refused(|tls| tls.authority_file = Some("/nowhere".into())).contains("/nowhere cannot be read"));
    assert!(
        refused(|tls| tls.authority_file = tls.key_file.clone())
            .contains("host.tls.authority_file: holds no certificate")
    );
    assert!(refused(|tls| tls.server_name = Some("a b".to_owned())).contains("\"a b\" is no name"));
    let only_a_name = TlsConfig {
        server_name: Some("projects".to_owned()),
        ..TlsConfig::default()
    };
    assert!(ServiceTls::load(&only_a_name).is_err());
}

#[test]
fn urls_say_whether_tls_is_meant() {
    let files = folder();
    let tls = load(&Authority::new().issue("projects", files.path()));
    let refused = |url, tls| {
        let options = DialOptions {
            tls,
            ..DialOptions::default()
        };
        dial(url, options).expect_err("refused").to_string()
    };
    assert!(
        refused("http://projects:9101", Some(tls)).contains("https://127.0.0.1:9101, as host.tls is set")
    );
    assert!(refused("https://projects:9101", None).contains("https is for services with host.tls"));
}

#[test]
fn a_certificate_that_has_ended_or_is_of_another_authority_is_told() {
    let (authority, folder) = (Authority::new(), folder());
    let mut config = authority.issue("127.0.0.1", folder.path());
    // What rcgen issues holds from 1975 to 4096.
    let at = |year: &str| format!("{year}-06-01T00:00:00Z").parse().expect("a time");
    let end = config
        .valid_until(at("2026"))
        .expect("it holds")
        .expect("TLS is on");
    assert!(end.to_string().starts_with("4096-01-01"), "{end}");
    let refusal = |config: &TlsConfig, year| config.valid_until(at(year)).expect_err(year).to_string();
    assert!(refusal(&config, "4097").contains("ended at 4096-01-01"));
    assert!(refusal(&config, "1974").contains("begins to hold at 1975-01-01"));

    let other = tempfile::tempdir().expect("a folder");
    config.authority_file = Authority::new().issue("127.0.0.1", other.path()).authority_file;
    assert!(refusal(&config, "2026").contains("another authority"));
    config.key_file = Authority::new().issue("127.0.0.1", other.path()).key_file;
    assert!(refusal(&config, "2026").starts_with("host.tls.certificate_file"));
    assert!(
        TlsConfig::default()
            .valid_until(at("2026"))
            .expect("none is fine")
            .is_none()
    );
}
