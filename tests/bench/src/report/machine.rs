//! What a figure was measured on. Without it, a figure says little.

use std::{collections::BTreeMap, fs, path::Path, process::Command, thread};

use serde::{Deserialize, Serialize};

/// The machine, its disk, and what ran on it. What cannot be found out is empty.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) cores: usize,
    pub(crate) cpu: String,
    pub(crate) memory: String,
    pub(crate) kernel: String,
    /// Of the folder that databases are kept in while they are measured.
    pub(crate) file_system: String,
    /// Each contestant's version.
    pub(crate) versions: BTreeMap<String, String>,
}

impl Machine {
    /// This machine, with databases in `data`.
    pub(crate) fn this(data: &Path, versions: BTreeMap<String, String>) -> Self {
        let today = Command::new("date").args(["-u", "+%F"]).output().ok();
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let data = data.canonicalize().unwrap_or_default();
        Self {
            date: today.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default(),
            cores: thread::available_parallelism().map_or(0, usize::from),
            cpu: field(&read("/proc/cpuinfo"), "model name").unwrap_or_default(),
            memory: gigabytes(&read("/proc/meminfo")).unwrap_or_default(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            file_system: file_system(&read("/proc/self/mountinfo"), &data).unwrap_or_default(),
            versions,
        }
    }

    /// One line for each fact that is known.
    pub(crate) fn markdown(&self) -> String {
        let cores = format!("{} of {}", self.cores, or_unknown(&self.cpu));
        let facts =
            [("Cores", &cores), ("Memory", &self.memory), ("Kernel", &self.kernel), ("Disk", &self.file_system)];
        let facts = facts.into_iter().map(|(name, value)| format!("- {name}: {}\n", or_unknown(value)));
        let versions = self.versions.iter().map(|(name, version)| format!("- {}: {version}\n", super::name(name)));
        let lines: String = facts.chain(versions).collect();
        format!("Measured on {}, everything on one machine:\n\n{lines}", or_unknown(&self.date))
    }
}

fn or_unknown(value: &str) -> &str {
    if value.is_empty() { "unknown" } else { value }
}

/// The value of `name: value` in a file of /proc.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

fn gigabytes(meminfo: &str) -> Option<String> {
    let total: f64 = field(meminfo, "MemTotal")?.trim_end_matches(" kB").parse().ok()?;
    Some(format!("{:.1} GiB", total / 1024. / 1024.))
}

/// The type of the file system that `path` is on: that of the longest mount point above it.
fn file_system(mountinfo: &str, path: &Path) -> Option<String> {
    let mounts = mountinfo.lines().filter_map(|line| {
        let (place, kind) = line.split_once(" - ")?; // proc(5): optional fields end with a hyphen
        Some((Path::new(place.split(' ').nth(4)?), kind.split(' ').next()?))
    });
    let longest = mounts.filter(|(point, _)| path.starts_with(point)).max_by_key(|(point, _)| point.as_os_str().len());
    longest.map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_point_counts() {
        let mounts = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
                      30 22 0:26 / /tmp rw,nosuid - tmpfs tmpfs rw\n\
                      31 22 0:27 / /tm rw - xfs x rw\n";
        assert_eq!(file_system(mounts, Path::new("/tmp/data")).as_deref(), Some("tmpfs"));
        assert_eq!(file_system(mounts, Path::new("/tmpdata")).as_deref(), Some("ext4"));
    }

    #[test]
    fn facts_are_read_from_proc() {
        assert_eq!(
            field("processor\t: 0\nmodel name\t: A CPU @ 2: x\n", "model name").as_deref(),
            Some("A CPU @ 2: x")
        );
        assert_eq!(gigabytes("MemTotal:       25165824 kB\nMemFree: 1 kB\n").as_deref(), Some("24.0 GiB"));
    }
}
