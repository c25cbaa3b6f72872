//! The process as its system sees it, under the names that every program uses for that. Where there is no `/proc`, all
//! that is said is when it began.

use std::fmt;

use prometheus_client::{collector::Collector, encoding::DescriptorEncoder};
use tidings_models::Timestamp;

use super::sheet::Sheet;

/// Ticks of the kernel's accounts in a second (`USER_HZ`): on all systems that this runs on.
const TICKS: f64 = 100.0;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Read {
    cpu_seconds: f64,
    resident_bytes: u64,
    open_files: usize,
}

#[derive(Debug)]
pub(super) struct Process {
    pub(super) read: Option<Read>,
    pub(super) started_at: Timestamp,
}

/// Asks the system. On another thread: a list of tens of thousands of files takes a while.
pub(super) async fn read() -> Option<Read> {
    tokio::task::spawn_blocking(ask).await.ok().flatten()
}

fn ask() -> Option<Read> {
    let text = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).ok();
    let open_files = std::fs::read_dir("/proc/self/fd").ok()?.count();
    Some(Read { cpu_seconds: cpu(&text("stat")?)?, resident_bytes: resident(&text("status")?)?, open_files })
}

/// Time in user and in kernel mode: the 14th and 15th field of proc(5)'s `stat`, of which the second may hold anything.
fn cpu(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

impl Collector for Process {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds fit for some hundred thousand years")]
        let started_at = self.started_at.as_millis() as f64 / 1000.0;
        sheet.seconds("process_start_time", "When the process began, since 1970.", started_at)?;
        let Some(Read { cpu_seconds, resident_bytes, open_files }) = self.read else { return Ok(()) };
        sheet.seconds_spent("process_cpu", "Time of all cores that the process took.", cpu_seconds)?;
        sheet.bytes("process_resident_memory", "Memory of the process.", resident_bytes)?;
        sheet.gauge("process_open_fds", "Files and connections that the process has open.", open_files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_read() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 1 0 0 0 250 50 0 0 20 0 9 0 5 1 1";
        assert_eq!(cpu(stat).map(f64::to_bits), Some(3.0_f64.to_bits()));
        assert_eq!(resident("Name:\tx\nVmRSS:\t    1024 kB\n"), Some(1024 * 1024));
        assert_eq!((cpu("7 (a"), resident("")), (None, None));
    }
}
