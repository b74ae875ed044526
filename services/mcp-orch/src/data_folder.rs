use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

/// The folder in which a process keeps what must outlive it. For the owner
/// alone: keys, secrets and payloads lie in it.
pub(crate) struct DataFolder {
    path: PathBuf,
    /// Held for as long as the process lives; the system lets go of them
    /// however it ends.
    _locks: Vec<File>,
}

impl DataFolder {
    /// Makes the folder where there is none, and takes it for the named
    /// services: two processes that wrote the same spool or database would
    /// spoil it.
    pub(crate) fn open(path: &Path, services: &[&str]) -> anyhow::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| unusable(path))?;
        let locks = services
            .iter()
            .map(|service| lock(path, service))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            // Other processes, such as MCP servers, have other working directories.
            path: path.canonicalize().with_context(|| unusable(path))?,
            _locks: locks,
        })
    }

    /// Its absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

fn lock(folder: &Path, service: &str) -> anyhow::Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(folder.join(format!("{service}.lock")))
        .with_context(|| unusable(folder))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "the data folder {} is in use by another mcp-orch: stop that one, or choose another folder with --data",
            folder.display()
        ),
        // A file system without locks, as some network shares are.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| unusable(folder)),
    }
}

fn unusable(folder: &Path) -> String {
    format!(
        "cannot write in the data folder {}: choose another one with --data, or give it to this user",
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_folder_is_made_for_its_owner_alone() {
        let parent = tempfile::tempdir().expect("a folder");
        let path = parent.path().join("deep/data");
        let folder = DataFolder::open(&path, &["projects"]).expect("made");
        let mode = path.metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(folder.file("x").is_absolute());
    }

    #[test]
    fn a_service_has_the_folder_alone_but_shares_it_with_other_services() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = DataFolder::open(folder.path(), &["projects", "logging"]).expect("free");
        DataFolder::open(folder.path(), &["http-gateway"]).expect("another service");
        let Err(error) = DataFolder::open(folder.path(), &["logging"]) else {
            panic!("the folder was given away twice");
        };
        assert!(
            error.to_string().contains("in use by another mcp-orch"),
            "{error}"
        );
        drop(first);
        DataFolder::open(folder.path(), &["logging"]).expect("free again");
    }

    #[test]
    fn what_is_no_folder_is_refused_with_what_to_do() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let Err(error) = DataFolder::open(file.path(), &[]) else {
            panic!("a file was taken for a folder");
        };
        assert!(error.to_string().contains("--data"), "{error}");
    }
}
