//! How somebody stands with a quota, and how that is told:
//! `RateLimit-Policy: "sign-in-address";q=10;w=60` and `RateLimit: "sign-in-address";r=0;t=6`
//! (draft-ietf-httpapi-ratelimit-headers, revisions 8 to 11).

use std::{num::NonZeroU32, time::Duration};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// How somebody stands with the quota.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// What the quota is.
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What a quota is.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    name: &'static str,
    header: HeaderValue,
}

/// How somebody stands with a quota, after a request.
#[derive(Clone, Debug)]
pub struct Standing {
    policy: Policy,
    remaining: u32,
    wait: Duration,
}

impl Policy {
    pub(super) fn new(name: &'static str, quota: NonZeroU32, window: Duration) -> Self {
        let text = format!("\"{name}\";q={quota};w={}", whole_seconds(window));
        Self { name, header: HeaderValue::from_maybe_shared(text).unwrap_or(HeaderValue::from_static("")) }
    }

    pub(super) fn standing(&self, remaining: u32, wait: Duration) -> Standing {
        Standing { policy: self.clone(), remaining, wait }
    }
}

impl Standing {
    /// The seconds after which there is something left again: rounded up, so that who waits for them is let in.
    #[must_use]
    pub fn retry_after(&self) -> u32 {
        whole_seconds(self.wait)
    }

    /// Tells of it in the headers of an answer.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let Self { policy, remaining, wait } = self;
        let text = if wait.is_zero() {
            format!("\"{}\";r={remaining}", policy.name)
        } else {
            format!("\"{}\";r={remaining};t={}", policy.name, self.retry_after())
        };
        if let Ok(value) = HeaderValue::from_maybe_shared(text) {
            headers.insert(RATE_LIMIT, value);
            headers.insert(RATE_LIMIT_POLICY, policy.header.clone());
        }
    }
}

fn whole_seconds(time: Duration) -> u32 {
    let up = u64::from(time.subsec_nanos() > 0);
    u32::try_from(time.as_secs() + up).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_are_exact() {
        let policy = Policy::new("user", NonZeroU32::new(1000).unwrap(), Duration::from_secs(10));
        let told = |remaining, wait| {
            let mut headers = HeaderMap::new();
            policy.standing(remaining, Duration::from_millis(wait)).tell(&mut headers);
            assert_eq!(headers.get(RATE_LIMIT_POLICY).unwrap(), "\"user\";q=1000;w=10");
            headers.get(RATE_LIMIT).unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(told(999, 0), "\"user\";r=999");
        assert_eq!(told(0, 1), "\"user\";r=0;t=1");
        assert_eq!(told(0, 6_000), "\"user\";r=0;t=6");
        assert_eq!(told(0, 6_001), "\"user\";r=0;t=7");
    }
}
