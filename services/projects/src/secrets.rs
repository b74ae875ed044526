//! Secrets of servers: sealed at rest, written by people, read by nobody but
//! the gateway.
//!
//! Each project has a data key, which seals its secrets; the deployment's
//! wrapping key, which is not in the database, seals the data keys. What cannot
//! be opened is an error, and never taken for a value.

mod key_ring;
mod rotation;
mod sealing;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use database::{Database, Transaction};
use domain::{Clock, DataKeyId, ProjectId, ServerId, Timestamp, UserId};
use secrecy::{ExposeSecret as _, SecretString};
use service_error::ServiceError;

pub(crate) use key_ring::KeyRing;
pub(crate) use rotation::{Rotate, Rotated};
use sealing::{DataKey, Place, SealError};

/// What may be known of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretInfo {
    pub(crate) name: String,
    pub(crate) set_at: Timestamp,
    /// Absent: their account is gone.
    pub(crate) set_by: Option<UserId>,
    /// Of the value.
    pub(crate) size_bytes: usize,
}

/// What is to change of a server's secrets: set, or absent to remove.
pub(crate) type SecretChanges = BTreeMap<String, Option<SecretString>>;

/// The secrets of one server in the clear. Debug shows no value.
pub(crate) type SecretValues = BTreeMap<String, SecretString>;

/// What a project's servers are started with, opened; for each server, or why
/// it cannot be.
pub(crate) type OpenedSecrets = HashMap<ServerId, Result<SecretValues, SealError>>;

/// The rules about secrets.
#[derive(Clone)]
pub(crate) struct Secrets {
    database: Database,
    clock: Clock,
    keys: KeyRing,
}

/// The database holds secrets of a key that this deployment was not given.
#[derive(Debug, thiserror::Error)]
#[error(
    "the secrets of this database are sealed with the key {stored}, and this deployment was given the key {given}: \
     give it the file or the setting that it had before; without that key the secrets cannot be read by anybody"
)]
pub(crate) struct ForeignKey {
    stored: String,
    given: String,
}

impl Secrets {
    pub(crate) const fn new(database: Database, clock: Clock, keys: KeyRing) -> Self {
        Self {
            database,
            clock,
            keys,
        }
    }

    /// Refuses a deployment whose key is not the one that its secrets are
    /// sealed with: before a server fails, and before something is sealed anew.
    pub(crate) async fn check_key(&self) -> anyhow::Result<()> {
        let given = self.keys.ids();
        let stored = store::wrapping_key_ids(&self.database).await?;
        match stored.into_iter().find(|id| !given.contains(id)) {
            Some(stored) => Err(ForeignKey {
                stored,
                given: given.join(", "),
            }
            .into()),
            None => Ok(()),
        }
    }

    /// Seals an answer that is to be given once more, with the id of the key that
    /// opens it.
    pub(crate) fn seal_answer(&self, body: &[u8], place: &[u8]) -> (String, Vec<u8>) {
        let key = self.keys.current();
        (key.id(), sealing::seal(key.as_bytes(), body, place))
    }

    /// Absent where the key is gone, or something is not what it was.
    pub(crate) fn open_answer(&self, key_id: &str, sealed: &[u8], place: &[u8]) -> Option<Vec<u8>> {
        let key = self.keys.find(key_id)?;
        let body = sealing::open(key.as_bytes(), sealed, place).ok()?;
        Some(body.to_vec())
    }

    /// The id of the key that seals.
    pub(crate) fn key_id(&self) -> String {
        self.keys.current().id()
    }

    /// Sets and removes secrets of a server. The transaction has counted a
    /// change of the project, so that no two make its first data key.
    pub(crate) async fn apply(
        &self,
        transaction: &mut Transaction,
        project: ProjectId,
        server: ServerId,
        changes: &SecretChanges,
        by: UserId,
    ) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let mut data_key = None;
        for (name, value) in changes {
            let Some(value) = value else {
                store::delete(transaction, server, name).await?;
                continue;
            };
            if data_key.is_none() {
                data_key = Some(self.data_key(transaction, project).await?);
            }
            let (id, key) = data_key.as_ref().expect("set above");
            let place = Place {
                project,
                server,
                name,
            };
            let sealed = key.seal(value.expose_secret(), &place);
            store::set(transaction, server, name, *id, &sealed, now, by).await?;
        }
        Ok(())
    }

    /// Every secret of a project's servers, opened. Servers without secrets are
    /// not in it.
    pub(crate) async fn open(&self, project: ProjectId) -> Result<OpenedSecrets, ServiceError> {
        let rows = store::of_project(&self.database, project).await?;
        let mut keys: HashMap<DataKeyId, Result<DataKey, SealError>> = HashMap::new();
        if !rows.is_empty() {
            for row in store::data_keys(&self.database, project).await? {
                keys.insert(row.id, self.unwrap(project, &row));
            }
        }
        let mut opened = OpenedSecrets::new();
        for row in rows {
            let place = Place {
                project,
                server: row.server_id,
                name: &row.name,
            };
            let value = match keys.get(&row.data_key_id) {
                Some(Ok(key)) => key.open(&row.sealed, &place),
                Some(Err(error)) => Err(*error),
                None => Err(SealError::NoKey),
            };
            let values = opened
                .entry(row.server_id)
                .or_insert_with(|| Ok(SecretValues::new()));
            match (values, value) {
                (Ok(values), Ok(value)) => {
                    values.insert(row.name, value);
                }
                (values @ Ok(_), Err(error)) => *values = Err(error),
                (Err(_), _) => {}
            }
        }
        Ok(opened)
    }

    /// The key that seals now; the first secret of a project makes it.
    async fn data_key(
        &self,
        transaction: &mut Transaction,
        project: ProjectId,
    ) -> Result<(DataKeyId, DataKey), ServiceError> {
        if let Some(row) = store::newest_data_key(transaction, project).await? {
            let key = self.unwrap(project, &row).map_err(ServiceError::internal)?;
            return Ok((row.id, key));
        }
        self.keys.refresh();
        let wrapping_key = self.keys.current();
        let key = DataKey::generate();
        let id = DataKeyId::new(&self.clock);
        let row = store::DataKeyRow {
            id,
            wrapping_key_id: wrapping_key.id(),
            wrapped: key.wrap(&wrapping_key, project, id),
        };
        store::insert_data_key(transaction, project, &row, self.clock.now()).await?;
        Ok((id, key))
    }

    fn unwrap(&self, project: ProjectId, row: &store::DataKeyRow) -> Result<DataKey, SealError> {
        let key = self.keys.find(&row.wrapping_key_id).ok_or(SealError::NoKey)?;
        DataKey::unwrap(&row.wrapped, &key, project, row.id)
    }
}
