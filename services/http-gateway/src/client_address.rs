use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, SocketAddr},
};

use access::CLIENT_ADDRESS_METADATA;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};

use crate::app::App;

/// Where a request comes from. Absent only where it came over no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(Option<IpAddr>);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let address = peer
            .map(|ConnectInfo(peer)| access::client_address(peer.ip(), &parts.headers, &app.trusted_proxies));
        Ok(Self(address))
    }
}

impl ClientAddress {
    /// A request to the projects service that says whose it is: attempts to
    /// sign in are counted per address.
    pub(crate) fn request<T>(self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        if let Some(address) = self.0
            && let Ok(address) = address.to_string().parse()
        {
            request.metadata_mut().insert(CLIENT_ADDRESS_METADATA, address);
        }
        request
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(formatter),
            None => Ok(()),
        }
    }
}
