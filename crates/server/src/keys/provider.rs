//! Keeps the keys of an identity provider: fetches them at the start, every few minutes, when a token
//! names one that is not known, and on SIGHUP.

use std::{sync::Arc, time::Duration};

use tidings_middleware::{Auth, NamedKeys, PublicKeys};
use tokio::{signal::unix::Signal, time::sleep};

use super::fetch::{Fetcher, Unfetched};

/// How often the keys are fetched anyway, whatever the provider says of caches: for so long, a key that it
/// took back is still believed.
const EVERY: Duration = Duration::from_mins(10);
/// How soon it is tried again after it failed; twice as long each time, up to [`LONGEST_RETRY`].
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// See [`FIRST_RETRY`].
const LONGEST_RETRY: Duration = Duration::from_mins(1);

/// How it went last. Told when it changes, and not again while it lasts.
#[derive(Default, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    Good,
    Failing,
}

/// Runs until it is aborted.
pub(super) async fn run(auth: Arc<Auth>, fetcher: Fetcher, mut hangups: Signal) {
    let mut state = State::default();
    let mut retry = FIRST_RETRY;
    loop {
        let pause = if round(&auth, &fetcher, &mut state).await {
            retry = FIRST_RETRY;
            EVERY
        } else {
            let longer = (retry * 2).min(LONGEST_RETRY);
            std::mem::replace(&mut retry, longer)
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = auth.tokens.wanted().asked() => {}
            Some(()) = hangups.recv() => {}
        }
    }
}

/// Fetches once. Tells whether there was an answer to believe. Otherwise all stays as it was.
async fn round(auth: &Auth, fetcher: &Fetcher, state: &mut State) -> bool {
    let _round = auth.tokens.wanted().round();
    let answer = fetcher.fetch().await;
    tell(&answer, state, &fetcher.place());
    // Before the round ends: who waited for it looks at once.
    answer.map(|(keys, _)| auth.tokens.believe(PublicKeys::Named(keys))).is_ok()
}

fn tell(answer: &Result<(NamedKeys, usize), Unfetched>, state: &mut State, from: &str) {
    match answer {
        Ok((keys, others)) if *state != State::Good => {
            *state = State::Good;
            tracing::info!(from, keys = keys.count(), others, "the keys of the identity provider were fetched");
            if keys.count() == 0 {
                tracing::warn!(
                    from,
                    others,
                    "the identity provider has no key that tokens are checked with here (RS256, ES256, EdDSA with kid)"
                );
            }
        }
        Err(reason) if *state != State::Failing => {
            let reason = reason.to_string();
            let until_then =
                if *state == State::Good { "those of before stay in force" } else { "its tokens are refused" };
            tracing::warn!(
                from,
                ?reason,
                "the keys of the identity provider cannot be fetched; until they can, {until_then}"
            );
            *state = State::Failing;
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
