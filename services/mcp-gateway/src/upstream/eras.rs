use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::ServerId;

use super::Era;
use crate::{
    directory::{Server, Snapshot, Transport},
    id_map::IdMap,
};

/// How the server of a definition was spoken with last, so that it is not asked
/// anew at each start (2026-07-28, "versioning").
#[derive(Debug, Default)]
pub(super) struct Eras(Mutex<IdMap<ServerId, (Transport, Known)>>);

/// How it was spoken with for clients of each era. A server of one era only is
/// known by what came of asking it in the other.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    for_legacy: Option<Spoken>,
    for_modern: Option<Spoken>,
}

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
    /// As what it was spoken with for a client of that era.
    pub(super) fn get(&self, server: &Server, wanted: Era) -> Option<Spoken> {
        let known = self.known(server);
        match wanted {
            Era::Legacy => known.for_legacy,
            Era::Modern => known.for_modern,
        }
    }

    /// The era of a server that is known to speak no other.
    pub(super) fn only(&self, server: &Server) -> Option<Era> {
        let known = self.known(server);
        let (legacy, modern) = (known.for_legacy?.era(), known.for_modern?.era());
        (legacy == modern).then_some(legacy)
    }

    pub(super) fn set(&self, server: &Server, wanted: Era, spoken: Spoken) {
        // It does not speak the era that was tried first, so it has one alone.
        let is_only = spoken.era() != wanted;
        let mut eras = self.lock();
        let (transport, known) = eras
            .entry(server.id)
            .or_insert_with(|| (server.transport.clone(), Known::default()));
        if *transport != server.transport {
            (*transport, *known) = (server.transport.clone(), Known::default());
        }
        if is_only || wanted == Era::Legacy {
            known.for_legacy = Some(spoken);
        }
        if is_only || wanted == Era::Modern {
            known.for_modern = Some(spoken);
        }
    }

    fn known(&self, server: &Server) -> Known {
        if let Transport::Sse(_) = server.transport {
            return Known {
                for_legacy: Some(Spoken::Sse),
                for_modern: Some(Spoken::Sse),
            };
        }
        match self.lock().get(&server.id) {
            Some((transport, known)) if *transport == server.transport => *known,
            _ => Known::default(),
        }
    }

    /// It was not so any more.
    pub(super) fn forget(&self, server: &Server) {
        self.lock().remove(&server.id);
    }

    /// Forgets what is no longer defined.
    pub(super) fn follow(&self, snapshot: &Snapshot) {
        self.lock().retain(|id, _| snapshot.has_server(*id));
    }

    fn lock(&self) -> MutexGuard<'_, IdMap<ServerId, (Transport, Known)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
