//! The subscription manager: from a draft to the streams of those it is for.
//!
//! ```text
//! handler -> Publisher -> Log::commit -> bell -> Follower -> Hub -> Session -> Stream -> socket
//! ```
//!
//! The database is the log and the bell is only a bell: the follower (`follower.rs`) reads what was
//! committed, in order, and never skips. A [`Stream`] joins replay and live events by position, so
//! there is neither gap nor repeat.
//!
//! This crate must never know of SQL or of HTTP: frames are values here, and become bytes in `api`.
//! Time comes from tokio (virtual in tests) and from [`tidings_models::Clock`].
//!
//! **To add a kind of event:** nothing here, unless its content must be rendered for clients
//! (`entry.rs`) or its effect depends on the reader (`session.rs`).

#[cfg(any(feature = "bench", fuzzing))]
#[doc(hidden)]
pub mod bench;
mod broker;
pub mod bus;
mod census;
#[cfg(test)]
#[cfg(feature = "shuttle")]
mod concurrency;
mod deployment;
mod dispatcher;
mod entry;
mod erase;
mod error;
mod feed;
mod follower;
mod frame;
mod fresh;
mod health;
mod hub;
mod hubs;
mod janitor;
mod ledger;
mod local;
mod members;
#[cfg(test)]
mod model;
mod outlet;
mod peers;
mod publisher;
mod reads;
mod replay;
mod ring;
mod sabotage;
mod scheduler;
mod session;
mod settings;
mod sizes;
mod stream;
mod sync;
pub mod tally;
mod tasks;
#[cfg(test)]
mod testing;
mod trouble;
mod watch;
mod whisper;
mod whispers;

pub use broker::Broker;
pub use census::Reader;
pub use deployment::{Present, StreamSomewhere};
pub use entry::Entry;
pub use error::{Error, OpenError};
pub use frame::{Frame, Goodbye, GoodbyeReason, Own};
pub use health::{Figures, Health, Parts};
pub use ledger::{OpenStream, Transport};
pub use local::Local;
pub use outlet::{Delivery, Sink};
pub use publisher::Publisher;
pub use replay::{ResetReason, Start};
pub use settings::Settings;
pub use stream::Stream;
pub use tasks::Tasks;
pub use whisper::Whisper;
