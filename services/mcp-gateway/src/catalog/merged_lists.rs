use std::{collections::HashMap, sync::Arc};

use sha2::{Digest as _, Sha256};

use super::{Digest, Kind, Merged, Part};

/// What merged lists may take; beyond it the one that was not wanted for
/// longest goes, and is made again when it is.
const MAX_MERGED_BYTES: usize = 64 * 1024 * 1024;

/// Merged lists by what they are made of.
#[derive(Debug, Default)]
pub(super) struct MergedLists {
    lists: HashMap<Digest, (u64, Arc<Merged>)>,
    bytes: usize,
    /// Counts wants, to know which was not wanted for longest.
    wants: u64,
}

impl MergedLists {
    pub(super) fn get(&mut self, made_of: &Digest) -> Option<Arc<Merged>> {
        self.wants += 1;
        let (wanted, merged) = self.lists.get_mut(made_of)?;
        *wanted = self.wants;
        Some(merged.clone())
    }

    pub(super) fn put(&mut self, made_of: Digest, merged: Arc<Merged>) {
        self.bytes += merged.result.get().len();
        if let Some((_, before)) = self.lists.insert(made_of, (self.wants, merged)) {
            self.bytes -= before.result.get().len();
        }
        while self.bytes > MAX_MERGED_BYTES && self.lists.len() > 1 {
            let oldest = self.lists.iter().min_by_key(|(_, (wanted, _))| *wanted);
            let Some(oldest) = oldest.map(|(made_of, _)| *made_of) else {
                return;
            };
            if let Some((_, merged)) = self.lists.remove(&oldest) {
                self.bytes -= merged.result.get().len();
            }
        }
    }
}

/// What tells two merged lists apart.
pub(super) fn made_of(kind: Kind, parts: &[Part<'_>], view: &str) -> Digest {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(kind.method().as_bytes());
    add(view.as_bytes());
    for part in parts {
        add(part.server.id.uuid().as_bytes());
        add(part.server.name.as_bytes());
        add(part.prefix.as_bytes());
        add(part
            .stored
            .list
            .as_ref()
            .map_or(&[][..], |list| list.digest.as_slice()));
        add(part.stored.problem.as_deref().unwrap_or_default().as_bytes());
    }
    hash.finalize().into()
}
