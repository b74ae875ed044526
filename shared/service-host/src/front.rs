use std::{borrow::Cow, convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{Router, extract::ConnectInfo, response::Response};
use http::Request;
use hyper::body::Incoming;
use tower::ServiceExt as _;

use crate::{layers::Observer, tls::IsCertified};

/// A service that finds its way by itself, for where a router would be felt: each
/// layer of one is a box, and a copy of all that lies below it.
pub trait Front: Send + Sync + 'static {
    /// What the route of a path is called. A route has few values, a path many.
    fn route(&self, path: &str) -> &'static str;

    /// Answers a request, whether or not there is something at its path.
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response> + Send + 'static;
}

/// What connections bring their requests to.
pub(crate) trait Handler: Clone + Send + Sync + 'static {
    fn handle(
        self,
        request: Request<Incoming>,
        peer: SocketAddr,
        is_certified: IsCertified,
    ) -> impl Future<Output = Response> + Send + 'static;
}

/// Handlers find the peer's address as `ConnectInfo<SocketAddr>`.
impl Handler for Router {
    fn handle(
        self,
        mut request: Request<Incoming>,
        peer: SocketAddr,
        is_certified: IsCertified,
    ) -> impl Future<Output = Response> + Send + 'static {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(is_certified);
        let answering = self.oneshot(request);
        async move { answering.await.unwrap_or_else(|never: Infallible| match never {}) }
    }
}

/// A front, and beside it what the host answers itself.
pub(crate) struct Fronted<F> {
    pub(crate) front: Arc<F>,
    pub(crate) observer: Observer,
    pub(crate) own: Router,
    pub(crate) own_paths: &'static [&'static str],
}

impl<F: Front> Handler for Arc<Fronted<F>> {
    async fn handle(
        self,
        request: Request<Incoming>,
        peer: SocketAddr,
        is_certified: IsCertified,
    ) -> Response {
        let path = request.uri().path();
        if self.own_paths.contains(&path) {
            return Box::pin(self.own.clone().handle(request, peer, is_certified)).await;
        }
        let route = Cow::Borrowed(self.front.route(path));
        let answer = |request| self.front.clone().answer(request, peer);
        self.observer.observe(route, request, answer).await
    }
}
