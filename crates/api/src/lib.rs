//! The HTTP interface: controllers, frames and the OpenAPI document.
//!
//! A handler says by its types who may call it ([`User`](tidings_middleware::User),
//! [`Admin`](tidings_middleware::Admin), ...) and what it takes ([`extract`]), calls the domain once, and
//! maps the answer. What is the same for every request (credentials, origins, headers, the shape of
//! a refusal) is in `middleware`; what lives longer than a request is in `broker`.
//!
//! This crate must never know of SQL, and holds no state beyond [`App`].
//!
//! **To add an endpoint:** one file in `controllers/<resource>/<verb>.rs` (request, response,
//! handler, in this order), one line in [`routes`], one in `openapi.rs`; a test there holds the two
//! lists equal. Then `make openapi` renews the snapshot.

mod app;
mod audit;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod connection;
mod controllers;
mod directory;
mod error;
mod extract;
mod frames;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod idempotency;
mod metrics;
mod openapi;
mod paging;
mod passwords;
mod routes;

pub use app::{App, Sessions};
pub use connection::{Connection, KEEP_ALIVE, SLOW_HEAD, TakeOver};
pub use directory::StoredDirectory;
pub use openapi::openapi;
pub use routes::routes;
