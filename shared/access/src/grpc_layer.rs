use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use futures::future::Either;
use http::{Request, Response};
use service_error::{Code, ServiceError};
use tonic::{Status, service::Routes};
use tower::{Layer, Service};

use crate::{ServiceName, ServiceSecret, service::SERVICE_METADATA};

/// Who may call what: full names of methods, such as
/// `mcporch.projects.v1.UsersService/SignUp`, with the services that may.
pub type AllowList = &'static [(&'static str, &'static [ServiceName])];

/// What anybody may call: it tells nothing but whether we live.
const OPEN_PATHS: [&str; 3] = ["/livez", "/readyz", "/metrics"];
const OPEN_SERVICES: [&str; 3] = [
    "/grpc.health.v1.",
    "/grpc.reflection.v1.",
    "/grpc.reflection.v1alpha.",
];

/// A layer in front of gRPC services that lets a call through only when it
/// carries the token of a service that the method's line of the [`AllowList`]
/// names. A method without a line is closed to all.
///
/// Handlers find the [`ServiceName`] that called in the request's extensions.
#[derive(Debug, Clone)]
pub struct GrpcAccess {
    secret: ServiceSecret,
    allow_list: AllowList,
}

/// What [`GrpcAccess`] makes of a service.
#[derive(Debug, Clone)]
pub struct GrpcAccessService<S> {
    inner: S,
    access: GrpcAccess,
}

impl GrpcAccess {
    /// Checks tokens of that secret's deployment against that list.
    pub const fn new(secret: ServiceSecret, allow_list: AllowList) -> Self {
        Self { secret, allow_list }
    }

    /// Puts the layer in front of all routes.
    pub fn guard(self, routes: Routes) -> Routes {
        Routes::from(routes.into_axum_router().layer(self))
    }

    fn check<B>(&self, request: &Request<B>) -> Result<Option<ServiceName>, ServiceError> {
        let path = request.uri().path();
        if OPEN_PATHS.contains(&path) || OPEN_SERVICES.iter().any(|open| path.starts_with(open)) {
            return Ok(None);
        }
        let caller = request
            .headers()
            .get(SERVICE_METADATA)
            .and_then(|token| token.to_str().ok())
            .and_then(|token| self.secret.verify(token))
            .ok_or_else(|| {
                ServiceError::new(
                    Code::Unauthenticated,
                    "service_token_required",
                    "this call needs the token of a service of this deployment; \
                     check that both services read the same service secret",
                )
            })?;
        let method = path.strip_prefix('/').unwrap_or(path);
        let allowed = self
            .allow_list
            .iter()
            .any(|(listed, services)| *listed == method && services.contains(&caller));
        if !allowed {
            return Err(ServiceError::new(
                Code::PermissionDenied,
                "service_not_allowed",
                format!("{caller} may not call {method}"),
            ));
        }
        Ok(Some(caller))
    }
}

impl<S> Layer<S> for GrpcAccess {
    type Service = GrpcAccessService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        GrpcAccessService {
            inner,
            access: self.clone(),
        }
    }
}

impl<S, B, R> Service<Request<B>> for GrpcAccessService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Self::Response, Self::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.access.check(&request) {
            Ok(caller) => {
                if let Some(caller) = caller {
                    request.extensions_mut().insert(caller);
                }
                Either::Left(self.inner.call(request))
            }
            Err(refusal) => Either::Right(ready(Ok(Status::from(refusal).into_http()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tower::{ServiceExt as _, service_fn};

    use super::*;

    const ALLOW_LIST: AllowList = &[
        ("a.v1.B/ForGateway", &[ServiceName::McpGateway]),
        ("a.v1.B/ForNobody", &[]),
    ];

    /// What a call answers: who was seen calling, or the gRPC status.
    async fn call(secret: &ServiceSecret, path: &str, token: Option<&str>) -> Result<String, tonic::Code> {
        let seen = service_fn(async |request: Request<()>| {
            let caller = request.extensions().get::<ServiceName>().map(ToString::to_string);
            Ok::<_, Infallible>(Response::new(caller.unwrap_or_default()))
        });
        let mut request = Request::builder().uri(path);
        if let Some(token) = token {
            request = request.header(SERVICE_METADATA, token);
        }
        let response = GrpcAccess::new(secret.clone(), ALLOW_LIST)
            .layer(seen)
            .oneshot(request.body(()).expect("a request"))
            .await
            .expect("infallible");
        match Status::from_header_map(response.headers()) {
            Some(status) => Err(status.code()),
            None => Ok(response.into_body()),
        }
    }

    #[tokio::test]
    async fn a_call_passes_with_the_token_of_a_service_on_the_list() {
        let secret = ServiceSecret::generate();
        let token = secret.token_for(ServiceName::McpGateway);
        let answer = call(&secret, "/a.v1.B/ForGateway", Some(token.expose())).await;
        assert_eq!(answer, Ok("mcp-gateway".to_owned()));
    }

    #[tokio::test]
    async fn everything_else_is_refused() {
        let secret = ServiceSecret::generate();
        let gateway = secret.token_for(ServiceName::McpGateway);
        let logging = secret.token_for(ServiceName::Logging);
        let foreign = ServiceSecret::generate().token_for(ServiceName::McpGateway);
        for (path, token, refusal) in [
            ("/a.v1.B/ForGateway", None, tonic::Code::Unauthenticated),
            (
                "/a.v1.B/ForGateway",
                Some(foreign.expose()),
                tonic::Code::Unauthenticated,
            ),
            (
                "/a.v1.B/ForGateway",
                Some("mcp-gateway"),
                tonic::Code::Unauthenticated,
            ),
            (
                "/a.v1.B/ForGateway",
                Some(logging.expose()),
                tonic::Code::PermissionDenied,
            ),
            (
                "/a.v1.B/ForNobody",
                Some(gateway.expose()),
                tonic::Code::PermissionDenied,
            ),
            (
                "/a.v1.B/NotListed",
                Some(gateway.expose()),
                tonic::Code::PermissionDenied,
            ),
            (
                "/a.v1.B/ForGateway/",
                Some(gateway.expose()),
                tonic::Code::PermissionDenied,
            ),
            (
                "//a.v1.B/ForGateway",
                Some(gateway.expose()),
                tonic::Code::PermissionDenied,
            ),
            ("/metrics/x", None, tonic::Code::Unauthenticated),
        ] {
            assert_eq!(call(&secret, path, token).await, Err(refusal), "{path} {token:?}");
        }
    }

    #[tokio::test]
    async fn health_is_open() {
        let secret = ServiceSecret::generate();
        for path in ["/grpc.health.v1.Health/Check", "/livez", "/readyz", "/metrics"] {
            assert_eq!(call(&secret, path, None).await, Ok(String::new()), "{path}");
        }
    }
}
