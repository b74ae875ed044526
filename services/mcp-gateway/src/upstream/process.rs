use std::{fs, path::Path, process::Stdio, time::Duration};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::{
    environment::environment,
    pids::{PidFile, PidFiles},
};
use crate::directory::Stdio as Definition;

/// How long `stdio-child` may take to end a tree of processes: its two grace
/// times, and some for a busy machine.
const END_WITHIN: Duration = Duration::from_secs(6);

/// A server's process: `stdio-child` with the server below it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    pid: u32,
    _pid_file: PidFile,
}

/// Its three streams.
#[derive(Debug)]
pub(super) struct Pipes {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

impl Process {
    /// Starts a server: never by a shell, in a process group of its own, with
    /// an environment of its own.
    pub(super) fn spawn(
        stdio: &Definition,
        launcher: &[String],
        default_cwd: &Path,
        pids: &PidFiles,
    ) -> Result<(Self, Pipes), String> {
        let cwd = stdio.cwd.as_deref().unwrap_or(default_cwd);
        if !fs::metadata(cwd).is_ok_and(|cwd| cwd.is_dir()) {
            return Err(format!(
                "its working directory {} is no folder of this host",
                cwd.display()
            ));
        }
        let (program, first_args) = launcher
            .split_first()
            .ok_or("the configuration names no launcher for stdio servers")?;
        let mut child = Command::new(program)
            .args(first_args)
            .arg(&stdio.command)
            .args(&stdio.args)
            .env_clear()
            .envs(environment(&stdio.env))
            .current_dir(cwd)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| format!("its launcher {program} cannot be started: {error}"))?;
        let (Some(pid), Some(stdin), Some(stdout), Some(stderr)) = (
            child.id(),
            child.stdin.take(),
            child.stdout.take(),
            child.stderr.take(),
        ) else {
            return Err("its pipes are missing".to_owned());
        };
        let process = Self {
            child,
            pid,
            _pid_file: pids.remember(pid),
        };
        Ok((
            process,
            Pipes {
                stdin,
                stdout,
                stderr,
            },
        ))
    }

    pub(super) const fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits for the end of the whole tree, which begins when its standard
    /// input is closed. Says how the server ended.
    pub(super) async fn ended(&mut self) -> String {
        let status = if let Ok(status) = tokio::time::timeout(END_WITHIN, self.child.wait()).await {
            status
        } else {
            tracing::warn!(pid = self.pid, "a server did not end in time, killing its group");
            let _ = killpg(Pid::from_raw(self.pid as i32), Signal::SIGKILL);
            self.child.wait().await
        };
        match status.map(|status| status.code()) {
            Ok(Some(code @ 129..=192)) => format!("it was ended by signal {}", code - 128),
            Ok(Some(code)) => format!("it ended with exit code {code}"),
            Ok(None) => "it was killed".to_owned(),
            Err(error) => format!("how it ended is unknown: {error}"),
        }
    }
}
