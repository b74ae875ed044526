use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use crate::{error::AppendError, spool::Shared};

/// How long a frame is in the page cache only.
const INTERVAL: Duration = Duration::from_millis(50);

/// How far the disk has what was written. A thread of its own asks it, because
/// an answer takes milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    state: Mutex<State>,
    /// For the thread: somebody waits, or it is to stop.
    wanted: Condvar,
    /// For those who wait.
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_stopping: bool,
    wanted_seq: u64,
    /// The disk was asked for everything up to here.
    done_seq: u64,
    /// Everything up to here may have been lost by the disk; 0 when nothing.
    failed_seq: u64,
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the disk has that frame.
    pub(crate) fn wait_for(&self, seq: u64) -> Result<(), AppendError> {
        let mut state = self.lock();
        state.wanted_seq = state.wanted_seq.max(seq);
        self.wanted.notify_one();
        let state = self
            .done
            .wait_while(state, |state| state.done_seq < seq)
            .unwrap_or_else(PoisonError::into_inner);
        if seq <= state.failed_seq {
            return Err(AppendError::NotDurable);
        }
        Ok(())
    }

    pub(crate) fn stop(&self) {
        self.lock().is_stopping = true;
        self.wanted.notify_one();
    }

    fn report(&self, seq: u64, is_durable: bool) {
        let mut state = self.lock();
        state.done_seq = state.done_seq.max(seq);
        if !is_durable {
            state.failed_seq = state.failed_seq.max(seq);
        }
        self.done.notify_all();
    }
}

/// Starts the thread. It ends after [`Progress::stop`], with everything synced.
pub(crate) fn start(shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name("spool-sync".to_owned())
        .spawn(move || {
            loop {
                let state = shared.progress.lock();
                let (state, _) = shared
                    .progress
                    .wanted
                    .wait_timeout_while(state, INTERVAL, |state| {
                        !state.is_stopping && state.wanted_seq <= state.done_seq
                    })
                    .unwrap_or_else(PoisonError::into_inner);
                let is_stopping = state.is_stopping;
                drop(state);
                sync(&shared);
                if is_stopping {
                    return;
                }
            }
        })
}

/// Asks the disk to keep all that was written until now.
fn sync(shared: &Shared) {
    // What cannot be written now is none that anybody waits for the disk to have.
    let _ = shared.write_out();
    let unsynced = shared.log().take_unsynced();
    if unsynced.files.is_empty() {
        return;
    }
    let mut last_seq = unsynced.last_seq;
    let mut is_durable = true;
    for (key, file) in unsynced.files {
        if let Err(error) = (shared.sync_file)(&file) {
            tracing::error!(error = %error, "the disk did not take part of the spool");
            last_seq = shared.log().fail(key);
            is_durable = false;
        }
    }
    // The names of new files are in the folder.
    if let Err(error) = std::fs::File::open(&shared.folder).and_then(|folder| folder.sync_all()) {
        tracing::error!(error = %error, "the disk did not take the names of new spool segments");
        is_durable = false;
    }
    shared.progress.report(last_seq, is_durable);
}
