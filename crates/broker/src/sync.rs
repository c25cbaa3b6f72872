//! The lock of this crate. Under the feature `shuttle` the tests get one that hands every acquisition
//! to a scheduler, so that orders of events are explored and not waited for.

#[cfg(not(all(test, feature = "shuttle")))]
pub(crate) use parking_lot::Mutex;
#[cfg(all(test, feature = "shuttle"))]
pub(crate) use scheduled::Mutex;

#[cfg(test)]
#[cfg(feature = "shuttle")]
mod scheduled {
    use std::sync::PoisonError;

    use shuttle::sync::MutexGuard;

    /// What is used of `parking_lot::Mutex`.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(shuttle::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            // A test that failed drops what it holds, with the lock that it failed under.
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
