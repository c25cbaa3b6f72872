//! The certificate: whether it can be read, and for how long it is good.

use tidings_models::Timestamp;

use super::Finding;
use crate::{config::Tls as Settings, tls::Tls};

const PART: &str = "certificate";
const DAY: i64 = 24 * 60 * 60;
/// Renewals begin a month before the end. With less left, one has failed.
const SOON: i64 = 14;

pub(super) fn check(settings: &Settings, now: Timestamp) -> Finding {
    match Tls::of(settings) {
        Ok(None) => Finding::fine(
            PART,
            "None: the server speaks plain HTTP. Beyond this machine it needs TLS, here or in a proxy.",
        ),
        Ok(Some(tls)) => of(tls.validity(), now.as_seconds()),
        Err(wrong) => Finding::wrong(PART, wrong.to_string()),
    }
}

fn of(validity: Option<(i64, i64)>, now: i64) -> Finding {
    let Some((from, until)) = validity else {
        return Finding::mind(PART, "It can be used, and does not say in a way that can be read until when.");
    };
    let days = (until - now) / DAY;
    if now < from {
        let hours = (from - now) / 3600;
        Finding::wrong(PART, format!("It is not good yet, but in {hours} hours. Is the clock right?"))
    } else if now >= until {
        Finding::wrong(PART, format!("It ended {} days ago. Renew it: a server that runs reads it by itself.", -days))
    } else if days < SOON {
        Finding::mind(PART, format!("It ends in {days} days. Renew it: a server that runs reads it by itself."))
    } else {
        Finding::fine(PART, format!("It is good for {days} days more."))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    #[test]
    fn its_end_is_told_in_time() {
        let now = 1_000 * DAY;
        for (validity, state, words) in [
            (None, State::Mind, "does not say"),
            (Some((now - DAY, now + 90 * DAY)), State::Fine, "90 days more"),
            (Some((now - DAY, now + 13 * DAY)), State::Mind, "in 13 days"),
            (Some((now - 9 * DAY, now - 2 * DAY)), State::Wrong, "2 days ago"),
            (Some((now + 7200, now + DAY)), State::Wrong, "in 2 hours"),
        ] {
            let finding = of(validity, now);
            assert!(finding.state == state && finding.says.contains(words), "{finding:?}");
        }
    }
}
