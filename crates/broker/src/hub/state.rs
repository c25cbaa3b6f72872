//! Who is here, and what the lock of a hub is for: each entry goes to those whom it concerns.

use std::{collections::HashMap, sync::Arc};

use tidings_models::{Audience, Digest, Effect, Grant, News, Position, UserId};
use tokio::time::Instant;

use crate::{
    census::Place,
    entry::Entry,
    frame::GoodbyeReason,
    members::Members,
    outlet::{Delivery, Outlet},
    sabotage::{self, Bug},
    session::Session,
};

/// Who is here, and how far they were given the log.
pub(super) struct State {
    /// Everything up to here was dispatched.
    pub(super) position: Position,
    pub(super) present: HashMap<UserId, Present>,
    pub(super) members: Members,
    pub(super) next_id: u64,
    pub(super) closed: bool,
}

/// A user with open streams here.
pub(super) struct Present {
    pub(super) session: Session,
    pub(super) streams: Vec<Listener>,
}

/// A stream, as its hub knows it.
pub(super) struct Listener {
    pub(super) id: u64,
    /// By what its reader has it.
    pub(super) grant: Grant,
    pub(super) outlet: Arc<Outlet>,
    pub(super) _place: Place,
}

/// What became of entries that were handed on.
#[derive(Default)]
pub(super) struct Handed {
    /// To streams: an event for each of them.
    pub(super) events: u64,
    /// Outlets that overflowed.
    pub(super) overflows: u64,
}

/// Whether two entries may be dispatched together: each user gets both at once, as one write. What is for
/// one user is looked up, and needs no company.
pub(super) fn go_together(one: &Entry, next: &Entry) -> bool {
    let adds = |entry: &Entry| matches!(entry.event.effect, Effect::Adds { .. });
    one.event.audience == next.event.audience
        && !matches!(one.event.audience, Audience::User(_))
        && adds(one)
        && adds(next)
}

impl State {
    /// Nobody is here yet.
    pub(super) fn at(position: Position) -> Self {
        Self { position, present: HashMap::new(), members: Members::default(), next_id: 1, closed: false }
    }

    /// Somebody comes.
    pub(super) fn enter(&mut self, user: &UserId, session: Session) {
        self.members.list(user, session.scope());
        self.present.insert(user.clone(), Present { session, streams: Vec::with_capacity(1) });
    }

    /// Somebody goes.
    pub(super) fn leave(&mut self, user: &UserId) {
        if let Some(present) = self.present.remove(user) {
            self.members.unlist(user, present.session.scope());
        }
    }

    /// What was read of somebody who is here takes the place of what was known before.
    pub(super) fn replace(&mut self, user: &UserId, session: &Session) {
        let Some(present) = self.present.get_mut(user) else { return };
        if session.as_of() > present.session.as_of() {
            let before = std::mem::replace(&mut present.session, session.clone());
            self.members.unlist(user, before.scope());
            if !sabotage::is(Bug::JoinedNotListed) {
                self.members.list(user, session.scope());
            }
        }
    }

    /// Everybody who is here and belongs to an audience, or did.
    pub(super) fn concerned(&self, audience: &Audience, mut give: impl FnMut(&UserId, &Present)) {
        match audience {
            Audience::User(user) => {
                if let Some(present) = self.present.get(user) {
                    give(user, present);
                }
            }
            Audience::Topic(topic) => {
                for user in self.members.of(topic) {
                    if let Some(present) = self.present.get(user) {
                        give(user, present);
                    }
                }
            }
            Audience::Everyone => self.present.iter().for_each(|(user, present)| give(user, present)),
            Audience::Nodes => {}
        }
    }

    /// Fails with the users whose state must be read before the first of `run` is dispatched.
    pub(super) fn recounts(&self, run: &[Arc<Entry>]) -> Result<(), Vec<UserId>> {
        let needs = |entry: &&Arc<Entry>| !matches!(entry.event.effect, Effect::Adds { .. });
        let Some(entry) = run.first().filter(needs) else { return Ok(()) };
        let open = |user: &UserId| {
            let present = self.present.get(user)?;
            present.session.needs_recount(&entry.event).then(|| user.clone())
        };
        let open: Vec<_> = match &entry.event.audience {
            Audience::User(user) => open(user).into_iter().collect(),
            Audience::Topic(topic) => self.members.of(topic).filter_map(open).collect(),
            Audience::Everyone => self.present.keys().filter_map(open).collect(),
            Audience::Nodes => Vec::new(),
        };
        if open.is_empty() { Ok(()) } else { Err(open) }
    }

    /// `own` is room to work in.
    pub(super) fn deliver<'a>(
        &mut self,
        run: &'a [Arc<Entry>],
        own: &mut Vec<Delivery<'a>>,
        now: Instant,
        handed: &mut Handed,
    ) {
        let Some(last) = run.last() else { return };
        self.position = last.position();
        match &last.event.audience {
            Audience::User(user) => {
                if let Some(present) = self.present.get_mut(user) {
                    present.deliver(run, own, now, handed);
                }
            }
            Audience::Topic(topic) => {
                for user in self.members.of(topic) {
                    if let Some(present) = self.present.get_mut(user) {
                        present.deliver(run, own, now, handed);
                    }
                }
            }
            Audience::Everyone => {
                for present in self.present.values_mut() {
                    present.deliver(run, own, now, handed);
                }
            }
            Audience::Nodes => run.iter().filter_map(|entry| entry.news.as_deref()).for_each(|news| self.hear(news)),
        }
    }

    /// Ends the streams of those who lose what they have them by, and lets others last longer. What comes later in
    /// the log is not sent to them.
    fn hear(&mut self, news: &News) {
        let streams =
            |present: &mut Present, on: &mut dyn FnMut(&mut Listener)| present.streams.iter_mut().for_each(on);
        match news {
            News::SignInRenewed { id, until } => {
                for present in self.present.values_mut() {
                    streams(present, &mut |stream| {
                        if stream.grant.sign_in == Some(*id) {
                            stream.grant.expires_at = *until;
                            stream.outlet.renew(*until);
                        }
                    });
                }
            }
            News::UserRevoked { .. } | News::SignInEnded { .. } => {
                for (user, present) in &mut self.present {
                    streams(present, &mut |stream| {
                        if news.ends(user, &stream.grant) {
                            stream.outlet.end(GoodbyeReason::Revoked);
                        }
                    });
                }
            }
            News::StreamRenewed { stream: id, who, issued_at, until, sign_in } => {
                for (user, present) in &mut self.present {
                    streams(present, &mut |stream| {
                        if stream.outlet.is(*id) && *who == Digest::of_user(user) {
                            let as_of = stream.grant.as_of;
                            stream.grant =
                                Grant { issued_at: *issued_at, expires_at: *until, sign_in: *sign_in, as_of };
                            stream.outlet.renew(*until);
                        }
                    });
                }
            }
            News::KeyRevoked { .. } => {} // no stream is opened by a key
        }
    }
}

impl Present {
    fn deliver<'a>(&mut self, run: &'a [Arc<Entry>], own: &mut Vec<Delivery<'a>>, now: Instant, handed: &mut Handed) {
        own.clear();
        for entry in run {
            if let Some(readers) = self.session.apply(entry) {
                own.push(Delivery { entry, own: readers });
            }
        }
        if !own.is_empty() {
            handed.events += (own.len() * self.streams.len()) as u64;
            for stream in &self.streams {
                handed.overflows += u64::from(!stream.outlet.push(own, now));
            }
        }
    }
}
