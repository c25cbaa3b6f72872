//! What the disk can do at all: the floors below which nothing that is durable can go.
//!
//! Measured on the disk and in the folder where the servers keep their databases, with SQLite as the server
//! sets it up, by one thread that does nothing else.

pub(crate) mod rows;

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use rusqlite::Connection;

use self::rows::Log;
use crate::{
    contestant::user_name,
    failure::{Failure, Result},
    load::tally::{histogram, millis},
    scenario::alone::scattered,
};

/// Events of one transaction at most, as in the server.
pub(crate) const GROUP: usize = 256;
/// The payload of a single row.
const ROW_BYTES: usize = 300;
/// What the probe of the disk appends.
const BLOCK: [u8; 4096] = [0x5A; 4096];

/// Something done over and over for a while.
pub(crate) struct Paced {
    /// Times per second.
    pub(crate) rate: f64,
    /// One time, in ms.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// One row, one transaction, one after the other.
pub(crate) fn single_commits(dir: &Path, time: Duration) -> Result<Paced> {
    let folder = Folder::new(dir)?;
    let connection = Connection::open(folder.0.join("rows.db"))?;
    rows::set_up(&connection)?;
    connection.execute_batch("CREATE TABLE rows (id INTEGER PRIMARY KEY, payload TEXT NOT NULL) STRICT")?;
    let mut insert = connection.prepare("INSERT INTO rows (payload) VALUES (?1)")?;
    let payload = "x".repeat(ROW_BYTES);
    repeated(time, || Ok(insert.execute([&payload]).map(drop)?))
}

/// The rows that the server writes: so many notifications to a user each in every transaction.
pub(crate) fn groups(dir: &Path, time: Duration) -> Result<Paced> {
    let folder = Folder::new(dir)?;
    let mut log = Log::new(&folder.0.join("log.db"))?;
    let mut groups = Groups::new();
    let transactions = repeated(time, || log.commit(groups.next().chunks(1)))?;
    Ok(transactions.times(GROUP))
}

/// The rows of one notification to so many users in every transaction; counted by users.
pub(crate) fn fan_out(dir: &Path, time: Duration) -> Result<Paced> {
    let folder = Folder::new(dir)?;
    let mut log = Log::new(&folder.0.join("log.db"))?;
    let mut groups = Groups::new();
    let transactions = repeated(time, || log.commit([groups.next()]))?;
    Ok(transactions.times(GROUP))
}

/// A block appended to a file, and the wait until it is on disk.
pub(crate) fn sync(dir: &Path, time: Duration) -> Result<Paced> {
    let folder = Folder::new(dir)?;
    let mut file = File::create(folder.0.join("probe"))?;
    repeated(time, || {
        file.write_all(&BLOCK)?;
        Ok(file.sync_data()?)
    })
}

/// The users of one transaction after the other.
struct Groups {
    users: Vec<String>,
    next: usize,
}

impl Groups {
    /// So many that the last one ends where the first begins.
    fn new() -> Self {
        let users = (0..(GROUP * 625) as u64).map(|index| user_name(scattered(index))).collect();
        Self { users, next: 0 }
    }

    fn next(&mut self) -> &[String] {
        let first = self.next;
        self.next = (first + GROUP) % self.users.len();
        self.users.get(first..first + GROUP).unwrap_or_default()
    }
}

impl Paced {
    /// The same, when each time was so many things at once.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    fn times(self, each: usize) -> Self {
        Self { rate: self.rate * each as f64, ..self }
    }
}

/// Does something for as long as `time`. The first time is not counted: it prepares what the others use.
fn repeated(time: Duration, mut once: impl FnMut() -> Result<()>) -> Result<Paced> {
    once()?;
    let mut took: Histogram<u64> = histogram()?;
    let start = Instant::now();
    let mut last = Duration::ZERO;
    while last < time {
        once()?;
        let now = start.elapsed();
        took.saturating_record(u64::try_from(now.saturating_sub(last).as_micros()).unwrap_or(u64::MAX));
        last = now;
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds of work")]
    let rate = took.len() as f64 / last.as_secs_f64();
    Ok(Paced { rate, p50: millis(&took, 0.5), p99: millis(&took, 0.99) })
}

/// A folder that is removed with all that is in it.
pub(crate) struct Folder(pub(crate) std::path::PathBuf);

impl Folder {
    /// A new one in `dir`.
    pub(crate) fn new(dir: &Path) -> Result<Self> {
        let path = dir.join(format!("disk-{}", std::process::id()));
        fs::create_dir_all(dir)?;
        fs::create_dir(&path).map_err(Failure::at(path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // what is left is in the way of the next one, which says so
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_floor_is_measured() {
        let dir = tempfile::tempdir().unwrap();
        let time = Duration::from_millis(20);
        for floor in [single_commits, groups, fan_out, sync] {
            let floor = floor(dir.path(), time).unwrap();
            assert!(floor.rate > 0. && floor.p50 > 0. && floor.p99 >= floor.p50);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn a_group_counts_for_what_is_in_it() {
        let group = Paced { rate: 2., p50: 1., p99: 1. }.times(256);
        assert_eq!(group.rate.to_bits(), 512f64.to_bits());
    }
}
