use domain::{Isolation, SessionId};

use super::{
    Era, Owner, Wanted,
    eras::{Eras, Spoken},
};
use crate::directory::{Server, Transport};

/// What tells the connections of one server apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Seat {
    pub(crate) owner: Option<SessionId>,
    pub(super) era: Era,
}

impl Seat {
    pub(super) fn of(owner: Option<&Owner>, era: Era) -> Self {
        Self {
            owner: owner.map(|owner| owner.session),
            era,
        }
    }
}

/// Where whoever wants that is connected to the server, as far as is known.
pub(super) fn seat_of(
    eras: &Eras,
    server: &Server,
    wanted: &Wanted,
    is_taken: impl Fn(Seat) -> bool,
) -> Seat {
    let is_stdio = matches!(server.transport, Transport::Stdio(_));
    // A modern server is told with each request who asks.
    let is_modern = eras.get(server, wanted.era).map(Spoken::era) == Some(Era::Modern);
    let is_shared = is_modern && server.isolation == Isolation::Auto;
    let owner = wanted.owner.as_ref().filter(|_| !is_shared);
    // One process serves all who share it.
    let wanted = if is_stdio && owner.is_none() {
        Era::Modern
    } else {
        wanted.era
    };
    let Some(only) = eras.only(server).filter(|_| !is_stdio) else {
        return Seat::of(owner, wanted);
    };
    // It may have been connected before that was known.
    let own = Seat::of(owner, only);
    if is_taken(own) {
        return own;
    }
    [Era::Legacy, Era::Modern]
        .map(|era| Seat::of(owner, era))
        .into_iter()
        .find(|seat| is_taken(*seat))
        .unwrap_or(own)
}
