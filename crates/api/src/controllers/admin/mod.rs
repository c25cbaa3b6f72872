//! For admins and servers.

pub(crate) mod notifications;
pub(crate) mod overview;
