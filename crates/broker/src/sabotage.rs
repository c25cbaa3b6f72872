//! The bugs that must not come back, behind a switch that only tests have.
//!
//! A suite is worth what it catches. Each of these was a way to lose, to repeat or to miscount in
//! silence; a test puts it back and sees the model test (`model.rs`) fail. Outside of tests [`is`] is
//! the constant `false`, so nothing of this is compiled in.

/// A bug that the code could have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// A stream is registered with the hub only when its replay is over.
    RegisterAfterReplay,
    /// A replay starts one event behind its cursor.
    CursorOffByOne,
    /// An overflow of a stream's queue goes unnoticed.
    LagSwallowed,
    /// The bell rings before the commit.
    BellInTransaction,
    /// The follower goes on behind a hole in the log.
    HoleSkipped,
    /// The floor is read before the events, and not in the same snapshot.
    #[cfg(test)]
    TrimBetweenFloorAndRead,
    /// A state that was read before the last dispatch is taken as it is.
    CountsOfAStaleSession,
    /// What a reset or a later place has already is sent again by the outlet.
    LiveBehindThePlace,
    /// The replay goes on beyond the place of joining.
    RepeatAtTheSeam,
    /// A heartbeat moves the place on though a replay is under way.
    HeartbeatOverReplay,
    /// A node that lags shows a client counts from before the client's place.
    CountsBehindTheClient,
    /// A stream does not learn what went straight to its connection.
    PassedIsForgotten,
    /// What a user belongs to stays what it was when they came.
    ScopeNotReloaded,
    /// A stream replays with what its user belonged to when it was opened.
    ScopeOfOpening,
    /// A user who joins a topic is not found when something comes by it.
    JoinedNotListed,
    /// Nor is one who is known to have left, though what comes is of before.
    LeftNotListed,
    /// What is muted is counted.
    MutedIsCounted,
    /// A replay says that nothing is muted.
    MutedOnlyWhileLive,
    /// A signal that is not in the log reaches everybody who ever belonged to its topic.
    WhisperedToWhoLeft,
    /// It shows the counts of when it was said, though newer ones were shown since.
    WhisperedOldCounts,
}

/// Whether a bug is switched on.
#[cfg(not(test))]
pub(crate) const fn is(_: Bug) -> bool {
    false
}

#[cfg(test)]
pub(crate) use switch::{is, with};

#[cfg(test)]
mod switch {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        // Of one thread, as tests run beside each other.
        static ON: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Whether a bug is switched on.
    pub(crate) fn is(bug: Bug) -> bool {
        ON.get() == Some(bug)
    }

    /// Does something with a bug switched on. It is off afterwards, whatever happens.
    pub(crate) fn with<T>(bug: Bug, what: impl FnOnce() -> T) -> T {
        struct Off;
        impl Drop for Off {
            fn drop(&mut self) {
                ON.set(None);
            }
        }
        let _off = Off;
        ON.set(Some(bug));
        what()
    }
}

/// The model test must fail with each of them, within so many histories of one seed, and for a reason
/// that the bug explains.
#[cfg(test)]
mod tests {
    use super::{Bug, with};
    use crate::model;

    const HISTORIES: u32 = 5000;
    const SEED: u64 = 1;

    macro_rules! caught {
        ($($test:ident: $bug:ident breaks $($promise:literal)|+;)*) => {$(
            #[test]
            fn $test() {
                let caught = with(Bug::$bug, || model::run(HISTORIES, SEED, 0)).unwrap_err();
                println!("{:?} after {} histories: {}", Bug::$bug, caught.histories, caught.what);
                let expected = [$($promise),+];
                let known = expected.iter().any(|promise| caught.what.contains(promise));
                assert!(known, "caught for another reason: {}", caught.what);
            }
        )*};
    }

    caught! {
        register_after_replay: RegisterAfterReplay breaks "(I1)";
        cursor_off_by_one: CursorOffByOne breaks "(I1)" | "without need";
        lag_swallowed: LagSwallowed breaks "(I1)";
        bell_in_transaction: BellInTransaction breaks "rung for";
        hole_skipped: HoleSkipped breaks "(I1)" | "(I9)";
        trim_between_floor_and_read: TrimBetweenFloorAndRead breaks "(I1)";
        counts_of_a_stale_session: CountsOfAStaleSession breaks "(I1)" | "(I9)";
        live_behind_the_place: LiveBehindThePlace breaks "(I2)";
        repeat_at_the_seam: RepeatAtTheSeam breaks "(I2)" | "(I3)" | "(I9)";
        heartbeat_over_replay: HeartbeatOverReplay breaks "(I1)";
        counts_behind_the_client: CountsBehindTheClient breaks "(I9)";
        passed_is_forgotten: PassedIsForgotten breaks "(I2)" | "(I3)" | "(I9)" | "said to be replayed";
        scope_not_reloaded: ScopeNotReloaded breaks "(I1)" | "(I4)" | "(I9)";
        scope_of_opening: ScopeOfOpening breaks "(I1)" | "(I4)" | "(I9)";
        joined_not_listed: JoinedNotListed breaks "(I1)" | "(I9)";
        left_not_listed: LeftNotListed breaks "(I1)" | "(I9)";
        muted_is_counted: MutedIsCounted breaks "(I9)";
        muted_only_while_live: MutedOnlyWhileLive breaks "says that it is muted";
        whispered_to_who_left: WhisperedToWhoLeft breaks "(I4)";
        whispered_old_counts: WhisperedOldCounts breaks "(I9)";
    }
}
