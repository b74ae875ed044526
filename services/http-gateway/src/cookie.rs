//! The cookie that holds a web session. Scripts cannot read it.

use std::time::Duration;

use access::SessionToken;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use service_error::ServiceError;

const NAME: &str = "mcporch_session";

/// Of a session that lives so long.
pub(crate) fn set(
    token: &str,
    life: Duration,
    is_secure: bool,
) -> Result<(HeaderName, HeaderValue), ServiceError> {
    let cookie = format!("{NAME}={token}; {}", attributes(life.as_secs(), is_secure));
    let mut value = HeaderValue::try_from(cookie).map_err(ServiceError::internal)?;
    value.set_sensitive(true);
    Ok((header::SET_COOKIE, value))
}

/// Takes the cookie out of the browser.
pub(crate) fn clear(is_secure: bool) -> (HeaderName, HeaderValue) {
    let cookie = format!("{NAME}=; {}", attributes(0, is_secure));
    let value = HeaderValue::try_from(cookie).expect("the name and its attributes are plain ASCII");
    (header::SET_COOKIE, value)
}

/// The session in a request's cookies. What cannot be a session is none.
pub(crate) fn session(headers: &HeaderMap) -> Option<SessionToken> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME)
        .find_map(|(_, token)| SessionToken::parse(token).ok())
}

fn attributes(max_age_secs: u64, is_secure: bool) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    format!("Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_secs}{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_found_among_other_cookies() {
        let token = SessionToken::generate();
        let mut headers = HeaderMap::new();
        let cookies = format!("theme=dark; {NAME}=forged; {NAME}={}", token.expose());
        headers.insert(header::COOKIE, cookies.parse().expect("a header"));
        let found = session(&headers).expect("a session");
        assert_eq!(found.expose(), token.expose());
        assert!(session(&HeaderMap::new()).is_none());
    }

    #[test]
    fn the_cookie_is_closed_to_scripts_and_to_other_sites_and_over_tls_to_plain_connections() {
        let (_, plain) = set("t", Duration::from_mins(1), false).expect("a cookie");
        assert_eq!(
            plain,
            "mcporch_session=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"
        );
        let (_, secure) = clear(true);
        assert_eq!(
            secure,
            "mcporch_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure"
        );
    }
}
