use std::{
    fs,
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use domain::{Clock, Timestamp};
use proto::projects::{
    CreateApiKeyRequest, CreateProjectRequest, CreateServerRequest, CreateSignInLinkRequest,
    ServerDefinition, SignInRequest, SignUpRequest, StdioTransport, UpdateServerRequest, User, WebSession,
    server_definition::Transport,
};
use serde::{Deserialize, Serialize};
use tonic::{Code, Status};

use crate::operator::{Operator, signed};

const EMAIL: &str = "admin@localhost";
const PROJECT: &str = "demo";
const SERVER: &str = "sample";

/// The demo project of a new deployment, as its file in the data folder
/// remembers it, so that every start can print how to get in.
///
/// The file is written before anything is made, and making goes on where it
/// was broken off: a start that was interrupted is made good by the next one.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Demo {
    email: String,
    password: String,
    #[serde(default)]
    user_id: String,
    /// The program that the sample server is, which moves when this binary does.
    #[serde(default)]
    command: PathBuf,
    #[serde(default)]
    key: String,
    #[serde(default)]
    key_expires_at_us: i64,
}

impl Demo {
    /// The demo of an earlier start, if there was one.
    pub(crate) fn load(file: &Path) -> anyhow::Result<Option<Self>> {
        match fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .with_context(|| format!("{} is damaged: remove it to go on without", file.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
        }
    }

    /// A demo that is yet to be made. The password is random: nobody needs to
    /// know it, because each start prints a link.
    pub(crate) fn plan(file: &Path) -> anyhow::Result<Self> {
        let demo = Self {
            email: EMAIL.to_owned(),
            password: access::SessionToken::generate().expose().to_owned(),
            user_id: String::new(),
            command: PathBuf::new(),
            key: String::new(),
            key_expires_at_us: 0,
        };
        demo.save(file)?;
        Ok(demo)
    }

    /// Makes what is missing of it.
    pub(crate) async fn complete(
        &mut self,
        file: &Path,
        operator: &Operator,
        clock: &Clock,
    ) -> anyhow::Result<()> {
        let this_binary = std::env::current_exe().context("this program does not know where it lies")?;
        let is_complete = !self.user_id.is_empty()
            && self.command == this_binary
            && clock.now() < Timestamp::from_micros(self.key_expires_at_us);
        if !is_complete {
            self.make(operator, this_binary).await?;
            self.save(file)?;
        }
        Ok(())
    }

    /// A link that signs its user in once, and how many minutes it lives.
    pub(crate) async fn sign_in_link(
        &self,
        operator: &Operator,
        clock: &Clock,
    ) -> anyhow::Result<(String, u64)> {
        let request = CreateSignInLinkRequest {
            user_id: self.user_id.clone(),
        };
        let link = operator.users().create_sign_in_link(request).await;
        let link = link
            .map_err(|status| refused("a sign-in link", &status))?
            .into_inner();
        let life = Timestamp::from_micros(link.expires_at_us).since(clock.now());
        Ok((link.token, life.as_secs().div_ceil(60)))
    }

    /// Its API key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// A command to paste that makes a tool call.
    pub(crate) fn call_command(&self, gateway: &str) -> String {
        format!(
            "{} call --url {} --key {} {SERVER}__echo '{{\"text\":\"hello\"}}'",
            quoted(&self.command.display().to_string()),
            mcp_url(gateway),
            self.key
        )
    }

    async fn make(&mut self, operator: &Operator, this_binary: PathBuf) -> anyhow::Result<()> {
        let (user, session) = self.sign_in(operator).await?;
        self.user_id = user.id;

        let project = CreateProjectRequest {
            name: "Demo".to_owned(),
            description: "To try things with. Delete it when you like.".to_owned(),
            slug: PROJECT.to_owned(),
            team: String::new(),
        };
        let made = operator
            .projects()
            .create_project(signed(&session, project)?)
            .await;
        unless_there(made.map(drop)).map_err(|status| refused("the demo project", &status))?;

        if self.command != this_binary {
            put_server(operator, &session, &this_binary).await?;
            self.command = this_binary;
        }

        let key = CreateApiKeyRequest {
            project: PROJECT.to_owned(),
            name: "demo".to_owned(),
            ..CreateApiKeyRequest::default()
        };
        let key = operator
            .api_keys()
            .create_api_key(signed(&session, key)?)
            .await
            .map_err(|status| refused("the demo API key", &status))?
            .into_inner();
        self.key = key.key;
        self.key_expires_at_us = key.api_key.and_then(|key| key.expires_at_us).unwrap_or(i64::MAX);
        Ok(())
    }

    /// Signs up, or in when an earlier start had come that far.
    async fn sign_in(&self, operator: &Operator) -> anyhow::Result<(User, WebSession)> {
        let made = operator
            .users()
            .sign_up(SignUpRequest {
                email: self.email.clone(),
                password: self.password.clone(),
                name: "Admin".to_owned(),
                ..SignUpRequest::default()
            })
            .await;
        let (user, session) = match made {
            Ok(response) => {
                let response = response.into_inner();
                (response.user, response.session)
            }
            Err(status) if status.code() == Code::AlreadyExists => {
                let request = SignInRequest {
                    email: self.email.clone(),
                    password: self.password.clone(),
                };
                let response = operator.users().sign_in(request).await;
                let response = response
                    .map_err(|status| refused("the demo account", &status))?
                    .into_inner();
                (response.user, response.session)
            }
            Err(status) => return Err(refused("the demo account", &status)),
        };
        user.zip(session)
            .context("projects answered an account without its session")
    }

    fn save(&self, file: &Path) -> anyhow::Result<()> {
        let write = || {
            // Beside and then over it: no start ever reads half a file.
            let aside = file.with_extension("new");
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut open = options.open(&aside)?;
            open.write_all(&serde_json::to_vec_pretty(self)?)?;
            open.sync_all()?;
            fs::rename(&aside, file)
        };
        write().with_context(|| format!("cannot write {}", file.display()))
    }
}

/// The URL of the demo project for MCP clients.
pub(crate) fn mcp_url(gateway: &str) -> String {
    format!("{gateway}/projects/{PROJECT}/mcp")
}

/// The sample server starts as this very binary, wherever that lies now.
async fn put_server(operator: &Operator, session: &WebSession, binary: &Path) -> anyhow::Result<()> {
    let definition = ServerDefinition {
        transport: Some(Transport::Stdio(StdioTransport {
            command: binary.display().to_string(),
            args: vec!["sample-server".to_owned()],
            ..StdioTransport::default()
        })),
        ..ServerDefinition::default()
    };
    let server = CreateServerRequest {
        project: PROJECT.to_owned(),
        name: SERVER.to_owned(),
        definition: Some(definition.clone()),
        is_enabled: None,
    };
    let made = operator.servers().create_server(signed(session, server)?).await;
    let made = match made {
        Err(status) if status.code() == Code::AlreadyExists => {
            let server = UpdateServerRequest {
                project: PROJECT.to_owned(),
                server: SERVER.to_owned(),
                definition: Some(definition),
                ..UpdateServerRequest::default()
            };
            operator
                .servers()
                .update_server(signed(session, server)?)
                .await
                .map(drop)
        }
        made => made.map(drop),
    };
    made.map_err(|status| refused("the sample server", &status))
}

fn unless_there(made: Result<(), Status>) -> Result<(), Status> {
    made.or_else(|status| match status.code() {
        Code::AlreadyExists => Ok(()),
        _ => Err(status),
    })
}

fn refused(what: &str, status: &Status) -> anyhow::Error {
    anyhow::anyhow!("{what} could not be made: {}", status.message())
}

/// As a shell takes it for one word.
fn quoted(text: &str) -> String {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte));
    if is_plain {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_blanks_and_quotes_is_one_word() {
        assert_eq!(quoted("/opt/mcp-orch"), "/opt/mcp-orch");
        assert_eq!(quoted("/my dir/it's"), r"'/my dir/it'\''s'");
    }

    #[test]
    fn a_plan_is_kept_for_the_owner_alone_and_read_again() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("demo.json");
        assert!(Demo::load(&file).expect("nothing wrong").is_none());
        let plan = Demo::plan(&file).expect("written");
        let mode = file.metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let loaded = Demo::load(&file).expect("readable").expect("there");
        assert_eq!(loaded.password, plan.password);
        fs::write(&file, "{").expect("written");
        let error = Demo::load(&file).expect_err("damaged").to_string();
        assert!(error.contains("remove it"), "{error}");
    }
}
