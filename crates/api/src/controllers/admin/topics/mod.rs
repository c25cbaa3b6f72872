//! Topics, and who belongs to them, as admins see them.

pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod put;

use serde::Serialize;
use tidings_middleware::{Code, Problem};
use tidings_models::{Timestamp, Topic, TopicName};
use utoipa::ToSchema;

/// A topic.
#[derive(Serialize, ToSchema)]
pub(crate) struct TopicView {
    /// Its name, which is what publishers address.
    #[schema(value_type = String)]
    topic: TopicName,
    /// What people read instead of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Whether users join and leave by themselves.
    open: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl TopicView {
    pub(crate) fn of(topic: Topic) -> Self {
        let Topic { name, title, open, created_at } = topic;
        Self { topic: name, title, open, created_at }
    }
}

/// The name in a path. One that is malformed names nothing.
pub(crate) fn parse_topic(name: &str) -> Result<TopicName, Problem> {
    TopicName::parse(name).map_err(|_| Problem::new(Code::NotFound))
}
