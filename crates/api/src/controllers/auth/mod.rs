//! Signing in and out with a built-in account.

pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod me;
