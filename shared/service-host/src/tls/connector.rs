use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::{client::TlsStream, rustls::pki_types::ServerName};
use tower::Service;

use super::ServiceTls;

/// Connects to a service over TLS, for tonic's channel.
#[derive(Debug, Clone)]
pub(crate) struct Connector(pub(crate) ServiceTls);

impl Connector {
    async fn connect(self, url: Uri) -> io::Result<TokioIo<TlsStream<TcpStream>>> {
        let invalid = |error: &str| io::Error::new(io::ErrorKind::InvalidInput, error.to_owned());
        let host = url.host().ok_or_else(|| invalid("the URL has no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = url.port_u16().unwrap_or(443);
        let name = match self.0.server_name() {
            Some(name) => name.clone(),
            None => ServerName::try_from(host.clone())
                .map_err(|_| invalid("the URL's host is no name that a certificate can bear"))?,
        };
        let stream = TcpStream::connect((host, port)).await?;
        // Calls are small, and somebody waits for each.
        stream.set_nodelay(true)?;
        let stream = self.0.connector().connect(name, stream).await?;
        Ok(TokioIo::new(stream))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TlsStream<TcpStream>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        Box::pin(self.clone().connect(url))
    }
}
