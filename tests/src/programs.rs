//! Programs that tests start, and where they lie.

use std::path::{Path, PathBuf};

use uuid::Uuid;

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

/// Breaks every connection to a database, as its server's end would.
pub async fn drop_connections(url: &str) {
    use sqlx::Connection as _;

    let server = environment("MCPORCH_TEST_POSTGRES_URL").expect("it was set when the database was made");
    let name = url
        .split('?')
        .next()
        .and_then(|path| path.rsplit('/').next())
        .expect("a URL names its database");
    let mut connection = sqlx::PgConnection::connect(&server)
        .await
        .expect("the test PostgreSQL answers");
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1")
        .bind(name)
        .execute(&mut connection)
        .await
        .expect("connections can be ended");
}

/// How often the chaos test kills: a few times, or `MCPORCH_TEST_KILLS`.
pub fn kills() -> usize {
    environment("MCPORCH_TEST_KILLS").map_or(5, |kills| kills.parse().expect("a number of kills"))
}

/// A variable by which `./test` or a developer configures the tests.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are configured by ./test through the environment"
)]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn built(name: &str) -> PathBuf {
    // A test runs as <target>/<profile>/deps/<test>.
    let test = std::env::current_exe().expect("a test knows where it lies");
    let program = test
        .ancestors()
        .nth(2)
        .expect("a test lies in <target>/<profile>/deps")
        .join(name);
    assert!(
        program.exists(),
        "{} is not built: run cargo build --workspace --bins",
        program.display()
    );
    program
}
