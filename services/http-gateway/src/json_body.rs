//! JSON bodies: of the right type, within the limit, without unknown fields.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::value::RawValue;
use service_error::{Code, Problem, ServiceError};
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

use crate::suggest;

/// The largest body that is read.
pub(crate) const LIMIT_BYTES: usize = 2 * 1024 * 1024;

/// How long a body may take to arrive: who sends slower holds a connection for
/// nothing.
const ARRIVES_WITHIN: Duration = Duration::from_secs(30);

/// A JSON object, read strictly.
pub(crate) struct Body<T>(pub(crate) T);

impl<S, T> FromRequest<S> for Body<T>
where
    S: Send + Sync,
    T: DeserializeOwned + ToSchema,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(is_json) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "send the body as JSON, with the header Content-Type: application/json",
            ));
        }
        let bytes = tokio::time::timeout(ARRIVES_WITHIN, Bytes::from_request(request, state))
            .await
            .map_err(|_| too_slow())?
            .map_err(refused_body)?;
        read(&bytes).map(Self).map_err(Problem::from)
    }
}

fn too_slow() -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "body_too_slow",
        format!(
            "the body did not arrive within {} seconds",
            ARRIVES_WITHIN.as_secs()
        ),
    )
}

/// A whole body, as its bytes.
pub(crate) async fn arrived(request: Request) -> Result<Bytes, Response> {
    let body = tokio::time::timeout(ARRIVES_WITHIN, Bytes::from_request(request, &())).await;
    body.map_err(|_| too_slow().into_response())?
        .map_err(|rejection| refused_body(rejection).into_response())
}

fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn refused_body(rejection: BytesRejection) -> Problem {
    if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ServiceError::new(
            Code::TooLarge,
            "body_too_large",
            format!("the body is over {LIMIT_BYTES} bytes"),
        )
        .into();
    }
    ServiceError::new(
        Code::InvalidArgument,
        "body_broken",
        "the body broke off before its end",
    )
    .into()
}

fn read<T: DeserializeOwned + ToSchema>(bytes: &[u8]) -> Result<T, ServiceError> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_slice(bytes).map_err(|error| {
        let message = if error.is_data() {
            "the body must be a JSON object".to_owned()
        } else {
            // Where it is wrong, and never what stands there.
            format!(
                "the body is no JSON: it goes wrong at line {}, column {}",
                error.line(),
                error.column()
            )
        };
        ServiceError::new(Code::InvalidArgument, "malformed_json", message)
    })?;
    let known = documented_fields::<T>();
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    let names = fields.keys().map(String::as_str);
    if let Some(error) = suggest::refuse_unknown("field", names, &known) {
        return Err(error);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let said = error.inner().to_string();
        // serde ends with where it was in the text, which people do not see.
        let said = said.split(" at line ").next().unwrap_or_default().to_owned();
        if path == "." {
            return ServiceError::new(Code::InvalidArgument, "invalid_argument", said);
        }
        let path = path.replace('[', ".").replace(']', "");
        ServiceError::invalid(path, said)
    })
}

/// Tells a null from an absent field.
#[expect(clippy::option_option, reason = "absent, null and a value mean three things")]
pub(crate) fn present_or_null<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// The fields that the document names.
fn documented_fields<T: ToSchema>() -> Vec<String> {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object.properties.into_keys().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Sample {
        name: String,
        #[serde(default)]
        args: Vec<String>,
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (body, reason, message) in [
            (r#"{"naem": "x"}"#, "unknown_field", r#"did you mean "name"?"#),
            (
                r#"{"name": 1}"#,
                "invalid_argument",
                "name: invalid type: integer `1`",
            ),
            (
                r#"{"name": "x", "args": ["a", null]}"#,
                "invalid_argument",
                "args.1: invalid type: null",
            ),
            ("{}", "invalid_argument", "missing field `name`"),
            ("{", "malformed_json", "line 1, column 1"),
            ("", "malformed_json", "line 1, column 0"),
            ("[]", "malformed_json", "must be a JSON object"),
            ("\"x\"", "malformed_json", "must be a JSON object"),
        ] {
            let error = read::<Sample>(body.as_bytes()).expect_err(body);
            assert_eq!(error.reason, reason, "{body}");
            assert!(error.message.contains(message), "{body}: {error}");
        }
    }
}
