//! For admins and servers.

pub(crate) mod api_keys;
pub(crate) mod audience;
pub(crate) mod connections;
pub(crate) mod notifications;
pub(crate) mod overview;
pub(crate) mod signals;
pub(crate) mod topics;
pub(crate) mod users;
