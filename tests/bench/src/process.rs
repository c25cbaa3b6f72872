//! What a server costs, by the process table (Linux).

use std::{collections::HashMap, fs, path::Path};

use crate::failure::{Failure, Result};

/// CPU time of some processes, as of one instant.
#[derive(Debug)]
pub(crate) struct Cpu {
    /// Nanoseconds on a core, of each thread that was there.
    threads: HashMap<(u32, u32), u64>,
    /// The same with all threads that have ended, but in steps of a clock tick.
    coarse: f64,
}

impl Cpu {
    pub(crate) fn of(processes: &[u32]) -> Result<Self> {
        let mut threads = HashMap::new();
        let mut coarse = 0.0;
        for process in processes {
            let stat = read(format!("/proc/{process}/stat"))?;
            coarse += cpu_ticks(&stat).ok_or_else(|| Failure::new("/proc/PID/stat has another form"))? * tick();
            for entry in fs::read_dir(format!("/proc/{process}/task"))?.flatten() {
                let Some(thread) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
                // A thread may end between the two.
                let Ok(text) = fs::read_to_string(entry.path().join("schedstat")) else { continue };
                if let Some(nanos) = text.split(' ').next().and_then(|first| first.parse().ok()) {
                    threads.insert((*process, thread), nanos);
                }
            }
        }
        Ok(Self { threads, coarse })
    }

    /// Seconds of CPU from then to now. The time of a thread that ended in between is missing among the threads,
    /// but not in the coarse figure, which is then the higher one.
    pub(crate) fn since(&self, before: &Self) -> f64 {
        let nanos: u64 = self
            .threads
            .iter()
            .map(|(thread, nanos)| nanos.saturating_sub(before.threads.get(thread).copied().unwrap_or(0)))
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "days of nanoseconds fit")]
        let fine = nanos as f64 / 1e9;
        fine.max(self.coarse - before.coarse - tick())
    }
}

/// Resident memory of all these processes in KiB. What several of them share counts once (proportional set size), so
/// that the workers of one server are not charged several times for the same pages.
pub(crate) fn memory(processes: &[u32]) -> Result<f64> {
    let name = if processes.len() > 1 { "Pss:" } else { "Rss:" };
    processes.iter().map(|process| field(&read(format!("/proc/{process}/smaps_rollup"))?, name)).sum()
}

/// The children of a process, and theirs.
pub(crate) fn descendants(process: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut next = vec![process];
    while let Some(process) = next.pop() {
        let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
        let children: Vec<u32> = children.split_whitespace().filter_map(|child| child.parse().ok()).collect();
        found.extend(&children);
        next.extend(&children);
    }
    found
}

/// Whether a process is there, and not only as an entry that waits to be collected.
pub(crate) fn is_alive(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z')))
}

/// How many files this process may open, after asking for as many as is allowed.
pub(crate) fn raise_file_limit() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.or(limit.current);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: most, maximum: limit.maximum }); // as it was, then
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

fn read(path: impl AsRef<Path>) -> Result<String> {
    let path = path.as_ref();
    fs::read_to_string(path).map_err(Failure::at(path.display()))
}

fn field(text: &str, name: &str) -> Result<f64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.trim().split(' ').next()?.parse().ok())
        .ok_or_else(|| Failure::new(format!("no {name} in the memory map")))
}

/// Seconds.
fn tick() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "100 or so")]
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    1.0 / ticks
}

/// User and system time. The name of the process, in brackets, may have anything in it.
fn cpu_ticks(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_behind_the_name() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 100 1 1";
        assert_eq!(cpu_ticks(stat), Some(300.0));
    }

    #[test]
    fn a_busy_process_is_seen_to_be_busy() {
        let me = [std::process::id()];
        let before = Cpu::of(&me).unwrap();
        let begin = std::time::Instant::now();
        while begin.elapsed().as_millis() < 50 {}
        let after = Cpu::of(&me).unwrap();
        assert!(after.since(&before) > 0.01);
        assert!(memory(&me).unwrap() > 100.0);
    }

    #[test]
    fn the_end_of_a_thread_does_not_hide_its_time() {
        let before = Cpu { threads: HashMap::from([((1, 1), 500), ((1, 2), 1_000_000_000)]), coarse: 1.0 };
        let after = Cpu { threads: HashMap::from([((1, 1), 600)]), coarse: 3.0 };
        assert!(after.since(&before) > 1.9);
    }
}
