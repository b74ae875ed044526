//! Processes and their descendants, as `/proc` shows them.

use std::{collections::HashMap, fs, time::Duration};

/// Ticks of the clock in a second, as proc(5) counts them on Linux.
const TICKS_PER_SECOND: u64 = 100;

/// What a process and all below it use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) processes: u32,
    /// Resident memory. Pages that several share are counted several times.
    pub(crate) rss_bytes: u64,
    /// Since the start of each.
    pub(crate) cpu: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Process {
    pid: i32,
    parent: i32,
    cpu_ticks: u64,
}

/// The living descendants of a process.
pub(crate) fn descendants(root: i32) -> Vec<i32> {
    below(root).into_iter().map(|process| process.pid).collect()
}

/// What a server uses that was started by that process: the descendants of it,
/// or itself where it became the server.
pub(crate) fn usage_of_server(root: i32) -> Usage {
    let mut server = below(root);
    if server.is_empty() {
        server.extend(process(root));
    }
    let mut usage = Usage::default();
    for process in server {
        usage.processes += 1;
        usage.rss_bytes += rss_bytes(process.pid).unwrap_or(0);
        usage.cpu += Duration::from_millis(process.cpu_ticks * 1_000 / TICKS_PER_SECOND);
    }
    usage
}

fn below(root: i32) -> Vec<Process> {
    let mut children: HashMap<i32, Vec<Process>> = HashMap::new();
    for process in living() {
        children.entry(process.parent).or_default().push(process);
    }
    let mut found = Vec::new();
    let mut next = vec![root];
    while let Some(pid) = next.pop() {
        for child in children.remove(&pid).unwrap_or_default() {
            found.push(child);
            next.push(child.pid);
        }
    }
    found
}

/// Those that live. What is dead and not yet buried cannot be killed again.
fn living() -> impl Iterator<Item = Process> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| process(entry.ok()?.file_name().to_str()?.parse().ok()?))
}

fn process(pid: i32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    read_stat(pid, &stat)
}

fn read_stat(pid: i32, stat: &str) -> Option<Process> {
    // The second field is the name in parentheses, which may contain any of both.
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<_> = rest.split(' ').collect();
    let ticks = |place: usize| fields.get(place)?.parse::<u64>().ok();
    let is_dead = matches!(*fields.first()?, "Z" | "X");
    (!is_dead).then_some(Process {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        cpu_ticks: ticks(11)? + ticks(12)?,
    })
}

fn rss_bytes(pid: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_any_character() {
        let stat = "7 (a) R ) (b) S 3 7 7 0 -1 0 0 0 0 0 150 50 0 0 20 0 1 0 9 0 0";
        let process = read_stat(7, stat).expect("read");
        assert_eq!((process.parent, process.cpu_ticks), (3, 200));
        assert!(read_stat(7, "7 (a) Z 3 7 7 0 -1 0 0 0 0 0 150 50 0").is_none());
    }

    #[test]
    fn what_is_below_a_process_is_counted() {
        let mut child = std::process::Command::new("sleep")
            .arg("100")
            .spawn()
            .expect("started");
        let own = std::process::id() as i32;
        let usage = usage_of_server(own);
        assert!(descendants(own).contains(&(child.id() as i32)));
        assert!(usage.processes >= 1 && usage.rss_bytes > 0, "{usage:?}");
        child.kill().expect("killed");
        child.wait().expect("ended");
    }
}
