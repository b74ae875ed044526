//! The web UI, built into the binary.

use std::borrow::Cow;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use rust_embed::RustEmbed;
use service_error::{Code, Problem, ServiceError};

/// What `npm run build` made of `web/`.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
struct WebFiles;

/// One of them.
struct File {
    bytes: Cow<'static, [u8]>,
    /// The same, compressed by the build; fonts and pictures have none.
    gzip: Option<Cow<'static, [u8]>>,
    hash: String,
    kind: String,
}

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
        && let Some(file) = File::find(path)
    {
        return answer(path, file, &headers);
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
    match File::find(INDEX) {
        Some(index) => answer(INDEX, index, &headers),
        None => (
            StatusCode::NOT_FOUND,
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            NOT_BUILT,
        )
            .into_response(),
    }
}

fn answer(path: &str, file: File, asked: &HeaderMap) -> Response {
    // Weak: compression changes the bytes.
    let tag = format!("W/\"{}\"", file.hash);
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
        .any(|known| known.trim() == tag);
    let (bytes, is_gzip) = match file.gzip {
        Some(gzip) if takes_gzip(asked) => (gzip, true),
        _ => (file.bytes, false),
    };
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(bytes.into_owned()).into_response()
    };
    let headers = response.headers_mut();
    if is_gzip && !is_known {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    for (name, value) in [(header::ETAG, tag), (header::CONTENT_TYPE, file.kind)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// RFC 9110, section 12.5.3: a coding is taken unless its weight is 0.
fn takes_gzip(asked: &HeaderMap) -> bool {
    asked
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|codings| codings.to_str().ok())
        .flat_map(|codings| codings.split(','))
        .map(|coding| coding.split_once(';').unwrap_or((coding, "")))
        .any(|(name, weight)| {
            let weight = weight.trim().trim_start_matches("q=");
            name.trim().eq_ignore_ascii_case("gzip") && !weight.parse().is_ok_and(|weight: f64| weight <= 0.0)
        })
}

impl File {
    fn find(path: &str) -> Option<Self> {
        let file = WebFiles::get(path)?;
        let kind = file.metadata.mimetype();
        Some(Self {
            hash: data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash()[..16]),
            kind: if kind.starts_with("text/") {
                // Vite writes UTF-8.
                format!("{kind}; charset=utf-8")
            } else {
                kind.to_owned()
            },
            bytes: file.data,
            gzip: WebFiles::get(&format!("{path}.gz")).map(|file| file.data),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> File {
        File {
            bytes: b"content".as_slice().into(),
            gzip: Some(b"compressed".as_slice().into()),
            hash: "1234abcd".to_owned(),
            kind: "text/html; charset=utf-8".to_owned(),
        }
    }

    fn get(path: &str, known: Option<&str>) -> Response {
        let file = file();
        let mut asked = HeaderMap::new();
        if let Some(known) = known {
            asked.insert(header::IF_NONE_MATCH, known.parse().expect("a header"));
        }
        answer(path, file, &asked)
    }

    #[test]
    fn files_named_by_their_hash_are_kept_for_ever_and_the_first_page_is_asked_for_each_time() {
        assert_eq!(
            get("assets/index-a1.js", None).headers()[header::CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
        assert_eq!(get(INDEX, None).headers()[header::CACHE_CONTROL], "no-cache");
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let first = get(INDEX, None);
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG].to_str().expect("a tag").to_owned();
        let again = get(INDEX, Some(&format!("W/\"other\", {tag}")));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[header::ETAG], tag.as_str());
        assert_eq!(get(INDEX, Some("W/\"other\"")).status(), StatusCode::OK);
    }

    #[test]
    fn what_the_build_compressed_goes_to_those_who_take_it() {
        for (codings, is_gzip) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip;q=0.000", false),
            ("br", false),
            ("", false),
        ] {
            let asked = HeaderMap::from_iter([(header::ACCEPT_ENCODING, codings.parse().expect("a header"))]);
            let response = answer("assets/index-a1.js", file(), &asked);
            let headers = response.headers();
            assert_eq!(
                headers.get(header::CONTENT_ENCODING).is_some(),
                is_gzip,
                "{codings}"
            );
            assert_eq!(headers[header::VARY], "accept-encoding");
        }
    }
}
