use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::process_tree::descendants;

/// Rounds of looking and killing: a process that forks while it is looked for
/// is found in the next one.
const ROUNDS: usize = 20;

/// Sends the signal to every descendant of this process. With SIGKILL until
/// none is left that is not dead already.
pub(super) fn kill_descendants(signal: Signal) {
    for _ in 0..ROUNDS {
        let living = descendants(std::process::id() as i32);
        for pid in &living {
            let _ = kill(Pid::from_raw(*pid), signal);
        }
        if living.is_empty() || signal != Signal::SIGKILL {
            return;
        }
    }
}
