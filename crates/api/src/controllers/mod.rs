//! One folder per resource, one file per verb: request, response, handler, in this order.

pub(crate) mod admin;
pub(crate) mod auth;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod inbox;
pub(crate) mod notifications;
pub(crate) mod preferences;
pub(crate) mod stream;
pub(crate) mod subscriptions;
pub(crate) mod topics;
pub(crate) mod ws;
