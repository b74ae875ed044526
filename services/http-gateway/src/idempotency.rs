//! Requests that are done once, though they are sent again
//! (draft-ietf-httpapi-idempotency-key-header).
//!
//! Who sends one of [`ONCE`] with an `Idempotency-Key` and loses the answer sends
//! it again, and gets the same answer. What was refused may be tried again. The
//! projects service keeps the keys; here is only the order of things.

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequestParts as _, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use proto::projects as wire;
use service_error::{Code, ServiceError};
use service_host::{OnFailure, RequestId};
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;
use utoipa::IntoParams;

use crate::{app::App, backends::answer, caller::Caller, json_body};

/// What is done once: each makes something that a second one would make again.
const ONCE: [&str; 4] = [
    "/api/v1/projects/{project}/api-keys",
    "/api/v1/projects/{project}/invitations",
    "/api/v1/teams/{team}/invitations",
    "/api/v1/projects/{project}/servers/{server}/tools/{tool}/call",
];

/// A larger answer is not kept: who asks again is told that it was done.
const MAX_KEPT_BYTES: usize = 64 * 1024;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer is that of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What the OpenAPI document says of the header.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only documented: the layer reads it")]
pub(crate) struct IdempotencyKeyHeader {
    /// 1 to 255 visible ASCII characters of the caller's choice. For 24 hours the
    /// same request with the same key gets the same answer and does nothing more;
    /// another request with it is refused with 422, one that comes while the
    /// first is under way with 409. What was refused may be tried again.
    #[param(rename = "Idempotency-Key", example = "8e03978e-40d5-43dd-bc93-6894a57f9324")]
    idempotency_key: Option<String>,
}

/// The request was counted against the limit of its API key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted;

/// A claim that has to come to an end.
struct Claim {
    app: App,
    caller: Caller,
    key: String,
}

/// The layer around all handlers: for most requests it does nothing.
pub(crate) async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_once = *request.method() == Method::POST
        && request
            .extensions()
            .get::<MatchedPath>()
            .is_some_and(|path| ONCE.contains(&path.as_str()));
    if !is_once || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    match claim(app, request).await {
        Claimed::First(claim, request) => claim.run(request, next).await,
        Claimed::Answered(response) => response,
    }
}

enum Claimed {
    /// It is to be done.
    First(Box<Claim>, Request),
    /// It was done before, or is refused.
    Answered(Response),
}

async fn claim(app: App, request: Request) -> Claimed {
    let (mut parts, body) = request.into_parts();
    let caller = match Caller::from_request_parts(&mut parts, &app).await {
        Ok(caller) => caller,
        Err(error) => return Claimed::Answered(error.into_response()),
    };
    let mut whole = Request::new(body);
    // Which limit its body has.
    whole.extensions_mut().clone_from(&parts.extensions);
    let body = match json_body::arrived(whole).await {
        Ok(body) => body,
        Err(response) => return Claimed::Answered(response),
    };
    let key = parts.headers.get(KEY).and_then(|key| key.to_str().ok());
    let key = key.unwrap_or_default().to_owned();
    let request = caller.request(wire::ClaimRequest {
        key: key.clone(),
        fingerprint: fingerprint(&parts.uri.to_string(), &body),
    });
    match answer(app.backends.idempotency().claim(request)).await {
        Ok(wire::ClaimResponse { answer: Some(kept) }) => Claimed::Answered(again(kept)),
        Ok(wire::ClaimResponse { answer: None }) => {
            parts.extensions.insert(Counted);
            let claim = Claim { app, caller, key };
            let request = Request::from_parts(parts, Body::from(body));
            Claimed::First(Box::new(claim), request)
        }
        Err(error) => Claimed::Answered(error.into_response()),
    }
}

/// Of the address and the body. Two bodies that mean the same are two requests.
fn fingerprint(uri: &str, body: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update((uri.len() as u64).to_be_bytes());
    hash.update(uri);
    hash.update(body);
    hash.finalize().to_vec()
}

fn again(kept: wire::KeptAnswer) -> Response {
    let status = u16::try_from(kept.status).ok();
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (REPLAYED, HeaderValue::from_static("true")),
    ];
    (status.unwrap_or(StatusCode::OK), headers, kept.body).into_response()
}

impl Claim {
    /// Does it to its end, whether or not the caller is there to hear of it: that
    /// they went away is what the key is for.
    async fn run(self: Box<Self>, request: Request, next: Next) -> Response {
        let places = self.app.idempotent.clone();
        let Ok(place) = places.try_acquire_owned() else {
            self.release().await;
            return ServiceError::new(
                Code::Unavailable,
                "too_many_idempotent_requests",
                "too many requests with an Idempotency-Key are under way; try again",
            )
            .into_response();
        };
        let (send, receive) = oneshot::channel();
        let tasks = self.app.tasks.clone();
        let work = async move {
            let response = self.finish(next.run(request).await).await;
            drop(place);
            // The caller may have gone.
            let _gone = send.send(response);
            anyhow::Ok(())
        };
        let work = RequestId::carry(work);
        tasks.spawn("idempotent request", OnFailure::Log, work);
        receive.await.unwrap_or_else(|_| {
            ServiceError::new(Code::Unavailable, "unavailable", "the gateway stops; try again")
                .into_response()
        })
    }

    /// Has the answer kept where it was done, and the key free where it was not.
    async fn finish(&self, response: Response) -> Response {
        if !response.status().is_success() {
            self.release().await;
            return response;
        }
        let (parts, body) = response.into_parts();
        let Ok(body) = to_bytes(body, usize::MAX).await else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let request = self.caller.request(wire::CompleteRequest {
            key: self.key.clone(),
            status: parts.status.as_u16().into(),
            body: (body.len() <= MAX_KEPT_BYTES).then(|| body.to_vec()),
        });
        if let Err(error) = answer(self.app.backends.idempotency().complete(request)).await {
            // It was done, and its key stays taken.
            tracing::warn!(%error, "the answer to an idempotent request is not kept");
        }
        Response::from_parts(parts, Body::from(body))
    }

    async fn release(&self) {
        let request = self.caller.request(wire::ReleaseRequest {
            key: self.key.clone(),
        });
        if let Err(error) = answer(self.app.backends.idempotency().release(request)).await {
            tracing::warn!(%error, "the key of a request that was not done stays taken");
        }
    }
}
