use std::sync::Arc;

use tokio_rustls::rustls::{ClientConfig, crypto::ring};

use crate::public_authorities;

/// A client for HTTP and HTTPS that trusts the [`public_authorities`]: for whoever
/// asks a deployment from outside, commands and tests. A `reqwest::Client` made in
/// another way panics, because no cryptography is chosen for the whole process.
///
/// # Panics
///
/// Where ring speaks no version of TLS that rustls takes for safe: never.
pub fn http_client() -> reqwest::ClientBuilder {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(public_authorities())
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls)
}
