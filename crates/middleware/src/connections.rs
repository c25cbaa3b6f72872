//! How many connections there are from one address.
//!
//! A connection that says nothing costs a file, some memory, and a place among those that a worker serves. Without
//! a bound of its own, one machine could hold all places with sockets that it forgets about.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tidings_models::{Address, Network};

/// Counts connections by address. Taken once for each connection that is accepted, never for a request.
#[derive(Debug)]
pub struct Connections {
    most: usize,
    from: Mutex<HashMap<Network, usize>>,
}

/// That a connection is counted. Dropping it gives its place back.
#[derive(Debug)]
pub struct ConnectionPlace {
    connections: Arc<Connections>,
    network: Network,
}

impl Connections {
    /// None yet, and at most so many from one address.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, from: Mutex::default() })
    }

    /// One more connection from `peer`, if there is room for it.
    #[must_use]
    pub fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<ConnectionPlace> {
        let network = Address::of(peer).network();
        let mut from = self.from();
        let count = from.entry(network).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(ConnectionPlace { connections: Arc::clone(self), network })
    }

    /// Nothing is left half done under this lock, so it does not matter who panicked.
    fn from(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        self.from.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        let mut from = self.connections.from();
        if let Some(count) = from.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                from.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_places() {
        let connections = Connections::new(2);
        let enter = |peer: &str| connections.enter(peer.parse().unwrap());
        let places = [enter("192.0.2.1").unwrap(), enter("::ffff:192.0.2.1").unwrap()];
        assert!(enter("192.0.2.1").is_none());
        let others = [enter("2001:db8::1").unwrap(), enter("2001:db8::2").unwrap()];
        assert!(enter("2001:db8::3").is_none(), "one network is one");
        drop(places);
        drop((enter("192.0.2.1").unwrap(), others));
        assert!(connections.from().is_empty(), "nobody is remembered who has none");
    }
}
