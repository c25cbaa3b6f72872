//! The bus: whether what is said on it is heard.

use tidings_broker::bus::try_line;
use tidings_models::SystemRandom;

use super::Finding;
use crate::{
    bus,
    config::{Bus as Settings, Database},
};

const PART: &str = "bus";
/// Beside those of nodes, so that no node is woken.
const CHANNEL: &str = "tidings-doctor";

pub(super) async fn check(settings: &Settings, database: &Database) -> Finding {
    let line = match bus::line(settings, database, CHANNEL) {
        Ok(Some(line)) => line,
        Ok(None) if database.database_url.file().is_some() => {
            return Finding::fine(PART, "None is needed: a database in a file is of one node alone.");
        }
        Ok(None) => {
            return Finding::fine(
                PART,
                "There is none: what other nodes store comes up to TIDINGS_POLL_MS later. TIDINGS_BUS_URL=postgres makes it come at once.",
            );
        }
        Err(wrong) => return Finding::wrong(PART, wrong.to_string()),
    };
    let name = line.name();
    match try_line(&*line, &SystemRandom).await {
        Ok(took) => {
            Finding::fine(PART, format!("{name} rings: there and back in {:.1} ms.", took.as_secs_f64() * 1000.0))
        }
        Err(error) => Finding::wrong(
            PART,
            format!(
                "{name} does not ring: {error}. Does it run, and is TIDINGS_BUS_URL right? Until then nodes look for themselves."
            ),
        ),
    }
}
