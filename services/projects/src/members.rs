//! Who is in a team or a project, and as what. In a project somebody may be by
//! themselves and by their teams; the highest of all ways counts.

pub(crate) mod rpc;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use database::{Database, Transaction};
use domain::{ActivityType, InvitedAs, Role, Timestamp, UserId};
use service_error::{Code, ServiceError};

use crate::{
    activities::Deed,
    places::{Entered, Place},
    snapshot::Changes,
};

/// Of one team or project, by themselves.
pub(crate) const MAX_MEMBERS: usize = 1_000;

/// Somebody in a team or a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) user_id: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) is_active: bool,
    /// The highest that any way gives.
    pub(crate) role: Role,
    /// By themselves.
    pub(crate) own_role: Option<Role>,
    /// Absent in a team.
    pub(crate) invited_as: Option<InvitedAs>,
    /// Since when, by the first way.
    pub(crate) created_at: Timestamp,
}

/// The rules about members.
pub(crate) struct Members {
    database: Database,
    changes: Changes,
}

impl Members {
    pub(crate) const fn new(database: Database, changes: Changes) -> Self {
        Self { database, changes }
    }

    /// All of them, by name.
    pub(crate) async fn list(&self, place: Place) -> Result<Vec<Member>, ServiceError> {
        Ok(match place {
            Place::Team(team) => store::of_team(&self.database, team).await?,
            Place::Project(project) => store::of_project(&self.database, project).await?,
        })
    }

    /// Gives a member another role of their own.
    pub(crate) async fn update(
        &self,
        entered: &Entered,
        user_id: UserId,
        role: Role,
    ) -> Result<(), ServiceError> {
        let mut transaction = self.begin(entered.place).await?;
        let (before, name) = own_role(&mut transaction, entered.place, user_id).await?;
        if before == role {
            return Ok(());
        }
        store::set_role(&mut transaction, entered.place, user_id, role).await?;
        check_owner_is_left(&mut transaction, entered.place).await?;
        let deed = Deed::in_place(ActivityType::MemberRoleChanged, entered.place)
            .to(user_id.uuid(), name)
            .change("role", before, role);
        self.changes.finish(transaction, &entered.actor(), deed).await?;
        tracing::info!(place_id = %entered.place.uuid(), %user_id, %role, "member has another role");
        Ok(())
    }

    /// Takes a member out. Everybody may take themselves out but the last owner.
    pub(crate) async fn remove(&self, entered: &Entered, user_id: UserId) -> Result<(), ServiceError> {
        let mut transaction = self.begin(entered.place).await?;
        let (before, name) = own_role(&mut transaction, entered.place, user_id).await?;
        store::delete(&mut transaction, entered.place, user_id).await?;
        check_owner_is_left(&mut transaction, entered.place).await?;
        let kind = if user_id == entered.user.id {
            ActivityType::MemberLeft
        } else {
            ActivityType::MemberRemoved
        };
        let deed = Deed::in_place(kind, entered.place)
            .to(user_id.uuid(), name)
            .change("role", before, ());
        self.changes.finish(transaction, &entered.actor(), deed).await?;
        tracing::info!(place_id = %entered.place.uuid(), %user_id, "member left");
        Ok(())
    }

    /// Makes a member an owner, and the one who does it a developer.
    pub(crate) async fn transfer(&self, entered: &Entered, to: UserId) -> Result<(), ServiceError> {
        if to == entered.user.id {
            return Err(ServiceError::invalid(
                "user_id",
                "you own it already; name somebody else",
            ));
        }
        let mut transaction = self.begin(entered.place).await?;
        let (before, name) = own_role(&mut transaction, entered.place, to).await?;
        own_role(&mut transaction, entered.place, entered.user.id).await?;
        store::set_role(&mut transaction, entered.place, to, Role::Owner).await?;
        store::set_role(&mut transaction, entered.place, entered.user.id, Role::Developer).await?;
        check_owner_is_left(&mut transaction, entered.place).await?;
        let deed = Deed::in_place(ActivityType::OwnershipTransferred, entered.place)
            .to(to.uuid(), name)
            .change("role", before, Role::Owner);
        self.changes.finish(transaction, &entered.actor(), deed).await?;
        tracing::info!(place_id = %entered.place.uuid(), user_id = %to, "ownership transferred");
        Ok(())
    }

    async fn begin(&self, place: Place) -> Result<Transaction, ServiceError> {
        let mut transaction = self.changes.begin().await?;
        record_change(&self.changes, &mut transaction, place).await?;
        Ok(transaction)
    }
}

/// Counts a change of who is in a place, for every project that it touches: keys
/// of who leaves a team die in all projects of the team.
pub(crate) async fn record_change(
    changes: &Changes,
    transaction: &mut Transaction,
    place: Place,
) -> Result<(), ServiceError> {
    match place {
        Place::Project(project) => changes.record(transaction, project).await?,
        Place::Team(team) => {
            for project in store::projects_of_team(transaction, team).await? {
                changes.record(transaction, project).await?;
            }
        }
    }
    Ok(())
}

/// What somebody is in a place by themselves, and their name.
async fn own_role(
    transaction: &mut Transaction,
    place: Place,
    user_id: UserId,
) -> Result<(Role, String), ServiceError> {
    let found = store::own_role(transaction, place, user_id).await?;
    found.ok_or_else(|| {
        let mut error = ServiceError::not_found("member");
        if matches!(place, Place::Project(_)) {
            "there is no such member by themselves; who is in the project by a team is managed in the team"
                .clone_into(&mut error.message);
        }
        error
    })
}

/// Teams can be taken out of a project, people of them can leave: a project
/// always has an owner of its own.
async fn check_owner_is_left(transaction: &mut Transaction, place: Place) -> Result<(), ServiceError> {
    if store::count_owners(transaction, place).await? > 0 {
        return Ok(());
    }
    Err(ServiceError::new(
        Code::Refused,
        "last_owner",
        "this would leave nobody who owns it: make somebody else an owner first",
    ))
}
