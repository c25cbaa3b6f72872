//! How a stream goes on from a cursor, through the partitions that its user was in.

use super::{
    Bug,
    client::{Cursor, Reset},
    log::{Event, Position, Tenure, What, slot_of},
    world::World,
};

/// What comes next on a stream.
enum Next {
    Reset(Reset),
    /// Events after the cursor, up to here, are to be looked at.
    UpTo(Position, Tenure),
    /// All of this partition is read: it goes on there.
    On(Cursor),
    /// There is nothing now.
    Wait,
}

impl World {
    /// A client connects to a node with what it has, takes so many events, and goes.
    pub(super) fn read(&mut self, client: usize, node: usize, most: usize) -> Result<(), String> {
        let Some(cursor) = self.clients[client].cursor else {
            self.reset(client);
            return Ok(());
        };
        let mut cursor = cursor;
        let mut left = most;
        while left > 0 {
            match self.next(client, node, cursor) {
                Next::Reset(reason) => {
                    self.has_reason(reason)?;
                    self.tally.reset(reason);
                    self.reset(client);
                    return Ok(());
                }
                Next::Wait => break,
                Next::On(next) => {
                    self.tally.crossed += 1;
                    cursor = next;
                }
                Next::UpTo(end, tenure) => {
                    while cursor.place.position < end && left > 0 {
                        cursor.place.position += 1;
                        left -= usize::from(self.hand_over(client, cursor, &tenure)?);
                    }
                }
            }
            self.clients[client].cursor = Some(cursor);
        }
        Ok(())
    }

    /// Whether anything happened at all that could be the reason of a reset of somebody who comes with their own cursor.
    fn has_reason(&self, reason: Reset) -> Result<(), String> {
        let happened = match reason {
            Reset::Epoch => self.tally.restored > 0,
            Reset::Expired => self.sites.iter().any(|site| site.log.floor > 0),
            Reset::Elsewhere => false,
        };
        if happened { Ok(()) } else { Err(format!("a reset without need: {reason:?}")) }
    }

    /// Somebody comes with the cursor of another user, of a partition where they never were.
    pub(super) fn strange_cursor(&mut self, client: usize, other: usize) -> Result<(), String> {
        let slot = slot_of(self.clients[client].user);
        let Some(cursor) = self.clients[other].cursor else { return Ok(()) };
        let log = &self.sites[cursor.partition].log;
        let never_there = log.tenures.iter().all(|tenure| tenure.slot != slot);
        if !never_there || !self.sites[cursor.partition].is_up || log.epoch != cursor.place.epoch {
            return Ok(());
        }
        match self.next(client, 0, cursor) {
            Next::Reset(Reset::Elsewhere) => {
                self.tally.reset(Reset::Elsewhere);
                self.reset(client);
                Ok(())
            }
            _ => Err(format!("client {client} goes on from a place where its user never was")),
        }
    }

    /// The present state, of the partition where the user is now.
    fn reset(&mut self, client: usize) {
        let user = self.clients[client].user;
        let home = self.layout[slot_of(user)];
        let site = &self.sites[home];
        // While the slot is on its way it is nowhere, and while the partition is away nobody can say.
        if !site.is_up || site.log.home(slot_of(user)).is_none() {
            return;
        }
        let state = site.log.inboxes.get(&user).cloned().unwrap_or_default();
        let cursor = Cursor::at(home, site.log.epoch, site.log.head());
        self.clients[client].reset(&state, cursor);
    }

    fn next(&self, client: usize, node: usize, cursor: Cursor) -> Next {
        let slot = slot_of(self.clients[client].user);
        let (partition, position) = if self.has(Bug::EpochIgnored) {
            (self.layout[slot], cursor.place.position)
        } else {
            (cursor.partition, cursor.place.position)
        };
        let site = &self.sites[partition];
        let log = &site.log;
        if !site.is_up {
            return Next::Wait;
        }
        if log.epoch != cursor.place.epoch && !self.has(Bug::EpochIgnored) {
            return Next::Reset(Reset::Epoch);
        }
        let Some(tenure) = log.tenure_at(slot, position) else { return Next::Reset(Reset::Elsewhere) };
        let by_hearsay = self.has(Bug::EndByHearsay) && self.nodes[node][slot] == partition;
        let end = tenure.until.filter(|_| !by_hearsay);
        let last = end.map_or(log.head(), |end| end.position);
        if position < last && !(self.has(Bug::RestSkipped) && end.is_some()) {
            if position < log.floor {
                return Next::Reset(Reset::Expired);
            }
            return if partition == cursor.partition {
                Next::UpTo(last, *tenure)
            } else {
                Next::On(Cursor::at(partition, log.epoch, position))
            };
        }
        let Some(end) = end else { return Next::Wait };
        let to = &self.sites[end.to];
        let came = Some((partition, end.position));
        match to.log.tenures.iter().find(|tenure| tenure.slot == slot && tenure.came == came) {
            Some(tenure) if to.is_up => Next::On(Cursor::at(end.to, to.log.epoch, tenure.from)),
            _ => Next::Wait, // it is on its way
        }
    }

    /// Gives a client one event, if it is theirs. Whether it was.
    fn hand_over(&mut self, client: usize, cursor: Cursor, tenure: &Tenure) -> Result<bool, String> {
        let log = &self.sites[cursor.partition].log;
        let position = cursor.place.position;
        let reader = &mut self.clients[client];
        if !log.entitles(reader.user, position, tenure, &self.common) {
            return Ok(false);
        }
        match log.at(position) {
            Some(Event { what: What::Brings(content), .. }) => reader.take(*content, &self.oracle)?,
            Some(Event { what: What::Reads(unread), .. }) => reader.unread -= unread,
            _ => {}
        }
        self.tally.delivered += 1;
        Ok(true)
    }
}
