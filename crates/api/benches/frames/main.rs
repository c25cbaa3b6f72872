//! What it costs to make bytes of events, which is done for each reader: all but the reader's counts is
//! copied. At last with the hub before it, which is a delivery without its socket.
//!
//! `cargo bench -p tidings-api --features bench --bench frames`
#![expect(clippy::expect_used, reason = "what cannot be set up cannot be measured")]

#[path = "../../../broker/benches/broker/crowd.rs"]
mod crowd;
mod writer;

use std::{sync::Arc, time::Duration};

use crowd::{Crowd, Log, cursors, event as stored, user};
use divan::{
    Bencher, black_box,
    counter::{BytesCount, ItemsCount},
};
use tidings_api::bench::{Chunk, event as write};
use tidings_broker::{Delivery, Entry, Own, bench::render};
use tidings_models::{Audience, Counts};
use writer::Writer;

const OWN: Own = Own { counts: Counts { unread: 12, unseen: 3 }, muted: false };
/// Entries that a hub hands on at once.
const BATCH: usize = 64;

fn main() {
    // By default a benchmark would be over in less time than whatever else the machine does.
    divan::Divan::default().min_time(Duration::from_millis(250)).config_with_args().main();
}

fn entry(bytes: usize) -> Arc<Entry> {
    render(stored(1, Audience::User(user(1)), bytes), &cursors()).expect("JSON")
}

/// By the size of the notification.
#[divan::bench(args = [200, 2_000, 20_000])]
fn event(bencher: Bencher<'_, '_>, bytes: usize) {
    let entry = entry(bytes);
    let mut out = Vec::with_capacity(2 * bytes + 1024);
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        out.clear();
        write(&mut out, black_box(&entry), OWN);
        black_box(&out).len()
    });
}

/// By the size of the content.
#[divan::bench(args = [400, 32_000])]
fn chunk(bencher: Bencher<'_, '_>, bytes: usize) {
    let (mut chunk, content) = (Chunk::default(), vec![b'x'; bytes]);
    bencher.counter(BytesCount::new(bytes)).bench_local(|| chunk.of(black_box(&content)).len());
}

#[divan::bench]
fn batch(bencher: Bencher<'_, '_>) {
    let (mut chunk, entry) = (Chunk::default(), entry(200));
    let events = [Delivery { entry: &entry, own: OWN }; BATCH];
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| chunk.of_events(black_box(&events)).len());
}

/// From the hub to what is written to the socket, for each stream.
#[divan::bench(args = [1_000, 10_000])]
fn delivery(bencher: Bencher<'_, '_>, users: usize) {
    let writer = Arc::new(Writer::default());
    let (crowd, mut log) = (Crowd::with_sinks(users, || Arc::clone(&writer)), Log::default());
    let mut sent = 0;
    bencher
        .counter(ItemsCount::new(users))
        .with_inputs(|| {
            sent += 1;
            log.broadcasts(1)
        })
        .bench_local_refs(|entries| crowd.hub.dispatch(entries));
    assert_eq!(writer.written(), sent * users);
}
