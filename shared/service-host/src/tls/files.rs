use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
        server::WebPkiClientVerifier,
    },
};

use super::TlsConfig;

/// TLS that cannot be set up: which setting is at fault, and why.
#[derive(Debug, thiserror::Error)]
#[error("host.tls.{setting}: {problem}")]
pub struct UnusableTls {
    setting: &'static str,
    problem: String,
}

/// Where the certificates lie.
#[derive(Debug)]
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    authority: PathBuf,
}

/// What stood in the files.
#[derive(PartialEq, Eq)]
pub(super) struct Pem {
    pub(super) certificate: Vec<u8>,
    key: Vec<u8>,
    authority: Vec<u8>,
}

/// Both ends of connections.
#[derive(Clone)]
pub(super) struct Ends {
    pub(super) acceptor: TlsAcceptor,
    pub(super) connector: TlsConnector,
}

impl Files {
    pub(super) fn of(config: &TlsConfig) -> Result<Option<Self>, UnusableTls> {
        let settings = [
            ("certificate_file", &config.certificate_file),
            ("key_file", &config.key_file),
            ("authority_file", &config.authority_file),
        ];
        let missing = settings.iter().find(|(_, file)| file.is_none());
        match (&config.certificate_file, &config.key_file, &config.authority_file) {
            (Some(certificate), Some(key), Some(authority)) => Ok(Some(Self {
                certificate: certificate.clone(),
                key: key.clone(),
                authority: authority.clone(),
            })),
            (None, None, None) if config.server_name.is_none() => Ok(None),
            _ => Err(unusable(
                missing.map_or("server_name", |(setting, _)| setting),
                "is not set; TLS between the services needs certificate_file, key_file and authority_file",
            )),
        }
    }

    pub(super) fn read(&self) -> Result<Pem, UnusableTls> {
        Ok(Pem {
            certificate: read("certificate_file", &self.certificate)?,
            key: read("key_file", &self.key)?,
            authority: read("authority_file", &self.authority)?,
        })
    }
}

fn read(setting: &'static str, file: &Path) -> Result<Vec<u8>, UnusableTls> {
    std::fs::read(file)
        .map_err(|error: io::Error| unusable(setting, format!("{} cannot be read: {error}", file.display())))
}

impl Pem {
    pub(super) fn ends(&self) -> Result<Ends, UnusableTls> {
        let provider = Arc::new(ring::default_provider());
        let certificate = certificates("certificate_file", &self.certificate)?;
        let key = || {
            PrivateKeyDer::from_pem_slice(&self.key)
                .map_err(|error| unusable("key_file", format!("holds no private key in PEM: {error}")))
        };
        let authorities = self.authorities()?;

        // Health checks and scrapes of metrics come without a certificate.
        let clients = WebPkiClientVerifier::builder_with_provider(authorities.clone(), provider.clone())
            .allow_unauthenticated()
            .build()
            .map_err(|error| unusable("authority_file", error.to_string()))?;
        let mut server = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable("certificate_file", error.to_string()))?
            .with_client_cert_verifier(clients)
            .with_single_cert(certificate.clone(), key()?)
            .map_err(|error| unusable("certificate_file", error.to_string()))?;
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable("certificate_file", error.to_string()))?
            .with_root_certificates(authorities)
            .with_client_auth_cert(certificate, key()?)
            .map_err(|error| unusable("certificate_file", error.to_string()))?;
        client.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Ends {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            connector: TlsConnector::from(Arc::new(client)),
        })
    }

    pub(super) fn authorities(&self) -> Result<Arc<RootCertStore>, UnusableTls> {
        let mut authorities = RootCertStore::empty();
        for authority in certificates("authority_file", &self.authority)? {
            authorities
                .add(authority)
                .map_err(|error| unusable("authority_file", error.to_string()))?;
        }
        Ok(Arc::new(authorities))
    }
}

pub(super) fn certificates(
    setting: &'static str,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, UnusableTls> {
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(setting, error.to_string()))?;
    if certificates.is_empty() {
        return Err(unusable(setting, "holds no certificate in PEM"));
    }
    Ok(certificates)
}

pub(super) fn server_name(name: String) -> Result<ServerName<'static>, UnusableTls> {
    let shown = format!("{name:?} is no name that a certificate can bear");
    ServerName::try_from(name).map_err(|_| unusable("server_name", shown))
}

pub(super) fn unusable(setting: &'static str, problem: impl Into<String>) -> UnusableTls {
    UnusableTls {
        setting,
        problem: problem.into(),
    }
}
