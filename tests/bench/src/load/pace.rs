//! When each request of an open loop is due.

use std::time::Duration;

/// The generator wakes at most this often; what is due in between goes out together. Twice a millisecond is finer than
/// anything that is reported, and cheap.
const FINEST: Duration = Duration::from_micros(500);

/// So many requests a second, whatever the server does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    rate: f64,
    tick: f64,
}

impl Pace {
    pub(crate) fn new(rate: f64) -> Self {
        Self { rate, tick: FINEST.as_secs_f64().max(1.0 / rate) }
    }

    /// How often to look.
    pub(crate) fn tick(self) -> Duration {
        Duration::from_secs_f64(self.tick)
    }

    /// When the request with this index is due, in microseconds from the start. Latencies count from here, not from
    /// when a connection was free: otherwise a server that stands still would be asked less, and look better for it.
    pub(crate) fn due(self, index: u64) -> u64 {
        #[expect(clippy::cast_precision_loss, reason = "no run has 2^52 requests")]
        let exact = index as f64 / self.rate;
        // The small difference keeps a value that is on a tick, but for rounding, on that tick.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and years in range")]
        let micros = ((exact / self.tick - 1e-6).ceil() * self.tick * 1e6) as u64;
        micros
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_requests_are_evenly_apart() {
        let pace = Pace::new(2.0);
        assert_eq!(pace.tick(), Duration::from_millis(500));
        assert_eq!([0, 1, 2, 10].map(|index| pace.due(index)), [0, 500_000, 1_000_000, 5_000_000]);
    }

    #[test]
    fn fast_ones_go_out_together_and_keep_the_rate() {
        let pace = Pace::new(20_000.0);
        assert_eq!(pace.tick(), FINEST);
        let due: Vec<u64> = (0..=20_000).map(|index| pace.due(index)).collect();
        assert_eq!(due[20_000], 1_000_000);
        assert!(due.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(due.iter().filter(|at| **at == 500).count(), 10, "those of one tick");
    }
}
