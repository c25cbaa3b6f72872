//! One notification of a batch: what a request of its own would say, and the key beside it that would
//! stand in a header there.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, IntoDeserializer as _, MapAccess, Visitor, value::MapAccessDeserializer},
};
use tidings_middleware::Problem;
use tidings_models::{Draft, NotificationId, Timestamp, UserId};
use utoipa::ToSchema;

use super::super::content::{Asked, CreateRequest};
use crate::{idempotency::Key, openapi::values::IdempotencyKey};

/// A notification of a batch.
#[derive(Serialize, ToSchema)] // the one for the sake of the other, to which it says how this is written
pub(crate) struct BatchItem {
    /// Makes it safe to send it again: 1 to 255 visible ASCII characters.
    #[schema(value_type = Option<IdempotencyKey>)]
    idempotency_key: Option<String>,
    #[serde(flatten)]
    request: CreateRequest,
}

const KEY: &str = "idempotency_key";

impl BatchItem {
    /// Everything that is wrong, or what is to be stored. The key knows it by what it says beside the key, so
    /// that it is the same in a request of its own.
    pub(crate) fn draft(self, id: NotificationId, publisher: &UserId, now: Timestamp) -> Result<Draft, Problem> {
        let key = Key::within(self.idempotency_key.as_deref())?.of(publisher, &self.request)?;
        let (Asked { notification, deliver_at }, to) = self.request.check(id, now)?;
        Ok(Draft::Notify { notification: Box::new(notification), to, key, deliver_at })
    }
}

impl<'de> Deserialize<'de> for BatchItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

/// (With serde's `flatten`, JSON would not be kept to the letter, and unknown fields would pass.)
struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = BatchItem;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<BatchItem, A::Error> {
        let mut idempotency_key = None;
        let beside = BesideKey { map, key: &mut idempotency_key };
        let request = CreateRequest::deserialize(MapAccessDeserializer::new(beside))?;
        Ok(BatchItem { idempotency_key, request })
    }
}

/// The fields of an object without the key, which is put aside.
struct BesideKey<'k, A> {
    map: A,
    key: &'k mut Option<String>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for BesideKey<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(name) = self.map.next_key::<String>()? {
            if name != KEY {
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
            *self.key = self.map.next_value()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tidings_models::SystemRandom;

    use super::*;
    use crate::extract::parse;

    fn draft(json: &str) -> Result<Draft, Value> {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let item: Result<BatchItem, Problem> = parse(json.as_bytes());
        let draft = item
            .and_then(|item| item.draft(NotificationId::new(now, &SystemRandom), &UserId::parse("host").unwrap(), now));
        draft.map_err(|problem| serde_json::to_value(problem.body("r")).unwrap())
    }

    #[test]
    fn the_key_may_stand_anywhere_and_changes_nothing_else() {
        let mut prints = Vec::new();
        for json in [
            r#"{"idempotency_key":"k","to":{"user":"ann"},"title":"x","data":{"a":1e400}}"#,
            r#"{"to":{"user":"ann"},"idempotency_key":"k","title":"x","data":{"a":1e400}}"#,
            r#"{"to":{"user":"ann"},"title":"x","data":{"a":1e400},"idempotency_key":"k"}"#,
        ] {
            let Draft::Notify { notification, key: Some(key), .. } = draft(json).unwrap() else { panic!("no key") };
            assert_eq!((key.publisher.as_str(), key.key.as_str()), ("host", "k"));
            assert_eq!(notification.data.unwrap().get(), r#"{"a":1e400}"#, "to the letter");
            prints.push(key.fingerprint);
        }
        assert!(prints.windows(2).all(|pair| pair[0] == pair[1]));
        for without in
            [r#"{"to":{"user":"ann"},"title":"x"}"#, r#"{"to":{"user":"ann"},"title":"x","idempotency_key":null}"#]
        {
            assert!(matches!(draft(without), Ok(Draft::Notify { key: None, .. })), "{without}");
        }
    }

    #[test]
    fn everything_else_is_as_strict_as_alone() {
        for (json, code, field) in [
            (r#"{"to":{"user":"ann"},"title":"x","idempotency_key":""}"#, "invalid_idempotency_key", ""),
            (r#"{"to":{"user":"ann"},"title":"x","idempotency_key":"a b"}"#, "invalid_idempotency_key", ""),
            (r#"{"to":{"user":"ann"},"title":"x","idempotency_key":7}"#, "invalid_request", "idempotency_key"),
            (r#"{"to":{"user":"ann"},"tittle":"x","idempotency_key":"k"}"#, "unknown_field", "tittle"),
            (r#"{"to":{"usr":"ann"},"title":"x","idempotency_key":"k"}"#, "unknown_field", "to.usr"),
            (r#"{"to":{"user":"ann"},"title":7,"idempotency_key":"k"}"#, "invalid_request", "title"),
            (r#"{"to":{"user":"ann"},"title":"","idempotency_key":"k"}"#, "invalid_title", "title"),
            (r#"{"to":{"user":"ann"},"title":"x","actions":[{"label":"a"}]}"#, "invalid_request", "actions[0].link"),
            (r#"{"idempotency_key":"k","idempotency_key":"k","to":{"user":"ann"},"title":"x"}"#, "invalid_json", ""),
            ("[]", "invalid_request", ""),
        ] {
            let problem = draft(json).unwrap_err();
            assert_eq!(problem["code"], code, "{json}: {problem}");
            assert_eq!(problem["errors"][0]["field"].as_str().unwrap_or_default(), field, "{json}: {problem}");
        }
    }
}
