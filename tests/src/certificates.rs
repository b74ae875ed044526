use std::{os::unix::fs::PermissionsExt as _, path::PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// A certificate for the services of a deployment, of an authority of its own,
/// as files in a folder that ends with this.
pub struct Certificates(tempfile::TempDir);

impl Certificates {
    /// One for 127.0.0.1, where all services of a test are.
    pub fn issue() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the certificates");
        let mut authority = CertificateParams::new(Vec::new()).expect("no names");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = || KeyPair::generate().expect("a key is made");
        let authority = CertifiedIssuer::self_signed(authority, key()).expect("an authority is made");
        let own_key = key();
        let own = CertificateParams::new(vec!["127.0.0.1".to_owned()])
            .and_then(|params| params.signed_by(&own_key, &authority))
            .expect("a certificate is issued");
        let certificates = Self(folder);
        for (file, pem) in [
            ("tls.crt", own.pem()),
            ("tls.key", own_key.serialize_pem()),
            ("ca.crt", authority.pem()),
        ] {
            std::fs::write(certificates.file(file), pem).expect("it can be written");
        }
        let for_its_owner = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(certificates.file("tls.key"), for_its_owner).expect("it is ours");
        certificates
    }

    /// The environment that turns TLS on.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        [
            ("MCPORCH_HOST__TLS__CERTIFICATE_FILE", "tls.crt"),
            ("MCPORCH_HOST__TLS__KEY_FILE", "tls.key"),
            ("MCPORCH_HOST__TLS__AUTHORITY_FILE", "ca.crt"),
        ]
        .map(|(setting, file)| (setting, self.file(file).display().to_string()))
        .to_vec()
    }

    /// Of 127.0.0.1.
    pub fn certificate(&self) -> PathBuf {
        self.file("tls.crt")
    }

    /// Its private key.
    pub fn key(&self) -> PathBuf {
        self.file("tls.key")
    }

    /// Who issued it.
    pub fn authority(&self) -> PathBuf {
        self.file("ca.crt")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}
