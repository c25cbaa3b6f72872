//! Signing in and out with a built-in account.

pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod me;
pub(crate) mod password;
pub(crate) mod refresh;
mod session;
pub(crate) mod sessions;
