//! What stands between the network and a handler: who is calling, where from, under which request
//! id, and the one shape of a refusal.
//!
//! This crate must never know of notifications, the broker or the database, and nothing in it may
//! write a token, a query string or a header into a log.
//!
//! # The order, on one screen
//!
//! ```
//! # use actix_web::{App, middleware::from_fn, web};
//! # use tidings_middleware::{Auth, cors, edge, guard};
//! # fn app(auth: web::Data<Auth>) {
//! App::new()
//!     .app_data(auth.clone())
//!     .wrap(cors(&auth.origins)) // 2. answers preflights; opens answers to the origins that are listed
//!     .wrap(from_fn(edge)) //       1. request id, span, panics; then problem+json and headers on every answer
//!     .service(
//!         web::scope("/api/v1").wrap(from_fn(guard)), // 3. no token in the URL, no foreign origin, who is calling, how often
//!     );
//! # }
//! ```
//!
//! (actix runs what was wrapped last first.) A handler then says whom it serves by a type in its
//! signature: [`User`], [`Admin`], [`Publisher`], [`Manager`], or [`SignedIn`] for somebody who must choose another
//! password first. A handler with none of them serves anybody, which only signing in does.
//!
//! **To add an error code:** add one line to the table in `problem/code.rs`. Status, title, the list
//! at `/docs/errors` and the OpenAPI document follow from it. Then make it with [`Problem::new`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed unwrap is a failed test"))]

mod answers;
mod auth;
mod connections;
pub mod cookie;
mod cors;
mod credentials;
mod directory;
mod edge;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod guard;
mod headers;
mod host;
mod limits;
mod origin;
mod over_tls;
mod principal;
pub mod problem;
mod proxies;
mod refusals;
mod register;
mod request_id;
mod sizes;
mod slow_head;
#[cfg(test)]
mod testing;
mod tickets;
mod token;
mod trace;
mod unread;

pub use answers::Answers;
pub use auth::Auth;
pub use connections::{ConnectionPlace, Connections};
pub use cookie::SessionCookie;
pub use cors::cors;
pub use directory::Directory;
pub use edge::edge;
pub use guard::{accepts_events, guard, hears_upgrades_alone};
pub use limits::{Limits, Rates, Standing};
pub use origin::{Origins, WrongOrigin};
pub use over_tls::OverTls;
pub use principal::{Admin, Credential, Manager, Observer, Principal, Publisher, Rights, SignedIn, User};
pub use problem::{Code, FieldError, Problem, ProblemBody};
pub use proxies::{Proxies, WrongProxy};
pub use refusals::{AUDIT, Refusals};
pub use register::Register;
pub use request_id::RequestId;
pub use slow_head::Heads;
pub use tickets::Tickets;
pub use token::{
    Claims, FileKeys, InvalidToken, NamedKeys, PublicKeys, Round, Secrets, Tokens, Wanted, WrongKey, WrongKeys,
    WrongSecret,
};
