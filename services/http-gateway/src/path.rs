//! The parts of a request's path.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::de::DeserializeOwned;
use service_error::{Code, ServiceError};

/// The named parts of the path, in their order.
pub(crate) struct Path<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = ServiceError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(path)) => Ok(Self(path)),
            Err(rejection) => Err(ServiceError::new(
                Code::InvalidArgument,
                "malformed_path",
                "the path of this address is no text in UTF-8",
            )
            .caused_by(rejection)),
        }
    }
}
