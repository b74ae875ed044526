//! Another key of the deployment for the data keys of all projects, while all of
//! it runs: what servers are started with stays as it is.

use std::collections::BTreeSet;

use domain::ActivityType;
use service_error::{Code, ServiceError};

use super::{Secrets, store};
use crate::{
    activities::{Actor, Deed},
    snapshot::Changes,
};

/// What is wanted of a rotation.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rotate {
    /// Seal with the key that is the first one already, and make none.
    pub(crate) to_current: bool,
    /// Let go of the keys that nothing is sealed with any more.
    pub(crate) forget_old: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rotated {
    /// Of the key that seals now.
    pub(crate) key_id: String,
    /// How many data keys were sealed anew.
    pub(crate) data_keys: usize,
    /// Of keys that are kept: copies of the database need them.
    pub(crate) old_key_ids: Vec<String>,
}

impl Secrets {
    /// Seals all data keys with one key. Interrupted wherever it may be, every
    /// secret opens: a new key is in its file before anything is sealed with it,
    /// and the old ones stay there until somebody has them forgotten.
    pub(crate) async fn rotate(
        &self,
        changes: &Changes,
        by: &Actor,
        wanted: Rotate,
    ) -> Result<Rotated, ServiceError> {
        self.keys.refresh();
        let before = self.keys.current().id();
        if !wanted.to_current {
            self.keys.add()?;
        }
        let key = self.keys.current();
        let mut transaction = changes.begin().await?;
        let rows = store::data_keys_of_others(&mut transaction, &key.id()).await?;
        let mut old_ids = BTreeSet::new();
        for (project, row) in &rows {
            let opened = self.unwrap(*project, row).map_err(|error| {
                let message = format!(
                    "the data key of project {project} cannot be opened ({error}), and nothing was changed: give back \
                     the key {} first",
                    row.wrapping_key_id
                );
                ServiceError::new(Code::Refused, "data_key_sealed", message)
            })?;
            old_ids.insert(row.wrapping_key_id.clone());
            let anew = store::DataKeyRow {
                id: row.id,
                wrapping_key_id: key.id(),
                wrapped: opened.wrap(&key, *project, row.id),
            };
            store::replace_data_key(&mut transaction, &anew).await?;
        }
        if before != key.id() || !rows.is_empty() {
            old_ids.extend(Some(before).filter(|before| *before != key.id()));
            let deed = Deed::of(ActivityType::SecretsKeyRotated)
                .change("secrets_key_id", old_ids, key.id())
                .set("data_keys", rows.len());
            changes.finish(transaction, by, deed).await?;
            tracing::info!(
                key_id = key.id(),
                data_keys = rows.len(),
                "secrets have another key"
            );
        }
        if wanted.forget_old {
            self.forget_old_keys().await?;
        }
        Ok(Rotated {
            key_id: key.id(),
            data_keys: rows.len(),
            old_key_ids: self.keys.ids().split_off(1),
        })
    }

    async fn forget_old_keys(&self) -> Result<(), ServiceError> {
        let current = self.keys.current().id();
        let used = store::wrapping_key_ids(&self.database).await?;
        if used.iter().any(|id| *id != current) {
            // A replica that had not heard of the new key made a project's first.
            return Err(ServiceError::new(
                Code::Conflict,
                "old_key_used",
                "something was just sealed with an old key; rotate again, and then have it forgotten",
            ));
        }
        if self.keys.ids().len() > 1 {
            self.keys.forget_old()?;
        }
        Ok(())
    }
}
