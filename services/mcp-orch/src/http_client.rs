//! How commands reach a deployment over HTTP, and say in words why they do not.

use std::{error::Error, io};

use anyhow::Context as _;
use reqwest::{ClientBuilder, Url};
use service_host::http_client;
use tokio_rustls::rustls;

/// What commands ask with.
pub(crate) fn builder() -> ClientBuilder {
    http_client().user_agent(concat!("mcp-orch/", env!("CARGO_PKG_VERSION")))
}

/// Refuses what is no address of a deployment, before anything is asked.
pub(crate) fn read_url(url: &str) -> anyhow::Result<Url> {
    Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .with_context(|| format!("the URL must begin with http:// or https:// and name a host: {url}"))
}

/// Why nobody answered.
pub(crate) fn why(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return format!("no TLS: {error}");
        }
        let of_io = error.downcast_ref::<io::Error>();
        if of_io.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            return "nobody takes the connection".to_owned();
        }
        words.push(error.to_string());
        // What an error of I/O holds is not its source.
        next = match of_io.and_then(io::Error::get_ref) {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    words.dedup();
    words.join(": ")
}
