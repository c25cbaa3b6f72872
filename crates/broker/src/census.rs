//! How many streams there are, of whom, over all hubs of this node.

use std::{collections::HashMap, sync::Arc};

use tidings_models::UserId;

use crate::sync::Mutex;

/// Bounds on who may join.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Streams of one user. Keeps a client in a loop from taking the node's.
    pub(crate) per_user: usize,
    /// Streams of this node. Bounds its memory and file handles.
    pub(crate) per_node: usize,
}

/// Which limit a stream would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// The user has as many streams as allowed.
    User,
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
    all: usize,
}

/// That a stream is counted. Dropping it gives its place back.
#[derive(Debug)]
pub(crate) struct Place {
    census: Arc<Census>,
    user: UserId,
}

impl Census {
    /// A census of an empty node.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, streams: Mutex::default() }
    }

    /// Counts one more stream of a user, if there is room for it.
    pub(crate) fn enter(self: &Arc<Self>, user: &UserId) -> Result<Place, Full> {
        let mut streams = self.streams.lock();
        if streams.all >= self.limits.per_node {
            return Err(Full::Node);
        }
        let own = streams.of.get(user).copied().unwrap_or_default();
        if own >= self.limits.per_user {
            return Err(Full::User);
        }
        streams.of.insert(user.clone(), own + 1);
        streams.all += 1;
        Ok(Place { census: Arc::clone(self), user: user.clone() })
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
        if let Some(own) = streams.of.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                streams.of.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::user;

    #[test]
    fn places_are_given_back() {
        let census = Arc::new(Census::new(Limits { per_user: 2, per_node: 3 }));
        let (first, second) = (census.enter(&user("ann")).unwrap(), census.enter(&user("ann")).unwrap());
        assert_eq!(census.enter(&user("ann")).unwrap_err(), Full::User);
        let third = census.enter(&user("bob")).unwrap();
        assert_eq!(census.enter(&user("cyd")).unwrap_err(), Full::Node);
        assert_eq!(census.figures(), (2, 3));
        drop((first, third));
        assert_eq!(census.figures(), (1, 1));
        drop(second);
        assert_eq!(census.figures(), (0, 0));
    }
}
