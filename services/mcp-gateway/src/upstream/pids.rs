use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

/// A file for each process group that the gateway started, so that its next
/// life finds what even `stdio-child` could not end, because it was killed
/// itself.
#[derive(Debug, Clone)]
pub(super) struct PidFiles {
    folder: PathBuf,
}

/// Removes its file when it is dropped: the group has ended.
#[derive(Debug)]
pub(super) struct PidFile(PathBuf);

impl PidFiles {
    pub(super) fn open(parent: &Path) -> io::Result<Self> {
        let folder = parent.join("children");
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// Remembers a group by its leader's pid, when that was started, and in
    /// which life of the machine: pids come again, these three together do not.
    pub(super) fn remember(&self, pid: u32) -> PidFile {
        let path = self.folder.join(pid.to_string());
        let content = format!("{} {}", start_time(pid).unwrap_or_default(), boot_id());
        if let Err(error) = fs::write(&path, content) {
            tracing::warn!(pid, %error, "the pid of a server cannot be kept");
        }
        PidFile(path)
    }

    /// Ends the groups that an earlier life of the gateway left.
    pub(super) fn sweep(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let content = fs::read_to_string(&path).unwrap_or_default();
            let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if let (Some(pid), Some((started, boot))) = (pid, content.split_once(' '))
                && boot == boot_id()
                && is_still_ours(pid, started)
                && killpg(Pid::from_raw(pid as i32), Signal::SIGKILL).is_ok()
            {
                tracing::warn!(pid, "ended a server that an earlier life of the gateway left");
            }
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The leader itself, or a group without its leader: while a group has members,
/// the system gives its number to no new process.
fn is_still_ours(pid: u32, started: &str) -> bool {
    start_time(pid).is_none_or(|now| now == started)
}

/// Clock ticks from the start of the machine to that of the process (proc(5)).
fn start_time(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(19).map(str::to_owned)
}

fn boot_id() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::{os::unix::process::CommandExt as _, process::Command};

    use super::*;

    #[test]
    fn only_what_was_started_by_us_is_swept() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = PidFiles::open(folder.path()).expect("made");
        let mut ours = Command::new("sleep")
            .arg("100")
            .process_group(0)
            .spawn()
            .expect("started");
        let mut another = Command::new("sleep")
            .arg("100")
            .process_group(0)
            .spawn()
            .expect("started");
        std::mem::forget(files.remember(ours.id()));
        fs::write(
            folder.path().join(format!("children/{}", another.id())),
            format!("1 {}", boot_id()),
        )
        .expect("written");
        files.sweep();
        assert!(!ours.wait().expect("ended").success());
        assert!(
            another.try_wait().expect("asked").is_none(),
            "its start time is another"
        );
        another.kill().expect("ours to end");
        another.wait().expect("ended");
        assert_eq!(
            fs::read_dir(folder.path().join("children"))
                .expect("a folder")
                .count(),
            0
        );
    }
}
