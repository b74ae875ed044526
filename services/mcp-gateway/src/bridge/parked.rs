use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::ApiKeyId;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::DropGuard;

use super::sealed::PARKED_FOR;
use crate::{
    outbox::OutboxReader,
    recorder::{Outcome, RunningCall},
    relay::RoundEnd,
    session::AskedQuestion,
};

/// What one key may have parked. One more, and its oldest is given up.
const MAX_PER_KEY: usize = 64;

const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Requests of modern clients that wait for what their servers asked the client.
#[derive(Debug, Default)]
pub(crate) struct Parked(Mutex<HashMap<u128, Place>>);

#[derive(Debug)]
struct Place {
    key: ApiKeyId,
    since: Instant,
    what: Parking,
}

/// What waits.
#[derive(Debug)]
pub(crate) enum Parking {
    /// A legacy server is at work and waits for answers to its questions.
    AtWork(AtWork),
    /// A modern server has let go of it: what is left is the row of the call.
    Row(Box<RunningCall>),
}

/// A request that is worked on beside the connection that brought it. Dropped,
/// it is withdrawn.
#[derive(Debug)]
pub(crate) struct AtWork {
    pub(crate) end: oneshot::Receiver<RoundEnd>,
    pub(crate) questions: mpsc::Receiver<AskedQuestion>,
    pub(crate) told: OutboxReader,
    /// By the keys that the client knows them by.
    pub(crate) open: Vec<(String, AskedQuestion)>,
    pub(crate) asked: usize,
    pub(crate) _withdrawal: DropGuard,
}

impl Parked {
    /// Parks something and gives the ticket for it.
    pub(crate) fn park(&self, key: ApiKeyId, what: Parking) -> u128 {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system has random numbers, or no key was ever safe");
        let ticket = u128::from_be_bytes(bytes);
        let place = Place {
            key,
            since: Instant::now(),
            what,
        };
        let given_up = {
            let mut places = self.lock();
            let of_key = || places.iter().filter(|(_, place)| place.key == key);
            let oldest = (of_key().count() >= MAX_PER_KEY).then(|| {
                of_key()
                    .min_by_key(|(_, place)| place.since)
                    .map(|(ticket, _)| *ticket)
            });
            let given_up = oldest.flatten().and_then(|ticket| places.remove(&ticket));
            places.insert(ticket, place);
            given_up
        };
        if let Some(place) = given_up {
            place.give_up();
        }
        ticket
    }

    /// Takes it back, once.
    pub(crate) fn take(&self, ticket: u128) -> Option<Parking> {
        self.lock().remove(&ticket).map(|place| place.what)
    }

    /// Gives up what nobody came back for, and all of it when the gateway stops.
    pub(crate) async fn look_after(&self, shutdown: service_host::Shutdown) -> anyhow::Result<()> {
        loop {
            let is_over = tokio::select! {
                () = tokio::time::sleep(SWEEP_EVERY) => false,
                () = shutdown.soft() => true,
            };
            let given_up: Vec<_> = self
                .lock()
                .extract_if(|_, place| is_over || place.since.elapsed() > PARKED_FOR)
                .collect();
            for (_, place) in given_up {
                place.give_up();
            }
            if is_over {
                return Ok(());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u128, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn give_up(self) {
        match self.what {
            // Dropped, it is withdrawn, and recorded as such.
            Parking::AtWork(_) => {}
            Parking::Row(running) => {
                running.finish(Outcome::ClientGone);
            }
        }
    }
}
