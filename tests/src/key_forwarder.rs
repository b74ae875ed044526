use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use service_host::http_client;
use tokio::{net::TcpListener, task::JoinHandle};

/// The largest body that is forwarded.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Stands between the gateway and a client that cannot send an API key, and
/// adds it. Everything else goes through as it is, `Host` too.
///
/// Dropped, it stops listening.
pub struct KeyForwarder {
    address: SocketAddr,
    task: JoinHandle<()>,
}

struct Target {
    http: reqwest::Client,
    endpoint: String,
    key: String,
}

impl KeyForwarder {
    /// Forwards to an endpoint such as `http://host/projects/demo`, without the
    /// part that names the door.
    pub async fn start(endpoint: &str, key: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let target = Arc::new(Target {
            http: http_client().no_proxy().build()?,
            endpoint: endpoint.to_owned(),
            key: key.to_owned(),
        });
        let router = Router::new().fallback(forward).with_state(target);
        #[expect(clippy::disallowed_methods, reason = "a test has no host to keep its tasks")]
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, task })
    }

    /// Where Streamable HTTP is.
    pub fn mcp_url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }
}

impl Drop for KeyForwarder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(State(target): State<Arc<Target>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let path = head.uri.path_and_query().map_or("", |path| path.as_str());
    let mut headers = head.headers;
    for of_this_hop in [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
    ] {
        headers.remove(of_this_hop);
    }
    let answer = target
        .http
        .request(head.method, format!("{}{path}", target.endpoint))
        .headers(headers)
        .bearer_auth(&target.key)
        .body(body)
        .send()
        .await;
    match answer {
        Ok(answer) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = answer.status();
            *response.headers_mut() = answer.headers().clone();
            response.headers_mut().remove(header::TRANSFER_ENCODING);
            *response.body_mut() = Body::from_stream(answer.bytes_stream());
            response
        }
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
