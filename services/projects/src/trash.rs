//! Teams and projects that were deleted. They lie here for some days, in which
//! their owners can take them back, and nobody else sees them: their keys are
//! dead, gateways do not know them. Their slugs stay taken until they are gone
//! for good.

pub(crate) mod rpc;
mod store;
#[cfg(test)]
mod tests;

use std::time::Duration;

use database::Database;
use domain::{ActivityType, Clock, ProjectId, Timestamp};
use service_error::{Code, FieldError, ServiceError};
use service_host::Shutdown;

use crate::{
    access::Caller,
    activities::{Actor, Deed},
    members,
    places::{Entered, Place},
    snapshot::Changes,
};

/// How long something lies in the trash.
const LIFE: Duration = Duration::from_hours(7 * 24);

const SWEEP_EVERY: Duration = Duration::from_mins(10);

/// Purged projects on one page.
const PAGE: u32 = 1_000;

/// A team or a project in the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Discarded {
    pub(crate) place: Place,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) deleted_at: Timestamp,
}

/// The rules about deleting teams and projects.
#[derive(Clone)]
pub(crate) struct Trash {
    database: Database,
    clock: Clock,
    changes: Changes,
}

impl Discarded {
    /// From then on nothing brings it back.
    pub(crate) fn gone_at(&self) -> Timestamp {
        self.deleted_at + LIFE
    }
}

impl Trash {
    pub(crate) const fn new(database: Database, clock: Clock, changes: Changes) -> Self {
        Self {
            database,
            clock,
            changes,
        }
    }

    /// Puts what its owner entered into the trash, if they name it as it is
    /// named. What belongs to others stays: of a team its projects, which are
    /// left by those who are there by the team alone.
    pub(crate) async fn discard(&self, entered: &Entered, name: &str) -> Result<Discarded, ServiceError> {
        let place = entered.place;
        let mut transaction = self.changes.begin().await?;
        let found = store::find_live(&mut transaction, place).await?;
        let (slug, real_name) = found.ok_or_else(|| ServiceError::not_found(what(place)))?;
        if name.trim() != real_name {
            return Err(other_name(place, &real_name));
        }
        let discarded = Discarded {
            place,
            slug,
            name: real_name,
            deleted_at: self.clock.now(),
        };
        store::set_deleted_at(&mut transaction, place, Some(discarded.deleted_at)).await?;
        members::record_change(&self.changes, &mut transaction, place).await?;
        let kind = match place {
            Place::Team(_) => ActivityType::TeamDeleted,
            Place::Project(_) => ActivityType::ProjectDeleted,
        };
        let deed = Deed::in_place(kind, place).named(&discarded.name);
        self.changes.finish(transaction, &entered.actor(), deed).await?;
        tracing::info!(place_id = %place.uuid(), "put into the trash");
        Ok(discarded)
    }

    /// What the person can take back, last deleted first.
    pub(crate) async fn list(&self, by: &Caller) -> Result<Vec<Discarded>, ServiceError> {
        let alive_since = self.clock.now() - LIFE;
        Ok(store::owned_by(&self.database, by.person()?.id, alive_since).await?)
    }

    /// Takes what a slug or an id names back, with all that was in it.
    pub(crate) async fn restore(
        &self,
        by: &Caller,
        is_wanted: impl Fn(&Discarded) -> bool,
    ) -> Result<Discarded, ServiceError> {
        let not_found = || {
            ServiceError::new(
                Code::NotFound,
                "not_found",
                "the trash has nothing of that name that you own; after 7 days it is gone for good",
            )
        };
        let found = self.list(by).await?.into_iter().find(is_wanted);
        let discarded = found.ok_or_else(not_found)?;
        let place = discarded.place;
        let mut transaction = self.changes.begin().await?;
        if !store::set_deleted_at(&mut transaction, place, None).await? {
            return Err(not_found());
        }
        members::record_change(&self.changes, &mut transaction, place).await?;
        let kind = match place {
            Place::Team(_) => ActivityType::TeamRestored,
            Place::Project(_) => ActivityType::ProjectRestored,
        };
        let deed = Deed::in_place(kind, place).named(&discarded.name);
        self.changes.finish(transaction, &by.actor(), deed).await?;
        tracing::info!(place_id = %place.uuid(), "taken out of the trash");
        Ok(discarded)
    }

    /// Projects that are gone for good, behind that one, by id.
    pub(crate) async fn purged_projects(
        &self,
        after: Option<ProjectId>,
    ) -> Result<Vec<ProjectId>, ServiceError> {
        Ok(store::purged_projects(&self.database, after, PAGE).await?)
    }

    /// Takes away what lay there for its whole time: one by one, so that no
    /// change has to wait for all of it.
    pub(crate) async fn purge(&self) -> Result<(), ServiceError> {
        let over = self.clock.now() - LIFE;
        for (place, name) in store::over(&self.database, over).await? {
            let mut transaction = self.changes.begin().await?;
            // Another replica may have done it, or its owner have taken it back.
            if !store::delete(&mut transaction, place, over).await? {
                continue;
            }
            let kind = match place {
                Place::Team(_) => ActivityType::TeamPurged,
                Place::Project(project) => {
                    store::record_purged(&mut transaction, project, self.clock.now()).await?;
                    ActivityType::ProjectPurged
                }
            };
            let deed = Deed::in_place(kind, place).named(name);
            self.changes
                .finish(transaction, &Actor::clockwork(), deed)
                .await?;
            tracing::info!(place_id = %place.uuid(), "gone for good");
        }
        Ok(())
    }
}

/// Purges until the process is to stop. A sweep that fails is tried again.
pub(crate) async fn run(trash: Trash, shutdown: Shutdown) -> anyhow::Result<()> {
    loop {
        if let Err(error) = trash.purge().await {
            tracing::warn!(%error, causes = error.causes(), "the trash could not be emptied");
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_EVERY) => {}
            () = shutdown.soft() => return Ok(()),
        }
    }
}

const fn what(place: Place) -> &'static str {
    match place {
        Place::Team(_) => "team",
        Place::Project(_) => "project",
    }
}

fn other_name(place: Place, name: &str) -> ServiceError {
    let message = format!(
        "to delete this {}, give its name as it stands there: {name}",
        what(place)
    );
    let mut error = ServiceError::new(Code::Refused, "name_does_not_match", message.clone());
    error.fields.push(FieldError {
        field: "name".to_owned(),
        message,
    });
    error
}
