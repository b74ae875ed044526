use std::{
    fs,
    io::{self, ErrorKind, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use zeroize::Zeroizing;

/// Of one secret's line, with room for blanks around it.
const MAX_BYTES: u64 = 128;

/// Of a file with several.
const MAX_LINES: u64 = 16;

/// Why a file with a secret cannot be used. Never says what is in it.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// It, or its folder, can be neither read nor made.
    #[error("cannot read or make the secret file {}: {source}; check the folder's owner and permissions", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others on this machine may read or change it.
    #[error("the secret file {0} is open to others (mode {mode:03o}); close it with: chmod 600 {0}", path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It holds something else.
    #[error(
        "the secret file {0} does not hold 64 hexadecimal digits; restore it from a backup, or make a new one with: openssl rand -hex 32",
        path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}

/// Reads 32 bytes out of a file of 64 hexadecimal digits. Makes the file, and
/// its folder, when it is not there.
///
/// Several processes may start at once on one folder: all of them get the one
/// secret that was first.
pub(crate) fn load_or_create(path: &Path) -> Result<Zeroizing<[u8; 32]>, SecretFileError> {
    match load(path) {
        Err(SecretFileError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
            create(path).map_err(|source| SecretFileError::Io {
                path: path.to_owned(),
                source,
            })?;
            load(path)
        }
        loaded_or_refused => loaded_or_refused,
    }
}

fn load(path: &Path) -> Result<Zeroizing<[u8; 32]>, SecretFileError> {
    let malformed = || SecretFileError::Malformed {
        path: path.to_owned(),
    };
    let text = read(path, MAX_BYTES)?;
    parse(text.trim_ascii()).ok_or_else(malformed)
}

/// Reads secrets of 64 hexadecimal digits, one on each line. At least one.
pub(crate) fn load_lines(path: &Path) -> Result<Vec<Zeroizing<[u8; 32]>>, SecretFileError> {
    let text = read(path, MAX_LINES * MAX_BYTES)?;
    let lines = text.trim_ascii().split(|byte| *byte == b'\n');
    let secrets: Option<Vec<_>> = lines.map(|line| parse(line.trim_ascii())).collect();
    secrets
        .filter(|secrets| secrets.len() as u64 <= MAX_LINES)
        .ok_or_else(|| SecretFileError::Malformed {
            path: path.to_owned(),
        })
}

/// Puts these secrets into the file in place of what is there, one on each line:
/// beside and then over it, so that nobody ever reads half of them.
pub(crate) fn replace_lines(path: &Path, secrets: &[&[u8; 32]]) -> Result<(), SecretFileError> {
    let io = |source| SecretFileError::Io {
        path: path.to_owned(),
        source,
    };
    let folder = folder_of(path);
    let aside = write_aside(folder, secrets).map_err(io)?;
    if let Err(source) = fs::rename(&aside, path) {
        // It is a mounted file, for instance, which only who mounted it replaces.
        let _left_behind = fs::remove_file(&aside);
        return Err(io(source));
    }
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io)
}

fn read(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    // Group may read: that is how containers mount secrets for a user who is not root.
    const CLOSED_TO_OTHERS: u32 = 0o027;
    let io = |source| SecretFileError::Io {
        path: path.to_owned(),
        source,
    };

    let file = fs::File::open(path).map_err(io)?;
    let mode = file.metadata().map_err(io)?.permissions().mode() & 0o777;
    if mode & CLOSED_TO_OTHERS != 0 {
        return Err(SecretFileError::OpenToOthers {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = Zeroizing::new(Vec::with_capacity(128));
    file.take(limit).read_to_end(&mut text).map_err(io)?;
    Ok(text)
}

fn parse(digits: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut secret = Zeroizing::new([0_u8; 32]);
    if digits.len() != 64 {
        return None;
    }
    HEX.decode_mut(digits, secret.as_mut_slice()).ok()?;
    Some(secret)
}

/// Writes aside and links into place: no reader sees half a file, and who comes
/// second does not overwrite the first.
fn create(path: &Path) -> io::Result<()> {
    let folder = folder_of(path);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut secret = Zeroizing::new([0_u8; 32]);
    getrandom::fill(secret.as_mut_slice())?;
    let aside = write_aside(folder, &[&secret])?;
    let linked = fs::hard_link(&aside, path);
    let removed = fs::remove_file(&aside);
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        other => other?,
    }
    removed?;
    fs::File::open(folder)?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// A new file of that folder with these secrets, for its owner alone.
fn write_aside(folder: &Path, secrets: &[&[u8; 32]]) -> io::Result<PathBuf> {
    let mut name = [0_u8; 8];
    getrandom::fill(&mut name)?;
    let mut lines = Zeroizing::new(String::new());
    for secret in secrets {
        HEX.encode_append(secret.as_slice(), &mut lines);
        lines.push('\n');
    }
    let aside = folder.join(format!(".secret-{}", HEX.encode(&name)));
    let mut options = fs::OpenOptions::new();
    let written = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&aside)
        .and_then(|mut file| {
            file.write_all(lines.as_bytes())?;
            file.sync_all()
        });
    if let Err(error) = written {
        let _left_behind = fs::remove_file(&aside);
        return Err(error);
    }
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data/pepper");
        let first = load_or_create(&path).expect("made");
        assert_eq!(load_or_create(&path).expect("read"), first);
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let names = fs::read_dir(folder.path().join("data"))
            .expect("a folder")
            .count();
        assert_eq!(names, 1, "nothing is left aside");
    }

    #[test]
    fn all_who_start_at_once_get_the_same_secret() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        let secrets: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| load_or_create(&path))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no panic").expect("a secret"))
                .collect()
        });
        assert!(secrets.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        load_or_create(&path).expect("made");
        for mode in [0o644, 0o660, 0o604] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("ours");
            let refusal = load_or_create(&path).expect_err("open to others").to_string();
            assert!(
                refusal.contains(&format!("chmod 600 {}", path.display())),
                "{refusal}"
            );
        }
    }

    #[test]
    fn a_file_of_something_else_is_neither_used_nor_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        for content in ["", "secret", &"0".repeat(63), &"g".repeat(64), &"0".repeat(200)] {
            fs::write(&path, content).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
            assert!(
                matches!(load_or_create(&path), Err(SecretFileError::Malformed { .. })),
                "{content}"
            );
            assert_eq!(fs::read_to_string(&path).expect("still there"), content);
        }
    }

    #[test]
    fn several_secrets_are_replaced_at_once_and_stay_their_owners() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secrets");
        let first = load_or_create(&path).expect("made");
        assert_eq!(load_lines(&path).expect("one line"), std::slice::from_ref(&first));
        replace_lines(&path, &[&[7; 32], &first]).expect("replaced");
        assert_eq!(
            load_lines(&path).expect("two lines"),
            [Zeroizing::new([7; 32]), first]
        );
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(folder.path()).expect("a folder").count(),
            1,
            "nothing is left aside"
        );
        let many = vec![&[7_u8; 32]; 17];
        for content in [
            String::new(),
            "07\n".repeat(2),
            format!("{}\n\n{}", "07".repeat(32), "08".repeat(32)),
        ] {
            fs::write(&path, &content).expect("written");
            assert!(
                matches!(load_lines(&path), Err(SecretFileError::Malformed { .. })),
                "{content}"
            );
        }
        replace_lines(&path, &many).expect("replaced");
        assert!(load_lines(&path).is_err(), "more than anybody has");
    }
}
