use std::{
    fs, io,
    path::{Path, PathBuf},
};

use prost::Message as _;
use proto::logging::ClientSession;

/// One small file per open session, so that after a `kill -9` the next life of
/// the gateway knows which sessions have ended without saying so.
///
/// Not in the spool: a session may last a day, and would hold back every
/// segment since it began.
#[derive(Debug)]
pub(super) struct SessionFiles {
    folder: PathBuf,
}

impl SessionFiles {
    pub(super) fn open(parent: &Path) -> io::Result<Self> {
        let folder = parent.join("open-sessions");
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// Keeps the session as it is now.
    pub(super) fn keep(&self, session: &ClientSession) {
        if let Err(error) = fs::write(self.folder.join(&session.id), session.encode_to_vec()) {
            tracing::warn!(session_id = session.id, %error, "an open session cannot be kept");
        }
    }

    pub(super) fn forget(&self, id: &str) {
        let _ = fs::remove_file(self.folder.join(id));
    }

    /// The sessions that are still here. What cannot be read is removed: it was
    /// cut off in the middle of its first writing.
    pub(super) fn left_over(&self) -> Vec<ClientSession> {
        let mut sessions = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match fs::read(&path).map(|bytes| ClientSession::decode(bytes.as_slice())) {
                Ok(Ok(session)) if !session.id.is_empty() => sessions.push(session),
                _ => {
                    let _ = fs::remove_file(&path);
                }
            }
        }
        sessions
    }
}
