use std::{
    io::{self, IoSlice},
    net::{IpAddr, SocketAddr},
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use anyhow::Context as _;
use http::Uri;
use service_host::public_authorities;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

use crate::upstream::outbound::{Forbidden, Outbound};

/// From the look-up of the name to the end of the TLS handshake.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// For one of several addresses: the others want to be tried as well.
const ONE_OF_SEVERAL_WITHIN: Duration = Duration::from_secs(2);

/// How connections to HTTP servers are made, for all of them.
#[derive(Clone)]
pub(crate) struct Dialer {
    outbound: Arc<Outbound>,
    tls: TlsConnector,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("its URL has no host")]
    NoHost,
    #[error("{host} cannot be looked up: {error}")]
    Lookup { host: String, error: io::Error },
    #[error("{host} cannot be connected to: {error}")]
    Connect { host: String, error: io::Error },
    #[error("no TLS connection to {host}: {error}")]
    Tls { host: String, error: io::Error },
    #[error("{host} did not take the connection within {} s", CONNECT_WITHIN.as_secs())]
    Timeout { host: String },
    #[error("{host} does not speak HTTP: {error}")]
    Handshake { host: String, error: hyper::Error },
}

impl Dialer {
    /// Reads the certificates that this system trusts, those of Mozilla where it
    /// has none, and those of that file.
    pub(crate) fn new(outbound: Outbound, ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let mut roots = public_authorities();
        if let Some(file) = ca_file {
            let unusable = || format!("outbound.ca_file {} cannot be used", file.display());
            let certificates = CertificateDer::pem_file_iter(file).with_context(unusable)?;
            for certificate in certificates {
                roots
                    .add(certificate.with_context(unusable)?)
                    .with_context(unusable)?;
            }
        }
        let mut tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            outbound: Arc::new(outbound),
            tls: TlsConnector::from(Arc::new(tls)),
        })
    }

    /// Connects to where a URL leads, if it may: the address that was checked is
    /// the one that is dialled.
    pub(super) async fn connect(&self, url: &Uri) -> Result<Stream, ConnectError> {
        let host = url.host().ok_or(ConnectError::NoHost)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let is_tls = url.scheme_str() == Some("https");
        let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let connecting = self.dial(&host, port, is_tls);
        tokio::time::timeout(CONNECT_WITHIN, connecting)
            .await
            .unwrap_or_else(|_| Err(ConnectError::Timeout { host: host.clone() }))
    }

    async fn dial(&self, host: &str, port: u16, is_tls: bool) -> Result<Stream, ConnectError> {
        let named = || host.to_owned();
        let addresses: Vec<SocketAddr> = match host.parse::<IpAddr>() {
            Ok(ip) => vec![(ip, port).into()],
            Err(_) => tokio::net::lookup_host((host, port))
                .await
                .map_err(|error| ConnectError::Lookup { host: named(), error })?
                .collect(),
        };
        let permitted = self.outbound.permitted(host, is_tls, addresses)?;
        let tcp = first_that_answers(&permitted)
            .await
            .map_err(|error| ConnectError::Connect { host: named(), error })?;
        // Calls are small, and somebody waits for each.
        let _ = tcp.set_nodelay(true);
        if !is_tls {
            return Ok(Stream::Plain(tcp));
        }
        let fail = |error| ConnectError::Tls { host: named(), error };
        let name = ServerName::try_from(named())
            .map_err(|error| fail(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        let tls = self.tls.connect(name, tcp).await.map_err(fail)?;
        Ok(Stream::Tls(Box::new(tls)))
    }
}

async fn first_that_answers(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let within = if addresses.len() > 1 {
        ONE_OF_SEVERAL_WITHIN
    } else {
        CONNECT_WITHIN
    };
    let mut last_error = io::Error::new(io::ErrorKind::NotFound, "it has no address");
    for address in addresses {
        match tokio::time::timeout(within, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last_error = error,
            Err(_) => last_error = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last_error)
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Dialer")
            .field("outbound", &self.outbound)
            .finish_non_exhaustive()
    }
}

/// A connection, with or without TLS.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Whether the server chose HTTP/2 when TLS was begun.
    pub(super) fn speaks_http2(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(tls) => tls.get_ref().1.alpn_protocol() == Some(b"h2"),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
