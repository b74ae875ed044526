use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use access::{SecretFileError, WrappingKey, WrappingKeys};
use service_error::{Code, ServiceError};

/// The keys of the deployment that seal data keys, as this process has them.
/// Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct KeyRing(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    keys: RwLock<WrappingKeys>,
    /// Absent: they come from the environment, and stay until the process ends.
    file: Option<PathBuf>,
}

impl KeyRing {
    /// Keys that somebody else keeps.
    pub(crate) fn given(keys: WrappingKeys) -> Self {
        Self(Arc::new(Inner {
            keys: RwLock::new(keys),
            file: None,
        }))
    }

    /// Keys of a file, which is made where there is none.
    pub(crate) fn of_file(file: PathBuf) -> Result<Self, SecretFileError> {
        let keys = WrappingKeys::load_or_create(&file)?;
        Ok(Self(Arc::new(Inner {
            keys: RwLock::new(keys),
            file: Some(file),
        })))
    }

    /// The one that seals.
    pub(crate) fn current(&self) -> WrappingKey {
        self.keys().current().clone()
    }

    /// The ids of all, the current one first.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.keys().ids()
    }

    /// The key of that id. One that is not known yet may have been made by
    /// another replica meanwhile: the file is looked into once more.
    pub(crate) fn find(&self, id: &str) -> Option<WrappingKey> {
        if let Some(key) = self.keys().get(id) {
            return Some(key.clone());
        }
        self.refresh();
        self.keys().get(id).cloned()
    }

    /// Takes over what the file says now. One that cannot be read changes
    /// nothing.
    pub(crate) fn refresh(&self) {
        let Some(file) = &self.0.file else { return };
        match WrappingKeys::load(file) {
            Ok(keys) => self.replace(keys),
            Err(error) => tracing::warn!(%error, "the keys of secrets cannot be read again"),
        }
    }

    /// Makes a key that seals from now on. It is in the file before anything is
    /// sealed with it.
    pub(super) fn add(&self) -> Result<(), ServiceError> {
        let keys = self.keys().with_new();
        self.save(keys)
    }

    /// Lets go of all but the current one.
    pub(super) fn forget_old(&self) -> Result<(), ServiceError> {
        let keys = self.keys().without_old();
        self.save(keys)
    }

    fn save(&self, keys: WrappingKeys) -> Result<(), ServiceError> {
        let Some(file) = &self.0.file else {
            return Err(ServiceError::new(
                Code::Refused,
                "secrets_key_given",
                "the key comes from the setting secrets_key: change it there (the new key, a comma, the old one), start \
                 anew, and rotate to the key that is there",
            ));
        };
        keys.save(file)
            .map_err(|error| ServiceError::new(Code::Refused, "secrets_key_file", error.to_string()))?;
        self.replace(keys);
        Ok(())
    }

    fn replace(&self, keys: WrappingKeys) {
        *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    fn keys(&self) -> WrappingKeys {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
