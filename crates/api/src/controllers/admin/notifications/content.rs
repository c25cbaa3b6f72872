//! What publishers say about a notification, and everything that can be wrong with it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tidings_middleware::{Code, FieldError, Problem};
use tidings_models::{
    Action, Actor, Invalid, Level, Link, Notification, NotificationId, Recipients, Timestamp, TopicName, UserId,
    json::compact,
    text::{self, Rule},
};
use utoipa::ToSchema;

use super::to::ToForm;
use crate::{extract::Object, openapi::values};

// It is also written, for the fingerprint that tells a repeat from another request under the same
// key: without what is absent, so that a field of a later version changes none.
/// A notification to be made.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateRequest {
    /// Who it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ToForm, required = true)]
    to: Option<Object<To>>,
    /// One line that says what happened: 1 to 200 characters.
    #[schema(required = true, value_type = values::Title)]
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// More about it: up to 8 KiB of plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<values::Body>)]
    body: Option<String>,
    /// How much it asks for attention.
    #[serde(default)]
    level: Level,
    /// Cannot be muted; its toast stays until it is closed.
    #[serde(default)]
    critical: bool,
    /// Where it leads: http(s), or a path on the same site.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<values::Link>)]
    link: Option<String>,
    /// Up to three things to do about it.
    #[serde(default)]
    #[schema(max_items = 3)]
    #[schema(value_type = Vec<ActionRequest>)]
    actions: Vec<Object<ActionRequest>>,
    /// Who or what caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ActorRequest>)]
    actor: Option<Object<ActorRequest>>,
    /// What kind of thing it is about, in your words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<values::Word>)]
    category: Option<String>,
    /// Anything else, for programs: any JSON up to 16 KiB.
    #[schema(value_type = Option<Value>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Box<RawValue>>,
    /// A newer one with the same key takes this one's place in the inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<values::Word>)]
    group_key: Option<String>,
    /// When it is to be made, if not now (RFC 3339 with an offset).
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    deliver_at: Option<String>,
    /// When it stops being of interest (RFC 3339 with an offset).
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// Exactly one of these.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct To {
    /// One user.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// Up to 1,000 users; the same one twice counts once.
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<Vec<String>>,
    /// The members of a topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    /// Everybody who is known by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    everyone: Option<bool>,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ActionRequest {
    #[schema(value_type = values::Word)]
    label: String,
    #[schema(value_type = values::Link)]
    link: String,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ActorRequest {
    #[schema(value_type = values::Word)]
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<values::Link>)]
    image: Option<String>,
}

/// Collects what is wrong with a request, field by field, so that all of it is told at once.
#[derive(Default)]
struct Checks(Vec<FieldError>);

impl Checks {
    fn take<T>(&mut self, field: &str, checked: Result<T, Invalid>) -> Option<T> {
        checked.map_err(|invalid| self.0.push(FieldError::new(field, invalid.rule.into(), invalid.detail))).ok()
    }

    fn optional<T, U>(&mut self, field: &str, given: Option<T>, check: impl Fn(T) -> Result<U, Invalid>) -> Option<U> {
        given.and_then(|value| self.take(field, check(value)))
    }
}

/// What a request asks for, when nothing is wrong with it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) notification: Notification,
    /// When it is to be made, if not now.
    pub(crate) deliver_at: Option<Timestamp>,
}

impl CreateRequest {
    /// Everything that is wrong, or a notification that can be stored and whom it is for.
    pub(crate) fn check(mut self, id: NotificationId, now: Timestamp) -> Result<(Asked, Recipients), Problem> {
        let mut checks = Checks::default();
        let to = checks.take("to", recipients(self.to.take().map(|Object(to)| to)));
        let asked = self.content(&mut checks, id, now);
        match (to, asked) {
            (Some(to), Some(asked)) if checks.0.is_empty() => Ok((asked, to)),
            _ => Err(Problem::fields(checks.0)),
        }
    }

    /// The same for one that is there already: whom it is for, and its group, are not to be changed.
    pub(crate) fn check_correction(self, id: NotificationId, made: Timestamp) -> Result<Asked, Problem> {
        let mut checks = Checks::default();
        match self.content(&mut checks, id, made) {
            Some(asked) if checks.0.is_empty() => Ok(asked),
            _ => Err(Problem::fields(checks.0)),
        }
    }

    fn content(self, checks: &mut Checks, id: NotificationId, now: Timestamp) -> Option<Asked> {
        let title = checks.take("title", text::title(self.title.unwrap_or_default()));
        let body = checks.optional("body", self.body, text::body);
        let link = checks.optional("link", self.link, Link::parse);
        let category = checks.optional("category", self.category, text::word);
        let data = checks.optional("data", self.data.as_deref(), data);
        let group_key = checks.optional("group_key", self.group_key, text::word);
        let deliver_at = checks.optional("deliver_at", self.deliver_at, |at| time(&at));
        let expires_at = checks.optional("expires_at", self.expires_at, |at| time(&at));
        let actor = self.actor.and_then(|Object(actor)| {
            let image = checks.optional("actor.image", actor.image, Link::parse);
            Some(Actor { name: checks.take("actor.name", text::word(actor.name))?, image })
        });
        if self.actions.len() > Notification::MAX_ACTIONS {
            checks.0.push(FieldError::new("actions", Code::TooLong, "at most 3 actions"));
        }
        let mut actions = Vec::with_capacity(Notification::MAX_ACTIONS);
        for (index, Object(action)) in self.actions.into_iter().enumerate().take(Notification::MAX_ACTIONS) {
            let label = checks.take(&format!("actions[{index}].label"), text::word(action.label));
            let link = checks.take(&format!("actions[{index}].link"), Link::parse(action.link));
            actions.extend(label.zip(link).map(|(label, link)| Action { label, link }));
        }
        let (level, critical) = (self.level, self.critical);
        let notification = Notification {
            id,
            title: title?,
            body,
            level,
            critical,
            link,
            actions,
            actor,
            category,
            data,
            group_key,
            created_at: now,
            expires_at,
        };
        Some(Asked { notification, deliver_at })
    }
}

pub(crate) fn recipients(to: Option<To>) -> Result<Recipients, Invalid> {
    let wrong = |detail: &str| Err(Invalid::new(Rule::Recipients, detail));
    match to {
        Some(To { user: Some(user), users: None, topic: None, everyone: None }) => {
            UserId::parse(&user).map(Recipients::User)
        }
        Some(To { user: None, users: Some(users), topic: None, everyone: None }) => {
            Recipients::users(users.iter().map(|user| UserId::parse(user)).collect::<Result<_, _>>()?)
        }
        Some(To { user: None, users: None, topic: Some(topic), everyone: None }) => {
            TopicName::parse(&topic).map(Recipients::Topic)
        }
        Some(To { user: None, users: None, topic: None, everyone: Some(true) }) => Ok(Recipients::Everyone),
        _ => wrong(r#"exactly one of {"user": …}, {"users": […]}, {"topic": …} and {"everyone": true}"#),
    }
}

pub(crate) fn data(given: &RawValue) -> Result<Box<RawValue>, Invalid> {
    let compact = compact(given);
    if compact.len() > Notification::MAX_DATA_BYTES {
        return Err(Invalid::new(Rule::TooLong, format!("at most {} bytes of JSON", Notification::MAX_DATA_BYTES)));
    }
    RawValue::from_string(compact).map_err(|error| Invalid::new(Rule::Value, error.to_string()))
}

fn time(text: &str) -> Result<Timestamp, Invalid> {
    let at = Timestamp::parse(text);
    at.ok_or_else(|| Invalid::new(Rule::Time, "RFC 3339 with an offset, like 2030-01-31T08:00:00Z"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tidings_models::SystemRandom;

    use super::{super::SentView, *};

    fn check(request: &Value) -> Result<Value, Vec<(String, &'static str)>> {
        let request: CreateRequest = serde_json::from_str(&request.to_string()).unwrap();
        let now = Timestamp::from_millis(1_790_000_000_000);
        match request.check(NotificationId::new(now, &SystemRandom), now) {
            Ok((Asked { notification, deliver_at }, to)) => {
                let mut json = serde_json::to_value(SentView::new(&notification, &to, deliver_at)).unwrap();
                json.as_object_mut().unwrap().retain(|name, _| !matches!(name.as_str(), "id" | "stage"));
                Ok(json)
            }
            Err(problem) => {
                let body = serde_json::to_value(problem.body("r")).unwrap();
                let errors = body["errors"].as_array().cloned().unwrap_or_default();
                let word = |error: &Value| {
                    let code = error["code"].as_str().unwrap();
                    let known = Code::ALL.iter().map(|code| code.word()).find(|word| *word == code);
                    (error["field"].as_str().unwrap().to_owned(), known.unwrap())
                };
                Err(errors.iter().map(word).collect())
            }
        }
    }

    #[test]
    fn every_field_is_taken_as_it_was_given() {
        let full = json!({
            "to": {"users": ["ann", "bob"]}, "title": "Build 4711 failed", "body": "a\r\nb", "level": "error",
            "critical": true, "link": "/builds/4711", "actions": [{"label": "Retry", "link": "/retry"}],
            "actor": {"name": "CI", "image": "https://x.org/i.png"}, "category": "builds",
            "data": {"build": 4711}, "expires_at": "2030-01-31T08:00:00+01:00", "group_key": "build-4711",
            "deliver_at": "2029-12-31T23:00:00Z",
        });
        let mut expected = full.clone();
        expected["created_at"] = json!("2026-09-21T14:13:20.000Z");
        expected["expires_at"] = json!("2030-01-31T07:00:00.000Z");
        expected["deliver_at"] = json!("2029-12-31T23:00:00.000Z");
        assert_eq!(check(&full), Ok(expected));
        let least = json!({"to": {"everyone": true}, "title": "x"});
        let expected = json!({
            "to": {"everyone": true}, "title": "x", "level": "info", "critical": false,
            "created_at": "2026-09-21T14:13:20.000Z",
        });
        assert_eq!(check(&least), Ok(expected));
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let wrong = json!({
            "to": {"user": "a", "everyone": true}, "title": " ", "body": "\u{0}", "link": "javascript:x",
            "actions": [{"label": "", "link": "//x"}, {"label": "b", "link": "/"}, {"label": "c", "link": "/"}, {"label": "d", "link": "/"}],
            "actor": {"name": "a\nb", "image": "data:,"}, "category": "", "expires_at": "tomorrow",
        });
        let errors = check(&wrong).unwrap_err();
        let expected = [
            ("to", "invalid_recipients"),
            ("title", "invalid_title"),
            ("body", "invalid_text"),
            ("link", "invalid_url"),
            ("category", "invalid_text"),
            ("expires_at", "invalid_time"),
            ("actor.image", "invalid_url"),
            ("actor.name", "invalid_text"),
            ("actions", "too_long"),
            ("actions[0].label", "invalid_text"),
            ("actions[0].link", "invalid_url"),
        ];
        assert_eq!(errors, expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn one_field_at_a_time() {
        let with = |field: &str, value: Value| {
            let mut request = json!({"to": {"user": "ann"}, "title": "x"});
            request[field] = value;
            check(&request).map(drop).map_err(|errors| errors[0].1)
        };
        let many: Vec<_> = (0..1001).map(|i| i.to_string()).collect();
        let cases = [
            ("title", json!("x".repeat(201)), Err("too_long")),
            ("title", Value::Null, Err("invalid_title")),
            ("body", json!("x".repeat(8193)), Err("too_long")),
            ("data", json!("x".repeat(16 * 1024)), Err("too_long")),
            ("data", json!("x".repeat(16 * 1024 - 2)), Ok(())),
            ("to", Value::Null, Err("invalid_recipients")),
            ("to", json!({}), Err("invalid_recipients")),
            ("to", json!({"everyone": false}), Err("invalid_recipients")),
            ("to", json!({"users": []}), Err("invalid_recipients")),
            ("to", json!({"users": many}), Err("invalid_recipients")),
            ("to", json!({"users": ["a", "a"]}), Ok(())),
            ("to", json!({"user": "a\nb"}), Err("invalid_recipients")),
            ("to", json!({"topic": "deploys"}), Ok(())),
            ("to", json!({"topic": "Deploys"}), Err("invalid_recipients")),
            ("to", json!({"topic": "deploys", "everyone": true}), Err("invalid_recipients")),
            ("group_key", json!("x".repeat(101)), Err("too_long")),
            ("deliver_at", json!("soon"), Err("invalid_time")),
            ("expires_at", json!("2030-01-01T00:00:00"), Err("invalid_time")),
            ("expires_at", json!("9999999-01-01T00:00:00Z"), Err("invalid_time")),
        ];
        for (field, value, expected) in cases {
            let shown = value.to_string().chars().take(40).collect::<String>();
            assert_eq!(with(field, value), expected, "{field}: {shown}");
        }
    }
}
