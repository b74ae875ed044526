//! What whoever runs a deployment does with its accounts and its keys, while it
//! runs.

use std::{
    io::{self, BufRead as _},
    process::ExitCode,
};

use access::SessionToken;
use anyhow::{Context as _, bail};
use clap::Subcommand;
use domain::Timestamp;
use proto::{
    page::PageRequest,
    projects::{
        ListUsersRequest, RotateSecretsKeyRequest, SetPasswordRequest, SignUpRequest, UpdateUserRequest, User,
    },
};

use crate::operator::{Deployment, Operator, said};

/// Of a password that is made here: 24 letters and digits, 142 bits.
const PASSWORD_LENGTH: usize = 24;

/// Accounts and keys of the deployment, for whoever runs it
#[derive(clap::Args)]
pub(crate) struct AdminArgs {
    #[command(flatten)]
    deployment: Deployment,

    #[command(subcommand)]
    command: AdminCommand,
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Lists accounts, newest first
    Users {
        /// Part of the name or of the address
        #[arg(default_value = "")]
        text: String,
    },
    /// Makes an account, whoever may sign up
    CreateUser {
        /// The e-mail address
        email: String,
        /// The name; without it, the address up to its @
        #[arg(long)]
        name: Option<String>,
        /// Make it an administrator
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        password: Password,
    },
    /// Gives an account another password, and ends its sessions
    ResetPassword {
        /// Address or id
        user: String,
        #[command(flatten)]
        password: Password,
    },
    /// Makes an account an administrator
    Promote {
        /// Address or id
        user: String,
    },
    /// Makes an administrator an account like others
    Demote {
        /// Address or id
        user: String,
    },
    /// Shuts an account out at once, with its sessions and keys
    Deactivate {
        /// Address or id
        user: String,
    },
    /// Lets an account in again
    Activate {
        /// Address or id
        user: String,
    },
    /// Seals the secrets of servers with a new key, while everything runs
    RotateKey {
        /// Make no key: use the one that stands first in the file or the setting
        #[arg(long)]
        to_current: bool,
        /// Let go of old keys. Older copies of the database need them
        #[arg(long)]
        forget_old: bool,
    },
}

#[derive(clap::Args)]
struct Password {
    /// Read the password from the first line of stdin. Without it one is made, and shown
    #[arg(long)]
    password_stdin: bool,
}

/// Does what was asked, and says what became of it.
pub(crate) async fn run(args: AdminArgs) -> anyhow::Result<ExitCode> {
    let operator = args.deployment.operator()?;
    match args.command {
        AdminCommand::Users { text } => list(&operator, text).await?,
        AdminCommand::CreateUser {
            email,
            name,
            admin,
            password,
        } => create(&operator, email, name, admin, &password).await?,
        AdminCommand::ResetPassword { user, password } => {
            let (password, is_made) = password.get()?;
            let request = SetPasswordRequest {
                user,
                password: password.clone(),
            };
            let answer = operator.administration().set_password(request).await;
            let user = answer.map_err(said)?.into_inner().user.unwrap_or_default();
            println!(
                "{} has another password, and is signed out everywhere",
                user.email
            );
            show(&password, is_made);
        }
        AdminCommand::Promote { user } => update(&operator, admin_of(user, true)).await?,
        AdminCommand::Demote { user } => update(&operator, admin_of(user, false)).await?,
        AdminCommand::Deactivate { user } => update(&operator, active_of(user, false)).await?,
        AdminCommand::Activate { user } => update(&operator, active_of(user, true)).await?,
        AdminCommand::RotateKey {
            to_current,
            forget_old,
        } => rotate(&operator, to_current, forget_old).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(operator: &Operator, text: String) -> anyhow::Result<()> {
    for user in users(operator, &text).await? {
        println!("{}", line(&user));
    }
    Ok(())
}

/// All of them, newest first.
pub(crate) async fn users(operator: &Operator, text: &str) -> anyhow::Result<Vec<User>> {
    let (mut users, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = ListUsersRequest {
            page: Some(PageRequest { limit: 500, cursor }),
            text: text.to_owned(),
        };
        let answer = operator.administration().list_users(request).await;
        let answer = answer.map_err(said)?.into_inner();
        users.extend(answer.users);
        match answer.page.filter(|page| page.has_older) {
            Some(page) => cursor = page.older,
            None => return Ok(users),
        }
    }
}

async fn create(
    operator: &Operator,
    email: String,
    name: Option<String>,
    is_admin: bool,
    password: &Password,
) -> anyhow::Result<()> {
    let (password, is_made) = password.get()?;
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    let request = SignUpRequest {
        email,
        password: password.clone(),
        name,
        invitation_token: None,
    };
    let made = operator
        .users()
        .sign_up(request)
        .await
        .map_err(said)?
        .into_inner();
    let mut user = made.user.context("projects answered no account")?;
    // Whose account it is signs in with its password.
    operator
        .end(&made.session.context("projects answered no session")?)
        .await?;
    if is_admin && !user.is_admin {
        user = change(operator, admin_of(user.id, true)).await?;
    }
    println!("{}", line(&user));
    show(&password, is_made);
    Ok(())
}

async fn update(operator: &Operator, request: UpdateUserRequest) -> anyhow::Result<()> {
    println!("{}", line(&change(operator, request).await?));
    Ok(())
}

async fn change(operator: &Operator, request: UpdateUserRequest) -> anyhow::Result<User> {
    let answer = operator.administration().update_user(request).await;
    answer
        .map_err(said)?
        .into_inner()
        .user
        .context("projects answered no account")
}

fn admin_of(user: String, is_admin: bool) -> UpdateUserRequest {
    UpdateUserRequest {
        user,
        is_admin: Some(is_admin),
        ..UpdateUserRequest::default()
    }
}

fn active_of(user: String, is_active: bool) -> UpdateUserRequest {
    UpdateUserRequest {
        user,
        is_active: Some(is_active),
        ..UpdateUserRequest::default()
    }
}

async fn rotate(operator: &Operator, to_current: bool, forget_old: bool) -> anyhow::Result<()> {
    let request = RotateSecretsKeyRequest {
        to_current,
        forget_old,
    };
    let answer = operator.administration().rotate_secrets_key(request).await;
    let rotated = answer.map_err(said)?.into_inner();
    println!(
        "secrets are sealed with the key {} ({} data keys sealed anew)",
        rotated.secrets_key_id, rotated.data_keys
    );
    if !rotated.old_key_ids.is_empty() {
        println!(
            "kept for older copies of the database: {}; --to-current --forget-old lets go of it",
            rotated.old_key_ids.join(", ")
        );
    }
    Ok(())
}

impl Password {
    /// It, and whether it was made here.
    fn get(&self) -> anyhow::Result<(String, bool)> {
        if !self.password_stdin {
            let token = SessionToken::generate();
            let made: String = token.expose().chars().rev().take(PASSWORD_LENGTH).collect();
            return Ok((made, true));
        }
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).context("stdin")?;
        let password = line.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            bail!("there is no password on stdin");
        }
        Ok((password.to_owned(), false))
    }
}

/// Whoever gave the password knows it.
fn show(password: &str, is_made: bool) {
    if is_made {
        println!("password: {password}");
    }
}

fn line(user: &User) -> String {
    let kind = match (user.is_active, user.is_admin) {
        (false, _) => "inactive",
        (true, true) => "administrator",
        (true, false) => "active",
    };
    let last_login = user
        .last_login_at_us
        .map_or_else(|| "never".to_owned(), |at| Timestamp::from_micros(at).to_string());
    format!(
        "{}  {}  {kind}  last sign-in: {last_login}",
        user.email, user.name
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_an_account_may() {
        let mut user = User {
            email: "kim@example.com".to_owned(),
            name: "Kim".to_owned(),
            is_admin: true,
            is_active: true,
            ..User::default()
        };
        assert_eq!(
            line(&user),
            "kim@example.com  Kim  administrator  last sign-in: never"
        );
        user.is_active = false;
        assert!(line(&user).contains("inactive"));
    }

    #[test]
    fn a_password_that_is_made_is_made_anew_each_time() {
        let password = Password {
            password_stdin: false,
        };
        let (one, is_made) = password.get().expect("made");
        assert!(is_made && one.len() == PASSWORD_LENGTH);
        assert_ne!(one, password.get().expect("made").0);
    }
}
