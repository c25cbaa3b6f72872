//! What the domain's errors are to a caller.

use std::sync::Arc;

use tidings_broker::{OpenError, PublishError};
use tidings_middleware::{Code, Problem};
use tidings_models::StoreError;

/// The store did not do what it was asked.
pub(crate) fn store(error: StoreError) -> Problem {
    Problem::new(code(&error)).caused_by(error)
}

/// A draft was not stored, or may not have been.
pub(crate) fn publish(error: PublishError) -> Problem {
    match error {
        PublishError::Overloaded | PublishError::Stopping => Problem::new(Code::Overloaded).caused_by(error),
        PublishError::Store(error) => Problem::new(code(&error)).caused_by(Shared(error)),
    }
}

/// A stream could not be opened.
pub(crate) fn open(error: OpenError) -> Problem {
    match error {
        OpenError::UserLimit => Problem::new(Code::Limit),
        OpenError::NodeLimit | OpenError::Stopping => Problem::new(Code::Overloaded).caused_by(error),
        OpenError::Store(error) => store(error),
    }
}

fn code(error: &StoreError) -> Code {
    match error {
        StoreError::Unavailable(_) => Code::Unavailable,
        StoreError::Full(_) => Code::StorageFull,
        StoreError::Corrupt(_) | StoreError::Migration(_) => Code::Internal,
    }
}

/// An error that several callers of one group were given.
#[derive(Debug)]
struct Shared(Arc<StoreError>);

impl std::fmt::Display for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Shared {}
