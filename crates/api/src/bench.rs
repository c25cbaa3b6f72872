//! Handles for benchmarks on what is private here. Only with the feature `bench`, and no promise.

use tidings_broker::{Delivery, Entry, Own};

use crate::frames::{chunk, sse};

/// Appends an event as its reader gets it.
pub fn event(out: &mut Vec<u8>, entry: &Entry, own: Own) {
    sse::event(out, entry, own);
}

/// Where events become what is written to a socket.
#[derive(Debug, Default)]
pub struct Chunk(chunk::Chunk);

impl Chunk {
    /// A chunk of these bytes.
    pub fn of(&mut self, content: &[u8]) -> &[u8] {
        self.0.clear();
        self.0.content().extend_from_slice(content);
        self.0.framed()
    }

    /// A chunk of these events, as a stream writes them.
    pub fn of_events(&mut self, events: &[Delivery<'_>]) -> &[u8] {
        self.0.clear();
        for one in events {
            sse::event(self.0.content(), one.entry, one.own);
        }
        self.0.framed()
    }
}
