//! The clock of this machine beside that of the database, and beside the log, which all nodes write to.

use tidings_models::{Timestamp, store::Inspection};

use super::{Finding, database::Inspected};

const PART: &str = "clock";
/// Further apart, and times on screens look odd.
const ODD_MS: i64 = 2_000;
/// Further apart, and what ends or begins at a time does so wrongly: tokens, sessions, what is scheduled.
const WRONG_MS: i64 = 30_000;
const MEND: &str = "Have all machines take the time from the network (NTP).";

pub(super) fn check(inspected: &Inspected, now: Timestamp) -> Finding {
    let Ok(Some(Inspection { clock, last, .. })) = inspected else {
        return Finding::fine(PART, "There is no other clock to compare with yet.");
    };
    // What was accepted lies in the past, unless a clock was ahead, here or on another node.
    if let Some((_, at)) = last
        && at.as_millis() - now.as_millis() > ODD_MS
    {
        let ahead = seconds(at.as_millis() - now.as_millis());
        return of(
            at.as_millis() - now.as_millis(),
            &format!(
                "The last event of the log was accepted {ahead} from now: a clock is wrong, here or on another node"
            ),
        );
    }
    let Some((theirs, took)) = clock else {
        return Finding::fine(PART, "Nothing in the log is later than now.");
    };
    // It was asked somewhere within the time that the answer took.
    let unsure = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
    let apart = (now.as_millis() - theirs.as_millis()).abs().saturating_sub(unsure).max(0);
    of(apart, &format!("That of this machine and that of the database are {} apart", seconds(apart)))
}

fn of(apart: i64, says: &str) -> Finding {
    if apart <= ODD_MS {
        Finding::fine(PART, format!("{says}."))
    } else if apart <= WRONG_MS {
        Finding::mind(PART, format!("{says}. {MEND}"))
    } else {
        Finding::wrong(PART, format!("{says}. {MEND}"))
    }
}

fn seconds(millis: i64) -> String {
    format!("{}.{} s", millis / 1000, millis % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tidings_models::Position;

    use super::{super::State, *};

    fn check(clock: Option<i64>, last: i64) -> Finding {
        let at = Timestamp::from_millis;
        let found = Inspection {
            version: String::new(),
            refusal: None,
            pending: 0,
            unknown: 0,
            damage: Vec::new(),
            last: Some((Position::START, at(last))),
            clock: clock.map(|millis| (at(millis), Duration::from_millis(500))),
        };
        super::check(&Ok(Some(found)), at(1_000_000))
    }

    #[test]
    fn clocks_may_differ_a_little() {
        for (clock, last, state) in [
            (None, 900_000, State::Fine),
            (Some(1_000_400), 900_000, State::Fine),
            (Some(997_600), 900_000, State::Fine),
            (Some(997_000), 900_000, State::Mind),
            (Some(1_009_000), 900_000, State::Mind),
            (Some(1_100_000), 900_000, State::Wrong),
            (Some(1_000_000), 1_001_000, State::Fine),
            (Some(1_000_000), 1_005_000, State::Mind),
            (None, 1_060_000, State::Wrong),
        ] {
            let finding = check(clock, last);
            assert_eq!(finding.state, state, "{clock:?} {last}: {finding:?}");
        }
        assert!(check(None, 1_060_000).says.contains("60.0 s from now"));
    }
}
