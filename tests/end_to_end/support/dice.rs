//! Randomness that can be had again: everything a test does by chance follows from one seed.

use tidings_models::{Random as _, SystemRandom};

/// `SplitMix64` (Steele, Lea and Flood, 2014): as good as needed here, and ten lines.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed of `TIDINGS_SEED`, to repeat a run that failed, or else another one each time.
    pub(crate) fn seed() -> u64 {
        if let Ok(seed) = std::env::var("TIDINGS_SEED") {
            return seed.parse().expect("TIDINGS_SEED is a whole number");
        }
        let mut bytes = [0; 8];
        SystemRandom.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// A number from `low` to `high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// Whether something happens that does in so many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// Other dice, whose falls do not depend on how often these are thrown.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next())
    }
}
