use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use access::{CLIENT_ADDRESS_METADATA, USER_AGENT_METADATA};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{header, request::Parts},
};

use crate::app::App;

const MAX_USER_AGENT: usize = 512;

/// From where a request comes, and by which program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Absent only where it came over no connection.
    address: Option<IpAddr>,
    /// Empty: it did not say.
    user_agent: String,
}

impl FromRequestParts<App> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let address = peer
            .map(|ConnectInfo(peer)| access::client_address(peer.ip(), &parts.headers, &app.trusted_proxies));
        let user_agent = parts.headers.get(header::USER_AGENT).map(|value| {
            String::from_utf8_lossy(value.as_bytes())
                .chars()
                .take(MAX_USER_AGENT)
                .collect()
        });
        Ok(Self {
            address,
            user_agent: user_agent.unwrap_or_default(),
        })
    }
}

impl Origin {
    /// A request to the projects service that says whose it is: attempts to
    /// sign in are counted per address, and what people do is written down with
    /// it.
    pub(crate) fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        if let Ok(address) = self.address().parse()
            && self.address.is_some()
        {
            request.metadata_mut().insert(CLIENT_ADDRESS_METADATA, address);
        }
        // Metadata is ASCII.
        let visible = |character: char| {
            if matches!(character, ' '..='~') {
                character
            } else {
                '?'
            }
        };
        if let Ok(user_agent) = self.user_agent.chars().map(visible).collect::<String>().parse() {
            request.metadata_mut().insert(USER_AGENT_METADATA, user_agent);
        }
        request
    }

    /// Empty: unknown.
    pub(crate) fn address(&self) -> String {
        self.address
            .map(|address| address.to_string())
            .unwrap_or_default()
    }

    pub(crate) fn user_agent(&self) -> &str {
        &self.user_agent
    }
}
