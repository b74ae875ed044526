//! Requests that change something must come from our own pages, or from a
//! program that is no browser.
//!
//! Browsers say where a request comes from, and pages cannot forge it: in
//! `Sec-Fetch-Site` (all since 2023), in `Origin` (all). Programs send neither.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use service_error::{Code, ServiceError};

use crate::app::App;

pub(crate) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe || comes_from_here(request.headers(), app.addresses.web.as_deref()) {
        return next.run(request).await;
    }
    tracing::warn!("refused a request that another site's page sent");
    ServiceError::new(
        Code::PermissionDenied,
        "cross_site",
        "this request was sent by a page of another site; open this site itself and try again",
    )
    .into_response()
}

fn comes_from_here(headers: &HeaderMap, own_origin: Option<&str>) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("unreadable"))
    };
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        // `none`: the person typed it.
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else {
        return true;
    };
    if own_origin.is_some_and(|own| own.trim_end_matches('/').eq_ignore_ascii_case(origin)) {
        return true;
    }
    // Behind a proxy that ends TLS, only host and port can be compared.
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some() && authority == text(header::HOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_let_in(headers: &[(&'static str, &str)]) -> bool {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (
                    header::HeaderName::from_static(name),
                    value.parse().expect("a header"),
                )
            })
            .collect();
        comes_from_here(&headers, Some("https://mcp.example.com"))
    }

    #[test]
    fn only_our_own_pages_and_programs_are_let_in() {
        assert!(is_let_in(&[("host", "127.0.0.1:8080")]));
        assert!(is_let_in(&[("sec-fetch-site", "same-origin")]));
        assert!(is_let_in(&[
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080")
        ]));
        assert!(is_let_in(&[
            ("origin", "https://mcp.example.com"),
            ("host", "10.0.0.3:8080")
        ]));
        assert!(!is_let_in(&[("sec-fetch-site", "cross-site")]));
        assert!(!is_let_in(&[("sec-fetch-site", "same-site")]));
        assert!(!is_let_in(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://mcp.example.com")
        ]));
        assert!(!is_let_in(&[
            ("origin", "https://evil.example"),
            ("host", "127.0.0.1:8080")
        ]));
        assert!(!is_let_in(&[("origin", "null"), ("host", "127.0.0.1:8080")]));
        assert!(!is_let_in(&[
            ("origin", "http://127.0.0.1:3000"),
            ("host", "127.0.0.1:8080")
        ]));
    }
}
