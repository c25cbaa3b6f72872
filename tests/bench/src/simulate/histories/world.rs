//! Partitions, nodes, publishers and clients, and what happens to them.

use super::{
    Bug, Tally,
    client::Client,
    log::{Audience, Common, Partition, SLOTS, Slot, TOPICS, Topic, USERS, User, What, slot_of},
    oracle::Oracle,
};

pub(super) const NODES: usize = 2;
/// Two devices for each user.
pub(super) const CLIENTS: usize = 2 * USERS;
pub(super) const MOST_PARTITIONS: usize = 4;
const FIRST_PARTITIONS: usize = 2;

/// A partition with what happens to it from outside.
pub(super) struct Site {
    pub(super) log: Partition,
    pub(super) is_up: bool,
    pub(super) backup: Option<Partition>,
}

/// A slot on its way. One at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) slot: Slot,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) frozen: bool,
}

pub(super) struct World {
    pub(super) bug: Option<Bug>,
    pub(super) common: Common,
    pub(super) common_is_up: bool,
    pub(super) sites: Vec<Site>,
    /// Where each slot is.
    pub(super) layout: [usize; SLOTS],
    /// What each node has heard of that.
    pub(super) nodes: [[usize; SLOTS]; NODES],
    pub(super) moving: Option<Move>,
    pub(super) clients: Vec<Client>,
    pub(super) oracle: Oracle,
    pub(super) next_epoch: u32,
    pub(super) tally: Tally,
}

impl World {
    pub(super) fn new(bug: Option<Bug>) -> Self {
        let common = Common::new();
        let layout = std::array::from_fn(|slot| slot % FIRST_PARTITIONS);
        let mut world = Self {
            bug,
            common,
            common_is_up: true,
            sites: Vec::new(),
            layout,
            nodes: [layout; NODES],
            moving: None,
            clients: (0..CLIENTS).map(|client| Client::new(client % USERS)).collect(),
            oracle: Oracle::default(),
            next_epoch: 1,
            tally: Tally::default(),
        };
        for partition in 0..FIRST_PARTITIONS {
            world.add_site(super::log::Place { epoch: world.common.epoch, position: 0 });
            for slot in (0..SLOTS).filter(|slot| layout[*slot] == partition) {
                world.sites[partition].log.tenures.push(super::moving::first_tenure(slot));
            }
        }
        world
    }

    pub(super) fn add_site(&mut self, relayed: super::log::Place) {
        self.next_epoch += 1;
        let log = Partition::new(self.next_epoch, relayed);
        self.sites.push(Site { log, is_up: true, backup: None });
    }

    pub(super) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Where something for a user is written, by what a node knows; when it is told that the user is elsewhere it looks
    /// again, once. `None`: refused, and nothing has happened.
    fn target(&mut self, node: usize, user: User) -> Option<usize> {
        let slot = slot_of(user);
        for _ in 0..2 {
            let target = self.nodes[node][slot];
            let site = self.sites.get(target).filter(|site| site.is_up)?;
            let was_here = || site.log.tenures.iter().any(|tenure| tenure.slot == slot);
            if site.log.home(slot).is_some() || (self.has(Bug::Unfenced) && was_here()) {
                return Some(target);
            }
            self.tally.fenced += 1;
            self.nodes[node] = self.layout;
        }
        None
    }

    /// A notification for one. Publishers with a key repeat it whenever they like.
    pub(super) fn send(&mut self, node: usize, user: User, key: Option<u8>) -> Result<(), String> {
        let Some(target) = self.target(node, user) else { return Ok(()) };
        let log = &mut self.sites[target].log;
        if let Some(key) = key {
            if log.keys.contains_key(&(user, key)) {
                self.tally.repeated += 1;
                return Ok(());
            }
            let content = self.oracle.owe(Audience::User(user));
            log.keys.insert((user, key), content);
            log.bring(user, content);
            return self.oracle.keyed(user, key, content);
        }
        log.bring(user, self.oracle.owe(Audience::User(user)));
        Ok(())
    }

    /// For many: into the common log, and acknowledged then.
    pub(super) fn publish(&mut self, audience: Audience) {
        if self.common_is_up {
            let content = self.oracle.owe(audience);
            self.common.append(audience, content);
        }
    }

    /// A user reads all that there is.
    pub(super) fn read_all(&mut self, node: usize, user: User) {
        let Some(target) = self.target(node, user) else { return };
        let log = &mut self.sites[target].log;
        let inbox = log.inboxes.entry(user).or_default();
        let unread = std::mem::take(&mut inbox.unread);
        if unread > 0 {
            log.append(Some(Audience::User(user)), What::Reads(unread), None);
        }
    }

    pub(super) fn join(&mut self, node: usize, user: User, topic: Topic) {
        let Some(target) = self.target(node, user) else { return };
        let log = &mut self.sites[target].log;
        if log.is_member(user, topic) {
            return;
        }
        let from = log.append(Some(Audience::User(user)), What::Changes, None);
        log.members.push(super::log::Membership { user, topic, from, until: None });
        self.oracle.joins(user, topic, true);
        // What was sent just now may come yet.
        let taken_over = self.common.bound(log.relayed, self.common.epoch);
        for (audience, content) in self.common.after(taken_over) {
            if audience == Audience::Topic(topic) {
                self.oracle.may(user, content);
            }
        }
    }

    /// Leaves, once everything is taken over that was in the common log when this began.
    pub(super) fn leave(&mut self, node: usize, user: User, topic: Topic) {
        let Some(target) = self.target(node, user) else { return };
        if !self.sites[target].log.is_member(user, topic) {
            return;
        }
        if !self.has(Bug::LeftAtOnce) && !self.catches_up(target) {
            return; // answered 503
        }
        let log = &mut self.sites[target].log;
        let until = log.append(Some(Audience::User(user)), What::Changes, None);
        for member in &mut log.members {
            if (member.user, member.topic, member.until) == (user, topic, None) {
                member.until = Some(until);
            }
        }
        self.oracle.joins(user, topic, false);
    }

    /// Takes over all that there is. Whether that could be.
    fn catches_up(&mut self, partition: usize) -> bool {
        if !self.may_relay(partition) {
            return false;
        }
        while self.relay(partition, false) {}
        true
    }

    fn may_relay(&self, partition: usize) -> bool {
        let held = self.moving.is_some_and(|moving| moving.to == partition) && !self.has(Bug::SeamIgnored);
        self.common_is_up && self.sites[partition].is_up && !held
    }

    /// A step of a partition's relay. When it is killed in the middle, the transaction never was.
    pub(super) fn relay(&mut self, partition: usize, killed: bool) -> bool {
        if !self.may_relay(partition) || (killed && !self.has(Bug::RelayedApart)) {
            return false;
        }
        let by_number = self.has(Bug::CommonEpochIgnored);
        let log = &mut self.sites[partition].log;
        let before = log.relayed;
        if by_number {
            log.relayed.epoch = self.common.epoch;
        } else {
            log.follow(&self.common);
        }
        let done = log.relay(&self.common);
        if killed {
            log.relayed = before;
        }
        self.tally.relayed += u64::from(done);
        done
    }

    /// Nothing is away any more.
    pub(super) fn heal(&mut self) {
        self.common_is_up = true;
        for site in &mut self.sites {
            site.is_up = true;
        }
    }

    /// Everything works again, and everybody has come to the end. Then all must agree.
    pub(super) fn rest(&mut self) -> Result<(), String> {
        self.heal();
        self.finish_move();
        for partition in 0..self.sites.len() {
            while self.relay(partition, false) {}
        }
        self.nodes = [self.layout; NODES];
        for client in 0..CLIENTS {
            self.read(client, 0, usize::MAX)?;
            let Client { user, has, unread, .. } = &self.clients[client];
            if let Some(lost) = self.oracle.owed(*user).find(|content| !has.contains(content)) {
                return Err(format!("user {user} was never given {lost} (I1)"));
            }
            let home = self.layout[slot_of(*user)];
            let inbox = self.sites[home].log.inboxes.get(user).cloned().unwrap_or_default();
            if !inbox.contents.iter().all(|content| has.contains(content)) || inbox.contents.len() != has.len() {
                return Err(format!("user {user} has {has:?}, and the inbox {:?} (I9)", inbox.contents));
            }
            if inbox.unread != *unread {
                return Err(format!("user {user} sees {unread} unread, and the inbox has {} (I9)", inbox.unread));
            }
        }
        Ok(())
    }

    pub(super) fn backup(&mut self, partition: usize) {
        let site = &mut self.sites[partition];
        site.backup = Some(site.log.clone());
    }

    /// Puts a partition back to its last copy: another epoch, and what came since is lost.
    pub(super) fn restore(&mut self, partition: usize) {
        let site = &mut self.sites[partition];
        let Some(backup) = site.backup.clone() else { return };
        self.next_epoch += 1;
        site.log = backup;
        site.log.epoch = self.next_epoch;
        self.tally.restored += 1;
        let log = &self.sites[partition].log;
        let taken_over = self.common.bound(log.relayed, self.common.epoch);
        for user in (0..USERS).filter(|user| log.home(slot_of(*user)).is_some()) {
            self.oracle.belongs(user, |topic| log.is_member(user, topic));
            let has = |content| log.inboxes.get(&user).is_some_and(|inbox| inbox.contents.contains(&content));
            // What is for everyone is taken over once more; so is what is for topics, for those who are members by the copy.
            let comes = |content| {
                self.common.after(taken_over).any(|(audience, other)| {
                    other == content
                        && match audience {
                            Audience::Topic(topic) => log.is_member(user, topic),
                            _ => true,
                        }
                })
            };
            let owed: Vec<_> = self.oracle.owed(user).filter(|content| !has(*content) && !comes(*content)).collect();
            for content in owed {
                self.oracle.lost(user, content);
            }
            for topic in 0..TOPICS {
                for (audience, content) in self.common.after(taken_over) {
                    if audience == Audience::Topic(topic) {
                        self.oracle.may(user, content);
                    }
                }
            }
        }
    }

    /// Puts the common log back, without its last events.
    pub(super) fn restore_common(&mut self, back: usize) {
        self.tally.restored += 1;
        for content in self.common.restore(back) {
            for user in 0..USERS {
                self.oracle.lost(user, content);
            }
        }
    }

    pub(super) fn trim(&mut self, partition: usize, keep: u64) {
        let log = &mut self.sites[partition].log;
        log.floor = log.floor.max(log.head().saturating_sub(keep));
    }
}
