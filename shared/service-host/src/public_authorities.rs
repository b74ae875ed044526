use tokio_rustls::rustls::RootCertStore;

/// The authorities that this system trusts, those of Mozilla where it trusts
/// none: for connections out of the deployment.
pub fn public_authorities() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
