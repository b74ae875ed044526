use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use service_error::{Code, ServiceError};
use tonic::metadata::MetadataMap;

use crate::{ApiKey, SessionToken};

/// What a caller from outside carries. Its kind is told by its prefix, before
/// anything else is looked at.
#[derive(Debug)]
pub enum Credential {
    /// Of a person in a browser.
    WebSession(SessionToken),
    /// Of a program.
    ApiKey(ApiKey),
}

/// Why a text cannot be a credential. Never says what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCredential {
    /// The header does not say `Bearer`.
    #[error("the authorization header must read: Bearer, a space, an API key")]
    NotBearer,
    /// It starts as no credential does.
    #[error("this is no API key of ours: one starts with mcporch_")]
    UnknownKind,
    /// It starts as one and does not go on as one.
    #[error("this is not a whole credential: copy it again from its first character to its last")]
    Malformed,
    /// Its check sum does not fit.
    #[error("a character of this API key is wrong: copy it again")]
    Mistyped,
}

impl Credential {
    /// Reads a bare credential, as `X-API-Key` or a cookie holds it.
    pub fn parse(text: &str) -> Result<Self, InvalidCredential> {
        if text.starts_with(SessionToken::PREFIX) {
            SessionToken::parse(text).map(Self::WebSession)
        } else {
            ApiKey::parse(text).map(Self::ApiKey)
        }
    }

    /// Reads the value of an `authorization` header: `Bearer ...`.
    pub fn from_bearer(value: &str) -> Result<Self, InvalidCredential> {
        let (scheme, text) = value.trim().split_once(' ').ok_or(InvalidCredential::NotBearer)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(InvalidCredential::NotBearer);
        }
        Self::parse(text.trim_start())
    }

    /// The credential of an HTTP request's `authorization`; absent when there
    /// is no such header.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, InvalidCredential> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            // Two readers could each take another one.
            return Err(InvalidCredential::NotBearer);
        }
        let value = value.to_str().map_err(|_| InvalidCredential::NotBearer)?;
        Self::from_bearer(value).map(Some)
    }

    /// The same of a gRPC request's metadata.
    pub fn from_metadata(metadata: &MetadataMap) -> Result<Option<Self>, InvalidCredential> {
        Self::from_headers(metadata.as_ref())
    }

    /// Puts it into a gRPC request that is made on the caller's behalf.
    pub fn attach(&self, metadata: &mut MetadataMap) {
        let text = match self {
            Self::WebSession(token) => token.expose(),
            Self::ApiKey(key) => key.expose(),
        };
        let mut value =
            HeaderValue::from_str(&format!("Bearer {text}")).expect("a credential is letters, digits and _");
        value.set_sensitive(true);
        metadata.as_mut().insert(AUTHORIZATION, value);
    }
}

impl From<InvalidCredential> for ServiceError {
    fn from(error: InvalidCredential) -> Self {
        Self::new(Code::Unauthenticated, "invalid_credential", error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_tells_the_kind() {
        let token = SessionToken::generate();
        let key = ApiKey::generate();
        assert!(matches!(
            Credential::parse(token.expose()),
            Ok(Credential::WebSession(_))
        ));
        assert!(matches!(
            Credential::from_bearer(&format!("bearer {}", key.expose())),
            Ok(Credential::ApiKey(_))
        ));
    }

    #[test]
    fn tokens_that_other_systems_believe_are_refused() {
        // {"alg":"none"} with a subject, as the predecessor's kind took it.
        let forged = "Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxIn0.";
        assert_eq!(
            Credential::from_bearer(forged).err(),
            Some(InvalidCredential::UnknownKind)
        );
        for value in ["", "Bearer", "Basic a2ltOjEyMzQ=", ApiKey::generate().expose()] {
            assert_eq!(
                Credential::from_bearer(value).err(),
                Some(InvalidCredential::NotBearer),
                "{value}"
            );
        }
    }

    #[test]
    fn a_credential_travels_in_metadata_and_is_never_shown() {
        let key = ApiKey::generate();
        let mut metadata = MetadataMap::new();
        assert!(
            Credential::from_metadata(&metadata)
                .expect("nothing is wrong")
                .is_none()
        );
        Credential::parse(key.expose())
            .expect("a key")
            .attach(&mut metadata);
        assert!(!format!("{metadata:?}").contains(key.expose()));
        let Ok(Some(Credential::ApiKey(read))) = Credential::from_metadata(&metadata) else {
            panic!("no key in {metadata:?}");
        };
        assert_eq!(read.expose(), key.expose());
    }

    #[test]
    fn two_authorization_headers_are_refused() {
        let mut headers = HeaderMap::new();
        for _ in 0..2 {
            let value = format!("Bearer {}", ApiKey::generate().expose());
            headers.append(AUTHORIZATION, value.parse().expect("a header"));
        }
        assert!(Credential::from_headers(&headers).is_err());
    }
}
