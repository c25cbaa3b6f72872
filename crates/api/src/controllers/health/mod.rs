//! For load balancers and operators.

pub(crate) mod live;
pub(crate) mod metrics;
pub(crate) mod ready;
