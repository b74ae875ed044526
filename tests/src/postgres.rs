use std::{
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, geteuid},
};
use tokio::process::Command;
use uuid::Uuid;

use crate::programs::status_line;

/// A PostgreSQL of one test's own, to be killed.
///
/// Dropped, it is killed for good.
#[derive(Debug)]
pub struct Postgres {
    folder: tempfile::TempDir,
    programs: PathBuf,
}

impl Postgres {
    /// Makes one and starts it.
    pub async fn start() -> Self {
        let postgres = Self {
            folder: tempfile::tempdir().expect("a folder for the data"),
            programs: programs(),
        };
        if geteuid().is_root() {
            let given = Command::new("chown")
                .arg("postgres")
                .arg(postgres.folder.path())
                .status();
            assert!(
                given.await.expect("chown runs").success(),
                "the folder can be given away"
            );
        }
        let data = postgres.data();
        let made = postgres
            .run(
                "initdb",
                &[
                    "--username=mcporch",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--no-sync",
                    "-D",
                    &data,
                ],
            )
            .await;
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        postgres.restart().await;
        postgres
    }

    /// Makes an empty database and gives its URL.
    pub async fn database(&self) -> String {
        use sqlx::{Connection as _, Executor as _};

        let name = format!("stack_{}", Uuid::new_v4().simple());
        let mut connection = sqlx::PgConnection::connect(&self.url("postgres"))
            .await
            .expect("it answers");
        connection
            .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .await
            .expect("a database is made");
        self.url(&name)
    }

    /// `kill -9` of every process that serves it. The first one stays, sees it,
    /// and recovers.
    pub fn kill_backends(&self) {
        let Some(first) = self.first_process() else { return };
        children(first).into_iter().for_each(kill_9);
    }

    /// `kill -9` of all its processes, the first one before all others.
    pub fn kill(&self) {
        let Some(first) = self.first_process() else { return };
        // Stopped, it starts no further one meanwhile, which would hold on to its
        // memory and keep the next server from starting.
        let _ = kill(first, Signal::SIGSTOP);
        while is_running(first) {
            std::thread::yield_now();
        }
        let others = children(first);
        kill_9(first);
        others.into_iter().for_each(kill_9);
    }

    /// Starts it after a kill and waits until it answers.
    pub async fn restart(&self) {
        let folder = self.folder.path().display();
        let (data, log) = (self.data(), format!("{folder}/server.log"));
        // Killed processes do not lose what they wrote; only a machine would.
        let settings = format!(
            "-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c max_connections=100"
        );
        let started = || async {
            let arguments = [
                "--pgdata",
                &data,
                "--log",
                &log,
                "--wait",
                "--options",
                &settings,
                "start",
            ];
            self.run("pg_ctl", &arguments).await.status.success()
        };
        // What recovers from a kill takes its time where others work as well.
        for _attempt in 0..50 {
            if started().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let log = std::fs::read_to_string(&log).unwrap_or_default();
        let end: Vec<_> = log.lines().rev().take(20).collect();
        panic!(
            "PostgreSQL does not start again; its log, the last line first:\n{}",
            end.join("\n")
        );
    }

    fn url(&self, database: &str) -> String {
        format!(
            "postgres://mcporch@localhost/{database}?host={}",
            self.folder.path().display()
        )
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn first_process(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok().map(Pid::from_raw)
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let program = self.programs.join(program);
        // It refuses to run as root.
        let mut command = if geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        // A server that goes on must not hold on to what the test reads.
        let output = command
            .args(arguments)
            .current_dir("/")
            .stdout(std::process::Stdio::null());
        output
            .output()
            .await
            .expect("PostgreSQL is installed: run ./test")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where initdb lies.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let installed = versions.map(|version| version.path().join("bin"));
    let newest = installed.filter(|folder| folder.join("initdb").exists()).max();
    newest.unwrap_or_else(|| Path::new("").to_owned())
}

fn children(parent: Pid) -> Vec<Pid> {
    let processes = std::fs::read_dir("/proc").expect("there is /proc").flatten();
    let parent = parent.to_string();
    let is_child = |pid: &Pid| status_line(pid, "PPid:").as_ref() == Some(&parent);
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse::<i32>().ok());
    pids.map(Pid::from_raw).filter(is_child).collect()
}

/// Whether it neither is stopped nor has ended: a signal that was sent takes its time.
fn is_running(process: Pid) -> bool {
    status_line(process, "State:").is_some_and(|state| !state.starts_with(['T', 't', 'Z', 'X']))
}

fn kill_9(process: Pid) {
    // It may have ended by itself.
    let _ = kill(process, Signal::SIGKILL);
}
