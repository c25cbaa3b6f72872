//! Why the broker did not do what it was asked.

use std::sync::Arc;

use tidings_models::StoreError;

/// Why the broker did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Too many drafts are waiting already. Nothing was stored.
    #[error("too many drafts are waiting to be stored")]
    Overloaded,
    /// The server is stopping. Nothing was stored.
    #[error("the server is stopping")]
    Stopping,
    /// This node cannot read the log, and does not know what others wrote to it.
    #[error("the log is out of reach")]
    CutOff,
    /// The publisher ended before it answered. It may have been stored or not.
    #[error("the publisher ended before it answered")]
    Unknown,
    /// The store did not do it. Shared by all drafts of a group.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

/// Why a stream could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The user has as many streams as allowed.
    #[error("this user has as many open streams as allowed")]
    UserLimit,
    /// There are as many streams from this address as allowed.
    #[error("there are as many open streams from this address as allowed")]
    AddressLimit,
    /// This node has as many streams as allowed.
    #[error("this node has as many open streams as allowed")]
    NodeLimit,
    /// What the user is believed by was taken away meanwhile.
    #[error("what this user is believed by was taken away")]
    Revoked,
    /// The user's state could not be read, or the node is stopping.
    #[error(transparent)]
    Failed(#[from] Error),
}
