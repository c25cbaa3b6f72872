//! What was taken away, as every node knows it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Digest, Grant, News, news::is_before};
use crate::{Timestamp, UserId};

/// News that are remembered one by one: for a stream that opens while something is taken away. Who has not heard
/// for longer than this is asked for their credentials again.
const RECENT: usize = 1024;

/// What was taken away, in memory: asked for each request, so it must cost next to nothing.
///
/// It is loaded once, and follows the log from then on. For each user whose tokens were revoked, ever, it takes some
/// hundred bytes: an issuer's tokens may last for years.
#[derive(Debug, Default)]
pub struct Revoked {
    version: AtomicU64,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Up to when the tokens of a user are not good any more.
    users: HashMap<Digest, Timestamp>,
    /// The newest, each with the version that it made.
    recent: VecDeque<(u64, News)>,
}

impl Revoked {
    /// How much has been taken away so far. What was looked up at one version is good for as long as that stays.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Takes what the database has.
    pub fn load(&self, revocations: impl IntoIterator<Item = (Digest, Timestamp)>) {
        for (who, at) in revocations {
            self.note(&News::UserRevoked { who, at, except: None });
        }
    }

    /// Takes what the log tells. To be told again changes nothing but the version.
    pub fn note(&self, news: &News) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match news {
            News::SignInRenewed { .. } | News::StreamRenewed { .. } => return,
            News::UserRevoked { who, at, .. } => {
                let known = state.users.entry(*who).or_insert(*at);
                *known = (*known).max(*at);
            }
            News::SignInEnded { .. } | News::KeyRevoked { .. } => {}
        }
        let version = self.version.load(Ordering::Relaxed) + 1;
        if state.recent.len() >= RECENT {
            state.recent.pop_front();
        }
        state.recent.push_back((version, news.clone()));
        self.version.store(version, Ordering::Release);
    }

    /// Whether a token of a user is not good any more.
    #[must_use]
    pub fn refuses(&self, user: &UserId, issued_at: Option<Timestamp>) -> bool {
        if self.version() == 0 {
            return false; // nothing was ever taken away here
        }
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        !state.users.is_empty() && state.users.get(&Digest::of_user(user)).is_some_and(|at| is_before(issued_at, *at))
    }

    /// Whether what was looked up at a version, by a secret of ours, may be otherwise by now.
    #[must_use]
    pub fn concerns(&self, user: &UserId, grant: &Grant) -> bool {
        self.any_since(grant.as_of, |news| news.concerns(user, grant))
    }

    /// Whether something that was good at its version is not any more.
    #[must_use]
    pub fn has_ended(&self, user: &UserId, grant: &Grant) -> bool {
        if grant.sign_in.is_none() {
            return self.version() != grant.as_of && self.refuses(user, grant.issued_at);
        }
        self.any_since(grant.as_of, |news| news.ends(user, grant))
    }

    /// Whether any of what was noted after a version is such, or that is not known any more.
    fn any_since(&self, version: u64, is: impl Fn(&News) -> bool) -> bool {
        if self.version() == version {
            return false;
        }
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let complete = state.recent.front().is_none_or(|(first, _)| *first <= version + 1);
        let mut since = state.recent.iter().rev().take_while(|(noted, _)| *noted > version);
        !complete || since.any(|(_, news)| is(news))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SystemRandom, access::SignInId};

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    fn gone(name: &str, when: i64) -> News {
        News::UserRevoked { who: Digest::of_user(&user(name)), at: at(when), except: None }
    }

    #[test]
    fn the_latest_revocation_counts() {
        let revoked = Revoked::default();
        assert!(!revoked.refuses(&user("ann"), None));
        revoked.note(&gone("ann", 5_000));
        revoked.note(&gone("ann", 3_000));
        let refused = |name: &str, issued: Option<i64>| revoked.refuses(&user(name), issued.map(at));
        assert!(refused("ann", Some(5_900)) && refused("ann", None));
        assert!(!refused("ann", Some(6_000)) && !refused("bob", None));
    }

    #[test]
    fn a_sign_in_ends_only_by_what_comes_after_it_was_looked_at() {
        let revoked = Revoked::default();
        let id = SignInId::make(&SystemRandom);
        revoked.note(&gone("ann", 1));
        let grant = Grant { sign_in: Some(id), as_of: revoked.version(), ..Grant::of_token(Some(at(1)), at(9)) };
        assert!(!revoked.has_ended(&user("ann"), &grant));
        revoked.note(&gone("bob", 1));
        revoked.note(&News::SignInEnded { id: SignInId::make(&SystemRandom) });
        assert!(!revoked.has_ended(&user("ann"), &grant), "not hers");
        revoked.note(&News::SignInEnded { id });
        assert!(revoked.has_ended(&user("ann"), &grant));
        let later = Grant { as_of: revoked.version(), ..grant };
        assert!(!revoked.has_ended(&user("ann"), &later));
    }

    #[test]
    fn who_has_not_heard_for_long_is_asked_again() {
        let revoked = Revoked::default();
        let grant = Grant { sign_in: Some(SignInId::make(&SystemRandom)), ..Grant::of_token(None, at(9)) };
        for number in 0..RECENT {
            revoked.note(&News::SignInEnded { id: SignInId::make(&SystemRandom) });
            assert!(!revoked.has_ended(&user("ann"), &grant), "{number}");
        }
        revoked.note(&News::SignInEnded { id: SignInId::make(&SystemRandom) });
        assert!(revoked.has_ended(&user("ann"), &grant));
        let state = revoked.state.read().unwrap();
        assert_eq!(state.recent.len(), RECENT);
    }

    #[test]
    fn longer_is_nothing_taken_away() {
        let revoked = Revoked::default();
        revoked.note(&News::SignInRenewed { id: SignInId::make(&SystemRandom), until: at(9) });
        assert_eq!(revoked.version(), 0);
    }
}
