//! Signed-in browsers. A session lives on the server: whoever ends it here has
//! ended it.

pub(crate) mod store;

use std::time::Duration;

use access::SessionToken;
use database::{Database, Transaction};
use domain::{ActivityType, Clock, Timestamp, UserId, WebSessionId};
use service_error::{Code, ServiceError};

use crate::{
    access::Caller,
    activities::{Actor, Deed, Origin},
    snapshot::Changes,
    users::User,
};

/// A session that nobody used for this long is over.
const IDLE: Duration = Duration::from_hours(12);

/// No session lives longer.
const LIFE: Duration = Duration::from_hours(7 * 24);

/// Uses are written down at most this often.
const USE_GRAIN: Duration = Duration::from_mins(1);

/// The rules about sessions.
#[derive(Clone)]
pub(crate) struct Sessions {
    database: Database,
    clock: Clock,
    changes: Changes,
}

/// A session that has just begun, with the token that nobody sees again.
#[derive(Debug)]
pub(crate) struct NewSession {
    pub(crate) token: SessionToken,
    pub(crate) expires_at: Timestamp,
}

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) id: WebSessionId,
    pub(crate) last_used_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnSession {
    pub(crate) session: Session,
    pub(crate) created_at: Timestamp,
    /// From where it was signed in.
    pub(crate) origin: Origin,
    /// The one that asks.
    pub(crate) is_current: bool,
}

impl Sessions {
    pub(crate) const fn new(database: Database, clock: Clock, changes: Changes) -> Self {
        Self {
            database,
            clock,
            changes,
        }
    }

    /// Begins a session, and clears away the user's sessions that are over.
    pub(crate) async fn begin(
        &self,
        transaction: &mut Transaction,
        user_id: UserId,
        origin: &Origin,
    ) -> Result<NewSession, ServiceError> {
        let now = self.clock.now();
        let token = SessionToken::generate();
        let session = Session {
            id: WebSessionId::new(&self.clock),
            last_used_at: now,
            expires_at: now + LIFE,
        };
        store::delete_over(transaction, user_id, now, now - IDLE).await?;
        store::insert(transaction, user_id, &session, token.hash(), now, origin).await?;
        Ok(NewSession {
            token,
            expires_at: session.expires_at,
        })
    }

    /// Whose session this is, if it lives, and notes that it was used.
    pub(crate) async fn authenticate(&self, token: &SessionToken) -> Result<User, ServiceError> {
        let now = self.clock.now();
        let found = store::find(&self.database, token.hash()).await?;
        let Some((session, user)) = found.filter(|(session, user)| session.lives_at(now) && user.is_active)
        else {
            return Err(ServiceError::new(
                Code::Unauthenticated,
                "session_ended",
                "the session has ended; sign in again",
            ));
        };
        if now.since(session.last_used_at) >= USE_GRAIN {
            store::record_use(&self.database, session.id, now).await?;
        }
        Ok(user)
    }

    /// The person's own that live, last used first.
    pub(crate) async fn list(
        &self,
        user: &User,
        current: &SessionToken,
    ) -> Result<Vec<OwnSession>, ServiceError> {
        let now = self.clock.now();
        let mut sessions = store::of_user(&self.database, user.id, current.hash()).await?;
        sessions.retain(|own| own.session.lives_at(now));
        Ok(sessions)
    }

    /// Ends one of the caller's own.
    pub(crate) async fn revoke(&self, by: &Caller, id: WebSessionId) -> Result<(), ServiceError> {
        let user = by.person()?;
        let mut transaction = self.changes.begin().await?;
        if !store::delete_by_id(&mut transaction, user.id, id).await? {
            return Err(ServiceError::not_found("session"));
        }
        let deed = Deed::of(ActivityType::SessionRevoked).to(id.uuid(), &user.name);
        Ok(self.changes.finish(transaction, &by.actor(), deed).await?)
    }

    /// Ends all of the caller's own but the one that calls.
    pub(crate) async fn revoke_others(
        &self,
        by: &Caller,
        current: &SessionToken,
    ) -> Result<(), ServiceError> {
        let user = by.person()?;
        let mut transaction = self.changes.begin().await?;
        if store::delete_of_user(&mut transaction, user.id, Some(current.hash())).await? == 0 {
            return Ok(());
        }
        let deed = Deed::of(ActivityType::SessionRevoked).named(&user.name);
        Ok(self.changes.finish(transaction, &by.actor(), deed).await?)
    }

    /// Ends the session; one that has ended already stays so.
    pub(crate) async fn end(&self, token: &SessionToken, origin: &Origin) -> Result<(), ServiceError> {
        let Some((_, user)) = store::find(&self.database, token.hash()).await? else {
            return Ok(());
        };
        let mut transaction = self.changes.begin().await?;
        if store::delete(&mut transaction, token.hash()).await? {
            let deed = Deed::of(ActivityType::SignedOut).to(user.id.uuid(), &user.name);
            let by = Actor::person(&user, origin);
            self.changes.finish(transaction, &by, deed).await?;
        }
        Ok(())
    }
}

impl Session {
    fn lives_at(&self, now: Timestamp) -> bool {
        now < self.expires_at && now.since(self.last_used_at) < IDLE
    }
}
