//! What a group commit costs, beside the same rows written by rusqlite with prepared statements.
//!
//! `cargo bench -p tidings-models --bench commit -- [folder...] [only=WORD]`: a line per kind of work and size
//! of group, for each folder. A folder on a disk shows what a caller waits for; one in memory
//! (`/dev/shm`), where a sync costs nothing, shows the work alone. Compare lines of one run only.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use tidings_models::{Draft, Flags, Mark, NotificationId, Outcome, Position, Store, store::SqliteStore};

mod common;
mod raw;

use common::{USERS, notify, user};

/// How long each line measures.
const TIME: Duration = Duration::from_millis(1500);
const GROUPS: [usize; 4] = [1, 16, 64, 256];

fn main() {
    let (options, mut folders): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).filter(|given| given != "--bench").partition(|given| given.starts_with("only="));
    let only = options.first().map_or("", |only| &only["only=".len()..]).to_owned();
    if folders.is_empty() {
        folders.push(std::env::temp_dir().display().to_string());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for folder in folders {
        println!("{folder:<16} {:>10} {:>10} {:>12}", "items/s", "µs each", "CPU µs each");
        let place = tempfile::tempdir_in(&folder).unwrap();
        let path = place.path().join("store.db");
        let only = only.clone();
        if "raw".contains(&only) {
            raw::of_raw(&place.path().join("raw.db"), &runtime);
        }
        // On a task, as a publisher is: what is polled from outside of the runtime takes a hop more.
        runtime.block_on(runtime.spawn(async move { of_store(&path, &only).await })).unwrap();
    }
}

async fn of_store(path: &Path, only: &str) {
    let store = common::open(path).await;
    let mut next = 0;
    for first in (0..USERS).step_by(250) {
        let drafts = (first..first + 250).map(notify).collect();
        store.commit(drafts).await.unwrap();
    }
    if "commit".contains(only) {
        for group in GROUPS {
            let mut line = Line::new("commit", group);
            while line.goes_on() {
                let drafts = (0..group).map(|_| { next += 1; notify(next) }).collect();
                store.commit(drafts).await.unwrap();
            }
            line.print();
        }
    }
    if "mark".contains(only) {
        marks(&store).await;
    }
    if "read".contains(only) {
        let mut line = Line::new("read inbox", 1);
        while line.goes_on() {
            next += 1;
            let counts = tidings_models::InboxQuery::counts();
            store.inbox(&user(next), &counts).await.unwrap().unwrap();
        }
        line.print();
    }
    store.close().await;
}

/// Marks by id and by watermark of a user with so much unread.
async fn marks(store: &SqliteStore) {
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
            let mut line = Line::new(&format!("mark id/{unread}"), group);
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
            line.print();
        }
        for id in &ids {
            let flags = Flags { read: Some(false), ..Flags::default() };
            store.commit(vec![mark(&to, Mark::Ids(vec![*id], flags))]).await.unwrap();
        }
        // Something new, then all of that user: what a person does who reads as it comes.
        let mut line = Line::new(&format!("mark all/{unread}"), 1);
        while line.goes_on() {
            store.commit(vec![common::notify_to(to.clone())]).await.unwrap();
            let flags = Flags { seen: Some(true), ..Flags::default() };
            store.commit(vec![mark(&to, Mark::UpTo(Position::new(i64::MAX).unwrap(), flags))]).await.unwrap();
        }
        line.print();
    }
}

fn mark(user: &tidings_models::UserId, mark: Mark) -> Draft {
    let at = common::now();
    Draft::Mark { user: user.clone(), mark, at }
}

/// A measurement under way.
struct Line {
    name: String,
    group: usize,
    groups: usize,
    begun: Option<(Instant, Duration)>,
}

impl Line {
    /// Groups before the clock starts: statements are prepared, caches are warm.
    const WARM_UP: usize = 20;

    fn new(name: &str, group: usize) -> Self {
        Self { name: format!("{name} x{group}"), group, groups: 0, begun: None }
    }

    /// Counts a group; `false` once it took long enough.
    fn goes_on(&mut self) -> bool {
        self.groups += 1;
        if self.groups == Self::WARM_UP {
            self.begun = Some((Instant::now(), common::cpu()));
        }
        self.begun.is_none_or(|(since, _)| since.elapsed() < TIME)
    }

    fn print(self) {
        let Some((since, cpu)) = self.begun else { return };
        let (wall, cpu) = (since.elapsed().as_secs_f64(), (common::cpu() - cpu).as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a count for a table")]
        let items = ((self.groups - Self::WARM_UP) * self.group) as f64;
        println!("{:<16} {:>10.0} {:>10.1} {:>12.1}", self.name, items / wall, wall / items * 1e6, cpu / items * 1e6);
    }
}
