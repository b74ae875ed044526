//! Entity tags (RFC 9110, 8.8.3 and 13.1.1): who changes something can say which
//! version of it they saw, and changes no other.
//!
//! A handler that answers with something that has versions adds its
//! [`EntityTag`]; one that changes it takes [`IfMatch`], checks it against
//! what it found, and has the service behind insist on that.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponseParts, ResponseParts},
};
use service_error::{Code, Problem, ServiceError};
use utoipa::IntoParams;

/// What the OpenAPI document says of [`IfMatch`].
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only documented: `IfMatch` reads it")]
pub(crate) struct IfMatchHeader {
    /// The `ETag` of an earlier answer. Changes that version alone, and answers
    /// 412 where somebody else changed it meanwhile.
    #[param(rename = "If-Match", example = "\"3\"")]
    if_match: Option<String>,
}

/// The version of something, as a strong entity tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntityTag(pub(crate) u64);

/// What the caller saw of what they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// They do not say, or whatever it is.
    Any,
    /// One of these versions. Tags that are none of ours match nothing.
    Versions(Vec<u64>),
}

impl IntoResponseParts for EntityTag {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        let tag = HeaderValue::try_from(format!("\"{}\"", self.0)).expect("digits in quotes are a header");
        response.headers_mut().insert(header::ETAG, tag);
        Ok(response)
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ServiceError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let mut versions = Vec::new();
        let mut is_given = false;
        for value in parts.headers.get_all(header::IF_MATCH) {
            is_given = true;
            let text = value.to_str().map_err(|_| malformed())?;
            if text.trim() == "*" {
                return Ok(Self::Any);
            }
            for tag in text.split(',') {
                versions.extend(read(tag.trim())?);
            }
        }
        Ok(if is_given {
            Self::Versions(versions)
        } else {
            Self::Any
        })
    }
}

impl IfMatch {
    /// Refuses a change of something that has another version than the caller
    /// saw. Only the service behind can say so for certain: it is to insist on
    /// the version that was found here.
    #[expect(clippy::result_large_err, reason = "it is the answer, and rare")]
    pub(crate) fn check(&self, now: u64) -> Result<(), Problem> {
        match self {
            Self::Versions(versions) if !versions.contains(&now) => Err(stale()),
            Self::Versions(_) | Self::Any => Ok(()),
        }
    }

    /// A refusal of the service, in the words of the header.
    pub(crate) fn refused(&self, error: ServiceError) -> Problem {
        match self {
            Self::Versions(_) if error.code == Code::Conflict => stale(),
            Self::Versions(_) | Self::Any => error.into(),
        }
    }
}

/// The version of one tag: none of a weak one, which matches nothing here (RFC
/// 9110, 8.8.3.2), and none of a tag that we did not write.
fn read(tag: &str) -> Result<Option<u64>, ServiceError> {
    let (is_weak, quoted) = match tag.strip_prefix("W/") {
        Some(quoted) => (true, quoted),
        None => (false, tag),
    };
    let text = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .ok_or_else(malformed)?;
    Ok(text.parse().ok().filter(|_| !is_weak))
}

fn malformed() -> ServiceError {
    ServiceError::new(
        Code::InvalidArgument,
        "malformed_if_match",
        "the header If-Match takes the ETag of an earlier answer as it stands there, in its quotes",
    )
}

fn stale() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "changed_meanwhile",
        "somebody else changed this since you looked at it; look at it again, then change it",
    )
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn given(values: &[&str]) -> Result<IfMatch, ServiceError> {
        let mut request = Request::builder();
        for value in values {
            request = request.header(header::IF_MATCH, *value);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        IfMatch::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn only_the_version_that_was_seen_is_changed() {
        let one = given(&["\"3\""]).await.expect("a tag");
        assert_eq!(one.check(3).ok(), Some(()));
        assert_eq!(one.check(4).expect_err("stale").status, 412);
        let some = given(&["\"1\", \"2\"", "\"x\""]).await.expect("tags");
        assert_eq!(some, IfMatch::Versions(vec![1, 2]));
        let weak = given(&["W/\"3\""]).await.expect("a tag");
        assert_eq!(weak.check(3).expect_err("weak").status, 412);
    }

    #[tokio::test]
    async fn who_does_not_say_changes_what_there_is() {
        for values in [&[][..], &["*"]] {
            let any = given(values).await.expect("any");
            assert_eq!(any.check(7).ok(), Some(()));
        }
        for value in ["3", "\"3", "", "\"1\" \"2\" x"] {
            assert!(given(&[value]).await.is_err(), "{value}");
        }
    }

    #[tokio::test]
    async fn a_refusal_of_the_service_is_told_in_the_words_of_the_header() {
        let conflict = || ServiceError::new(Code::Conflict, "changed_meanwhile", "somebody else");
        let one = given(&["\"3\""]).await.expect("a tag");
        assert_eq!(one.refused(conflict()).status, 412);
        assert_eq!(IfMatch::Any.refused(conflict()).status, 409);
        assert_eq!(one.refused(ServiceError::not_found("server")).status, 404);
    }
}
