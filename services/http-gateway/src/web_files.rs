//! The web UI, built into the binary.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use service_error::{Code, Problem, ServiceError};

/// What `npm run build` made of `web/`.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
struct WebFiles;

const INDEX: &str = "index.html";

/// Vite names these files by a hash of their content.
const HASHED: &str = "assets/";

const NOT_BUILT: &str = include_str!("web_files/not_built.html");

/// Everything that is not the API: a file of the web UI, or its first page,
/// which knows the addresses within the UI.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return ServiceError::new(
            Code::NotFound,
            "no_such_route",
            "there is nothing at this address of the API; /api/docs tells what there is",
        )
        .into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        let problem = Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this address is a page; the REST API is below /api/v1, and MCP has a port of its own",
        );
        return ([(header::ALLOW, "GET, HEAD")], problem).into_response();
    }
    if path != INDEX
        && let Some(file) = WebFiles::get(path)
    {
        return answer(path, &file, &headers);
    }
    if path.starts_with(HASHED) {
        // A page of an older build asks for a file that this one does not have.
        return ServiceError::new(
            Code::NotFound,
            "no_such_file",
            "there is no such file; load the page again",
        )
        .into_response();
    }
    match WebFiles::get(INDEX) {
        Some(index) => answer(INDEX, &index, &headers),
        None => (
            StatusCode::NOT_FOUND,
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            NOT_BUILT,
        )
            .into_response(),
    }
}

fn answer(path: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let hash = data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash()[..16]);
    // Weak: compression changes the bytes.
    let tag = format!("W/\"{hash}\"");
    let cache = if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let is_known = asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|tags| tags.to_str().ok())
        .flat_map(|tags| tags.split(','))
        .any(|known| known.trim().trim_start_matches("W/").trim_matches('"') == hash);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(file.data.clone().into_owned()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    if let Ok(kind) = HeaderValue::try_from(content_type(file)) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    response
}

fn content_type(file: &EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    // Vite writes UTF-8.
    if kind.starts_with("text/") {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_owned()
    }
}
