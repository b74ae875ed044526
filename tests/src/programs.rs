//! Programs that tests start, and where they lie.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::wait_until;

/// The binary of this workspace, as `cargo build --workspace --bins` leaves it.
pub fn mcp_orch() -> PathBuf {
    built("mcp-orch")
}

/// The server with one of everything.
pub fn fixture_server() -> PathBuf {
    built("fixture_server")
}

/// The server that misbehaves.
pub fn evil_server() -> PathBuf {
    built("evil_server")
}

/// Memory of a process in MiB, by the name of a line of proc(5): `VmRSS:` is
/// what it has, `VmHWM:` the most that it had.
pub fn memory_mib(pid: u32, line: &str) -> u64 {
    let memory = status_line(pid, line).expect("the process runs, and has memory");
    let kib = memory.split_whitespace().next().expect("how much");
    kib.parse::<u64>().expect("a number") / 1_024
}

/// What the kernel says of a process behind that name, such as `PPid:`; none where there
/// is no such process.
pub(crate) fn status_line(pid: impl Display, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().to_owned())
}

/// A program that `./test clients` or `./test conformance` installs.
pub fn installed_client(path: &str) -> PathBuf {
    let folder = environment("MCPORCH_TEST_CLIENTS").expect("MCPORCH_TEST_CLIENTS is set: run ./test");
    let program = Path::new(&folder).join(path);
    assert!(
        program.exists(),
        "{} is not installed: run ./test",
        program.display()
    );
    program
}

/// A server of others that listens on a port of its own, as long as this is kept.
#[derive(Debug)]
pub struct ListeningProgram {
    /// On 127.0.0.1.
    pub port: u16,
    _process: tokio::process::Child,
}

impl ListeningProgram {
    /// Starts it with the port that `command` gives it, and waits until it
    /// listens.
    pub async fn start(command: impl FnOnce(u16) -> tokio::process::Command) -> Self {
        // Free when it was chosen.
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .expect("there are free ports")
            .port();
        let process = command(port)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        wait_until("the server listens", async || {
            let connected = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
            connected.ok().map(|_| ())
        })
        .await;
        Self {
            port,
            _process: process,
        }
    }

    /// `server-everything` over one of its own HTTP transports.
    pub async fn everything(mode: &str) -> Self {
        let program = installed_client("typescript/node_modules/.bin/mcp-server-everything");
        Self::start(|port| {
            let mut command = tokio::process::Command::new(program);
            command.arg(mode).env("PORT", port.to_string());
            command
        })
        .await
    }
}

/// Makes an empty database on the PostgreSQL that `tests/with-postgres` started.
pub async fn postgres_database() -> String {
    use sqlx::{Connection as _, Executor as _};

    let server = environment("MCPORCH_TEST_POSTGRES_URL")
        .expect("MCPORCH_TEST_POSTGRES_URL is set: run ./test, or tests/with-postgres cargo nextest run");
    let name = format!("stack_{}", Uuid::new_v4().simple());
    let mut connection = sqlx::PgConnection::connect(&server)
        .await
        .expect("the test PostgreSQL answers");
    connection
        .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .await
        .expect("a database is made");
    server.replacen("/postgres?", &format!("/{name}?"), 1)
}

/// How often the chaos test kills: a few times, or `MCPORCH_TEST_KILLS`.
pub fn kills() -> usize {
    size("MCPORCH_TEST_KILLS", 6)
}

/// A variable by which `./test` or a developer configures the tests.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are configured by ./test through the environment"
)]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A number by which a test is made larger than `./test` runs it.
pub fn size(variable: &str, usual: usize) -> usize {
    environment(variable).map_or(usual, |size| size.parse().expect("a number"))
}

fn built(name: &str) -> PathBuf {
    // A test runs as <target>/<profile>/deps/<test>.
    let test = std::env::current_exe().expect("a test knows where it lies");
    let beside = || {
        let folder = test.ancestors().nth(2);
        folder.expect("a test lies in <target>/<profile>/deps").to_owned()
    };
    let folder = environment("MCPORCH_TEST_BINARIES").map_or_else(beside, PathBuf::from);
    let program = folder.join(name);
    assert!(
        program.exists(),
        "{} is not built: run cargo build --workspace --bins",
        program.display()
    );
    program
}
