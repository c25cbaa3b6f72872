//! Changes of who may come in, as drafts for the log.

use uuid::Uuid;

use super::{Digest, Grant, KeyId, SignInId};
use crate::{PasswordHash, Role, Timestamp, UserId};

/// Which ticket of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TicketId(pub Uuid);

impl TicketId {
    /// How long a ticket that was used is remembered, in milliseconds: longer than any is good.
    pub const KEPT: i64 = 10 * 60_000;
}

/// Something changes about who may come in. What is taken away is told to every node by an event.
#[derive(Clone, Debug)]
pub enum AccessChange {
    /// A sign-in gets another secret, and lasts longer.
    Refresh {
        /// Which.
        id: SignInId,
        /// The secret that it has. Another one: it was refreshed meanwhile, and nothing is done.
        from: Digest,
        /// The one that it is to have.
        to: Digest,
        /// When it ends then.
        until: Timestamp,
    },
    /// One sign-in ends.
    EndSignIn(SignInId),
    /// All sign-ins of a user end, and their tokens are not good any more.
    EndUser(UserId),
    /// An account may sign in or not. When it may not, all that it had ends.
    SetDisabled(UserId, bool),
    /// An account may do something else than before. All that it had ends.
    SetRole(UserId, Role),
    /// An account has another password. All that it had ends, but for one sign-in.
    SetPassword {
        /// Whose.
        user: UserId,
        /// What it is checked against.
        password: PasswordHash,
        /// They must choose another one before anything else.
        must_change: bool,
        /// The sign-in in which they chose it, and what the password was that they showed. If either is not so any
        /// more, nothing is done: somebody was first.
        own: Option<(SignInId, PasswordHash)>,
    },
    /// An account is removed, and all that it had ends. The inbox of its user stays.
    DropAccount(UserId),
    /// A key is not good any more.
    RevokeKey(KeyId),
    /// A stream that may be on another node lasts as long as this grant of its user.
    RenewStream {
        /// Which.
        stream: Uuid,
        /// Whose.
        user: UserId,
        /// By what they have it from now on.
        grant: Grant,
    },
    /// A ticket is used. Only once.
    Redeem(TicketId),
}
