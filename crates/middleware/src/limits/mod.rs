//! How often requests may come: of one user, of one address, to sign in, to publish.
//!
//! What is asked is a table in memory and an atomic number in it: nothing is awaited, and threads meet only in one
//! of many parts of the table. A limit is kept by each node for itself, and forgotten when it stops.
//!
//! Who is believed is counted by who they are, and not by where they are: behind one address there may be a whole
//! office. Everybody else is counted by address. Admins are not counted but when they publish, and then only if
//! the operator wants it: a server that publishes as fast as the disk allows does what it is for.

mod quotas;
mod standing;

use std::{collections::hash_map::RandomState, hash::BuildHasher as _, net::IpAddr, num::NonZeroU32, time::Duration};

use actix_web::dev::RequestHead;
use governor::clock::MonotonicClock;
use tidings_models::{Address, Network};

use crate::{Code, Principal, Problem, Proxies};
use quotas::Quotas;
pub use standing::Standing;
pub(crate) use standing::{RATE_LIMIT, RATE_LIMIT_POLICY};

/// For so many seconds' worth of requests at once a rate is not exceeded: pages ask for several things when they
/// open, and devices come back together.
const BURST_SECONDS: u32 = 10;
/// Publishing is let through in bursts of at least this many: one batch is one request.
const LARGEST_BATCH: u32 = 1000;
const MINUTE: Duration = Duration::from_mins(1);

/// What an operator may set. 0 is no limit.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    /// Requests a second from one address, of those who are not signed in.
    pub per_address: u32,
    /// Requests a second of one user.
    pub per_user: u32,
    /// Notifications and signals a second of one principal.
    pub publishing: u32,
    /// Tries to sign in a minute: from one address, and for one name.
    pub logins: u32,
}

/// How often requests may come, and whose they are.
pub struct Limits {
    proxies: Proxies,
    by_address: Option<Quotas<Network>>,
    by_user: Option<Quotas<Name>>,
    publishing: Option<Quotas<Name>>,
    logins_by_address: Option<Quotas<Network>>,
    logins_by_name: Option<Quotas<Name>>,
    names: RandomState,
}

/// What is remembered of a name: a hash under a key of this process. It has one size, whatever somebody tries as a
/// name, and nobody else can make two names one.
type Name = u64;

impl Limits {
    /// The limits of a node that nobody has called yet.
    #[must_use]
    pub fn new(proxies: Proxies, rates: &Rates) -> Self {
        Self {
            proxies,
            by_address: a_second("address", rates.per_address, 1),
            by_user: a_second("user", rates.per_user, 1),
            publishing: a_second("publish", rates.publishing, LARGEST_BATCH),
            logins_by_address: a_minute("sign-in-address", rates.logins),
            logins_by_name: a_minute("sign-in-name", rates.logins),
            names: RandomState::new(),
        }
    }

    /// Where a request came from.
    #[must_use]
    pub fn address(&self, head: &RequestHead) -> Address {
        self.proxies.client(head)
    }

    /// Whether connections of this address carry the requests of many.
    #[must_use]
    pub fn is_proxy(&self, peer: IpAddr) -> bool {
        self.proxies.trust(peer)
    }

    /// Whether a trusted proxy says that its client came over TLS.
    pub(crate) fn came_over_tls(&self, head: &RequestHead) -> bool {
        self.proxies.came_over_tls(head)
    }

    /// One more request. `None`: there is no limit for whoever sent it.
    pub(crate) fn request(&self, who: Option<&Principal>, head: &RequestHead) -> Result<Option<Standing>, Problem> {
        match who {
            Some(principal) => self.of_known(principal),
            None => take(self.by_address.as_ref(), || self.address(head).network(), 1),
        }
    }

    fn of_known(&self, who: &Principal) -> Result<Option<Standing>, Problem> {
        if who.is_server() {
            return Ok(None);
        }
        take(self.by_user.as_ref(), || self.name(who.user.as_str()), 1)
    }

    /// Something more that somebody asks for over a connection that is open: as much as a request.
    pub fn asked(&self, who: &Principal) -> Result<(), Problem> {
        self.of_known(who).map(drop)
    }

    /// Somebody shows what must be looked up: whose they say they are is not known before.
    pub(crate) fn stranger(&self, from: Address) -> Result<(), Problem> {
        take(self.by_address.as_ref(), || from.network(), 1).map(drop)
    }

    /// One more try to sign in, whether or not there is such an account. A try that is refused for its address is
    /// not counted for the name: else one address could keep everybody from their accounts.
    pub fn login(&self, head: &RequestHead, name: &str) -> Result<(), Problem> {
        take(self.logins_by_address.as_ref(), || self.address(head).network(), 1)?;
        take(self.logins_by_name.as_ref(), || self.name(name), 1)?;
        Ok(())
    }

    /// So many notifications or signals more of one principal.
    pub fn publish(&self, who: &Principal, count: usize) -> Result<(), Problem> {
        take(self.publishing.as_ref(), || self.name(who.user.as_str()), count)?;
        Ok(())
    }

    fn name(&self, name: &str) -> Name {
        self.names.hash_one(name)
    }
}

impl Default for Limits {
    /// No limit at all, and nobody trusted.
    fn default() -> Self {
        Self::new(Proxies::default(), &Rates::default())
    }
}

fn a_second<K: std::hash::Hash + Eq + Clone>(name: &'static str, rate: u32, at_least: u32) -> Option<Quotas<K>> {
    let burst = NonZeroU32::new(rate.saturating_mul(BURST_SECONDS))?.max(NonZeroU32::new(at_least)?);
    let window = Duration::from_secs(1) * burst.get() / rate;
    Some(Quotas::new(name, burst, window, MonotonicClock))
}

fn a_minute<K: std::hash::Hash + Eq + Clone>(name: &'static str, rate: u32) -> Option<Quotas<K>> {
    Some(Quotas::new(name, NonZeroU32::new(rate)?, MINUTE, MonotonicClock))
}

fn take<K: std::hash::Hash + Eq + Clone>(
    quotas: Option<&Quotas<K>>,
    key: impl FnOnce() -> K,
    count: usize,
) -> Result<Option<Standing>, Problem> {
    let count = NonZeroU32::new(u32::try_from(count).unwrap_or(u32::MAX));
    let (Some(quotas), Some(count)) = (quotas, count) else { return Ok(None) };
    quotas.take(&key(), count).map(Some).map_err(|standing| Problem::new(Code::RateLimited).limited(standing))
}

#[cfg(test)]
mod tests;
