//! People: how an account is made and how its owner signs in.

mod account;
pub(crate) mod rpc;
pub(crate) mod store;

use database::Database;
use domain::{ActivityType, Clock, Email, Timestamp, UserId};
use secrecy::SecretString;
use service_error::{Code, FieldError, ServiceError};

use crate::{
    SignUp,
    activities::{Actor, Deed, Origin},
    invitations, names,
    passwords::{self, Passwords},
    sessions::{NewSession, Sessions},
    sign_in_links::SignInLinks,
    snapshot::Changes,
    throttle::Throttle,
};

pub(crate) use account::UserChange;

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) is_admin: bool,
    pub(crate) is_active: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) last_login_at: Option<Timestamp>,
}

/// Who asks for an account to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Applicant {
    /// Somebody at the web page.
    Stranger(Origin),
    /// Who runs the deployment: no sign-up mode holds for them.
    Operator,
}

/// What anybody may know of how accounts are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignUpState {
    /// Without an invitation.
    pub(crate) is_open: bool,
    /// Nobody has an account yet.
    pub(crate) is_first: bool,
}

/// The rules about accounts.
pub(crate) struct Users {
    database: Database,
    clock: Clock,
    changes: Changes,
    passwords: Passwords,
    throttle: Throttle,
    sessions: Sessions,
    links: SignInLinks,
    sign_up: SignUp,
}

impl Users {
    pub(crate) fn new(
        database: Database,
        clock: Clock,
        changes: Changes,
        passwords: Passwords,
        sessions: Sessions,
        sign_up: SignUp,
    ) -> Self {
        Self {
            links: SignInLinks::new(database.clone(), clock.clone(), changes.clone()),
            throttle: Throttle::new(clock.clone()),
            database,
            clock,
            changes,
            passwords,
            sessions,
            sign_up,
        }
    }

    /// Makes an account and signs it in. The first one of a deployment is its
    /// administrator's.
    pub(crate) async fn sign_up(
        &self,
        applicant: Applicant,
        email: &str,
        name: &str,
        password: SecretString,
        invitation: Option<&str>,
    ) -> Result<(User, NewSession), ServiceError> {
        let email = Email::parse(email).map_err(|error| ServiceError::invalid("email", error.to_string()))?;
        let name = names::parse(name)?;
        passwords::check(&password, &email)?;
        if let Applicant::Stranger(origin) = &applicant {
            self.throttle.attempt(&email, origin.client())?;
            // Asked again below; here it saves the hash for nothing.
            if invitation.is_none() && store::is_claimed(&self.database).await? {
                self.check_sign_up_mode(false)?;
            }
        }
        let password_hash = self.passwords.hash(password).await?;

        let now = self.clock.now();
        let mut transaction = self.changes.begin().await?;
        let is_first = store::claim(&mut transaction, now).await?;
        if !is_first && applicant != Applicant::Operator {
            let is_invited = match invitation {
                Some(token) => invitations::is_invited(&mut transaction, &email, token, now).await?,
                None => false,
            };
            self.check_sign_up_mode(is_invited)?;
        }
        let user = User {
            id: UserId::new(&self.clock),
            email: email.as_str().to_owned(),
            name: name.as_str().to_owned(),
            is_admin: is_first,
            is_active: true,
            created_at: now,
            last_login_at: Some(now),
        };
        store::insert(&mut transaction, &user, &password_hash)
            .await
            .map_err(|error| {
                if error.is_taken() {
                    email_taken().caused_by(error)
                } else {
                    error.into()
                }
            })?;
        let origin = match &applicant {
            Applicant::Stranger(origin) => origin.clone(),
            Applicant::Operator => Origin::default(),
        };
        let session = self.sessions.begin(&mut transaction, user.id, &origin).await?;
        let by = match &applicant {
            Applicant::Stranger(origin) => Actor::person(&user, origin),
            Applicant::Operator => Actor::operator(),
        };
        let deed = Deed::of(ActivityType::UserCreated)
            .to(user.id.uuid(), &user.name)
            .set("email", &user.email)
            .set("is_admin", user.is_admin);
        self.changes.finish(transaction, &by, deed).await?;
        tracing::info!(user_id = %user.id, is_admin = user.is_admin, "account made");
        Ok((user, session))
    }

    /// Who may make an account now.
    pub(crate) async fn sign_up_state(&self) -> Result<SignUpState, ServiceError> {
        let is_first = !store::is_claimed(&self.database).await?;
        Ok(SignUpState {
            is_open: is_first || self.sign_up == SignUp::Open,
            is_first,
        })
    }

    /// Signs in with a password. Who has no account hears the same, after the
    /// same time, as who has another password.
    pub(crate) async fn sign_in(
        &self,
        origin: &Origin,
        email: &str,
        password: SecretString,
    ) -> Result<(User, NewSession), ServiceError> {
        let email = Email::parse(email).map_err(|error| ServiceError::invalid("email", error.to_string()))?;
        self.throttle.attempt(&email, origin.client())?;
        let found = store::find_by_email(&self.database, &email).await?;
        let (user, hash) = found.unzip();
        let fits = self.passwords.verify(password, hash).await?;
        let Some(user) = user.filter(|_| fits) else {
            return Err(ServiceError::new(
                Code::Unauthenticated,
                "wrong_credentials",
                "no account has this e-mail address and password",
            ));
        };
        self.throttle.succeeded(&email);
        self.enter(user, origin).await
    }

    /// A link token for a user, by which whoever runs the deployment lets them in.
    pub(crate) async fn create_sign_in_link(
        &self,
        user_id: UserId,
    ) -> Result<(access::SignInLinkToken, Timestamp), ServiceError> {
        let user = store::find(&self.database, user_id).await?;
        let user = user.ok_or_else(|| ServiceError::not_found("user"))?;
        self.links.create(&user).await
    }

    /// Turns a link token into a session, once.
    pub(crate) async fn redeem_sign_in_link(
        &self,
        token: &str,
        origin: &Origin,
    ) -> Result<(User, NewSession), ServiceError> {
        let user_id = self.links.redeem(token).await?;
        let user = store::find(&self.database, user_id).await?;
        self.enter(user.ok_or_else(|| ServiceError::not_found("user"))?, origin)
            .await
    }

    async fn enter(&self, mut user: User, origin: &Origin) -> Result<(User, NewSession), ServiceError> {
        if !user.is_active {
            return Err(ServiceError::new(
                Code::PermissionDenied,
                "account_inactive",
                "this account was deactivated; ask an administrator",
            ));
        }
        let now = self.clock.now();
        let mut transaction = self.changes.begin().await?;
        store::record_login(&mut transaction, user.id, now).await?;
        let session = self.sessions.begin(&mut transaction, user.id, origin).await?;
        let deed = Deed::of(ActivityType::SignedIn).to(user.id.uuid(), &user.name);
        let by = Actor::person(&user, origin);
        self.changes.finish(transaction, &by, deed).await?;
        user.last_login_at = Some(now);
        tracing::info!(user_id = %user.id, "signed in");
        Ok((user, session))
    }

    fn check_sign_up_mode(&self, is_invited: bool) -> Result<(), ServiceError> {
        let message = match self.sign_up {
            SignUp::Open => return Ok(()),
            SignUp::InviteOnly if is_invited => return Ok(()),
            SignUp::InviteOnly => {
                "accounts are made by invitation here: open the link of yours and use the address that was \
                 invited, or ask an administrator"
            }
            SignUp::Off => "no accounts are made here; ask an administrator",
        };
        Err(ServiceError::new(
            Code::PermissionDenied,
            "sign_up_closed",
            message,
        ))
    }
}

fn email_taken() -> ServiceError {
    let message = "there is an account with this address; sign in instead";
    let mut error = ServiceError::new(Code::AlreadyExists, "email_taken", message);
    error.fields.push(FieldError {
        field: "email".to_owned(),
        message: message.to_owned(),
    });
    error
}

#[cfg(test)]
mod tests;
