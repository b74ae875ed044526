//! `mcp-orch migrate`, on both databases.

use std::process::{Command, Output, Stdio};

use database::{Database, Migrations};
use serde_json::{Value, json};
use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};
use tests::{Engine, mcp_orch, postgres_database};

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// Two databases that nobody has started a service on.
struct Databases {
    folder: tempfile::TempDir,
    projects: String,
    logging: String,
}

impl Databases {
    async fn none_yet(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let sqlite = |name: &str| format!("sqlite://{}/{name}.db", folder.path().join("data").display());
        let (projects, logging) = match engine {
            Engine::Sqlite => (sqlite("projects"), sqlite("logging")),
            Engine::Postgres => (postgres_database().await, postgres_database().await),
        };
        Self {
            folder,
            projects,
            logging,
        }
    }

    /// Runs the command with its exit code, its standard output and error.
    fn migrate(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(mcp_orch())
            .args(["migrate", "--data"])
            .arg(self.folder.path().join("data"))
            .args(arguments)
            .env("MCPORCH_PROJECTS__DATABASE_URL", &self.projects)
            .env("MCPORCH_LOGGING__DATABASE_URL", &self.logging)
            .stdin(Stdio::null())
            .output();
        let Output {
            status,
            stdout,
            stderr,
        } = output.expect("the binary runs");
        let text = |bytes| String::from_utf8(bytes).expect("a text");
        (status.code(), text(stdout), text(stderr))
    }

    /// What is to be done to each, in numbers of migrations.
    fn check(&self) -> (Option<i32>, Value) {
        let (code, stdout, stderr) = self.migrate(&["--check", "--json"]);
        let said: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stdout}{stderr}"));
        let databases = said["databases"].as_array().expect("a list");
        let numbers = |database: &Value| -> Value {
            let pending = database["pending"].as_array().into_iter().flatten();
            pending.map(|migration| migration["version"].clone()).collect()
        };
        (code, databases.iter().map(numbers).collect())
    }
}

async fn open(url: &str, migrations: &Migrations) {
    Database::open(url, migrations)
        .await
        .expect("it opens")
        .close()
        .await;
}

/// The migrations of a release that knew as many of them.
fn changed(of: &Migrations, change: impl Fn(Vec<Migration>) -> Vec<Migration>) -> Migrations {
    let change = |migrator: &Migrator| Migrator::with_migrations(change(migrator.iter().cloned().collect()));
    Migrations {
        sqlite: change(&of.sqlite),
        postgres: change(&of.postgres),
    }
}

fn numbers(migrations: &Migrations) -> Value {
    migrations
        .sqlite
        .iter()
        .map(|migration| json!(migration.version))
        .collect()
}

#[tokio::test]
async fn databases_are_made_by_the_command_and_then_up_to_date() {
    for engine in ENGINES {
        let databases = Databases::none_yet(engine).await;
        let all = json!([numbers(&projects::MIGRATIONS), numbers(&logging::MIGRATIONS)]);
        assert_eq!(databases.check(), (Some(1), all), "{engine:?}");
        let count = std::fs::read_dir(databases.folder.path())
            .expect("a folder")
            .count();
        assert_eq!(count, 0, "a look makes nothing");

        let (code, said, _) = databases.migrate(&[]);
        assert_eq!(code, Some(0), "{engine:?}: {said}");
        assert!(said.contains("brought up to date: 0001"), "{said}");
        assert_eq!(databases.check(), (Some(0), json!([[], []])), "{engine:?}");
        let (code, said, _) = databases.migrate(&[]);
        let lines = said
            .lines()
            .filter(|line| line.contains("up to date (migration"))
            .count();
        assert_eq!((code, lines), (Some(0), 2), "{engine:?}: {said}");
    }
}

#[tokio::test]
async fn a_database_of_a_release_before_gets_what_came_since() {
    for engine in ENGINES {
        let databases = Databases::none_yet(engine).await;
        let before = changed(&logging::MIGRATIONS, |mut all| {
            all.pop();
            all
        });
        open(&databases.projects, &projects::MIGRATIONS).await;
        open(&databases.logging, &before).await;
        let last = numbers(&logging::MIGRATIONS);
        let last = last
            .as_array()
            .and_then(|all| all.last())
            .expect("there are some");
        assert_eq!(databases.check(), (Some(1), json!([[], [last]])), "{engine:?}");

        let (code, said, _) = databases.migrate(&["--service", "logging"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.starts_with("logging "), "only that one was meant: {said}");
        assert_eq!(databases.check(), (Some(0), json!([[], []])));
    }
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_refused_with_what_to_do() {
    for engine in ENGINES {
        let databases = Databases::none_yet(engine).await;
        let newer = changed(&projects::MIGRATIONS, |mut all| {
            let (sql, kind) = ("SELECT 1".into_sql_str(), MigrationType::Simple);
            all.push(Migration::new(9_999, "of tomorrow".into(), kind, sql, false));
            all
        });
        open(&databases.projects, &newer).await;
        for (arguments, expected) in [(&["--check"][..], 2), (&[], 1)] {
            let (code, said, _) = databases.migrate(arguments);
            assert_eq!(code, Some(expected), "{engine:?}: {said}");
            assert!(
                said.contains(
                    "made by a newer release (its migration 9999 is unknown here): start that release"
                ),
                "{said}"
            );
            assert!(
                said.contains("\nlogging "),
                "the other one is told of all the same: {said}"
            );
        }
    }
}

#[tokio::test]
async fn a_file_that_a_process_has_is_looked_at_and_not_touched() {
    let databases = Databases::none_yet(Engine::Sqlite).await;
    let (code, said, _) = databases.migrate(&["--service", "projects"]);
    assert_eq!(code, Some(0), "{said}");
    let lock =
        std::fs::File::open(databases.folder.path().join("data/projects.lock")).expect("it was locked");
    lock.lock().expect("nobody has it");
    let (code, _, problem) = databases.migrate(&[]);
    assert_eq!(code, Some(1));
    assert!(
        problem.contains("in use by another mcp-orch: stop that one"),
        "{problem}"
    );
    assert_eq!(databases.check().0, Some(1), "logging is not there yet");
}

#[test]
fn a_service_without_a_database_is_told_from_one_that_is_up_to_date() {
    let output = Command::new(mcp_orch())
        .args(["migrate", "--service", "http-gateway"])
        .output()
        .expect("the binary runs");
    let problem = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(problem.contains("no other has a database"), "{problem}");
}
