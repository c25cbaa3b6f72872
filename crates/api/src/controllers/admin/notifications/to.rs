//! What recipients may look like, for the document: only schemas are made of these.
#![expect(dead_code, reason = "only schemas are made of these")]

use utoipa::ToSchema;

use crate::openapi::values;

/// Exactly one of these.
#[derive(ToSchema)]
#[schema(as = To)]
#[serde(untagged)]
pub(crate) enum ToForm {
    User(ToUser),
    Users(ToUsers),
    Topic(ToTopic),
    Everyone(ToEveryone),
}

/// One user.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToUser {
    user: values::UserName,
}

/// Several users.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToUsers {
    /// The same one twice counts once.
    #[schema(min_items = 1, max_items = 1000)]
    users: Vec<values::UserName>,
}

/// The members of a topic.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToTopic {
    topic: values::TopicName,
}

/// Everybody who is known by now.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToEveryone {
    #[schema(schema_with = values::only_true)]
    everyone: bool,
}
