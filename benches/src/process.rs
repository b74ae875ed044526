use std::fs;

use anyhow::Context as _;

/// What a clock tick of proc(5) is on Linux, whatever the kernel counts in.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of processor that these processes have used.
pub fn cpu_seconds(pids: &[u32]) -> anyhow::Result<f64> {
    let mut ticks = 0;
    for pid in pids {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("the process has ended")?;
        // The name, in parentheses, may hold anything.
        let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let (user, system) = (fields.get(11), fields.get(12));
        for field in [user, system] {
            ticks += field.context("no times in stat")?.parse::<u64>()?;
        }
    }
    Ok(ticks as f64 / TICKS_PER_SECOND)
}

/// Memory of a process in KiB, by the name of a line of proc(5): `VmRSS:` is
/// what it has, `VmHWM:` the most that it had.
pub fn memory_kib(pid: u32, line: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the process has ended")?;
    let found = status.lines().find(|found| found.starts_with(line));
    let kib = found.and_then(|found| found.split_whitespace().nth(1));
    Ok(kib.context("no memory in status")?.parse()?)
}

/// Processes that a process has started.
pub(crate) fn children(pid: u32) -> anyhow::Result<Vec<u32>> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = fs::read_to_string(path).context("the process has ended")?;
    Ok(text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?)
}
