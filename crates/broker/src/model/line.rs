//! A connection that takes a few events at once, and no more before they are read.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;

use crate::{Delivery, Frame, Sink};

const ROOM: usize = 3;

/// What was handed over and not read yet.
#[derive(Default)]
pub(super) struct Line(Mutex<VecDeque<Frame>>);

impl Line {
    /// Reads what has come.
    pub(super) fn read_into(&self, inbound: &mut VecDeque<Frame>) {
        inbound.append(&mut self.0.lock());
    }
}

impl Sink for Line {
    fn offer(&self, events: &[Delivery<'_>]) -> bool {
        let mut waiting = self.0.lock();
        let fits = waiting.len() + events.len() <= ROOM;
        if fits {
            waiting.extend(events.iter().map(|event| Frame::Event(Arc::clone(event.entry), event.own)));
        }
        fits
    }
}
