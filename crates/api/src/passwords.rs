//! Checks passwords, one at a time, on a thread of its own.
//!
//! A check takes some 20 ms and 19 MiB by design. On the shared pool of threads each of them would
//! keep what its allocator once took, hundreds of megabytes after a flood of sign-ins.

use std::{io, sync::mpsc, thread};

use secrecy::SecretString;
use tidings_middleware::{Code, Problem};
use tidings_models::PasswordHash;
use tokio::sync::oneshot;

/// Checks that may wait. More are refused at once: the last of these waits some two seconds.
const QUEUE: usize = 64;

struct Check {
    hash: PasswordHash,
    password: SecretString,
    done: oneshot::Sender<bool>,
}

/// Checks passwords.
pub(crate) struct Passwords(mpsc::SyncSender<Check>);

impl Passwords {
    /// Starts the thread. It ends with the last handle.
    pub(crate) fn start() -> io::Result<Self> {
        let (queue, checks) = mpsc::sync_channel::<Check>(QUEUE);
        thread::Builder::new().name("passwords".into()).spawn(move || {
            for Check { hash, password, done } in checks {
                // An error means that the caller went away.
                let _ = done.send(hash.fits(&password));
            }
        })?;
        Ok(Self(queue))
    }

    /// Whether `password` is the one that was hashed.
    pub(crate) async fn fits(&self, hash: PasswordHash, password: SecretString) -> Result<bool, Problem> {
        let (done, fits) = oneshot::channel();
        self.0.try_send(Check { hash, password, done }).map_err(|_| Code::Overloaded)?;
        fits.await.map_err(Problem::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_tells_right_from_wrong_and_refuses_a_flood() {
        let passwords = Passwords::start().unwrap();
        let hash = PasswordHash::make(&"correct horse".into()).unwrap();
        assert!(passwords.fits(hash.clone(), "correct horse".into()).await.unwrap());
        assert!(!passwords.fits(hash.clone(), "wrong horse".into()).await.unwrap());
        let flood = (0..200).map(|_| passwords.fits(hash.clone(), "wrong horse".into()));
        let answers = futures_util::future::join_all(flood).await;
        let refused = answers.iter().filter(|answer| answer.is_err()).count();
        assert!((100..200).contains(&refused), "{refused} of 200");
    }
}
