//! Joining topics, and leaving them.

pub(crate) mod change;

use tidings_middleware::{Code, Problem};
use tidings_models::{Draft, Outcome, TopicName, UserId};

use crate::{App, error};

/// Lets a user join a topic or leave it. Whether that changed anything.
pub(crate) async fn subscribe(
    app: &App,
    user: UserId,
    topic: TopicName,
    join: bool,
    by_admin: bool,
) -> Result<bool, Problem> {
    let draft = Draft::Subscribe { user, topic, join, by_admin, at: app.clock.now() };
    match app.broker.publisher().publish(draft).await.map_err(error::broker)? {
        Outcome::Done(changed) => Ok(changed),
        Outcome::NoTopic => Err(Problem::new(Code::NotFound)),
        Outcome::NotOpen => Err(Problem::new(Code::Forbidden).detail("An admin says who belongs to this topic.")),
        Outcome::TooMany => {
            Err(Problem::new(Code::InvalidRequest).detail("A user has belonged to as many topics as there may be."))
        }
        other => Err(Problem::internal(format!("a subscription became {other:?}"))),
    }
}
