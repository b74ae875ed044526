use std::{collections::HashMap, fs};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// Rounds of looking and killing: a process that forks while it is looked for
/// is found in the next one.
const ROUNDS: usize = 20;

/// Sends the signal to every descendant of this process. With SIGKILL until
/// none is left that is not dead already.
pub(super) fn kill_descendants(signal: Signal) {
    for _ in 0..ROUNDS {
        let living = descendants();
        for pid in &living {
            let _ = kill(*pid, signal);
        }
        if living.is_empty() || signal != Signal::SIGKILL {
            return;
        }
    }
}

fn descendants() -> Vec<Pid> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for process in processes() {
        children.entry(process.parent).or_default().push(process.pid);
    }
    let mut found = Vec::new();
    let mut next = vec![std::process::id() as i32];
    while let Some(pid) = next.pop() {
        for child in children.remove(&pid).unwrap_or_default() {
            found.push(Pid::from_raw(child));
            next.push(child);
        }
    }
    found
}

struct Process {
    pid: i32,
    parent: i32,
}

/// Those that live. What is dead and not yet buried cannot be killed again.
fn processes() -> impl Iterator<Item = Process> {
    fs::read_dir("/proc").into_iter().flatten().filter_map(|entry| {
        let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is the name in parentheses, which may contain any of both.
        let (_, rest) = stat.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        let is_dead = matches!(fields.next()?, "Z" | "X");
        let parent = fields.next()?.parse().ok()?;
        (!is_dead).then_some(Process { pid, parent })
    })
}
