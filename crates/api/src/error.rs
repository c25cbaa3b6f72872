//! What the domain's errors are to a caller.

use std::sync::Arc;

use tidings_broker::{Error, OpenError};
use tidings_middleware::{Code, Problem};
use tidings_models::StoreError;

/// The store did not do what it was asked.
pub(crate) fn store(error: StoreError) -> Problem {
    Problem::new(code(&error)).caused_by(error)
}

/// The broker did not do what it was asked: a draft was not stored, or may not have been.
pub(crate) fn broker(error: Error) -> Problem {
    match error {
        Error::Overloaded | Error::Stopping => Problem::new(Code::Overloaded).caused_by(error),
        Error::Unknown | Error::CutOff => Problem::new(Code::Unavailable).caused_by(error),
        Error::Store(error) => Problem::new(code(&error)).caused_by(Shared(error)),
    }
}

/// A stream could not be opened.
pub(crate) fn open(error: OpenError) -> Problem {
    match error {
        OpenError::Revoked => Problem::new(Code::InvalidToken),
        OpenError::UserLimit => Problem::new(Code::Limit),
        OpenError::AddressLimit => {
            Problem::new(Code::Limit).detail("As many streams are open from your address as are allowed.")
        }
        OpenError::NodeLimit => Problem::new(Code::Overloaded).caused_by(error),
        OpenError::Failed(error) => broker(error),
    }
}

fn code(error: &StoreError) -> Code {
    match error {
        // Another node may know what is newer than this one.
        StoreError::Unavailable(_) | StoreError::AnotherLife | StoreError::Newer(_) => Code::Unavailable,
        StoreError::Full(_) => Code::StorageFull,
        StoreError::Corrupt(_) | StoreError::Migration(_) | StoreError::Moved(_) => Code::Internal,
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
