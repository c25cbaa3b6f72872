//! What a group commit costs, beside the same rows written by rusqlite with prepared statements.
//!
//! `cargo bench -p tidings-models --bench commit -- [folder...] [only=WORD]`: a line per kind of work and size
//! of group, for each folder. A folder on a disk shows what a caller waits for; one in memory
//! (`/dev/shm`), where a sync costs nothing, shows the work alone. Each figure is that of the best round:
//! whatever else the machine does makes the others worse. Compare lines of one run only.

#![expect(clippy::unwrap_used, reason = "a benchmark that meets an error has nothing to measure")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use tidings_models::{
    Draft, Flags, InboxPage, InboxQuery, Log as _, Mark, NotificationId, Outcome, Position, Store as _, Timestamp,
    store::{Connection, SqliteStore},
};

mod common;
mod raw;

use common::{USERS, notify, user};

/// Rounds of a line, and how long each takes.
const ROUNDS: usize = 6;
const ROUND: Duration = Duration::from_millis(400);
const GROUPS: [usize; 4] = [1, 16, 64, 256];

fn main() {
    let arguments = std::env::args().skip(1).filter(|given| given != "--bench");
    let (options, mut folders): (Vec<_>, Vec<_>) = arguments.partition(|given| given.starts_with("only="));
    let only = options.first().map_or("", |only| &only["only=".len()..]);
    let lines = Lines { only: only.to_owned() };
    if folders.is_empty() {
        folders.push(std::env::temp_dir().display().to_string());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for folder in folders {
        println!(
            "{folder:<16} {:>10} {:>10} {:>12} {:>14} {:>14}",
            "items/s", "µs each", "CPU µs each", "group p99 µs", "worst µs"
        );
        let place = tempfile::tempdir_in(&folder).unwrap();
        raw::of_raw(&lines, &place.path().join("raw.db"), &runtime);
        // On a task, as a publisher is: what is polled from outside of the runtime takes a hop more.
        let (lines, path) = (lines.clone(), place.path().join("store.db"));
        runtime.block_on(runtime.spawn(async move { of_store(&lines, &path).await })).unwrap();
    }
}

async fn of_store(lines: &Lines, path: &Path) {
    let store = common::open(path).await;
    for first in (0..USERS).step_by(250) {
        let drafts = (first..first + 250).map(notify).collect();
        store.commit(drafts).await.unwrap();
    }
    let mut next = 0;
    for group in GROUPS {
        let mut line = lines.line("commit", group);
        while line.goes_on() {
            let drafts = (next..next + group).map(notify).collect();
            next += group;
            store.commit(drafts).await.unwrap();
        }
    }
    marks(lines, &store).await;
    let mut line = lines.line("read inbox", 1);
    while line.goes_on() {
        next += 1;
        store.inbox(&user(next), &InboxQuery::counts()).await.unwrap().unwrap();
    }
    many_states(lines, &store).await;
    ledger(lines, &store).await;
    store.close().await;
}

/// How far streams have come, written down: what the ledger costs while 10,000 of them are given something, each of
/// which it notes once in five seconds at most, however many events that were.
async fn ledger(lines: &Lines, store: &SqliteStore) {
    const STREAMS: usize = 10_000;
    let mut line = lines.line("note streams", Connection::AT_ONCE);
    let mut first = 0;
    let mut round = 1;
    while line.goes_on() {
        let of = |number: usize| Connection {
            id: uuid::Uuid::from_u128(number as u128),
            user: user(number),
            opened_at: Timestamp::from_millis(1_790_000_000_000),
            after: Position::START,
            written: Position::new(round).unwrap(),
            state_after: None,
            written_at: Timestamp::from_millis(1_790_000_000_000 + round),
            closed_at: None,
            events: round,
        };
        let noted: Vec<_> = (first..first + Connection::AT_ONCE).map(|number| of(number % STREAMS)).collect();
        store.note_connections(&noted).await.unwrap();
        first += Connection::AT_ONCE;
        if first >= STREAMS {
            (first, round) = (0, round + 1);
        }
    }
}

/// The states of users who have something of their own and of everyone's unread, one after the other and many at once:
/// what a hub reads when a broadcast takes the place of another.
async fn many_states(lines: &Lines, store: &SqliteStore) {
    for first in (0..USERS * 4).step_by(250) {
        store.commit((first..first + 250).map(notify).collect()).await.unwrap();
    }
    for _ in 0..5 {
        store.commit(vec![common::notify_all()]).await.unwrap();
    }
    let mut next = 0;
    let mut line = lines.line("state, one each", 1);
    while line.goes_on() {
        next += 1;
        store.inbox(&user(next), &InboxQuery::counts()).await.unwrap().unwrap();
    }
    for group in [1, 32, InboxPage::AT_ONCE, 256] {
        let mut line = lines.line("states", group);
        while line.goes_on() {
            let users: Vec<_> = (next..next + group).map(user).collect();
            next += group;
            assert!(store.states(&users).await.unwrap().iter().all(Option::is_some));
        }
    }
}

/// Marks by id and by watermark of a user with so much unread.
async fn marks(lines: &Lines, store: &SqliteStore) {
    for unread in [10, 1000] {
        let name = format!("unread {unread}");
        let to = tidings_models::UserId::parse(&name).unwrap();
        let mut ids: Vec<NotificationId> = Vec::new();
        for _ in 0..unread / 10 {
            let drafts = (0..10).map(|_| common::notify_to(to.clone())).collect();
            for outcome in store.commit(drafts).await.unwrap().outcomes {
                let Outcome::Stored(id) = outcome else { panic!("{outcome:?}") };
                ids.push(id);
            }
        }
        for group in [1, 64] {
            let mut line = lines.line(&format!("mark id/{unread}"), group);
            let (mut i, mut read) = (0, true);
            while line.goes_on() {
                let marks = (0..group).map(|_| {
                    i += 1;
                    if i % ids.len() == 0 {
                        read = !read;
                    }
                    let flags = Flags { read: Some(read), ..Flags::default() };
                    mark(&to, Mark::Ids(vec![ids[i % ids.len()]], flags))
                });
                let marks = marks.collect();
                store.commit(marks).await.unwrap();
            }
        }
        for id in &ids {
            let flags = Flags { read: Some(false), ..Flags::default() };
            store.commit(vec![mark(&to, Mark::Ids(vec![*id], flags))]).await.unwrap();
        }
        // Something new, then all of that user: what a person does who reads as it comes.
        let mut line = lines.line(&format!("mark all/{unread}"), 1);
        while line.goes_on() {
            store.commit(vec![common::notify_to(to.clone())]).await.unwrap();
            let flags = Flags { seen: Some(true), ..Flags::default() };
            store.commit(vec![mark(&to, Mark::UpTo(Position::new(i64::MAX).unwrap(), flags))]).await.unwrap();
        }
    }
}

fn mark(user: &tidings_models::UserId, mark: Mark) -> Draft {
    let at = common::now();
    Draft::Mark { user: user.clone(), mark, key: None, at }
}

/// Which lines are wanted.
#[derive(Clone)]
struct Lines {
    only: String,
}

impl Lines {
    fn line(&self, name: &str, group: usize) -> Line {
        let name = format!("{name} x{group}");
        let left = if name.contains(&self.only) { ROUNDS + 1 } else { 0 }; // the first warms up
        Line {
            name,
            group,
            groups: 0,
            left,
            begun: None,
            best: (f64::MAX, f64::MAX),
            last: Instant::now(),
            took: Vec::new(),
        }
    }
}

/// A measurement under way.
struct Line {
    name: String,
    group: usize,
    /// Of this round.
    groups: usize,
    /// Rounds, with this one.
    left: usize,
    begun: Option<(Instant, Duration)>,
    best: (f64, f64),
    last: Instant,
    /// Each group, since the first round.
    took: Vec<Duration>,
}

impl Line {
    /// Counts a group; `false` once it took long enough.
    fn goes_on(&mut self) -> bool {
        if let Some((since, cpu)) = self.begun {
            self.groups += 1;
            if self.left <= ROUNDS {
                self.took.push(self.last.elapsed());
            }
            self.last = Instant::now();
            let wall = since.elapsed();
            if wall < ROUND {
                return true;
            }
            #[expect(clippy::cast_precision_loss, reason = "a count for a table")]
            let items = (self.groups * self.group) as f64;
            let each = |time: Duration| time.as_secs_f64() * 1e6 / items;
            let (wall, cpu) = (each(wall), each(common::cpu().saturating_sub(cpu)));
            if self.left <= ROUNDS {
                self.best = (self.best.0.min(wall), self.best.1.min(cpu));
            }
            self.left -= 1;
        }
        (self.groups, self.begun) = (0, Some((Instant::now(), common::cpu())));
        self.last = Instant::now();
        self.left > 0
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let (wall, cpu) = self.best;
        if wall < f64::MAX {
            self.took.sort_unstable();
            let took = |index: usize| self.took.get(index).map_or(0, Duration::as_micros);
            let (p99, worst) = (took(self.took.len() * 99 / 100), took(self.took.len() - 1));
            println!("{:<16} {:>10.0} {wall:>10.1} {cpu:>12.1} {p99:>14} {worst:>14}", self.name, 1e6 / wall);
        }
    }
}
