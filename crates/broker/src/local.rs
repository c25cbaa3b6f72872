//! The broker, as one thread sees it.

use std::sync::Arc;

use tokio::task::AbortHandle;

use crate::{
    broker::Broker, census::Reader, error::OpenError, frame::GoodbyeReason, hub::Hub, ledger::Transport, replay::Start,
    stream::Stream,
};

/// The part of the broker that serves the streams of one thread. See [`Broker::local`].
pub struct Local {
    broker: Arc<Broker>,
    hub: Arc<Hub>,
    tasks: [AbortHandle; 2],
}

impl Local {
    pub(crate) fn new(broker: Arc<Broker>, hub: Arc<Hub>, tasks: [AbortHandle; 2]) -> Self {
        Self { broker, hub, tasks }
    }

    /// Opens a stream for a reader, for as long as their grant lasts, served by this thread.
    pub async fn open(
        &self,
        reader: impl Into<Reader>,
        start: Start,
        transport: Transport,
    ) -> Result<Stream, OpenError> {
        self.broker.open_at(&self.hub, reader.into(), start, transport).await
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        // Nobody hands on to its streams any more: they must not wait for that in silence.
        self.hub.close();
        self.hub.end_some(usize::MAX, GoodbyeReason::Shutdown);
        self.broker.hubs.close(&self.hub);
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}
