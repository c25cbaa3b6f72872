//! From the bytes of a request to values. What does not fit is refused here, by name; a handler
//! gets a value of its type or is not called.
//!
//! Types that are read must have `#[serde(deny_unknown_fields)]`: a typo never passes silently.

pub(crate) mod body;
mod items;
mod json;
mod object;
mod query;
mod wellformed;
mod wording;

pub(crate) use items::Items;
pub(crate) use json::{Json, parse};
pub(crate) use object::Object;
pub(crate) use query::{Lossy, NoParameters, Query};
