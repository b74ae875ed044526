use std::{
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use access::{Pepper, SecretFileError, ServiceSecret, WrappingKeys};
use domain::{Clock, Timestamp};
use nix::{
    sys::statvfs::statvfs,
    unistd::{AccessFlags, access as may},
};

use super::finding::Finding;
use crate::{
    config::{Config, Service},
    wiring::service_secret_file,
};

const MIB: u64 = 1024 * 1024;

/// Below this much, and below that part of the volume, somebody should make
/// room.
const LITTLE_SPACE_BYTES: u64 = 1024 * MIB;

/// Below this, databases and spool stop within minutes.
const NO_SPACE_BYTES: u64 = 64 * MIB;

/// How long before its end a certificate is to be renewed, in seconds.
const RENEW_WITHIN_SECONDS: i64 = 14 * 24 * 60 * 60;

/// The data folder, and the folder of the spool where it lies elsewhere.
pub(super) fn folders(config: &Config, data: &Path) -> Vec<Finding> {
    let mut findings = vec![folder("data_folder", data)];
    let spool = &config.mcp_gateway.spool_dir;
    if config.runs(Service::McpGateway) && !spool.starts_with(data) && spool.exists() {
        findings.push(folder("spool_folder", spool));
    }
    findings
}

fn folder(check: &'static str, path: &Path) -> Finding {
    let looked_at = path.display().to_string();
    let metadata = match path.metadata() {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => {
            return Finding::failure(
                check,
                looked_at,
                "is no folder",
                "name another folder with --data",
            );
        }
        Err(error) => {
            return Finding::failure(
                check,
                looked_at,
                error.to_string(),
                "name the folder that mcp-orch serve has (--data, data_dir); a new deployment makes it when it first starts",
            );
        }
    };
    if let Err(error) = may(path, AccessFlags::R_OK | AccessFlags::W_OK | AccessFlags::X_OK) {
        return Finding::failure(
            check,
            looked_at,
            format!("this user may not read and write it: {}", error.desc()),
            "give it to the user of the services, and ask as that user: sudo -u mcp-orch mcp-orch doctor",
        );
    }
    let mode = metadata.permissions().mode() & 0o777;
    let space = match statvfs(path) {
        Ok(volume) => Space {
            free_bytes: volume.blocks_available() * volume.fragment_size(),
            all_bytes: volume.blocks() * volume.fragment_size(),
        },
        Err(error) => {
            return Finding::warning(
                check,
                looked_at,
                format!("how much room it has cannot be told: {}", error.desc()),
                "look at its disk",
            );
        }
    };
    let found = format!("mode {mode:03o}, {space}");
    if space.free_bytes < NO_SPACE_BYTES {
        return Finding::failure(
            check,
            looked_at,
            found,
            "make room: calls are refused when the disk is full",
        );
    }
    if mode & 0o007 != 0 {
        let close = format!(
            "others on this machine can read keys and payloads: chmod o-rwx {}",
            path.display()
        );
        return Finding::warning(check, looked_at, found, close);
    }
    if space.is_little() {
        return Finding::warning(
            check,
            looked_at,
            found,
            "make room, or shorten the retention of the largest projects",
        );
    }
    Finding::ok(check, looked_at, found)
}

/// What a volume has.
#[derive(Debug, Clone, Copy)]
struct Space {
    free_bytes: u64,
    all_bytes: u64,
}

impl Space {
    const fn is_little(self) -> bool {
        self.free_bytes < LITTLE_SPACE_BYTES && self.free_bytes < self.all_bytes / 10
    }
}

impl std::fmt::Display for Space {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} of {} free",
            size(self.free_bytes),
            size(self.all_bytes)
        )
    }
}

/// Bytes as people say them.
pub(super) fn size(bytes: u64) -> String {
    if bytes < 1024 * MIB {
        format!("{:.1} MiB", bytes as f64 / MIB as f64)
    } else {
        format!("{:.1} GiB", bytes as f64 / (1024 * MIB) as f64)
    }
}

/// The files that hold secrets of the deployment, as far as the services of
/// this machine read them.
pub(super) fn secrets(config: &Config, data: &Path) -> Vec<Finding> {
    let projects = &config.projects;
    let in_projects = |named: &Option<PathBuf>, name: &str| {
        let named = named.clone();
        named.unwrap_or_else(|| projects.data_dir.join(name))
    };
    let mut findings = vec![secret(
        &service_secret_file(config, data),
        "the services of a deployment share it: copy it from where another service runs; where all run here, serve makes it",
        |file| ServiceSecret::load_or_create(file).map(drop),
    )];
    if config.runs(Service::Projects) {
        findings.push(secret(
            &in_projects(&projects.api_key_pepper_file, "api-key-pepper"),
            "bring it back from the backup: without it no API key is known any more. A new deployment makes it",
            |file| Pepper::load_or_create(file).map(drop),
        ));
        if projects.secrets_key.is_none() {
            findings.push(secret(
                &in_projects(&projects.secrets_key_file, "secrets-key"),
                "bring it back from the backup: without it no secret of a server can be read. A new deployment makes it",
                |file| WrappingKeys::load(file).map(drop),
            ));
        }
    }
    findings
}

/// `load` would make a file that is not there, and is not asked then.
fn secret(
    file: &Path,
    when_absent: &str,
    load: impl FnOnce(&Path) -> Result<(), SecretFileError>,
) -> Finding {
    const CHECK: &str = "secret";
    let looked_at = file.display().to_string();
    let loaded = match file.metadata() {
        Ok(_) => load(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Finding::failure(CHECK, looked_at, "is not there", when_absent);
        }
        Err(source) => Err(SecretFileError::Io {
            path: file.to_owned(),
            source,
        }),
    };
    match loaded {
        Ok(()) => Finding::ok(CHECK, looked_at, "is there, and closed to others"),
        Err(SecretFileError::Io { source, .. }) => Finding::failure(
            CHECK,
            looked_at,
            format!("cannot be read: {source}"),
            "ask as the user of the services: sudo -u mcp-orch mcp-orch doctor",
        ),
        Err(SecretFileError::OpenToOthers { path, mode }) => Finding::failure(
            CHECK,
            looked_at,
            format!("is open to others (mode {mode:03o}); no service starts with it"),
            format!("chmod 600 {}", path.display()),
        ),
        Err(SecretFileError::Malformed { .. }) => Finding::failure(
            CHECK,
            looked_at,
            "does not hold 64 hexadecimal digits",
            "bring it back from the backup",
        ),
    }
}

/// The certificates between the services.
pub(super) fn tls(config: &Config, clock: &Clock) -> Vec<Finding> {
    const CHECK: &str = "tls";
    let settings = &config.host.tls;
    let file = settings.certificate_file.clone().unwrap_or_default();
    let looked_at = if settings.is_on() {
        file.display().to_string()
    } else {
        "host.tls".to_owned()
    };
    let now = clock.now();
    let certificate = match settings.valid_until(now) {
        Ok(None) => return Vec::new(),
        Ok(Some(end)) => certificate(CHECK, looked_at, now, end),
        Err(error) => Finding::failure(
            CHECK,
            looked_at,
            error.to_string(),
            "issue certificate, key and authority anew (docs/administration.md, \"TLS between the services\")",
        ),
    };
    let key = settings.key_file.as_deref().and_then(open_key);
    std::iter::once(certificate).chain(key).collect()
}

fn certificate(check: &'static str, looked_at: String, now: Timestamp, end: Timestamp) -> Finding {
    let left_seconds = (end.as_micros() - now.as_micros()) / 1_000_000;
    let found = format!("is of the authority, fits its key, and holds until {}", day(end));
    if left_seconds < RENEW_WITHIN_SECONDS {
        let days = left_seconds / (24 * 60 * 60);
        return Finding::warning(
            check,
            looked_at,
            found,
            format!(
                "renew it: {days} days are left. What is written into the file anew is taken up within a minute"
            ),
        );
    }
    Finding::ok(check, looked_at, found)
}

fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

/// A private key that everybody can read.
fn open_key(file: &Path) -> Option<Finding> {
    let mode = file.metadata().ok()?.permissions().mode() & 0o777;
    (mode & 0o007 != 0).then(|| {
        Finding::warning(
            "tls",
            file.display().to_string(),
            format!("the private key is open to others (mode {mode:03o})"),
            format!("chmod o-rwx {}", file.display()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_is_little_where_it_is_little_of_a_small_volume_too() {
        let space = |free_mib: u64, all_mib: u64| Space {
            free_bytes: free_mib * MIB,
            all_bytes: all_mib * MIB,
        };
        assert!(space(500, 100_000).is_little());
        assert!(!space(500, 2_000).is_little(), "a quarter of it");
        assert!(!space(2_000, 100_000).is_little(), "hours of calls");
        assert_eq!(space(512, 2_048).to_string(), "512.0 MiB of 2.0 GiB free");
    }

    #[test]
    fn a_certificate_is_to_be_renewed_before_it_ends() {
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        let ends_in = |days: i64| {
            let end = Timestamp::from_micros(now.as_micros() + days * 86_400 * 1_000_000);
            let finding = certificate("tls", "tls.crt".to_owned(), now, end);
            serde_json::to_value(finding).expect("it can be written")
        };
        assert_eq!(ends_in(90)["health"], "ok");
        let soon = ends_in(3);
        assert_eq!(soon["health"], "warning");
        assert!(
            soon["what_to_do"].to_string().contains("3 days are left"),
            "{soon}"
        );
    }
}
