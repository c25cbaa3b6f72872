//! The PostgreSQL of the tests of this crate: one server, and a database for each test.

use std::sync::LazyLock;

use crate::store::postgres;

#[path = "../../../../../tests/postgres/cluster.rs"]
mod cluster;

pub(in crate::store) use cluster::Cluster;

/// It ends with this process (see there).
static SERVER: LazyLock<Cluster> = LazyLock::new(Cluster::start);

/// A database with the structure, which copies are made of: that is quicker than making it each time.
static TEMPLATE: LazyLock<&str> = LazyLock::new(|| {
    let url = SERVER.named_database("like", "template0");
    let migrate = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { postgres::migrate(&url.parse().unwrap()).await.unwrap() });
    };
    std::thread::scope(|scope| scope.spawn(migrate).join().unwrap()); // a thread of a runtime may not wait for another
    "like"
});

/// A new database with the structure.
pub(in crate::store) fn database() -> String {
    SERVER.database(&TEMPLATE)
}

/// One with nothing in it.
pub(in crate::store) fn empty_database() -> String {
    SERVER.database("template0")
}
