use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use service_host::public_authorities;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, crypto::ring, pki_types::ServerName},
};

/// From the look-up of the name to the last byte.
const WITHIN: Duration = Duration::from_secs(5);

/// More than any answer that is looked at.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What somebody answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The words of a problem or of a JSON-RPC error; `None` where it is neither,
    /// which no service of ours answers.
    pub(super) fn refusal(&self) -> Option<String> {
        let json: Value = serde_json::from_slice(&self.body).ok()?;
        let words = json.get("detail").or_else(|| json.pointer("/error/message"))?;
        words.as_str().map(str::to_owned)
    }
}

/// Asks for an address, over TLS where it begins with https.
pub(super) async fn get(url: &str) -> anyhow::Result<Answer> {
    ask(Method::GET, url, &[], Bytes::new()).await
}

/// Sends one JSON-RPC message to an MCP address.
pub(super) async fn post(url: &str, headers: &[(&str, &str)], message: &Value) -> anyhow::Result<Answer> {
    let mut all = vec![
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    all.extend(headers);
    ask(Method::POST, url, &all, message.to_string().into()).await
}

/// The same with any method. Follows no redirection: nobody of ours answers one.
pub(super) async fn ask(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> anyhow::Result<Answer> {
    let uri: Uri = url.parse().with_context(|| format!("{url} is no address"))?;
    let authority = uri.authority().with_context(|| format!("{url} has no host"))?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, authority.as_str())
        .header(header::CONNECTION, "close")
        .header(
            header::USER_AGENT,
            concat!("mcp-orch/", env!("CARGO_PKG_VERSION")),
        );
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body)).context("no such header")?;
    tokio::time::timeout(WITHIN, send(&uri, request))
        .await
        .with_context(|| format!("no answer within {} s", WITHIN.as_secs()))?
}

async fn send(uri: &Uri, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
    let is_tls = match uri.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        _ => bail!("{uri} begins with neither http:// nor https://"),
    };
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
        .await
        .with_context(|| format!("the name {host} leads nowhere"))?
        .collect();
    let stream = TcpStream::connect(addresses.as_slice())
        .await
        .context("nobody takes the connection")?;
    if !is_tls {
        return exchange(stream, request).await;
    }
    let name = ServerName::try_from(host.to_owned())?;
    let stream = tls()?.connect(name, stream).await.context("no TLS")?;
    exchange(stream, request).await
}

async fn exchange<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    stream: S,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<Answer> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut connection = pin!(connection);
    let mut exchange = pin!(async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, MAX_BYTES).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("the answer broke off: {error}"))?;
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        })
    });
    let mut is_open = true;
    loop {
        tokio::select! {
            answer = &mut exchange => return answer,
            // What has arrived is still to be taken.
            _ = &mut connection, if is_open => is_open = false,
        }
    }
}

fn tls() -> anyhow::Result<TlsConnector> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(public_authorities())
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
