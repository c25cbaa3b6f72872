//! Who may come in: sign-ins of built-in accounts, keys of servers, and what was taken away again.
//!
//! Whatever is handed out as a secret is kept as a [`Digest`]: who reads the database cannot come in with what they
//! find there. What is taken away is told to every node as an event of the log ([`News`], for the audience
//! [`Audience::Nodes`](crate::Audience::Nodes)), so it takes effect everywhere in the order of the log: what comes
//! after it is sent to nobody whom it concerns.

mod api_key;
mod change;
mod grant;
mod news;
mod revoked;
mod secret;
mod sign_in;

pub use api_key::{ApiKey, KeyId, Scope, Scopes};
pub use change::{AccessChange, TicketId};
pub use grant::Grant;
pub use news::News;
pub(crate) use news::is_before;
pub use revoked::Revoked;
pub use secret::{Digest, Secret, SecretKind};
pub use sign_in::{NewSignIn, ShownSecret, SignIn, SignInId};
