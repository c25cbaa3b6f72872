//! How often somebody may do something: a quota for each of many, in bounded memory.

use std::{convert::Infallible, hash::Hash, num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use quick_cache::sync::Cache;

use super::standing::{Policy, Standing};

/// Most addresses or names of which it is remembered how often they came, for each kind of quota: some 10 MB.
/// Whoever comes from ever more addresses, or tries ever more names, fills no more than that.
///
/// A flood pushes out those who came once before those who come again and again (the policy is akin to S3-FIFO),
/// so it does not set free whoever is being held back. Who is forgotten has a full quota, like anybody who is seen
/// for the first time: with as many addresses of their own, nobody needs to be forgotten to have that.
const MOST: usize = 65_536;

type Bucket<C> = RateLimiter<NotKeyed, InMemoryState, C, StateInformationMiddleware>;

/// A quota for each `K`.
pub(super) struct Quotas<K, C: Clock = MonotonicClock> {
    quota: Quota,
    policy: Policy,
    clock: C,
    of: Cache<K, Arc<Bucket<C>>>,
}

impl<K: Hash + Eq + Clone, C: Clock + Clone> Quotas<K, C> {
    /// `burst` at once, and that many again in each `window`, one by one.
    pub(super) fn new(name: &'static str, burst: NonZeroU32, window: Duration, clock: C) -> Self {
        let quota = Quota::with_period(window / burst.get()).unwrap_or(Quota::per_second(burst)).allow_burst(burst);
        Self { quota, policy: Policy::new(name, burst, window), clock, of: Cache::new(MOST) }
    }

    /// Takes `count` from the quota of `key`: all, or none. Of more than there ever is, all that there ever is.
    pub(super) fn take(&self, key: &K, count: NonZeroU32) -> Result<Standing, Standing> {
        let make = || {
            let bucket = RateLimiter::direct_with_clock(self.quota, self.clock.clone()).with_middleware();
            Ok::<_, Infallible>(Arc::new(bucket))
        };
        let Ok(bucket) = self.of.get_or_insert_with(key, make);
        match bucket.check_n(count.min(self.quota.burst_size())) {
            Ok(Ok(state)) => Ok(self.policy.standing(state.remaining_burst_capacity(), Duration::ZERO)),
            Ok(Err(until)) => Err(self.policy.standing(0, until.wait_time_from(self.clock.now()))),
            Err(_) => Err(self.policy.standing(0, self.quota.burst_size_replenished_in())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};

    use governor::clock::FakeRelativeClock;
    use tidings_models::Address;

    use super::*;

    const ONE: NonZeroU32 = NonZeroU32::MIN;

    fn quotas(burst: u32, window: u64) -> (Quotas<u128, FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        clock.advance(Duration::from_hours(1));
        (Quotas::new("x", NonZeroU32::new(burst).unwrap(), Duration::from_secs(window), clock.clone()), clock)
    }

    fn passed<C: Clock + Clone>(quotas: &Quotas<u128, C>, key: u128, tries: usize) -> usize {
        (0..tries).filter(|_| quotas.take(&key, ONE).is_ok()).count()
    }

    #[test]
    fn what_was_used_comes_back_one_by_one() {
        let (quotas, clock) = quotas(10, 60);
        assert_eq!(passed(&quotas, 1, 30), 10);
        assert_eq!(passed(&quotas, 2, 30), 10, "each has their own");
        assert_eq!(quotas.take(&1, ONE).unwrap_err().retry_after(), 6);
        clock.advance(Duration::from_millis(5_999));
        assert_eq!(quotas.take(&1, ONE).unwrap_err().retry_after(), 1);
        clock.advance(Duration::from_millis(1));
        assert_eq!(passed(&quotas, 1, 30), 1);
        clock.advance(Duration::from_secs(30));
        assert_eq!(passed(&quotas, 1, 30), 5);
        clock.advance(Duration::from_hours(1));
        assert_eq!(passed(&quotas, 1, 30), 10, "never more than the burst");
    }

    #[test]
    fn many_are_taken_together_or_not_at_all() {
        let (quotas, clock) = quotas(1000, 10);
        let many = |count| quotas.take(&1, NonZeroU32::new(count).unwrap());
        assert!(many(600).is_ok());
        assert_eq!(many(500).unwrap_err().retry_after(), 1);
        assert!(many(400).is_ok(), "what was refused took nothing");
        clock.advance(Duration::from_secs(10));
        assert!(many(5000).is_ok(), "more than there ever is");
        assert_eq!(many(1000).unwrap_err().retry_after(), 10);
    }

    #[test]
    fn a_million_addresses_stay_under_the_bound() {
        let clock = FakeRelativeClock::default();
        let quotas = Quotas::new("x", ONE, Duration::from_secs(1), clock);
        for network in 0..1_000_000_u128 {
            let address = IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8 << 96) | network << 64 | 7));
            quotas.take(&Address::of(address).network(), ONE).unwrap();
        }
        assert!((MOST / 2..=MOST).contains(&quotas.of.len()), "{}", quotas.of.len());
        let bytes = quotas.of.len() * size_of::<Bucket<MonotonicClock>>() + quotas.of.memory_used().total();
        assert!(bytes < 16 * 1024 * 1024, "{bytes}");
    }

    #[test]
    fn a_flood_does_not_set_free_who_is_held_back() {
        let (quotas, _) = quotas(10, 60);
        assert_eq!(passed(&quotas, u128::MAX, 20), 10);
        for other in 0..300_000 {
            assert!(quotas.take(&other, ONE).is_ok());
            if other % 1000 == 0 {
                assert!(quotas.take(&u128::MAX, ONE).is_err(), "after {other}");
            }
        }
    }

    #[test]
    fn many_threads_take_no_more_than_there_is() {
        let (quotas, _) = quotas(100, 60);
        let taken: usize = std::thread::scope(|scope| {
            let threads = [(); 8].map(|()| scope.spawn(|| passed(&quotas, 1, 50)));
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 100);
    }
}
