//! Checks and hashes passwords, one at a time, on a thread of its own.
//!
//! Each takes some 20 ms and 19 MiB by design. On the shared pool of threads each of them would
//! keep what its allocator once took, hundreds of megabytes after a flood of sign-ins.

use std::{io, sync::mpsc, thread};

use secrecy::SecretString;
use tidings_middleware::{Code, Problem};
use tidings_models::{Invalid, PasswordHash, UserId};
use tokio::sync::oneshot;

/// Passwords that may wait. More are refused at once: the last of these waits some two seconds.
const QUEUE: usize = 64;

enum Work {
    Check { hash: PasswordHash, password: SecretString, done: oneshot::Sender<bool> },
    Hash { password: SecretString, user: UserId, done: oneshot::Sender<Result<PasswordHash, Invalid>> },
}

/// Checks and hashes passwords.
pub(crate) struct Passwords(mpsc::SyncSender<Work>);

impl Passwords {
    /// Starts the thread. It ends with the last handle.
    pub(crate) fn start() -> io::Result<Self> {
        let (queue, works) = mpsc::sync_channel::<Work>(QUEUE);
        thread::Builder::new().name("passwords".into()).spawn(move || {
            for work in works {
                // An error means that the caller went away.
                match work {
                    Work::Check { hash, password, done } => drop(done.send(hash.fits(&password))),
                    Work::Hash { password, user, done } => {
                        drop(done.send(PasswordHash::make(&password, user.as_str())));
                    }
                }
            }
        })?;
        Ok(Self(queue))
    }

    /// Whether `password` is the one that was hashed.
    pub(crate) async fn fits(&self, hash: PasswordHash, password: SecretString) -> Result<bool, Problem> {
        let (done, fits) = oneshot::channel();
        self.0.try_send(Work::Check { hash, password, done }).map_err(|_| Code::Overloaded)?;
        fits.await.map_err(Problem::internal)
    }

    /// Hashes a new password of `user`, unless it is too short, too long, or guessed soon.
    pub(crate) async fn hash(
        &self,
        password: SecretString,
        user: UserId,
    ) -> Result<Result<PasswordHash, Invalid>, Problem> {
        let (done, hash) = oneshot::channel();
        self.0.try_send(Work::Hash { password, user, done }).map_err(|_| Code::Overloaded)?;
        hash.await.map_err(Problem::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_tells_right_from_wrong_and_refuses_a_flood() {
        let passwords = Passwords::start().unwrap();
        let hash = PasswordHash::make(&"correct horse".into(), "ann").unwrap();
        assert!(passwords.fits(hash.clone(), "correct horse".into()).await.unwrap());
        assert!(!passwords.fits(hash.clone(), "wrong horse".into()).await.unwrap());
        let flood = (0..200).map(|_| passwords.fits(hash.clone(), "wrong horse".into()));
        let answers = futures_util::future::join_all(flood).await;
        let refused = answers.iter().filter(|answer| answer.is_err()).count();
        assert!((100..200).contains(&refused), "{refused} of 200");
    }
}
