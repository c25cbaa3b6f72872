//! How many streams there are, of whom, over all hubs of this node.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use tidings_models::{Address, Grant, Network, UserId};

use crate::sync::Mutex;

/// Whose a stream is.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The user.
    pub user: UserId,
    /// Where they are, unless they are in this process.
    pub address: Option<Address>,
    /// By what they are believed.
    pub grant: Grant,
}

impl From<(UserId, Grant)> for Reader {
    fn from((user, grant): (UserId, Grant)) -> Self {
        Self { user, address: None, grant }
    }
}

/// Bounds on who may join.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "each says whose streams it bounds")]
pub(crate) struct Limits {
    /// Streams of one user. Keeps a client in a loop from taking the node's.
    pub(crate) per_user: usize,
    /// Streams from one address. Keeps one machine with many accounts from taking the node's.
    pub(crate) per_address: usize,
    /// Streams of this node. Bounds its memory and file handles.
    pub(crate) per_node: usize,
}

/// Which limit a stream would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// The user has as many streams as allowed.
    User,
    /// The address has as many streams as allowed.
    Address,
    /// The node has as many streams as allowed.
    Node,
}

/// Counts the streams of this node.
#[derive(Debug)]
pub(crate) struct Census {
    limits: Limits,
    streams: Mutex<Streams>,
}

#[derive(Debug, Default)]
struct Streams {
    of: HashMap<UserId, usize>,
    from: HashMap<Network, usize>,
    all: usize,
}

/// That a stream is counted. Dropping it gives its place back.
#[derive(Debug)]
pub(crate) struct Place {
    census: Arc<Census>,
    user: UserId,
    network: Option<Network>,
}

impl Census {
    /// A census of an empty node.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, streams: Mutex::default() }
    }

    /// Counts one more stream of a reader, if there is room for it.
    pub(crate) fn enter(self: &Arc<Self>, reader: &Reader) -> Result<Place, Full> {
        let Reader { user, address, .. } = reader;
        let network = address.map(Address::network);
        let mut streams = self.streams.lock();
        if streams.all >= self.limits.per_node {
            return Err(Full::Node);
        }
        let own = streams.of.get(user).copied().unwrap_or_default();
        if own >= self.limits.per_user {
            return Err(Full::User);
        }
        if let Some(network) = network {
            let near = streams.from.entry(network).or_default();
            if *near >= self.limits.per_address {
                return Err(Full::Address);
            }
            *near += 1;
        }
        streams.of.insert(user.clone(), own + 1);
        streams.all += 1;
        Ok(Place { census: Arc::clone(self), user: user.clone(), network })
    }

    /// Whether a user who has so many streams on other nodes may open one more.
    pub(crate) fn has_room_for(&self, user: &UserId, elsewhere: usize) -> bool {
        let streams = self.streams.lock();
        let own = streams.of.get(user).copied().unwrap_or_default();
        own.saturating_add(elsewhere) < self.limits.per_user && streams.all < self.limits.per_node
    }

    /// Users and streams that are here now.
    pub(crate) fn figures(&self) -> (usize, usize) {
        let streams = self.streams.lock();
        (streams.of.len(), streams.all)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut streams = self.census.streams.lock();
        streams.all -= 1;
        one_less(&mut streams.of, &self.user);
        if let Some(network) = &self.network {
            one_less(&mut streams.from, network);
        }
    }
}

/// Who has none left is forgotten.
fn one_less<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{lasting, user};

    fn census(per_user: usize, per_address: usize, per_node: usize) -> Arc<Census> {
        Arc::new(Census::new(Limits { per_user, per_address, per_node }))
    }

    fn reader(name: &str, address: &str) -> Reader {
        Reader { user: user(name), address: address.parse().ok().map(Address::of), grant: lasting() }
    }

    #[test]
    fn places_are_given_back() {
        let census = census(2, 9, 3);
        let ann = reader("ann", "");
        let (first, second) = (census.enter(&ann).unwrap(), census.enter(&ann).unwrap());
        assert_eq!(census.enter(&ann).unwrap_err(), Full::User);
        let third = census.enter(&reader("bob", "")).unwrap();
        assert_eq!(census.enter(&reader("cyd", "")).unwrap_err(), Full::Node);
        assert_eq!(census.figures(), (2, 3));
        let room = |elsewhere| census.has_room_for(&reader("bob", "").user, elsewhere);
        assert!(!room(0), "the node is full");
        drop((first, third));
        assert!(room(1) && !room(2));
        assert_eq!(census.figures(), (1, 1));
        drop(second);
        assert_eq!(census.figures(), (0, 0));
    }

    #[test]
    fn an_address_with_many_accounts_takes_its_own_places_alone() {
        let census = census(2, 3, 9);
        let enter = |name: &str, address: &str| census.enter(&reader(name, address));
        let mut places: Vec<_> = ["a", "b", "c"].iter().map(|name| enter(name, "2001:db8::1").unwrap()).collect();
        assert_eq!(enter("d", "2001:db8::ffff").unwrap_err(), Full::Address, "of the same network");
        assert_eq!(census.figures(), (3, 3), "what was refused is not counted");
        places.push(enter("d", "2001:db8:0:1::1").unwrap());
        places.push(enter("e", "").unwrap());
        places.push(enter("e", "").unwrap());
        assert_eq!(enter("e", "2001:db8::1").unwrap_err(), Full::User);
        places.remove(0);
        places.push(enter("d", "2001:db8::1").unwrap());
        drop(places);
        let left = census.streams.lock();
        assert!(left.from.is_empty() && left.of.is_empty(), "{left:?}");
    }
}
