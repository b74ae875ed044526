use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use nix::unistd::geteuid;

/// A disk of its own that a test fills up.
///
/// Dropped, it is gone.
#[derive(Debug)]
pub struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// One of that many bytes; `None`, which is told, where this is not root, who
    /// alone may mount.
    pub fn mount(bytes: usize) -> Option<Self> {
        if !geteuid().is_root() {
            eprintln!("skipped: only root can mount a disk of its own");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder for the disk");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"])
            .arg(folder.path())
            .status();
        assert!(mounted.expect("mount runs").success(), "root can mount a disk");
        Some(Self { folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes all the room that is left, until `make_room`.
    pub fn fill(&self) {
        let mut ballast = File::create(self.ballast()).expect("it can be made");
        let mut block = vec![7; 64 * 1024];
        while !block.is_empty() {
            match ballast.write_all(&block) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => block.truncate(block.len() / 2),
                Err(error) => panic!("the disk does not fill up: {error}"),
            }
        }
    }

    /// Gives back what `fill` took.
    pub fn make_room(&self) {
        fs::remove_file(self.ballast()).expect("it was filled");
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whoever still has a file open keeps it alive until then.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}
