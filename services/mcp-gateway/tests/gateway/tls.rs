//! Servers over HTTPS.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{Router, http::Version, serve::Listener};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
    server::TlsStream,
};

use crate::{
    http_server::{HttpServer, Kind},
    stack::Stack,
};

struct TlsListener(TcpListener, TlsAcceptor);

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let Ok((stream, address)) = self.0.accept().await else {
                continue;
            };
            if let Ok(stream) = self.1.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A server for `localhost`, and the text of its certificate.
async fn start(protocols: &[&str]) -> (HttpServer, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols
        .iter()
        .map(|protocol| protocol.as_bytes().to_vec())
        .collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let listener = TlsListener(listener, TlsAcceptor::from(Arc::new(config)));
    let server = HttpServer::serve(Kind::Modern, address, move |router: Router| async move {
        axum::serve(listener, router).await.unwrap();
    });
    (server, cert.pem())
}

async fn stack_with(server: &HttpServer, authorities: Option<String>) -> Stack {
    Stack::start_with(|definition, config| {
        HttpServer::define_as(
            definition,
            format!("https://localhost:{}/mcp", server.address.port()),
        );
        "remote".clone_into(&mut definition.name);
        config.outbound.allow_loopback = Some(true);
        config.outbound.ca_file = authorities.map(|pem| {
            let file = config.spool_dir.with_file_name("authorities.pem");
            std::fs::write(&file, pem).unwrap();
            file
        });
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_over_tls_are_spoken_with_in_the_newest_http_that_both_have() {
    for (protocols, version) in [
        (vec!["h2", "http/1.1"], Version::HTTP_2),
        (vec!["http/1.1"], Version::HTTP_11),
        (vec![], Version::HTTP_11),
    ] {
        let (server, certificate) = start(&protocols).await;
        let stack = stack_with(&server, Some(certificate)).await;
        let mut client = stack.client().on_server("remote");
        client.initialize().await;
        for turn in 0..3 {
            let answer = client.call("other", json!({ "turn": turn })).await;
            assert_eq!(
                answer["result"]["content"][0]["text"],
                json!({ "turn": turn }).to_string(),
                "{protocols:?}"
            );
        }
        let versions: Vec<_> = server
            .seen("tools/call")
            .iter()
            .map(|seen| seen.version)
            .collect();
        assert_eq!(versions, [version; 3]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_certificate_nobody_vouches_for_gets_nothing() {
    let (server, _) = start(&["h2"]).await;
    let stack = stack_with(&server, None).await;
    let mut client = stack.client();
    client.initialize().await;
    let answer = client.call("remote__other", json!({})).await;
    let words = answer["error"]["message"].as_str().unwrap();
    assert!(words.contains("no TLS connection to localhost"), "{words}");
    assert!(server.seen("server/discover").is_empty());
}
