//! What was measured, as values: scenarios make them, the report prints them.

use serde::{Deserialize, Serialize};

/// One figure of one contestant, as often as it was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// What was done: `idle`, `broadcast`, `unicast`, ...
    pub(crate) scenario: String,
    /// Who did it: `tidings`, `nchan`, `gin`, `floor`.
    pub(crate) contestant: String,
    /// How much of it, for a curve: streams, or publishes per second, or rows of the log.
    pub(crate) at: f64,
    /// What was measured: `kB per stream`, `p99`, ...
    pub(crate) metric: String,
    /// Its unit: `kB`, `ms`, `s`, `1/s`, `CPU µs`, `events`.
    pub(crate) unit: String,
    /// One value for each repetition.
    pub(crate) runs: Vec<f64>,
}
