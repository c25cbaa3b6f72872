//! The promise over a partitioned log, in random histories: nothing is lost, nothing comes twice, the order of each
//! audience is kept, and there is a reset only where there is a reason that has a name.
//!
//! This is the protocol of docs/scaling.md, as small as it can be: partitions with a head row, the common log that they
//! take over, slots that move, nodes that have not heard of it, publishers that repeat themselves, clients that come back
//! with one cursor, partitions that are away, trimmed or put back. Nothing of it is in the server.

mod bug;
mod client;
mod log;
mod moving;
mod oracle;
mod reading;
mod world;

pub(crate) use self::bug::Bug;
use self::{
    client::Reset,
    log::{Audience, SLOTS, TOPICS, USERS},
    world::{CLIENTS, NODES, World},
};
use crate::scenario::Random;

/// Steps of one history.
const STEPS: u32 = 160;

/// What happened in all histories: that they were not idle.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) delivered: u64,
    pub(crate) relayed: u64,
    pub(crate) moved: u64,
    pub(crate) split: u64,
    pub(crate) called_off: u64,
    /// Streams that went on in another partition.
    pub(crate) crossed: u64,
    /// Writes that were refused because their slot had moved.
    pub(crate) fenced: u64,
    /// Requests that were repeated under their key.
    pub(crate) repeated: u64,
    pub(crate) restored: u64,
    pub(crate) reset_epoch: u64,
    pub(crate) reset_expired: u64,
    pub(crate) reset_elsewhere: u64,
}

impl Tally {
    fn reset(&mut self, reason: Reset) {
        match reason {
            Reset::Epoch => self.reset_epoch += 1,
            Reset::Expired => self.reset_expired += 1,
            Reset::Elsewhere => self.reset_elsewhere += 1,
        }
    }

    /// Each of it, with its name.
    pub(crate) fn all(&self) -> [(&'static str, u64); 12] {
        [
            ("events delivered", self.delivered),
            ("events taken over from the common log", self.relayed),
            ("slots moved", self.moved),
            ("partitions split", self.split),
            ("moves called off", self.called_off),
            ("streams that went on in another partition", self.crossed),
            ("writes refused at an old home", self.fenced),
            ("requests repeated under their key", self.repeated),
            ("logs put back", self.restored),
            ("resets: put back", self.reset_epoch),
            ("resets: trimmed", self.reset_expired),
            ("resets: never there", self.reset_elsewhere),
        ]
    }

    fn add(&mut self, other: &Self) {
        self.delivered += other.delivered;
        self.relayed += other.relayed;
        self.moved += other.moved;
        self.split += other.split;
        self.called_off += other.called_off;
        self.crossed += other.crossed;
        self.fenced += other.fenced;
        self.repeated += other.repeated;
        self.restored += other.restored;
        self.reset_epoch += other.reset_epoch;
        self.reset_expired += other.reset_expired;
        self.reset_elsewhere += other.reset_elsewhere;
    }
}

/// A broken promise.
#[derive(Debug)]
pub(crate) struct Broken {
    /// The history that broke it, to be run again by it.
    pub(crate) seed: u64,
    pub(crate) what: String,
}

/// Runs so many histories from a seed on.
pub(crate) fn run(histories: u64, seed: u64, bug: Option<Bug>) -> Result<Tally, Broken> {
    let mut tally = Tally::default();
    for seed in seed..seed.saturating_add(histories) {
        tally.add(&history(seed, bug).map_err(|what| Broken { seed, what })?);
    }
    Ok(tally)
}

fn history(seed: u64, bug: Option<Bug>) -> Result<Tally, String> {
    let mut world = World::new(bug);
    let mut random = Random(seed);
    for _ in 0..STEPS {
        something(&mut world, &mut random)?;
    }
    world.rest()?;
    Ok(world.tally)
}

/// The next thing that happens.
fn something(world: &mut World, random: &mut Random) -> Result<(), String> {
    let mut below = |limit: usize| random.below(u32::try_from(limit).unwrap_or(1)) as usize;
    let (node, user, topic, slot) = (below(NODES), below(USERS), below(TOPICS), below(SLOTS));
    let (client, partition, few) = (below(CLIENTS), below(world.sites.len()), below(8));
    match below(100) {
        0..12 => world.send(node, user, None)?,
        12..18 => world.send(node, user, u8::try_from(few / 2).ok())?,
        18..28 => world.publish(Audience::Topic(topic)),
        28..31 => world.publish(Audience::Everyone),
        31 => world.publish(Audience::Named(std::array::from_fn(|_| below(2) == 0))),
        32..34 => world.read_all(node, user),
        34..38 => world.join(node, user, topic),
        38..42 => world.leave(node, user, topic),
        42..57 => drop(world.relay(partition, false)),
        57..59 => drop(world.relay(partition, true)),
        59..75 => world.read(client, node, few + 1)?,
        75..77 => world.strange_cursor(client, below(CLIENTS))?,
        77..81 => world.begin_move(slot, partition),
        81 => world.split(partition, slot),
        82..90 => world.step(),
        90 => world.call_off(),
        91 => world.sites[partition].is_up ^= true,
        92 => world.common_is_up ^= true,
        93 => world.nodes[node] = world.layout,
        94 => world.trim(partition, few as u64 * 2),
        95 => world.backup(partition),
        96 => world.restore(partition),
        97 => world.restore_common(few / 2),
        _ => {
            world.heal();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    const HISTORIES: u64 = 2_000;

    #[test]
    fn the_promise_holds_and_everything_happens() {
        let tally = run(HISTORIES, 1, None).unwrap_or_else(|broken| panic!("{broken:?}"));
        for (what, count) in tally.all() {
            assert!(count > HISTORIES / 200, "{what}: {count}");
        }
    }

    /// What each mistake may break.
    const fn breaks(bug: Bug) -> &'static [&'static str] {
        match bug {
            Bug::RelayedApart | Bug::SecondMoveForgets => &["twice", "(I9)"],
            Bug::CalledOffWithout => &["(I9)"],
            Bug::SeamIgnored => &["twice", "(I1)", "(I9)"],
            Bug::EndByHearsay => &["twice", "stored earlier", "(I1)"],
            Bug::MembershipStays => &["(I4)"],
            Bug::EpochIgnored => &["without need", "never was", "twice", "(I1)"],
            Bug::KeysLeftBehind => &["(I8)"],
            Bug::Unfenced => &["stored earlier", "(I1)", "(I9)"],
            Bug::PutBackTooFar | Bug::RestSkipped | Bug::LeftAtOnce | Bug::CommonEpochIgnored => &["(I1)"],
        }
    }

    #[test]
    fn every_planted_bug_is_found() {
        for bug in Bug::value_variants() {
            let Err(broken) = run(HISTORIES, 1, Some(*bug)) else { panic!("{bug:?} is not found") };
            println!("{bug:?} after {} histories: {}", broken.seed, broken.what);
            let expected = breaks(*bug).iter().any(|promise| broken.what.contains(promise));
            assert!(expected, "{bug:?} is found for another reason: {}", broken.what);
        }
    }

    #[test]
    fn a_history_is_the_same_whenever_it_is_run() {
        let first = run(50, 7, None).unwrap();
        assert_eq!(first.all(), run(50, 7, None).unwrap().all());
    }
}
