use std::{collections::BTreeMap, sync::Arc};

use opentelemetry::{KeyValue, metrics::Meter};
use tokio::sync::watch;

/// What stands in `/readyz` for each part that must be ready, and whether the
/// process is on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Board(Arc<watch::Sender<State>>);

#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    draining: bool,
    /// Per part: why it is not ready, `None` when it is.
    parts: BTreeMap<&'static str, Option<String>>,
}

/// The readiness of one part of the process. It starts not ready.
#[derive(Debug, Clone)]
pub struct Readiness {
    board: Board,
    part: &'static str,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(State::default())))
    }

    pub(crate) fn part(&self, part: &'static str) -> Readiness {
        let readiness = Readiness {
            board: self.clone(),
            part,
        };
        readiness.not_ready("starting");
        readiness
    }

    /// Has the readiness of each part read whenever metrics are.
    pub(crate) fn measure(&self, meter: &Meter) {
        let states = self.subscribe();
        meter
            .u64_observable_gauge("mcporch.ready")
            .with_description("1 for each part of the process that does its work, 0 for one that cannot.")
            .with_callback(move |observer| {
                let state = states.borrow();
                for (part, reason) in &state.parts {
                    let is_ready = reason.is_none() && !state.draining;
                    observer.observe(u64::from(is_ready), &[KeyValue::new("part", *part)]);
                }
            })
            .build();
    }

    pub(crate) fn drain(&self) {
        self.0.send_modify(|state| state.draining = true);
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<State> {
        self.0.subscribe()
    }

    /// What is not ready, in words; empty when all is.
    pub(crate) fn reasons(&self) -> Vec<String> {
        self.0.borrow().reasons()
    }
}

impl State {
    pub(crate) fn is_ready(&self) -> bool {
        !self.draining && self.parts.values().all(Option::is_none)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining
    }

    fn reasons(&self) -> Vec<String> {
        let draining = self.draining.then(|| "the process is stopping".to_owned());
        let parts = self
            .parts
            .iter()
            .filter_map(|(part, reason)| Some(format!("{part}: {}", reason.as_ref()?)));
        draining.into_iter().chain(parts).collect()
    }
}

impl Readiness {
    /// The part does its work from now on.
    pub fn ready(&self) {
        self.set(None);
    }

    /// The part cannot do its work, for that reason.
    pub fn not_ready(&self, reason: impl Into<String>) {
        self.set(Some(reason.into()));
    }

    fn set(&self, reason: Option<String>) {
        self.board
            .0
            .send_if_modified(|state| match state.parts.get_mut(self.part) {
                Some(known) if *known == reason => false,
                _ => {
                    state.parts.insert(self.part, reason);
                    true
                }
            });
    }
}
