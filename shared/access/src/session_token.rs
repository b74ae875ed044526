use std::fmt;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{
    InvalidCredential,
    base62::{self, CHARACTERS_OF_256_BITS},
};

/// What is stored of a token: its SHA-256. The token is 256 random bits, so
/// there is nothing to guess that a slower hash would protect.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

macro_rules! token {
    ($( $(#[$meta:meta])* $name:ident = $prefix:literal ),+ $(,)?) => { $(
        $(#[$meta])*
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// What every such token starts with.
            pub const PREFIX: &'static str = $prefix;

            const LENGTH: usize = Self::PREFIX.len() + CHARACTERS_OF_256_BITS;

            /// A new token.
            pub fn generate() -> Self {
                let mut text = Zeroizing::new(String::with_capacity(Self::LENGTH));
                text.push_str(Self::PREFIX);
                base62::push_random(&mut text, CHARACTERS_OF_256_BITS);
                Self(text)
            }

            /// Takes a text if it can be such a token.
            pub fn parse(text: &str) -> Result<Self, InvalidCredential> {
                let rest = text.strip_prefix(Self::PREFIX).ok_or(InvalidCredential::UnknownKind)?;
                if text.len() != Self::LENGTH || !base62::is_base62(rest) {
                    return Err(InvalidCredential::Malformed);
                }
                Ok(Self(Zeroizing::new(text.to_owned())))
            }

            /// The whole token: for its owner, and for nothing else.
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// What is stored of it.
            pub fn hash(&self) -> TokenHash {
                TokenHash(Sha256::digest(self.0.as_bytes()).into())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(...)"))
            }
        }
    )+ };
}

token! {
    /// What a signed-in browser carries: `mcpweb_` and 43 characters of base62.
    SessionToken = "mcpweb_",
    /// What a sign-in link carries: `mcplink_` and 43 characters of base62. It
    /// is turned into a session once.
    SignInLinkToken = "mcplink_",
    /// What the link of an invitation carries: `mcpinvite_` and 43 characters of
    /// base62.
    InvitationToken = "mcpinvite_",
}

impl TokenHash {
    /// What a database holds of it.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenHash(...)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_as_it_was_made() {
        let token = SessionToken::generate();
        let parsed = SessionToken::parse(token.expose()).expect("a token");
        assert_eq!(parsed.hash(), token.hash());
        assert_ne!(SessionToken::generate().hash(), token.hash());
    }

    #[test]
    fn a_link_is_no_session() {
        let link = SignInLinkToken::generate();
        assert_eq!(
            SessionToken::parse(link.expose()).err(),
            Some(InvalidCredential::UnknownKind)
        );
    }

    #[test]
    fn a_token_that_was_cut_or_changed_in_kind_is_refused() {
        let token = SessionToken::generate();
        let text = token.expose();
        for wrong in [
            &text[..text.len() - 1],
            &format!("{text}a"),
            &text.replace('_', "-"),
            "",
        ] {
            assert!(SessionToken::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let token = SessionToken::generate();
        assert_eq!(
            format!("{token:?} {:?}", token.hash()),
            "SessionToken(...) TokenHash(...)"
        );
    }
}
