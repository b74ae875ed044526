use std::{fmt, path::Path};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    InvalidCredential, SecretFileError,
    base62::{self, CHARACTERS_OF_256_BITS},
    secret_file,
};

/// A key that a program carries: `mcporch_`, 8 characters that find it, 43 that
/// prove it (256 bits), 6 of a CRC-32C over all before them. All but the prefix
/// is base62.
///
/// The sum lets a typing error or a cut-off key be refused without asking
/// anybody, and lets scanners of leaked secrets tell a key from its likeness.
pub struct ApiKey(Zeroizing<String>);

/// What is stored of a key: HMAC-SHA-256 of its text under the [`Pepper`].
#[derive(Clone, Copy)]
pub struct KeyHash([u8; 32]);

/// The secret under which keys are hashed. It lies outside of the database, so
/// that who steals the one has not the other.
#[derive(Clone)]
pub struct Pepper(Zeroizing<[u8; 32]>);

impl ApiKey {
    /// What every key starts with.
    pub const PREFIX: &'static str = "mcporch_";

    const LOOKUP_ID_END: usize = Self::PREFIX.len() + 8;
    const SUM_START: usize = Self::LOOKUP_ID_END + CHARACTERS_OF_256_BITS;
    const LENGTH: usize = Self::SUM_START + 6;

    /// A new key.
    pub fn generate() -> Self {
        let mut text = Zeroizing::new(String::with_capacity(Self::LENGTH));
        text.push_str(Self::PREFIX);
        base62::push_random(&mut text, Self::SUM_START - Self::PREFIX.len());
        let sum = crc32c::crc32c(text.as_bytes());
        base62::push_u32(&mut text, sum);
        Self(text)
    }

    /// Takes a text if it can be a key. Whether it is one, only its hash tells.
    pub fn parse(text: &str) -> Result<Self, InvalidCredential> {
        let rest = text
            .strip_prefix(Self::PREFIX)
            .ok_or(InvalidCredential::UnknownKind)?;
        if text.len() != Self::LENGTH || !base62::is_base62(rest) {
            return Err(InvalidCredential::Malformed);
        }
        let mut sum = String::with_capacity(6);
        base62::push_u32(&mut sum, crc32c::crc32c(&text.as_bytes()[..Self::SUM_START]));
        if sum != text[Self::SUM_START..] {
            return Err(InvalidCredential::Mistyped);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The part by which the key's row is found. No secret.
    pub fn lookup_id(&self) -> &str {
        &self.0[Self::PREFIX.len()..Self::LOOKUP_ID_END]
    }

    /// The start of the key, by which a person knows it again. No secret.
    pub fn display_prefix(&self) -> &str {
        &self.0[..Self::LOOKUP_ID_END]
    }

    /// The whole key: for the person it was made for, and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn hash(&self, pepper: &Pepper) -> KeyHash {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(pepper.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(self.0.as_bytes());
        KeyHash(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApiKey({}...)", self.display_prefix())
    }
}

impl KeyHash {
    /// The hash that a database or a snapshot holds; absent unless it is 32
    /// bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// What a database or a snapshot holds of it.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both are of the same key, in the same time for any two.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyHash(...)")
    }
}

impl Pepper {
    /// Reads the pepper out of its file, or makes both.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretFileError> {
        secret_file::load_or_create(path).map(Self)
    }

    /// The pepper that a snapshot brings; absent unless it is 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// What a snapshot brings of it.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pepper(...)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pepper(byte: u8) -> Pepper {
        Pepper::from_bytes(&[byte; 32]).expect("32 bytes")
    }

    #[test]
    fn a_key_is_taken_as_it_was_made() {
        let key = ApiKey::generate();
        assert_eq!(key.expose().len(), 65);
        let parsed = ApiKey::parse(key.expose()).expect("a key");
        assert_eq!(parsed.expose(), key.expose());
        assert_eq!(key.display_prefix(), format!("mcporch_{}", key.lookup_id()));
        assert_eq!(key.lookup_id().len(), 8);
        assert!(key.hash(&pepper(1)).matches(&parsed.hash(&pepper(1))));
    }

    #[test]
    fn another_key_and_another_pepper_make_another_hash() {
        let key = ApiKey::generate();
        assert!(!key.hash(&pepper(1)).matches(&key.hash(&pepper(2))));
        assert!(!key.hash(&pepper(1)).matches(&ApiKey::generate().hash(&pepper(1))));
    }

    #[test]
    fn a_typing_error_is_seen_without_a_lookup() {
        let key = ApiKey::generate();
        for place in ApiKey::PREFIX.len()..key.expose().len() {
            let mut text = key.expose().to_owned();
            let other = if text.as_bytes()[place] == b'x' { "y" } else { "x" };
            text.replace_range(place..=place, other);
            assert_eq!(
                ApiKey::parse(&text).err(),
                Some(InvalidCredential::Mistyped),
                "at {place}"
            );
        }
    }

    #[test]
    fn a_stored_hash_is_no_key() {
        let hash = *ApiKey::generate().hash(&pepper(1)).as_bytes();
        let text = data_encoding::HEXLOWER.encode(&hash);
        assert!(ApiKey::parse(&text).is_err());
        assert!(ApiKey::parse(&format!("mcporch_{text}")).is_err());
    }

    #[test]
    fn debug_shows_nothing_that_proves_a_key() {
        let key = ApiKey::generate();
        let shown = format!("{key:?} {:?} {:?}", key.hash(&pepper(7)), pepper(7));
        assert_eq!(
            shown,
            format!("ApiKey({}...) KeyHash(...) Pepper(...)", key.display_prefix())
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_fall_over(text in "(mcporch_)?\\PC{0,70}") {
            // A text that passes all checks by chance would take 2^32 runs.
            prop_assert!(ApiKey::parse(&text).is_err());
        }
    }
}
