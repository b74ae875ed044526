use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::catalog::{Digest, Kind};

/// Which lists a client has got, by their digests, so that it is told when they
/// are others, and only then.
#[derive(Debug, Default)]
pub(crate) struct Listed(Mutex<HashMap<Kind, Digest>>);

impl Listed {
    pub(crate) fn note(&self, kind: Kind, digest: Digest) {
        let mut listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listed.insert(kind, digest);
    }

    /// Of the list that the client got, or was told of, last.
    pub(crate) fn digest(&self, kind: Kind) -> Option<Digest> {
        let listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listed.get(&kind).copied()
    }
}
