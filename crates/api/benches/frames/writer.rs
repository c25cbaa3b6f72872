//! A connection that makes bytes of events, as a socket's does, and sends them nowhere.

use parking_lot::Mutex;
use tidings_api::bench::Chunk;
use tidings_broker::{Delivery, Sink};

#[derive(Default)]
pub(crate) struct Writer(Mutex<Written>);

#[derive(Default)]
struct Written {
    chunk: Chunk,
    events: usize,
}

impl Writer {
    /// How many events it was.
    pub(crate) fn written(&self) -> usize {
        self.0.lock().events
    }
}

impl Sink for Writer {
    fn offer(&self, events: &[Delivery<'_>]) -> bool {
        let mut written = self.0.lock();
        std::hint::black_box(written.chunk.of_events(events));
        written.events += events.len();
        true
    }
}
