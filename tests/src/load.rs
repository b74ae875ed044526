use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use tokio::{task::JoinSet, time::Instant};

use crate::{Door, McpClient, wait_until};

/// Clients that call `fixture__echo` without end, each call with a canary of its
/// own, and come again when they lose the gateway.
#[derive(Debug)]
pub struct Load {
    state: Arc<State>,
    callers: JoinSet<()>,
}

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Clients at a time.
    pub callers: u64,
    /// Calls of all of them; absent: as fast as they are answered.
    pub calls_per_second: Option<u64>,
}

#[derive(Debug)]
struct State {
    endpoint: String,
    key: String,
    pace: Pace,
    began: Instant,
    next: AtomicU64,
    is_over: AtomicBool,
    failed: AtomicU64,
    answered: Mutex<BTreeSet<u64>>,
    took: Mutex<Vec<Duration>>,
}

impl Load {
    /// Begins at an endpoint without the part that names the door.
    pub fn start(endpoint: &str, key: &str, pace: Pace) -> Self {
        let state = Arc::new(State {
            endpoint: endpoint.to_owned(),
            key: key.to_owned(),
            pace,
            began: Instant::now(),
            next: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            failed: AtomicU64::new(0),
            answered: Mutex::default(),
            took: Mutex::default(),
        });
        let mut callers = JoinSet::new();
        for _ in 0..pace.callers {
            callers.spawn(call_without_end(Arc::clone(&state)));
        }
        Self { state, callers }
    }

    /// How many calls were answered with success.
    pub fn answered(&self) -> usize {
        lock(&self.state.answered).len()
    }

    /// How many calls were not.
    pub fn failed(&self) -> u64 {
        self.state.failed.load(Ordering::SeqCst)
    }

    /// How long the calls since the last look took, sorted.
    pub fn take_times(&self) -> Vec<Duration> {
        let mut took = std::mem::take(&mut *lock(&self.state.took));
        took.sort_unstable();
        took
    }

    /// Waits until that many more calls were answered.
    pub async fn proceeds(&self, calls: usize) {
        let wanted = self.answered() + calls;
        wait_until("calls are answered", async || {
            (self.answered() >= wanted).then_some(())
        })
        .await;
    }

    /// Ends it when the calls under way have, and gives the canaries of those
    /// that were answered with success.
    pub async fn stop(mut self) -> BTreeSet<u64> {
        self.state.is_over.store(true, Ordering::SeqCst);
        while let Some(caller) = self.callers.join_next().await {
            caller.expect("no caller panics");
        }
        std::mem::take(&mut *lock(&self.state.answered))
    }
}

async fn call_without_end(state: Arc<State>) {
    while !state.is_over.load(Ordering::SeqCst) {
        let Ok(client) = McpClient::connect(&state.endpoint, &state.key, Door::StreamableHttp).await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        while !state.is_over.load(Ordering::SeqCst) {
            let canary = state.next.fetch_add(1, Ordering::Relaxed);
            if let Some(rate) = state.pace.calls_per_second {
                let at = Duration::from_micros(canary * 1_000_000 / rate);
                tokio::time::sleep_until(state.began + at).await;
            }
            let begin = Instant::now();
            match client.call("fixture__echo", json!({"canary": canary})).await {
                Ok(answer) if answer.is_success() => {
                    lock(&state.took).push(begin.elapsed());
                    lock(&state.answered).insert(canary);
                }
                Ok(_) | Err(_) => {
                    state.failed.fetch_add(1, Ordering::SeqCst);
                    break;
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
