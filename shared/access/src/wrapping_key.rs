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

/// All keys that something of a deployment may be sealed with. The first one
/// seals, all open.
#[derive(Debug, Clone)]
pub struct WrappingKeys(Vec<WrappingKey>);

impl WrappingKeys {
    /// Reads the keys out of their file, one on each line, or makes the file
    /// with a first one.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretFileError> {
        // Of several that start at once on one folder, one makes it.
        if !path.exists() {
            secret_file::load_or_create(path)?;
        }
        Self::load(path)
    }

    /// Reads them again: somebody else may have added one.
    pub fn load(path: &Path) -> Result<Self, SecretFileError> {
        let keys = secret_file::load_lines(path)?;
        Ok(Self(keys.into_iter().map(WrappingKey).collect()))
    }

    /// Reads keys of 64 hexadecimal digits with commas between them.
    pub fn from_hex(text: &str) -> Result<Self, InvalidWrappingKey> {
        text.split(',')
            .map(WrappingKey::from_hex)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The one that seals.
    pub fn current(&self) -> &WrappingKey {
        &self.0[0]
    }

    /// The one of that id, if it is here.
    pub fn get(&self, id: &str) -> Option<&WrappingKey> {
        self.0.iter().find(|key| key.id() == id)
    }

    /// The ids of all, the current one first.
    pub fn ids(&self) -> Vec<String> {
        self.0.iter().map(WrappingKey::id).collect()
    }

    /// The same with a new key that seals from now on.
    #[must_use]
    pub fn with_new(&self) -> Self {
        let mut keys = vec![WrappingKey::generate()];
        keys.extend(self.0.iter().cloned());
        Self(keys)
    }

    /// The current one alone.
    #[must_use]
    pub fn without_old(&self) -> Self {
        Self(vec![self.current().clone()])
    }

    /// Writes them into their file in place of what is there.
    pub fn save(&self, path: &Path) -> Result<(), SecretFileError> {
        let keys: Vec<_> = self.0.iter().map(WrappingKey::as_bytes).collect();
        secret_file::replace_lines(path, &keys)
    }
}

impl From<WrappingKey> for WrappingKeys {
    fn from(key: WrappingKey) -> Self {
        Self(vec![key])
    }
}

impl WrappingKey {
    /// A key that nobody had before.
    fn generate() -> Self {
        let mut key = Zeroizing::new([0_u8; 32]);
        getrandom::fill(key.as_mut_slice())
            .expect("the operating system always has randomness once it is up");
        Self(key)
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

    #[test]
    fn a_new_key_seals_and_the_old_ones_open_until_they_are_taken_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secrets-key");
        let old = WrappingKeys::load_or_create(&path).expect("made");
        let both = old.with_new();
        both.save(&path).expect("saved");
        let read = WrappingKeys::load_or_create(&path).expect("read");
        assert_eq!(read.ids(), both.ids());
        assert_ne!(read.current().id(), old.current().id());
        assert!(read.get(&old.current().id()).is_some() && read.get("0000000000000000").is_none());
        assert_eq!(read.without_old().ids(), [read.current().id()]);

        let listed = WrappingKeys::from_hex(&format!("{}, {}", "07".repeat(32), "08".repeat(32)));
        assert_eq!(listed.expect("two keys").current().as_bytes(), &[7; 32]);
        for text in ["", ",", &format!("{},", "07".repeat(32))] {
            assert!(WrappingKeys::from_hex(text).is_err(), "{text}");
        }
    }
}
