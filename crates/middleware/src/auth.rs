//! What the middleware needs to know, in one value: shared as `web::Data<Auth>`.

use std::sync::Arc;

use tidings_models::{Clock, Random};

use crate::{Limits, Origins, Tokens};

/// Whom to believe, and which origins to serve.
pub struct Auth {
    /// Checks and makes tokens.
    pub tokens: Tokens,
    /// The origins whose pages may call, beside our own.
    pub origins: Origins,
    /// How often requests may come, and from where they do.
    pub limits: Limits,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub random: Arc<dyn Random>,
}
