//! `tidings openapi`: the document that `/openapi.json` serves.

use super::output;
use crate::failure::Failure;

pub(super) fn run() -> Result<(), Failure> {
    let document = tidings_api::openapi().to_pretty_json();
    output::line(&document.map_err(|error| Failure::new(format!("the document cannot be written: {error}")))?)
}
