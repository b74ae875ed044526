//! A fresh database for each test, on both engines.

mod parity;

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::{Database, Migrations};

pub use parity::assert_parity;

/// Where tests find a PostgreSQL, as a superuser who may make databases.
const POSTGRES_URL: &str = "MCPORCH_TEST_POSTGRES_URL";

/// Which engine a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A database of its own on the server of the tests.
    Postgres,
}

/// An empty database that nobody else uses.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(tempfile::TempDir),
    Server { admin_url: String, name: String },
}

/// Writes each test once and runs it on both engines, as `<name>::sqlite` and
/// `<name>::postgres`. The test's crate needs `tokio` with its macros.
///
/// ```ignore
/// database_test! {
///     &MIGRATIONS;
///
///     async fn a_taken_slug_is_refused(database: Database) { ... }
/// }
/// ```
#[macro_export]
macro_rules! database_test {
    ($migrations:expr; $( async fn $name:ident($database:ident: Database) $body:block )+) => { $(
        mod $name {
            #[allow(unused_imports, reason = "a test may need nothing of its file")]
            use super::*;

            async fn test($database: $crate::Database) $body

            #[tokio::test]
            async fn sqlite() {
                Box::pin($crate::testing::run($crate::testing::Engine::Sqlite, $migrations, test)).await;
            }

            #[tokio::test]
            async fn postgres() {
                Box::pin($crate::testing::run($crate::testing::Engine::Postgres, $migrations, test)).await;
            }
        }
    )+ };
}

impl TestDatabase {
    /// Makes one.
    pub async fn create(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                Self {
                    url: format!("sqlite://{}", folder.path().join("test.db").display()),
                    place: Place::Folder(folder),
                }
            }
            Engine::Postgres => {
                let admin_url = postgres_url();
                let mut random = [0; 8];
                getrandom::fill(&mut random).expect("randomness");
                let name = format!("mcporch_test_{:016x}", u64::from_ne_bytes(random));
                administrate(&admin_url, &format!("CREATE DATABASE {name}")).await;
                Self {
                    url: with_database_name(&admin_url, &name),
                    place: Place::Server { admin_url, name },
                }
            }
        }
    }

    /// What [`Database::open`] takes.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Removes it, whoever is still connected.
    pub async fn remove(self) {
        match self.place {
            Place::Folder(folder) => drop(folder),
            Place::Server { admin_url, name } => {
                administrate(&admin_url, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
            }
        }
    }
}

/// Runs one test on one engine and removes its database, passed or failed.
pub async fn run<F, T>(engine: Engine, migrations: &Migrations, test: T)
where
    T: FnOnce(Database) -> F,
    F: Future<Output = ()>,
{
    let home = TestDatabase::create(engine).await;
    let database = Database::open(home.url(), migrations)
        .await
        .expect("a fresh database opens");
    let outcome = AssertUnwindSafe(test(database.clone())).catch_unwind().await;
    database.close().await;
    home.remove().await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no configuration that could carry it"
)]
fn postgres_url() -> String {
    std::env::var(POSTGRES_URL).unwrap_or_else(|_| {
        panic!(
            "{POSTGRES_URL} is not set: run the tests by ./test, or by tests/with-postgres cargo nextest run"
        )
    })
}

async fn administrate(url: &str, statement: &str) {
    let mut connection = PgConnection::connect(url)
        .await
        .unwrap_or_else(|error| panic!("the PostgreSQL of {POSTGRES_URL} does not answer: {error}"));
    sqlx::query(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    connection.close().await.expect("closed");
}

/// The same server, another database.
fn with_database_name(url: &str, name: &str) -> String {
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let (server, _) = address
        .rsplit_once('/')
        .unwrap_or_else(|| panic!("{POSTGRES_URL} ends in the name of a database"));
    format!("{server}/{name}?{parameters}")
}
