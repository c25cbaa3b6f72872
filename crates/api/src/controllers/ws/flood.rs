//! How many frames a client may send.

use std::time::Duration;

use tokio::time::Instant;

/// Frames that may come at once: what a device that was away has to tell.
const BURST: u32 = 100;
/// The time that one of them is worth. Keeps a client from making this side read, judge and answer all day.
const EACH: Duration = Duration::from_millis(50);

/// What a client may still send: a bucket that fills with time.
#[derive(Debug)]
pub(super) struct Flood {
    /// When the bucket is full again.
    full_at: Instant,
}

impl Flood {
    pub(super) fn new(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// One more frame. `false`: it is one too many.
    pub(super) fn admit(&mut self, now: Instant) -> bool {
        let full_at = self.full_at.max(now) + EACH;
        let admitted = full_at <= now + EACH * BURST;
        if admitted {
            self.full_at = full_at;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_a_steady_flow() {
        let begun = Instant::now();
        let mut flood = Flood::new(begun);
        let mut admitted = |at: Duration| (0..1000).filter(|_| flood.admit(begun + at)).count();
        assert_eq!(admitted(Duration::ZERO), 100);
        assert_eq!(admitted(Duration::from_millis(49)), 0);
        assert_eq!(admitted(Duration::from_millis(50)), 1);
        assert_eq!(admitted(Duration::from_secs(1)), 19);
        assert_eq!(admitted(Duration::from_hours(1)), 100, "never more than the burst");
    }
}
