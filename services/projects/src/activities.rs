//! What people did. Every change of this service is committed together with the
//! activity that says so: [`Changes::finish`] takes both, and nothing else
//! commits.
//!
//! [`Changes::finish`]: crate::snapshot::Changes::finish

mod actor;
mod deed;
pub(crate) mod rpc;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use database::{
    Database, DatabaseError, Transaction,
    keyset::{self, Filter, Key, Page, Place as PageStart},
};
use domain::{ActivityId, ActivityType, Clock, Timestamp, UserId};
use service_error::{Code, ServiceError};

use crate::{places::Place, users::User};

pub(crate) use actor::{Actor, Origin};
pub(crate) use deed::Deed;

const DEFAULT_LIMIT: u32 = 100;

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Activity {
    pub(crate) id: ActivityId,
    /// Among all activities, in the order of commits.
    pub(crate) position: i64,
    pub(crate) at: Timestamp,
    pub(crate) by: Actor,
    pub(crate) deed: Deed,
}

/// Which activities are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// None: all.
    pub(crate) types: BTreeSet<ActivityType>,
    pub(crate) actor: Option<UserId>,
    pub(crate) from: Option<Timestamp>,
    /// Not included.
    pub(crate) to: Option<Timestamp>,
}

/// The rules about reading activities.
pub(crate) struct Activities {
    database: Database,
}

/// Writes down what was done, within the transaction that does it.
pub(crate) async fn record(
    transaction: &mut Transaction,
    clock: &Clock,
    by: &Actor,
    deed: Deed,
) -> Result<(), DatabaseError> {
    let activity = Activity {
        id: ActivityId::new(clock),
        position: store::count_up(transaction).await?,
        at: clock.now(),
        by: by.clone(),
        deed,
    };
    store::insert(transaction, &activity).await
}

impl Activities {
    pub(crate) const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Newest first: of a place, or of the whole deployment.
    pub(crate) async fn list(
        &self,
        place: Option<Place>,
        wanted: &Wanted,
        limit: u32,
        cursor: &str,
    ) -> Result<Page<Activity>, ServiceError> {
        let limit = keyset::limit(limit, DEFAULT_LIMIT)?;
        let of = place.map(Place::uuid).unwrap_or_default();
        let described = format!("{wanted:?}");
        let filter = Filter::of("activities", &[of.as_bytes(), described.as_bytes()]);
        let start = PageStart::parse(cursor, filter)?;
        let rows = store::list(&self.database, place, wanted, start, limit + 1).await?;
        Ok(keyset::page(rows, limit, start, filter, |activity| Key {
            at: activity.position,
            id: activity.id.uuid(),
        }))
    }
}

/// Refuses who does not run the deployment.
pub(crate) fn check_administrator(user: &User) -> Result<(), ServiceError> {
    if user.is_admin {
        return Ok(());
    }
    Err(ServiceError::new(
        Code::PermissionDenied,
        "administrator_required",
        "only an administrator of this deployment may do this",
    ))
}
