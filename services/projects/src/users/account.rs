//! What becomes of an account: its owner's changes, and an administrator's.

use access::SessionToken;
use domain::{ActivityType, DisplayName, Email, UserId};
use secrecy::SecretString;
use service_error::{Code, ServiceError};

use super::{User, Users, store};
use crate::{
    access::Caller,
    activities::{Actor, Deed},
    passwords, sessions,
};

/// What an administrator changes of an account. What is absent stays.
#[derive(Debug, Default)]
pub(crate) struct UserChange {
    pub(crate) name: Option<DisplayName>,
    pub(crate) is_active: Option<bool>,
    pub(crate) is_admin: Option<bool>,
}

impl Users {
    /// By id or address.
    pub(crate) async fn find(&self, id_or_email: &str) -> Result<User, ServiceError> {
        let found = match id_or_email.parse::<UserId>() {
            Ok(id) => store::find(&self.database, id).await?,
            Err(_) => match Email::parse(id_or_email) {
                Ok(email) => store::find_by_email(&self.database, &email)
                    .await?
                    .map(|(user, _)| user),
                Err(_) => None,
            },
        };
        found.ok_or_else(|| ServiceError::not_found("user"))
    }

    /// Changes somebody. Who is deactivated is out at once: their sessions are
    /// gone, and gateways are told of every project in which they made a key.
    pub(crate) async fn update(
        &self,
        by: &Actor,
        id: UserId,
        change: UserChange,
    ) -> Result<User, ServiceError> {
        let mut transaction = self.changes.begin().await?;
        let found = store::find_for_change(&mut transaction, id).await?;
        let before = found.ok_or_else(|| ServiceError::not_found("user"))?;
        let mut user = before.clone();
        if let Some(name) = change.name {
            name.as_str().clone_into(&mut user.name);
        }
        user.is_active = change.is_active.unwrap_or(user.is_active);
        user.is_admin = change.is_admin.unwrap_or(user.is_admin);
        if user == before {
            return Ok(user);
        }
        store::update(&mut transaction, &user).await?;
        let was_administrator = before.is_active && before.is_admin;
        if was_administrator && store::count_administrators(&mut transaction).await? == 0 {
            return Err(last_administrator());
        }
        if user.is_active != before.is_active {
            sessions::store::delete_of_user(&mut transaction, id, None).await?;
            for project in store::projects_of(&mut transaction, id).await? {
                self.changes.record(&mut transaction, project).await?;
            }
        }
        let deed = Deed::of(ActivityType::UserUpdated)
            .to(id.uuid(), &user.name)
            .change("name", &before.name, &user.name)
            .change("is_active", before.is_active, user.is_active)
            .change("is_admin", before.is_admin, user.is_admin);
        self.changes.finish(transaction, by, deed).await?;
        tracing::info!(user_id = %id, is_active = user.is_active, is_admin = user.is_admin, "account changed");
        Ok(user)
    }

    /// Gives the caller another password, and ends their other sessions.
    pub(crate) async fn change_password(
        &self,
        by: &Caller,
        session: &SessionToken,
        current: SecretString,
        new: SecretString,
    ) -> Result<(), ServiceError> {
        let user = by.person()?;
        self.check_password(by, current, "current_password").await?;
        let hash = self.hash_for(user, new, "new_password").await?;
        let keep = Some(session.hash());
        self.write_password(&by.actor(), user, &hash, keep).await
    }

    /// Gives somebody a password, as whoever runs the deployment.
    pub(crate) async fn set_password(
        &self,
        id_or_email: &str,
        password: SecretString,
    ) -> Result<User, ServiceError> {
        let user = self.find(id_or_email).await?;
        let hash = self.hash_for(&user, password, "password").await?;
        self.write_password(&Actor::operator(), &user, &hash, None)
            .await?;
        Ok(user)
    }

    /// Ends the caller's account, with all that hangs on it. What they did stays
    /// in the feeds.
    pub(crate) async fn delete(&self, by: &Caller, password: SecretString) -> Result<(), ServiceError> {
        let user = by.person()?;
        self.check_password(by, password, "password").await?;
        let mut transaction = self.changes.begin().await?;
        let owned = store::owned_alone(&mut transaction, user.id).await?;
        if !owned.is_empty() {
            return Err(ServiceError::new(
                Code::Refused,
                "last_owner",
                format!(
                    "nobody else owns {}: make somebody else an owner, or delete it first",
                    owned.join(", ")
                ),
            ));
        }
        for project in store::projects_of(&mut transaction, user.id).await? {
            self.changes.record(&mut transaction, project).await?;
        }
        store::delete(&mut transaction, user.id).await?;
        if user.is_admin && store::count_administrators(&mut transaction).await? == 0 {
            return Err(last_administrator());
        }
        let deed = Deed::of(ActivityType::UserDeleted)
            .to(user.id.uuid(), &user.name)
            .change("email", &user.email, ());
        self.changes.finish(transaction, &by.actor(), deed).await?;
        tracing::info!(user_id = %user.id, "account deleted");
        Ok(())
    }

    /// Counted as an attempt to sign in is: a session that somebody left open
    /// must not be a way to try passwords.
    async fn check_password(
        &self,
        by: &Caller,
        password: SecretString,
        field: &str,
    ) -> Result<(), ServiceError> {
        let user = by.person()?;
        let email =
            Email::parse(&user.email).map_err(|error| ServiceError::invalid("email", error.to_string()))?;
        self.throttle.attempt(&email, by.origin.client())?;
        let found = store::find_by_email(&self.database, &email).await?;
        let hash = found.map(|(_, hash)| hash);
        if self.passwords.verify(password, hash).await? {
            self.throttle.succeeded(&email);
            return Ok(());
        }
        Err(ServiceError::invalid(field, "this is not your password"))
    }

    async fn hash_for(
        &self,
        user: &User,
        password: SecretString,
        field: &str,
    ) -> Result<String, ServiceError> {
        let email =
            Email::parse(&user.email).map_err(|error| ServiceError::invalid("email", error.to_string()))?;
        passwords::check(&password, &email).map_err(|mut error| {
            for refused in &mut error.fields {
                error.message = error.message.replacen(&refused.field, field, 1);
                field.clone_into(&mut refused.field);
            }
            error
        })?;
        self.passwords.hash(password).await
    }

    async fn write_password(
        &self,
        by: &Actor,
        user: &User,
        hash: &str,
        keep: Option<access::TokenHash>,
    ) -> Result<(), ServiceError> {
        let mut transaction = self.changes.begin().await?;
        store::set_password(&mut transaction, user.id, hash).await?;
        sessions::store::delete_of_user(&mut transaction, user.id, keep).await?;
        let deed = Deed::of(ActivityType::PasswordChanged).to(user.id.uuid(), &user.name);
        self.changes.finish(transaction, by, deed).await?;
        tracing::info!(user_id = %user.id, "password changed");
        Ok(())
    }
}

fn last_administrator() -> ServiceError {
    ServiceError::new(
        Code::Refused,
        "last_administrator",
        "this would leave the deployment without an administrator: make somebody else one first",
    )
}

#[cfg(test)]
mod tests;
