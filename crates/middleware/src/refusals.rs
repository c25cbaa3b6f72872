//! Who is turned away is noted, for whoever looks for attacks: a line each, and not more of them than a disk bears.

use parking_lot::Mutex;
use tidings_models::{Address, Timestamp};

use crate::Code;

/// The target of what is noted of who may come in: `TIDINGS_LOG=warn,audit=info` keeps it.
pub const AUDIT: &str = "audit";

/// Lines in a second. Nobody fills a disk by asking for what they may not: what is beyond is counted, and the next line
/// tells how many there were.
const MOST: u32 = 10;

/// What was told in this second, and what was not.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    second: i64,
    told: u32,
    untold: u64,
}

impl Refusals {
    /// Notes a refusal, if it is one of who may come in. The request's span tells who it was, as far as that is known.
    pub(crate) fn note(&self, code: Code, from: impl FnOnce() -> Address, now: Timestamp) {
        if is_of_interest(code)
            && let Some(untold) = self.may_tell(now)
        {
            tracing::info!(target: AUDIT, code = code.word(), from = %from(), untold, "turned away");
        }
    }

    /// How many were passed over since the last line, if there may be another one.
    fn may_tell(&self, now: Timestamp) -> Option<u64> {
        let mut state = self.0.lock();
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
