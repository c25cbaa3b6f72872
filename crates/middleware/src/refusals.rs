//! Who is turned away is noted, for whoever looks for attacks: a line each, and not more of them than a disk bears. And
//! all answers are counted, for whoever watches the node: by class of status, refusals by code. Nothing that anybody sent
//! is among the words.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use actix_web::http::StatusCode;
use parking_lot::Mutex;
use tidings_models::{Address, Timestamp};

use crate::Code;

/// The target of what is noted of who may come in: `TIDINGS_LOG=warn,audit=info` keeps it.
pub const AUDIT: &str = "audit";

/// Lines in a second. Nobody fills a disk by asking for what they may not: what is beyond is counted, and the next line
/// tells how many there were.
const MOST: u32 = 10;

/// What was told in this second, and what was not; and how many answers there were.
#[derive(Debug)]
pub struct Refusals {
    told: Mutex<State>,
    by_code: Box<[AtomicU64]>,
    by_class: [AtomicU64; CLASSES.len()],
}

/// The classes of answers (RFC 9110, section 15).
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

impl Default for Refusals {
    fn default() -> Self {
        let by_code = Code::ALL.iter().map(|_| AtomicU64::new(0)).collect();
        Self { told: Mutex::default(), by_code, by_class: Default::default() }
    }
}

#[derive(Debug, Default)]
struct State {
    second: i64,
    told: u32,
    untold: u64,
}

impl Refusals {
    /// Notes a refusal, if it is one of who may come in. The request's span tells who it was, as far as that is known.
    pub(crate) fn note(&self, code: Code, from: impl FnOnce() -> Address, now: Timestamp) {
        self.count(code);
        if is_of_interest(code)
            && let Some(untold) = self.may_tell(now)
        {
            tracing::info!(target: AUDIT, code = code.word(), from = %from(), untold, "turned away");
        }
    }

    /// Counts a refusal.
    pub(crate) fn count(&self, code: Code) {
        if let Some(count) = self.by_code.get(code as usize) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, status: StatusCode) {
        if let Some(count) = self.by_class.get(usize::from(status.as_u16() / 100).wrapping_sub(1)) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Each code, and how often a request was refused for it since the process began.
    pub fn by_code(&self) -> impl Iterator<Item = (Code, u64)> {
        Code::ALL.iter().copied().zip(self.by_code.iter().map(|count| count.load(Relaxed)))
    }

    /// Each class of answers, and how many there were.
    pub fn by_class(&self) -> impl Iterator<Item = (&'static str, u64)> {
        CLASSES.into_iter().zip(self.by_class.iter().map(|count| count.load(Relaxed)))
    }

    /// How many were passed over since the last line, if there may be another one.
    fn may_tell(&self, now: Timestamp) -> Option<u64> {
        let mut state = self.told.lock();
        if state.second != now.as_seconds() {
            (state.second, state.told) = (now.as_seconds(), 0);
        }
        if state.told >= MOST {
            state.untold += 1;
            return None;
        }
        state.told += 1;
        Some(std::mem::take(&mut state.untold))
    }
}

/// Whether somebody showed what is not good, asked for what they may not have, or asked too often. Who shows nothing at
/// all is any visitor; a wrong password has a line of its own, with the account.
fn is_of_interest(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidToken
            | Code::TicketUsed
            | Code::TicketExpired
            | Code::AmbiguousCredentials
            | Code::TokenInUrl
            | Code::Forbidden
            | Code::OriginNotAllowed
            | Code::RateLimited
            | Code::Limit
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_rather_than_told() {
        let refusals = Refusals::default();
        let told = |second: i64| refusals.may_tell(Timestamp::from_millis(second * 1000 + 7));
        let first: Vec<_> = (0..1000).filter_map(|_| told(1)).collect();
        assert_eq!(first, [0; MOST as usize]);
        assert_eq!((told(2), told(2)), (Some(1000 - u64::from(MOST)), Some(0)));
    }

    #[test]
    fn what_is_answered_is_counted() {
        let refusals = Refusals::default();
        for status in [200, 204, 404, 503, 999] {
            refusals.answered(StatusCode::from_u16(status).unwrap());
        }
        let classes: Vec<_> = refusals.by_class().collect();
        assert_eq!(classes, [("1xx", 0), ("2xx", 2), ("3xx", 0), ("4xx", 1), ("5xx", 1)]);
        for (times, code) in (1..).zip(Code::ALL) {
            let from = || -> Address { panic!("nobody asks") };
            (0..times)
                .filter(|_| !is_of_interest(*code))
                .for_each(|_| refusals.note(*code, from, Timestamp::from_millis(0)));
        }
        for ((times, code), (counted, count)) in (1..).zip(Code::ALL).zip(refusals.by_code()) {
            assert_eq!((counted, count), (*code, if is_of_interest(*code) { 0 } else { times }), "{code:?}");
        }
    }

    #[test]
    fn visitors_who_show_nothing_are_not_noted() {
        for code in Code::ALL {
            let status = code.status().as_u16();
            let quiet = [Code::Unauthenticated, Code::BadCredentials, Code::PasswordChangeRequired];
            let expected = matches!(status, 401 | 403 | 429) && !quiet.contains(code);
            let by_what_is_shown = [Code::AmbiguousCredentials, Code::TokenInUrl].contains(code);
            assert_eq!(is_of_interest(*code), expected || by_what_is_shown, "{code:?}");
        }
    }
}
