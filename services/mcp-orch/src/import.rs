//! Servers out of the configuration of a client, into a project.

use std::{
    fs,
    io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use proto::projects::{ImportServersRequest, ImportedServer, User, WebSession, server_definition::Transport};

use crate::{
    admin::users,
    operator::{Deployment, Operator, said, signed},
};

/// Of a configuration. What is larger is none.
const MAX_BYTES: u64 = 1024 * 1024;

/// Adds the servers of a client's configuration (Claude, Cursor, VS Code, Cline, Windsurf) to a project
///
/// Shows what would become of it, and asks. Values of the environment and of headers that look like
/// secrets become secrets, which nobody reads back.
#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    /// The file, such as ~/.cursor/mcp.json; - is stdin
    file: PathBuf,

    /// Slug or id of the project
    #[arg(long, short, env = "MCPORCH_PROJECT")]
    project: String,

    /// In whose name: an address [default: the deployment's first administrator]
    #[arg(long = "as", value_name = "EMAIL")]
    user: Option<String>,

    /// Only show what would become of it
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,

    #[command(flatten)]
    deployment: Deployment,
}

/// Shows, asks, adds. The exit code is 1 where a server was refused.
pub(crate) async fn run(args: ImportArgs) -> anyhow::Result<ExitCode> {
    let configuration_json = read(&args.file)?;
    let operator = args.deployment.operator()?;
    let user = user_of(&operator, args.user.as_deref()).await?;
    let session = operator.session_of(user.id).await?;
    let done = import(&args, &operator, &session, configuration_json).await;
    operator.end(&session).await?;
    done
}

async fn import(
    args: &ImportArgs,
    operator: &Operator,
    session: &WebSession,
    configuration_json: String,
) -> anyhow::Result<ExitCode> {
    let mut request = ImportServersRequest {
        project: args.project.clone(),
        configuration_json,
        is_preview: true,
    };
    let preview = ask(operator, session, request.clone()).await?;
    let mut out = io::stdout().lock();
    for server in &preview {
        writeln!(out, "{}", lines(server, "would be added"))?;
    }
    let is_any = preview.iter().any(|server| server.refusal_code.is_empty());
    if args.dry_run || !is_any {
        return Ok(exit_code(&preview));
    }
    if !args.yes && !is_confirmed(&args.project)? {
        return Ok(ExitCode::FAILURE);
    }
    request.is_preview = false;
    let imported = ask(operator, session, request).await?;
    for server in &imported {
        let became = if server.refusal_code.is_empty() {
            "added"
        } else {
            "refused"
        };
        writeln!(out, "{became}: {}", server.name)?;
    }
    Ok(exit_code(&imported))
}

async fn ask(
    operator: &Operator,
    session: &WebSession,
    request: ImportServersRequest,
) -> anyhow::Result<Vec<ImportedServer>> {
    let answer = operator.servers().import_servers(signed(session, request)?).await;
    Ok(answer.map_err(said)?.into_inner().servers)
}

async fn user_of(operator: &Operator, email: Option<&str>) -> anyhow::Result<User> {
    // Newest first: the last one is whoever set the deployment up.
    let mut users = users(operator, email.unwrap_or_default())
        .await?
        .into_iter()
        .rev();
    match email {
        Some(email) => users
            .find(|user| user.email.eq_ignore_ascii_case(email.trim()))
            .with_context(|| format!("there is no account {email}; mcp-orch admin users lists them")),
        None => users
            .find(|user| user.is_admin && user.is_active)
            .context("the deployment has no administrator yet: sign up first, or name somebody with --as"),
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        io::stdin().lock().take(MAX_BYTES + 1).read_to_string(&mut text)
    } else {
        fs::File::open(file).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text))
    };
    read.with_context(|| format!("cannot read {}", file.display()))?;
    if text.len() as u64 > MAX_BYTES {
        bail!(
            "{} is over {MAX_BYTES} bytes: it is no configuration",
            file.display()
        );
    }
    Ok(text)
}

fn is_confirmed(project: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("nobody is there to ask: add --yes, or --dry-run to look only");
    }
    eprint!("Add them to the project {project}? [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn exit_code(servers: &[ImportedServer]) -> ExitCode {
    if servers.iter().all(|server| server.refusal_code.is_empty()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What a person decides by. Values of variables and headers are secrets as often
/// as not: their names are enough.
fn lines(imported: &ImportedServer, verdict: &str) -> String {
    if !imported.refusal_code.is_empty() {
        return format!("{}  refused: {}", imported.name, imported.refusal);
    }
    let server = imported.server.clone().unwrap_or_default();
    let transport = server.definition.and_then(|definition| definition.transport);
    let (way, mut names) = match transport {
        Some(Transport::Stdio(stdio)) => {
            let mut words = vec![stdio.command];
            words.extend(stdio.args);
            (words.join(" "), stdio.env.into_keys().collect::<Vec<_>>())
        }
        Some(Transport::StreamableHttp(http) | Transport::Sse(http)) => {
            (http.url, http.headers.into_keys().collect())
        }
        None => (String::new(), Vec::new()),
    };
    names.sort();
    let mut text = format!("{}  {verdict}: {way}", imported.name);
    let secrets: Vec<_> = server.secrets.into_iter().map(|secret| secret.name).collect();
    for (what, names) in [("with", names), ("secret", secrets)] {
        if !names.is_empty() {
            text = format!("{text}\n    {what}: {}", names.join(", "));
        }
    }
    for note in &imported.notes {
        text = format!("{text}\n    note: {note}");
    }
    text
}

#[cfg(test)]
mod tests {
    use proto::projects::{SecretInfo, Server, ServerDefinition, StdioTransport};

    use super::*;

    #[test]
    fn a_person_sees_what_would_run_and_no_value() {
        let stdio = StdioTransport {
            command: "npx".to_owned(),
            args: vec!["-y".to_owned(), "server-github".to_owned()],
            env: [("LOG_LEVEL".to_owned(), "canary".to_owned())].into(),
            cwd: None,
        };
        let server = ImportedServer {
            name: "github".to_owned(),
            server: Some(Server {
                definition: Some(ServerDefinition {
                    transport: Some(Transport::Stdio(stdio)),
                    ..ServerDefinition::default()
                }),
                secrets: vec![SecretInfo {
                    name: "GITHUB_TOKEN".to_owned(),
                    ..SecretInfo::default()
                }],
                ..Server::default()
            }),
            notes: vec!["a note".to_owned()],
            ..ImportedServer::default()
        };
        let text = lines(&server, "would be added");
        assert_eq!(
            text,
            "github  would be added: npx -y server-github\n    with: LOG_LEVEL\n    secret: GITHUB_TOKEN\n    note: a note"
        );
        let refused = ImportedServer {
            name: "bad".to_owned(),
            refusal_code: "server_name_taken".to_owned(),
            refusal: "taken".to_owned(),
            ..ImportedServer::default()
        };
        assert_eq!(lines(&refused, ""), "bad  refused: taken");
    }

    #[test]
    fn what_is_too_large_is_no_configuration() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("mcp.json");
        fs::write(&file, " ".repeat(1024 * 1024 + 1)).expect("written");
        assert!(
            read(&file)
                .expect_err("too large")
                .to_string()
                .contains("no configuration")
        );
        assert!(
            read(&folder.path().join("none"))
                .expect_err("none")
                .to_string()
                .contains("cannot read")
        );
    }
}
