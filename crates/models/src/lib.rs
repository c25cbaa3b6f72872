//! What Tidings is about, as values, and the one door to where it is kept.
//!
//! The types are the words of the design: a [`Notification`] is what a person reads, an [`Event`]
//! is an entry of the log, a [`Cursor`] is what a client holds. Every value that comes from outside
//! is parsed into a type that cannot be wrong (`Title`, `Link`, `UserId`), so the code behind
//! never asks again. [`Store`] is the database behind one trait; `store::sqlite` and `store::postgres` implement it.
//!
//! This crate must never know of HTTP, and no other crate may know of SQL.
//!
//! **To add a field to a notification:** add it to [`Notification`] (whose JSON is what is stored and
//! sent) and to the request in `api/controllers/admin/notifications/create.rs`. Only what lists are
//! filtered by needs a column: in `store/shared/sql.rs` and `write.rs`, and in a new migration in *both* folders of
//! `migrations/`. `a_notification_comes_back_as_it_was_given` of the contract suite is where to show
//! that it is kept.

pub mod access;
pub mod account;
pub mod address;
pub mod audience;
pub mod clock;
pub mod cursor;
pub mod event;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
pub mod inbox;
pub mod json;
pub mod link;
pub mod mark;
pub mod notification;
pub mod password;
pub mod position;
pub mod preferences;
pub mod store;
pub mod text;
pub mod topic;
pub mod user;

pub use access::{AccessChange, ApiKey, Digest, Grant, News, Revoked, Secret, SecretKind, SignIn, SignInId};
pub use account::{Account, Role};
pub use address::{Address, Network};
pub use audience::{Audience, TopicName, Window};
pub use clock::{Clock, Random, SystemClock, SystemRandom, Timestamp};
pub use cursor::{Cursor, CursorError, CursorKey, Cursors};
pub use event::{Effect, Event, Kind};
pub use inbox::{Counts, InboxItem, InboxPage, InboxQuery, InboxState};
pub use link::Link;
pub use mark::{Change, Flags, Mark};
pub use notification::{Action, Actor, Level, Notification, NotificationId, Recipients};
pub use password::PasswordHash;
pub use position::{Epoch, Head, Position, Seq};
pub use preferences::{Mute, Muted, Muting, Preferences, QuietHours, Subject};
pub use store::{Committed, Draft, Log, Outcome, Replay, Retention, Store, StoreError, Trimmed};
pub use text::Invalid;
pub use topic::Topic;
pub use user::UserId;
