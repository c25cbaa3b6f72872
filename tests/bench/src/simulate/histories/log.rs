//! The logs: partitions, which are what a whole database is today, and the common log, which they all take over.

use std::collections::BTreeMap;

pub(super) const USERS: usize = 6;
pub(super) const TOPICS: usize = 2;
/// What moves: users are in slots, slots in partitions.
pub(super) const SLOTS: usize = 3;

pub(super) type User = usize;
pub(super) type Topic = usize;
pub(super) type Slot = usize;
pub(super) type Position = u64;
/// What an event brings. Numbers rise with the time of the commit, over all logs.
pub(super) type Content = u32;

pub(super) const fn slot_of(user: User) -> Slot {
    user % SLOTS
}

/// A place of a log in one of its lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) epoch: u32,
    pub(super) position: Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    User(User),
    Topic(Topic),
    /// Several, by name.
    Named([bool; USERS]),
    Everyone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Brings(Content),
    /// So many are read.
    Reads(i64),
    /// What somebody belongs to is another.
    Changes,
    /// For nodes: the slot goes elsewhere.
    HandsOver,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    /// `None` for nodes.
    pub(super) audience: Option<Audience>,
    pub(super) what: What,
    /// Where it stands in the common log, if it is from there.
    pub(super) origin: Option<Place>,
}

/// A slot's time in a partition: what is its users', as positions from one to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tenure {
    pub(super) slot: Slot,
    pub(super) from: Position,
    pub(super) until: Option<End>,
    /// Of the common log, what stands up to here its users have from the partition before.
    pub(super) common_after: Place,
    /// The partition before, and where the time there ended.
    pub(super) came: Option<(usize, Position)>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) position: Position,
    /// How much of the common log its users had then.
    pub(super) has_common: Place,
    pub(super) to: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Membership {
    pub(super) user: User,
    pub(super) topic: Topic,
    pub(super) from: Position,
    pub(super) until: Option<Position>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Inbox {
    pub(super) contents: Vec<Content>,
    pub(super) unread: i64,
}

impl Inbox {
    fn take(&mut self, content: Content) {
        self.contents.push(content);
        self.unread += 1;
    }
}

/// A log with its head row, and everything that is written with it in one transaction.
#[derive(Clone, Debug)]
pub(super) struct Partition {
    pub(super) epoch: u32,
    events: Vec<Event>,
    pub(super) floor: Position,
    /// How far the common log is taken over. Stands in the head row.
    pub(super) relayed: Place,
    pub(super) tenures: Vec<Tenure>,
    pub(super) members: Vec<Membership>,
    pub(super) inboxes: BTreeMap<User, Inbox>,
    pub(super) keys: BTreeMap<(User, u8), Content>,
}

impl Partition {
    pub(super) fn new(epoch: u32, relayed: Place) -> Self {
        Self {
            epoch,
            events: Vec::new(),
            floor: 0,
            relayed,
            tenures: Vec::new(),
            members: Vec::new(),
            inboxes: BTreeMap::new(),
            keys: BTreeMap::new(),
        }
    }

    pub(super) fn head(&self) -> Position {
        self.events.len() as Position
    }

    pub(super) fn at(&self, position: Position) -> Option<&Event> {
        self.events.get(usize::try_from(position.checked_sub(1)?).ok()?)
    }

    /// The tenure of a slot that is here.
    pub(super) fn home(&self, slot: Slot) -> Option<&Tenure> {
        self.tenures.iter().find(|tenure| tenure.slot == slot && tenure.until.is_none())
    }

    pub(super) fn home_mut(&mut self, slot: Slot) -> Option<&mut Tenure> {
        self.tenures.iter_mut().find(|tenure| tenure.slot == slot && tenure.until.is_none())
    }

    /// The last tenure of a slot that had begun by a position.
    pub(super) fn tenure_at(&self, slot: Slot, position: Position) -> Option<&Tenure> {
        self.tenures.iter().rfind(|tenure| tenure.slot == slot && tenure.from <= position)
    }

    pub(super) fn append(&mut self, audience: Option<Audience>, what: What, origin: Option<Place>) -> Position {
        self.events.push(Event { audience, what, origin });
        self.head()
    }

    /// A transaction: something for one user who is here.
    pub(super) fn bring(&mut self, user: User, content: Content) {
        self.append(Some(Audience::User(user)), What::Brings(content), None);
        self.inboxes.entry(user).or_default().take(content);
    }

    /// Whether an event is a user's, in the tenure that it falls into.
    pub(super) fn entitles(&self, user: User, position: Position, tenure: &Tenure, common: &Common) -> bool {
        let Some(event) = self.at(position) else { return false };
        let from_elsewhere = |origin: &Place| origin.position <= common.bound(tenure.common_after, origin.epoch);
        if event.origin.as_ref().is_some_and(from_elsewhere) {
            return false;
        }
        match event.audience {
            None => false,
            Some(Audience::User(of)) => of == user,
            Some(Audience::Named(users)) => users[user],
            Some(Audience::Everyone) => true,
            Some(Audience::Topic(topic)) => self.members.iter().any(|member| {
                (member.user, member.topic) == (user, topic)
                    && member.from < position
                    && member.until.is_none_or(|until| position <= until)
            }),
        }
    }

    /// How far the users of a slot have the common log: as far as it is taken over here, or further, if they came with more.
    pub(super) fn has_common(&self, tenure: &Tenure, common: &Common, forgets: bool) -> Place {
        let came_with = if forgets { 0 } else { common.bound(tenure.common_after, self.relayed.epoch) };
        Place { position: self.relayed.position.max(came_with), ..self.relayed }
    }

    pub(super) fn is_member(&self, user: User, topic: Topic) -> bool {
        self.members.iter().any(|member| (member.user, member.topic) == (user, topic) && member.until.is_none())
    }

    /// How far the common log is taken over in its present life: what it has in common with the life before stays.
    pub(super) fn follow(&mut self, common: &Common) {
        self.relayed = Place { epoch: common.epoch, position: common.bound(self.relayed, common.epoch) };
    }

    /// A transaction: takes over the next event of the common log, and notes that. Whether there was one.
    pub(super) fn relay(&mut self, common: &Common) -> bool {
        let position = self.relayed.position + 1;
        let Some((audience, content)) = common.at(position) else { return false };
        let origin = Place { epoch: self.relayed.epoch, position };
        self.append(Some(audience), What::Brings(content), Some(origin));
        let here = self.head();
        let open: Vec<_> = self.tenures.iter().filter(|tenure| tenure.until.is_none()).copied().collect();
        for tenure in open {
            self.count_in(here, &tenure, common);
        }
        self.relayed.position = position;
        true
    }

    /// An event comes into the inboxes of those whose it is.
    pub(super) fn count_in(&mut self, position: Position, tenure: &Tenure, common: &Common) {
        let Some(Event { what: What::Brings(content), .. }) = self.at(position).copied() else { return };
        for user in (0..USERS).filter(|user| slot_of(*user) == tenure.slot) {
            if self.entitles(user, position, tenure, common) {
                self.inboxes.entry(user).or_default().take(content);
            }
        }
    }
}

/// What is for many, wherever they are.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) epoch: u32,
    events: Vec<(Audience, Content)>,
    /// Where each life after the first one began.
    lives: Vec<Place>,
}

impl Common {
    pub(super) fn new() -> Self {
        Self { epoch: 1, events: Vec::new(), lives: Vec::new() }
    }

    pub(super) fn head(&self) -> Position {
        self.events.len() as Position
    }

    fn at(&self, position: Position) -> Option<(Audience, Content)> {
        self.events.get(usize::try_from(position.checked_sub(1)?).ok()?).copied()
    }

    pub(super) fn append(&mut self, audience: Audience, content: Content) {
        self.events.push((audience, content));
    }

    /// What stands after a place.
    pub(super) fn after(&self, position: Position) -> impl Iterator<Item = (Audience, Content)> + '_ {
        self.events.iter().skip(usize::try_from(position).unwrap_or(usize::MAX)).copied()
    }

    /// The part of what lies up to a place that is the same in a later life.
    pub(super) fn bound(&self, place: Place, epoch: u32) -> Position {
        let later = self.lives.iter().filter(|life| life.epoch > place.epoch && life.epoch <= epoch);
        later.map(|life| life.position).fold(place.position, Position::min)
    }

    /// Begins another life, without the last events.
    pub(super) fn restore(&mut self, back: usize) -> Vec<Content> {
        let kept = self.events.len().saturating_sub(back);
        let lost = self.events.split_off(kept);
        self.epoch += 1;
        self.lives.push(Place { epoch: self.epoch, position: self.head() });
        lost.into_iter().map(|(_, content)| content).collect()
    }
}
