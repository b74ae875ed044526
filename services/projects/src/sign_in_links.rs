//! Links that sign a person in once: how who runs the deployment lets them in.

pub(crate) mod store;

use std::time::Duration;

use access::SignInLinkToken;
use database::Database;
use domain::{ActivityType, Clock, SignInLinkId, Timestamp, UserId};
use service_error::{Code, ServiceError};

use crate::{
    activities::{Actor, Deed},
    snapshot::Changes,
    users::User,
};

/// A link that was not used for this long is dead.
const LIFE: Duration = Duration::from_mins(15);

/// The rules about links.
pub(crate) struct SignInLinks {
    database: Database,
    clock: Clock,
    changes: Changes,
}

impl SignInLinks {
    pub(crate) const fn new(database: Database, clock: Clock, changes: Changes) -> Self {
        Self {
            database,
            clock,
            changes,
        }
    }

    /// Makes a link, and clears away the user's dead ones.
    pub(crate) async fn create(&self, user: &User) -> Result<(SignInLinkToken, Timestamp), ServiceError> {
        let now = self.clock.now();
        let expires_at = now + LIFE;
        let token = SignInLinkToken::generate();
        let mut transaction = self.changes.begin().await?;
        store::delete_over(&mut transaction, user.id, now).await?;
        let id = SignInLinkId::new(&self.clock);
        store::insert(&mut transaction, id, user.id, token.hash(), now, expires_at).await?;
        let deed = Deed::of(ActivityType::SignInLinkCreated).to(user.id.uuid(), &user.name);
        self.changes.finish(transaction, &Actor::operator(), deed).await?;
        Ok((token, expires_at))
    }

    /// Whose link this is. Of two who come with it at once, one is let in.
    pub(crate) async fn redeem(&self, token: &str) -> Result<UserId, ServiceError> {
        let dead = || {
            ServiceError::new(
                Code::Unauthenticated,
                "link_dead",
                "this sign-in link was used or has expired; ask for a new one, or sign in with your password",
            )
        };
        let token = SignInLinkToken::parse(token).map_err(|_| dead())?;
        let taken = store::take(&self.database, token.hash()).await?;
        match taken {
            Some((user_id, expires_at)) if self.clock.now() < expires_at => Ok(user_id),
            _ => Err(dead()),
        }
    }
}
