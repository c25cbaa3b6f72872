//! Reads of the database, during which a stream goes on to say that it is alive.
//!
//! A read that was begun is finished before anything else is looked at: it has its place among those
//! who wait for one, and what is to be done with it belongs to the step that asked for it.

use std::{pin::Pin, sync::Arc, time::Duration};

use tidings_models::{InboxPage, InboxQuery, StoreError};

use super::Stream;
use crate::{
    broker::Broker,
    error::Error,
    frame::{Frame, GoodbyeReason},
};

/// How long a stream whose read failed waits before the next attempt.
const RETRY: Duration = Duration::from_secs(1);

/// A read that is under way, and what its stream does then.
pub(super) type Reading = Pin<Box<dyn Future<Output = Result<Then, Error>> + Send>>;

/// What a stream does with what was read. No read is open any more by then.
type Then = Box<dyn FnOnce(&mut Stream) -> Vec<Frame> + Send>;

impl Stream {
    /// Begins to read. What was read is given to `then`, by one of the next steps.
    pub(super) fn read<T: Send + 'static, F>(
        &mut self,
        read: impl FnOnce(Arc<Broker>) -> F,
        then: impl FnOnce(&mut Self, T) -> Vec<Frame> + Send + 'static,
    ) where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let read = read(Arc::clone(&self.broker));
        self.reading = Some(Box::pin(async move {
            let what = read.await?;
            Ok(Box::new(move |stream: &mut Self| then(stream, what)) as Then)
        }));
    }

    /// Begins to read the inbox. What it says is of the place of joining or later, as it is read after
    /// that; what the outlet has of it already is passed over.
    pub(super) fn read_inbox(
        &mut self,
        query: InboxQuery,
        then: impl FnOnce(&mut Self, InboxPage) -> Vec<Frame> + Send + 'static,
    ) {
        let user = self.seat.user.clone();
        self.read(|broker| async move { broker.inbox(&user, &query).await }, then);
    }

    /// Goes on with a read. If it takes long there may be something to say meanwhile; if it fails, the
    /// step that asked for it is taken again, later.
    pub(super) async fn go_on(&mut self, mut reading: Reading) -> Vec<Frame> {
        tokio::select! {
            biased;
            done = &mut reading => match done {
                Ok(then) => then(self),
                // It will not go better here, and would look alive for ever.
                Err(Error::Store(error)) if matches!(*error, StoreError::Newer(_)) => {
                    tracing::error!(%error, stream = %self.id, "a stream is sent away");
                    self.end(GoodbyeReason::Overloaded)
                }
                Err(error) => {
                    tracing::debug!(%error, stream = %self.id, "waiting for the database");
                    self.reading = Some(Box::pin(async {
                        tokio::time::sleep(RETRY).await;
                        Ok(Box::new(|_: &mut Self| Vec::new()) as Then)
                    }));
                    Vec::new()
                }
            },
            frames = self.wait() => {
                self.reading = Some(reading);
                frames
            }
        }
    }
}
