//! Invitations into teams and projects. What proves one is the token of its
//! link; an address proves nothing, as anybody may sign up with it.

pub(crate) mod rpc;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use std::time::Duration;

use access::InvitationToken;
use database::{Database, Transaction};
use domain::{ActivityType, Clock, Email, InvitationId, Role, Timestamp, UserId};
use service_error::{Code, ServiceError};

use crate::{
    access::Caller,
    activities::Deed,
    members::{self, MAX_MEMBERS},
    places::{Entered, Place},
    snapshot::Changes,
    users::User,
};

const LIFE: Duration = Duration::from_hours(7 * 24);

/// Open ones, of one team or project.
const MAX_OPEN: usize = 200;

/// An open invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    pub(crate) id: InvitationId,
    pub(crate) place: Place,
    /// Of the team or the project.
    pub(crate) place_name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    /// Absent: their account is gone.
    pub(crate) created_by: Option<UserId>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

impl Invitation {
    fn deed(&self, kind: ActivityType) -> Deed {
        Deed::in_place(kind, self.place).to(self.id.uuid(), &self.email)
    }
}

/// The rules about invitations.
pub(crate) struct Invitations {
    database: Database,
    clock: Clock,
    changes: Changes,
}

impl Invitations {
    pub(crate) const fn new(database: Database, clock: Clock, changes: Changes) -> Self {
        Self {
            database,
            clock,
            changes,
        }
    }

    /// Invites an address. The token is in the answer and nowhere else.
    pub(crate) async fn create(
        &self,
        entered: &Entered,
        email: &str,
        role: Role,
    ) -> Result<(Invitation, InvitationToken), ServiceError> {
        let email = Email::parse(email).map_err(|error| ServiceError::invalid("email", error.to_string()))?;
        let (place, now) = (entered.place, self.clock.now());
        let mut transaction = self.changes.begin().await?;
        store::delete_over(&mut transaction, place, now).await?;
        if store::is_member(&mut transaction, place, email.as_str()).await? {
            return Err(taken(
                "already_member",
                format!("{email} is in it already; change their role instead"),
            ));
        }
        let open = store::of_place(&mut transaction, place).await?;
        if open.iter().any(|invitation| invitation.email == email.as_str()) {
            return Err(taken(
                "already_invited",
                format!("{email} is invited already; send that invitation again, or revoke it first"),
            ));
        }
        if open.len() >= MAX_OPEN {
            return Err(ServiceError::new(
                Code::Refused,
                "too_many_invitations",
                format!("at most {MAX_OPEN} invitations can be open; revoke some"),
            ));
        }
        let token = InvitationToken::generate();
        let id = InvitationId::new(&self.clock);
        let new = store::NewInvitation {
            id,
            place,
            email: email.as_str(),
            role,
            token: token.hash(),
            created_by: entered.user.id,
            created_at: now,
            expires_at: now + LIFE,
        };
        store::insert(&mut transaction, &new).await?;
        let invitation = find(&mut transaction, place, id).await?;
        let deed = invitation.deed(ActivityType::InvitationCreated).set("role", role);
        self.changes.finish(transaction, &entered.actor(), deed).await?;
        tracing::info!(invitation_id = %id, place_id = %place.uuid(), "invited");
        Ok((invitation, token))
    }

    /// Those that are open, newest first.
    pub(crate) async fn list(&self, place: Place) -> Result<Vec<Invitation>, ServiceError> {
        let now = self.clock.now();
        let mut transaction = self.database.begin().await?;
        let mut open = store::of_place(&mut transaction, place).await?;
        open.retain(|invitation| now < invitation.expires_at);
        Ok(open)
    }

    /// Those of the person's address, newest first.
    pub(crate) async fn mine(&self, user: &User) -> Result<Vec<Invitation>, ServiceError> {
        Ok(store::of_email(&self.database, &user.email, self.clock.now()).await?)
    }

    /// A new link with a new end; the old one is dead.
    pub(crate) async fn resend(
        &self,
        entered: &Entered,
        id: InvitationId,
    ) -> Result<(Invitation, InvitationToken), ServiceError> {
        let (place, token) = (entered.place, InvitationToken::generate());
        let mut transaction = self.changes.begin().await?;
        store::renew(&mut transaction, place, id, token.hash(), self.clock.now() + LIFE).await?;
        let invitation = find(&mut transaction, place, id).await?;
        let deed = invitation.deed(ActivityType::InvitationResent);
        self.changes.finish(transaction, &entered.actor(), deed).await?;
        Ok((invitation, token))
    }

    pub(crate) async fn revoke(&self, entered: &Entered, id: InvitationId) -> Result<(), ServiceError> {
        let mut transaction = self.changes.begin().await?;
        let invitation = find(&mut transaction, entered.place, id).await?;
        store::delete(&mut transaction, id).await?;
        let deed = invitation.deed(ActivityType::InvitationRevoked);
        self.changes.finish(transaction, &entered.actor(), deed).await?;
        tracing::info!(invitation_id = %id, "invitation revoked");
        Ok(())
    }

    /// Lets the person in whom the invitation is for. Who is in already by a
    /// lower role of their own gets the higher one.
    pub(crate) async fn accept(&self, by: &Caller, token: &str) -> Result<Invitation, ServiceError> {
        let user = by.person()?;
        let mut transaction = self.changes.begin().await?;
        let invitation = self.take(&mut transaction, user, token).await?;
        let place = invitation.place;
        if store::is_member(&mut transaction, place, &user.email).await? {
            return Err(taken("already_member", "you are in it already".to_owned()));
        }
        if members::store::count(&mut transaction, place).await? >= MAX_MEMBERS {
            return Err(ServiceError::new(
                Code::Refused,
                "too_many_members",
                format!("it has {MAX_MEMBERS} members, and takes no more"),
            ));
        }
        members::store::insert(
            &mut transaction,
            place,
            user.id,
            invitation.role,
            self.clock.now(),
        )
        .await?;
        members::record_change(&self.changes, &mut transaction, place).await?;
        let deed = invitation
            .deed(ActivityType::InvitationAccepted)
            .set("role", invitation.role);
        self.changes.finish(transaction, &by.actor(), deed).await?;
        tracing::info!(invitation_id = %invitation.id, user_id = %user.id, "invitation accepted");
        Ok(invitation)
    }

    pub(crate) async fn decline(&self, by: &Caller, token: &str) -> Result<(), ServiceError> {
        let user = by.person()?;
        let mut transaction = self.changes.begin().await?;
        let invitation = self.take(&mut transaction, user, token).await?;
        let deed = invitation.deed(ActivityType::InvitationDeclined);
        self.changes.finish(transaction, &by.actor(), deed).await?;
        tracing::info!(invitation_id = %invitation.id, user_id = %user.id, "invitation declined");
        Ok(())
    }

    /// Of two who come with one link at once, one finds it.
    async fn take(
        &self,
        transaction: &mut Transaction,
        user: &User,
        token: &str,
    ) -> Result<Invitation, ServiceError> {
        let now = self.clock.now();
        let parsed = InvitationToken::parse(token).map_err(|_| dead())?;
        let invitation = store::find_by_token(transaction, parsed.hash()).await?;
        let invitation = invitation
            .filter(|invitation| now < invitation.expires_at)
            .ok_or_else(dead)?;
        if invitation.email != user.email {
            return Err(ServiceError::new(
                Code::PermissionDenied,
                "invitation_of_another",
                format!(
                    "this invitation is for another address than {}; sign in with the one that was invited",
                    user.email
                ),
            ));
        }
        if !store::delete(transaction, invitation.id).await? {
            return Err(dead());
        }
        Ok(invitation)
    }
}

/// Whether somebody with that address was invited by that link: it opens a
/// deployment that is open by invitation.
pub(crate) async fn is_invited(
    transaction: &mut Transaction,
    email: &Email,
    token: &str,
    now: Timestamp,
) -> Result<bool, ServiceError> {
    let Ok(token) = InvitationToken::parse(token) else {
        return Ok(false);
    };
    let invitation = store::find_by_token(transaction, token.hash()).await?;
    Ok(
        invitation
            .is_some_and(|invitation| invitation.email == email.as_str() && now < invitation.expires_at),
    )
}

async fn find(
    transaction: &mut Transaction,
    place: Place,
    id: InvitationId,
) -> Result<Invitation, ServiceError> {
    let open = store::of_place(transaction, place).await?;
    let found = open.into_iter().find(|invitation| invitation.id == id);
    found.ok_or_else(|| ServiceError::not_found("invitation"))
}

fn dead() -> ServiceError {
    ServiceError::new(
        Code::NotFound,
        "invitation_dead",
        "this invitation was used, revoked or has expired; ask for a new one",
    )
}

fn taken(reason: &str, message: String) -> ServiceError {
    ServiceError::new(Code::AlreadyExists, reason, message)
}
