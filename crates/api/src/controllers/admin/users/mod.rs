//! A person's data: handed out, and removed.

pub(crate) mod erase;
pub(crate) mod export;

use tidings_middleware::{Code, Problem};
use tidings_models::UserId;

/// The user in a path. One that is malformed was never known.
fn parse_user(user: &str) -> Result<UserId, Problem> {
    UserId::parse(user).map_err(|_| Problem::new(Code::NotFound))
}
