use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use crate::Certificates;

/// Stands before a service and speaks TLS for it, as a reverse proxy does.
///
/// Dropped, it ends.
pub struct TlsProxy {
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl TlsProxy {
    /// With the certificate of these.
    pub async fn before(url: &str, certificates: &Certificates) -> Self {
        let service = url.strip_prefix("http://").expect("it speaks HTTP").to_owned();
        let certificate = CertificateDer::from_pem_file(certificates.certificate()).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(certificates.key()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks them")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("they belong together");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("there are free ports");
        let address = listener.local_addr().expect("a bound socket has an address");
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let (acceptor, service) = (acceptor.clone(), service.clone());
                connections.spawn(async move {
                    let Ok(mut near) = acceptor.accept(near).await else {
                        return;
                    };
                    if let Ok(mut far) = TcpStream::connect(&service).await {
                        copy_bidirectional(&mut near, &mut far).await.ok();
                    }
                });
            }
        });
        Self {
            address,
            _tasks: tasks,
        }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}
