use std::{fmt, path::Path};

use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{SecretFileError, secret_file};

/// The key of a deployment that seals the keys that seal secrets. It lies
/// outside of the database, so that who steals the one has not the other.
#[derive(Clone)]
pub struct WrappingKey(Zeroizing<[u8; 32]>);

/// A text that is no key. Never says what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hexadecimal digits; make a key with: openssl rand -hex 32")]
pub struct InvalidWrappingKey;

impl WrappingKey {
    /// Reads the key out of its file, or makes both.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretFileError> {
        secret_file::load_or_create(path).map(Self)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(digits: &str) -> Result<Self, InvalidWrappingKey> {
        let digits = digits.trim().as_bytes();
        let mut key = Zeroizing::new([0_u8; 32]);
        if digits.len() != 64 || HEX.decode_mut(digits, key.as_mut_slice()).is_err() {
            return Err(InvalidWrappingKey);
        }
        Ok(Self(key))
    }

    /// What it seals with.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// By which what it sealed names it. Tells nothing of the key.
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"mcporch wrapping key 1\0");
        hash.update(self.0.as_slice());
        HEX.encode(&hash.finalize()[..8])
    }
}

impl fmt::Debug for WrappingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WrappingKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_an_id_that_is_not_the_key() {
        let digits = "07".repeat(32);
        let key = WrappingKey::from_hex(&format!("{digits}\n")).expect("a key");
        assert_eq!(key.as_bytes(), &[7; 32]);
        assert_eq!(key.id().len(), 16);
        assert!(!digits.contains(&key.id()) && !format!("{key:?}").contains("0707"));
        assert_ne!(
            key.id(),
            WrappingKey::from_hex(&"08".repeat(32)).expect("a key").id()
        );
        for text in ["", "07", &"0g".repeat(32), &"07".repeat(33)] {
            assert_eq!(
                WrappingKey::from_hex(text).err(),
                Some(InvalidWrappingKey),
                "{text}"
            );
        }
    }
}
