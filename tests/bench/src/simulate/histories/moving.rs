//! How a slot moves from one partition to another.
//!
//! 1. The relay of the partition that it goes to is held.
//! 2. As soon as its users have at least as much of the common log, one transaction in the partition that it leaves ends its
//!    tenure: nothing more is written for it, and nodes find that in the log. How much they have is written down.
//! 3. One transaction in the other one brings everything of it, and begins its tenure: what stands in the common log up to
//!    what was written down is not its users' there, because they have it already. The relay goes on.
//!
//! Whoever is killed in between is followed by somebody who finds all of that in the two partitions.

use super::{
    Bug,
    log::{End, Place, Slot, Tenure, USERS, What, slot_of},
    world::{MOST_PARTITIONS, Move, World},
};

/// Where a slot begins, with nothing.
pub(super) fn first_tenure(slot: Slot) -> Tenure {
    Tenure { slot, from: 0, until: None, common_after: Place::default(), came: None }
}

impl World {
    /// A new partition, which has taken over as much as another one.
    pub(super) fn split(&mut self, like: usize, slot: Slot) {
        if self.sites.len() < MOST_PARTITIONS && self.moving.is_none() {
            self.add_site(self.sites[like].log.relayed);
            self.tally.split += 1;
            self.begin_move(slot, self.sites.len() - 1);
        }
    }

    pub(super) fn begin_move(&mut self, slot: Slot, to: usize) {
        let from = self.layout[slot];
        if self.moving.is_none() && to != from && self.sites[to].is_up {
            self.moving = Some(Move { slot, from, to, frozen: false });
        }
    }

    /// The next step of the move that is under way.
    pub(super) fn step(&mut self) {
        match self.moving {
            Some(moving) if !moving.frozen => self.freeze(moving),
            Some(moving) => self.adopt(moving),
            None => {}
        }
    }

    fn freeze(&mut self, moving: Move) {
        if !self.common_is_up || !self.sites[moving.from].is_up || !self.sites[moving.to].is_up {
            return;
        }
        let by_number = self.has(Bug::CommonEpochIgnored);
        for partition in [moving.from, moving.to] {
            if !by_number {
                self.sites[partition].log.follow(&self.common);
            }
        }
        let forgets = self.has(Bug::SecondMoveForgets);
        let put_back = self.has(Bug::PutBackTooFar);
        let log = &self.sites[moving.from].log;
        let Some(tenure) = log.home(moving.slot) else { return };
        let end =
            End { position: log.head(), has_common: log.has_common(tenure, &self.common, forgets), to: moving.to };
        let behind = end.has_common.position < self.sites[moving.to].log.relayed.position;
        if behind && !self.has(Bug::SeamIgnored) {
            return;
        }
        let site = &mut self.sites[moving.from];
        if let Some(tenure) = site.log.home_mut(moving.slot) {
            tenure.until = Some(end);
        }
        site.log.append(None, What::HandsOver, None);
        if !put_back {
            site.backup = None; // no partition is put back to before it gave something away
        }
        self.moving = Some(Move { frozen: true, ..moving });
    }

    fn adopt(&mut self, moving: Move) {
        if !self.sites[moving.from].is_up || !self.sites[moving.to].is_up {
            return;
        }
        let Move { slot, from, to, .. } = moving;
        let source = self.sites[from].log.clone();
        let ended = source.tenures.iter().rev().find_map(|tenure| tenure.until.filter(|_| tenure.slot == slot));
        let Some(end) = ended else { return };
        let stays = self.has(Bug::MembershipStays);
        let put_back = self.has(Bug::PutBackTooFar);
        let keys_stay = self.has(Bug::KeysLeftBehind);
        let common_after = if self.has(Bug::SeamIgnored) { Place::default() } else { end.has_common };
        let site = &mut self.sites[to];
        let log = &mut site.log;
        let here = log.head();
        // Whoever was here before belonged to something until they went.
        let before = log.tenures.iter().rev().find_map(|tenure| tenure.until.filter(|_| tenure.slot == slot && !stays));
        for member in log.members.iter_mut().filter(|member| slot_of(member.user) == slot && member.until.is_none()) {
            member.until = before.map(|end| end.position);
        }
        log.tenures.push(Tenure { slot, from: here, until: None, common_after, came: Some((from, end.position)) });
        for user in (0..USERS).filter(|user| slot_of(*user) == slot) {
            log.inboxes.insert(user, source.inboxes.get(&user).cloned().unwrap_or_default());
            let members = source.members.iter().filter(|member| member.user == user && member.until.is_none());
            log.members.extend(members.map(|member| super::log::Membership { from: here, ..*member }));
            if !keys_stay {
                log.keys.extend(source.keys.iter().filter(|((of, _), _)| *of == user).map(|(key, made)| (*key, *made)));
            }
        }
        if !put_back {
            site.backup = None; // nor to before it took something over
        }
        self.layout[slot] = to;
        self.moving = None;
        self.tally.moved += 1;
    }

    /// A move that does not come to its end is called off: the partition that it goes to refuses it for good, and then the
    /// tenure that was ended goes on. What was taken over meanwhile is its users' as well.
    pub(super) fn call_off(&mut self) {
        let Some(Move { slot, from, to, frozen }) = self.moving else { return };
        if !self.sites[from].is_up || !self.sites[to].is_up {
            return;
        }
        self.moving = None;
        self.tally.called_off += 1;
        if !frozen {
            return;
        }
        let forgets = self.has(Bug::CalledOffWithout);
        let log = &mut self.sites[from].log;
        let Some(tenure) = log.tenures.iter_mut().rfind(|tenure| tenure.slot == slot) else { return };
        let Some(end) = tenure.until.take() else { return };
        let tenure = *tenure;
        let meanwhile = if forgets { 0..0 } else { end.position + 1..log.head() + 1 };
        for position in meanwhile {
            log.count_in(position, &tenure, &self.common);
        }
        self.sites[from].backup = None;
        self.sites[to].backup = None;
    }

    /// When nothing is in its way, a move comes to its end.
    pub(super) fn finish_move(&mut self) {
        while let Some(moving) = self.moving {
            let relayed = self.relay(moving.from, false);
            self.step();
            if !relayed && self.moving.is_some_and(|now| now.frozen == moving.frozen) {
                return; // a bug holds it up
            }
        }
    }
}
