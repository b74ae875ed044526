//! Every refusal is a problem (RFC 9457) that says which request it was.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use service_error::Problem;
use service_host::RequestId;

/// Completes the problem of a refusal, and makes one where axum refused by
/// itself.
pub(crate) async fn complete(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let status = response.status();
    let problem = response.extensions_mut().remove::<Problem>();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let mut problem = problem.unwrap_or_else(|| unsaid(status, &response));
    problem.instance = Some(path);
    problem.request_id = RequestId::current().map(|id| id.to_string());
    let (mut head, _) = response.into_parts();
    let (new_head, body) = problem.into_response().into_parts();
    // What the refusal said of itself (Allow, Set-Cookie) stays.
    head.headers.remove(header::CONTENT_LENGTH);
    for (name, value) in &new_head.headers {
        head.headers.insert(name, value.clone());
    }
    if status == StatusCode::UNAUTHORIZED {
        head.headers
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Response::from_parts(head, Body::new(body))
}

/// A refusal of axum's own.
fn unsaid(status: StatusCode, response: &Response) -> Problem {
    if status == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = response
            .headers()
            .get(header::ALLOW)
            .and_then(|allowed| allowed.to_str().ok())
            .unwrap_or("other methods");
        return Problem::new(
            status,
            "method_not_allowed",
            format!("this address does not take that method; it takes {allowed}"),
        );
    }
    let words = status.canonical_reason().unwrap_or("refused").to_lowercase();
    Problem::new(status, &words.replace([' ', '-'], "_"), words.clone())
}
