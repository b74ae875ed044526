use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::ServerId;

use super::Era;
use crate::directory::{Server, Snapshot, Transport};

/// How the server of a definition was spoken with last, so that it is not asked
/// anew at each start (2026-07-28, "versioning").
#[derive(Debug, Default)]
pub(super) struct Eras(Mutex<HashMap<ServerId, (Transport, Spoken)>>);

/// How a server is spoken with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spoken {
    Modern,
    Legacy,
    /// Legacy, over HTTP+SSE.
    Sse,
}

impl Spoken {
    pub(super) const fn era(self) -> Era {
        match self {
            Self::Modern => Era::Modern,
            Self::Legacy | Self::Sse => Era::Legacy,
        }
    }
}

impl Eras {
    pub(super) fn get(&self, server: &Server) -> Option<Spoken> {
        if let Transport::Sse(_) = server.transport {
            return Some(Spoken::Sse);
        }
        let eras = self.lock();
        let (transport, spoken) = eras.get(&server.id)?;
        (*transport == server.transport).then_some(*spoken)
    }

    pub(super) fn set(&self, server: &Server, spoken: Spoken) {
        self.lock().insert(server.id, (server.transport.clone(), spoken));
    }

    /// It was not so any more.
    pub(super) fn forget(&self, server: &Server) {
        self.lock().remove(&server.id);
    }

    /// Forgets what is no longer defined.
    pub(super) fn follow(&self, snapshot: &Snapshot) {
        self.lock().retain(|id, _| snapshot.has_server(*id));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ServerId, (Transport, Spoken)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
