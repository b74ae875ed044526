//! The OpenAPI document, for programs and for people.

use std::{future::Ready, sync::Arc};

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};
use service_error::ServiceError;

const PAGE: &str = include_str!("docs_page/page.html");
const SCRIPT: &str = include_str!("docs_page/page.js");
const STYLE: &str = include_str!("docs_page/page.css");

/// A handler that answers the document.
pub(crate) fn document(json: String) -> impl Fn() -> Ready<Response> + Clone + Send + Sync + 'static {
    let json: Arc<str> = json.into();
    move || std::future::ready(answer("application/json", json.to_string()))
}

/// A page that shows the document.
pub(crate) async fn page() -> Response {
    answer("text/html; charset=utf-8", PAGE)
}

/// What the page needs.
pub(crate) async fn file(Path(name): Path<String>) -> Result<Response, ServiceError> {
    match name.as_str() {
        "page.js" => Ok(answer("text/javascript; charset=utf-8", SCRIPT)),
        "page.css" => Ok(answer("text/css; charset=utf-8", STYLE)),
        _ => Err(ServiceError::not_found("file")),
    }
}

fn answer(kind: &'static str, body: impl IntoResponse) -> Response {
    (
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")],
        body,
    )
        .into_response()
}
