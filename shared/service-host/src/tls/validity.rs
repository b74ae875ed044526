use std::{sync::Arc, time::Duration};

use domain::Timestamp;
use tokio_rustls::rustls::{
    CertificateError, Error, crypto::ring, pki_types::UnixTime, server::WebPkiClientVerifier,
};

use super::files::{Pem, UnusableTls, certificates, unusable};

/// The year 9999, in which no certificate holds any more.
const FAR_SECONDS: u64 = 253_370_764_800;

/// Until when the certificate holds, as whoever is called by this process checks
/// it.
pub(super) fn valid_until(pem: &Pem, now: Timestamp) -> Result<Timestamp, UnusableTls> {
    const SETTING: &str = "certificate_file";
    let verifier =
        WebPkiClientVerifier::builder_with_provider(pem.authorities()?, Arc::new(ring::default_provider()))
            .build()
            .map_err(|error| unusable("authority_file", error.to_string()))?;
    let chain = certificates(SETTING, &pem.certificate)?;
    let (own, intermediates) = chain
        .split_first()
        .ok_or_else(|| unusable(SETTING, "holds no certificate in PEM"))?;
    let at = |seconds| {
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        verifier.verify_client_cert(own, intermediates, at)
    };
    at(u64::try_from(now.as_micros()).unwrap_or(0) / 1_000_000)
        .map_err(|error| unusable(SETTING, words(error)))?;
    match at(FAR_SECONDS) {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Ok(moment(not_after))
        }
        _ => Ok(moment(UnixTime::since_unix_epoch(Duration::from_secs(
            FAR_SECONDS,
        )))),
    }
}

fn words(error: Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => {
            format!("the certificate ended at {}", moment(not_after))
        }
        Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }) => {
            format!(
                "the certificate begins to hold at {} only; is the clock right?",
                moment(not_before)
            )
        }
        // The second where two authorities have the same name.
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "the certificate is of another authority than those in authority_file".to_owned()
        }
        other => other.to_string(),
    }
}

fn moment(at: UnixTime) -> Timestamp {
    Timestamp::from_micros(
        i64::try_from(at.as_secs())
            .unwrap_or(i64::MAX)
            .saturating_mul(1_000_000),
    )
}
