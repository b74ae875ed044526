//! Mutual TLS between the services: both ends of a connection show a
//! certificate of the deployment's own authority. It protects the wire; who may
//! call what is said by the services' tokens, with TLS as without.

mod connector;
mod files;
#[cfg(test)]
mod tests;
mod validity;

use std::{path::PathBuf, sync::Arc, time::Duration};

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpStream, sync::watch};
use tokio_rustls::{TlsAcceptor, TlsConnector, rustls::pki_types::ServerName, server::TlsStream};

pub(crate) use self::connector::Connector;
pub use self::files::UnusableTls;
use self::files::{Ends, Files, Pem};
use crate::Shutdown;

/// How often the files are looked at: whoever renews certificates writes them
/// anew, and nobody has to start anything again.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Mutual TLS between the services: three files, or none and no TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// The certificate that this process shows to other services and to those
    /// who call it (PEM; intermediate authorities after it).
    pub certificate_file: Option<PathBuf>,
    /// That certificate's private key (PEM).
    pub key_file: Option<PathBuf>,
    /// The authorities that issue the services' certificates (PEM). No others
    /// are trusted.
    pub authority_file: Option<PathBuf>,
    /// The name that the certificate of every service bears. Absent: the host
    /// of the URL at which a service is called.
    pub server_name: Option<String>,
}

/// The certificates of this process, as they stand in the files now.
#[derive(Clone)]
pub struct ServiceTls(Arc<Shared>);

struct Shared {
    files: Files,
    server_name: Option<ServerName<'static>>,
    ends: watch::Sender<Ends>,
}

/// Whether the peer of a connection showed a certificate of the deployment's
/// authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IsCertified(pub(crate) bool);

impl TlsConfig {
    /// Whether the services use TLS.
    pub const fn is_on(&self) -> bool {
        self.certificate_file.is_some()
    }

    /// Until when the certificate of this process holds, in the eyes of other
    /// services at the time `now`. `None` where no TLS is wanted. It is an error
    /// where it does not hold then.
    pub fn valid_until(&self, now: Timestamp) -> Result<Option<Timestamp>, UnusableTls> {
        let Some(files) = Files::of(self)? else {
            return Ok(None);
        };
        let pem = files.read()?;
        // Reads the key, too, and compares it with the certificate.
        pem.ends()?;
        validity::valid_until(&pem, now).map(Some)
    }
}

impl ServiceTls {
    /// Reads the files. `None` where no TLS is wanted.
    pub fn load(config: &TlsConfig) -> Result<Option<Self>, UnusableTls> {
        let Some(files) = Files::of(config)? else {
            return Ok(None);
        };
        let server_name = config.server_name.clone().map(files::server_name).transpose()?;
        let ends = files.read()?.ends()?;
        let (ends, _) = watch::channel(ends);
        Ok(Some(Self(Arc::new(Shared {
            files,
            server_name,
            ends,
        }))))
    }

    /// Takes up what is written into the files, for connections that are made
    /// afterwards, until the process ends.
    pub(crate) async fn follow_files(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut known = self.0.files.read()?;
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = shutdown.soft() => return Ok(()),
            }
            match self.take_up(&mut known) {
                Ok(false) => {}
                Ok(true) => tracing::info!("new certificates between the services"),
                Err(error) => tracing::warn!(%error, "the certificates of before stay in use"),
            }
        }
    }

    /// Whether the files say something else than what is known.
    fn take_up(&self, known: &mut Pem) -> Result<bool, UnusableTls> {
        let read = self.0.files.read()?;
        if read == *known {
            return Ok(false);
        }
        self.0.ends.send_replace(read.ends()?);
        *known = read;
        Ok(true)
    }

    /// The peer's end of the handshake, and whether it showed a certificate.
    /// Who shows none gets as far as the health of the process.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
    ) -> std::io::Result<(TlsStream<TcpStream>, IsCertified)> {
        let acceptor: TlsAcceptor = self.0.ends.borrow().acceptor.clone();
        let stream = acceptor.accept(stream).await?;
        let is_certified = IsCertified(stream.get_ref().1.peer_certificates().is_some());
        Ok((stream, is_certified))
    }

    fn connector(&self) -> TlsConnector {
        self.0.ends.borrow().connector.clone()
    }

    fn server_name(&self) -> Option<&ServerName<'static>> {
        self.0.server_name.as_ref()
    }
}

impl std::fmt::Debug for ServiceTls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ServiceTls")
            .field("files", &self.0.files)
            .finish_non_exhaustive()
    }
}
